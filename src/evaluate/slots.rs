//! What a plan's fields hold on one event, read once for all leaves of that event.

use super::pattern::fold::fold_into;
use crate::event::field::{Family, Reading};
use crate::event::{Event, Value};
use crate::plan::{FieldId, PlanField};

/// The values of one field on one event: texts borrowed from the event, anything else typed.
#[derive(Debug, Default)]
pub(super) struct Slot<'e> {
    /// Texts, for a field of the text family.
    pub(super) texts: Vec<&'e str>,
    /// Values, for a field of any other family.
    pub(super) values: Vec<Value>,
    folded: Vec<String>,
}

impl<'e> Slot<'e> {
    /// Whether the field has no value.
    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.values.is_empty()
    }

    /// How many values the field has.
    pub(super) fn len(&self) -> usize {
        self.texts.len() + self.values.len()
    }

    /// The texts with their case folded; empty unless the field was read so.
    pub(super) fn folded(&self) -> &[String] {
        self.folded.get(..self.texts.len()).unwrap_or(&[])
    }

    /// The value of this number, owned.
    pub(super) fn value(&self, index: usize) -> Option<Value> {
        match self.texts.get(index) {
            Some(text) => Some(Value::text(text)),
            None => self.values.get(index).cloned(),
        }
    }

    /// Reads the field on an event; what the mapping ignores or refuses is no value.
    pub(super) fn read(&mut self, field: &PlanField, event: &'e Event, fold: bool) {
        self.texts.clear();
        self.values.clear();
        let reader = field.readers.get(usize::from(event.mapping.0));
        let Some(reader) = reader.and_then(Option::as_ref) else {
            return;
        };
        let raws = event.values(&reader.read_from).iter();
        if field.family == Some(Family::Text) {
            let text = |scalar: &'e crate::event::Scalar| reader.field_type.read_text(scalar.raw());
            self.texts.extend(raws.filter_map(text));
            if fold {
                self.folded
                    .resize_with(self.folded.len().max(self.texts.len()), String::new);
                for (text, folded) in self.texts.iter().zip(&mut self.folded) {
                    fold_into(text, folded);
                }
            }
        } else {
            self.values.extend(raws.filter_map(
                |scalar| match reader.field_type.read(scalar.raw()) {
                    Reading::Value(value) => Some(value),
                    Reading::Ignored | Reading::Malformed => None,
                },
            ));
        }
    }
}

/// The slots of one event, by field.
#[derive(Debug, Default)]
pub(super) struct Slots<'e>(pub(super) Vec<Slot<'e>>);

impl<'e> Slots<'e> {
    /// Room for so many fields.
    pub(super) fn new(fields: usize) -> Self {
        Self((0..fields).map(|_| Slot::default()).collect())
    }

    /// The slot of a field.
    pub(super) fn get(&self, field: FieldId) -> Option<&Slot<'e>> {
        self.0.get(field.index())
    }
}
