//! The values of a plan's fields on one event, read once for all leaves.

use std::borrow::Cow;

use super::pattern::fold::fold_into;
use crate::event::field::{Family, Reading};
use crate::event::schema::MappedField;
use crate::event::{Event, FieldType, Scalar, Value};
use crate::plan::predicate::WildcardPattern;
use crate::plan::{FieldId, IndexVec, PlanField};

/// The values of one field on one event: texts borrowed from the event where its mapping does not
/// change them, anything else typed.
#[derive(Debug, Default)]
pub(super) struct Slot<'e> {
    /// Texts, for a field of the text family.
    pub(super) texts: Vec<Cow<'e, str>>,
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
    pub(super) fn read(&mut self, field: &'e PlanField, event: &'e Event, fold: bool) {
        self.texts.clear();
        self.values.clear();
        let reader = field.readers.get(usize::from(event.mapping.0));
        let Some(reader) = reader.and_then(Option::as_ref) else {
            return;
        };
        if let Some(constant) = reader.field_type.constant_value() {
            self.texts.push(Cow::Borrowed(constant));
        } else if reader.field_type == FieldType::Flattened {
            let values = event.values_below(&reader.read_from);
            let texts = values.map(|value| Cow::Borrowed(value.raw().as_text()));
            self.texts.extend(texts);
        } else if reader.read_from.contains('*') {
            let pattern = WildcardPattern::eql(&reader.read_from);
            let fields = event.fields().filter(|(path, _)| pattern.fits(path));
            for (_, values) in fields {
                for value in values {
                    self.push(reader, value);
                }
            }
        } else if let Some(own) = own_text(event, &reader.read_from) {
            self.texts.push(Cow::Borrowed(own));
        } else {
            for path in reader.sources() {
                for value in event.values(path) {
                    self.push(reader, value);
                }
            }
            if let Some(value) = &reader.options.null_value
                && event.is_null(&reader.read_from)
            {
                self.push(reader, value);
            }
        }
        if fold {
            self.folded
                .resize_with(self.folded.len().max(self.texts.len()), String::new);
            for (text, folded) in self.texts.iter().zip(&mut self.folded) {
                fold_into(text, folded);
            }
        }
    }

    fn push(&mut self, reader: &'e MappedField, value: &'e Scalar) {
        if reader.field_type.family() == Some(Family::Text) {
            self.texts.extend(reader.field_type.read_text(value.raw()));
        } else if let Reading::Value(value) = reader.read(value.raw()) {
            self.values.push(value);
        }
    }
}

/// The metadata fields of every document: its index and id.
fn own_text<'e>(event: &'e Event, path: &str) -> Option<&'e str> {
    match path {
        "_id" => event.id.as_deref(),
        "_index" => event.index.as_deref(),
        _ => None,
    }
}

/// The slots of one event, by field.
#[derive(Debug, Default)]
#[expect(clippy::struct_field_names, reason = "the slots are what it holds")]
pub(super) struct Slots<'e> {
    pub(super) slots: IndexVec<FieldId, Slot<'e>>,
    /// The number of the event's mapping.
    pub(super) mapping: usize,
    event: Option<&'e Event>,
}

impl<'e> Slots<'e> {
    /// Room for this many fields.
    pub(super) fn new(fields: usize) -> Self {
        Self {
            slots: (0..fields).map(|_| Slot::default()).collect(),
            mapping: 0,
            event: None,
        }
    }

    /// Another event is to be read.
    pub(super) fn set_event(&mut self, event: &'e Event) {
        self.mapping = usize::from(event.mapping.0);
        self.event = Some(event);
    }

    /// The event that is read.
    pub(super) fn event(&self) -> Option<&'e Event> {
        self.event
    }

    /// Reads a field of the event.
    pub(super) fn read(&mut self, id: FieldId, field: &'e PlanField, fold: bool) {
        if let Some(event) = self.event {
            self.slots.at_mut(id).read(field, event, fold);
        }
    }

    /// The slot of a field.
    pub(super) fn get(&self, field: FieldId) -> &Slot<'e> {
        self.slots.at(field)
    }
}
