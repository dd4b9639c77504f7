//! Counts the values of a recording that do not fit their fields, as `scan` does. Elasticsearch
//! refuses such a document, or leaves out the value under `ignore_malformed`; here the value counts
//! as missing, and that of a `constant_keyword` stays as it is.

use crate::data_source::constants::Constants;
use crate::event::Scalar;
use crate::event::field::{Family, Reading};
use crate::event::schema::MappedField;
use crate::replay::outcome::{Misfit, Misfits};
use crate::replay::production::case_run::Run;

/// The number of values that are named.
const NAMED: usize = 3;

/// The longest value that is named whole, in characters.
const MAX_VALUE: usize = 80;

/// The values that the query's fields do not take; `None` where all fit.
pub(in crate::replay) fn of(run: &Run<'_>, constants: &Constants) -> Option<Misfits> {
    let mapping = run.query.schema.mappings().first()?;
    let is_typed =
        |field: &MappedField| !matches!(field.field_type.family(), None | Some(Family::Text));
    let fields = mapping.fields().filter(|(_, field)| is_typed(field));
    let fields: Vec<&MappedField> = fields.map(|(_, field)| field).collect();
    let mut misfits = Misfits {
        count: 0,
        first: Vec::new(),
    };
    let events = run.case_events.events.iter().zip(1_usize..);
    for (event, number) in events.filter(|(event, _)| !event.unrouted) {
        for field in &fields {
            let values = event.values(&field.read_from).iter();
            for value in values.filter(|value| field.read(value.raw()) == Reading::Malformed) {
                let field_type = field.field_type.to_string();
                misfits.add(number, &field.read_from, field_type, value);
            }
        }
        for (path, value) in constants.contradictions(event) {
            if mapping.get(&path).is_some() {
                misfits.add(number, &path, "constant_keyword".to_owned(), &value);
            }
        }
    }
    (misfits.count > 0).then_some(misfits)
}

impl Misfits {
    fn add(&mut self, event: usize, field: &str, field_type: String, value: &Scalar) {
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push(Misfit {
                event,
                field: field.to_owned(),
                field_type,
                value: value.raw().as_text().chars().take(MAX_VALUE).collect(),
            });
        }
    }
}
