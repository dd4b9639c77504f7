//! Counts the values of a recording that do not fit their fields, as `scan` does. Elasticsearch
//! refuses such a document, or leaves out the value under `ignore_malformed`; here the value counts
//! as missing.

use super::run::Run;
use crate::event::field::{Family, Reading};
use crate::event::schema::MappedField;

/// So many are named.
const NAMED: usize = 3;

/// The longest value that is named whole, in characters.
const MAX_VALUE: usize = 80;

/// What is to be said of the values that the query's fields do not take; `None` where all fit.
pub(super) fn warning(run: &Run<'_>) -> Option<String> {
    let mapping = run.query.schema.mappings().first()?;
    let is_typed =
        |field: &MappedField| !matches!(field.field_type.family(), None | Some(Family::Text));
    let fields = mapping.fields().filter(|(_, field)| is_typed(field));
    let fields: Vec<&MappedField> = fields.map(|(_, field)| field).collect();
    let (mut count, mut named) = (0_usize, Vec::new());
    let events = run.stage.events.iter().zip(1_usize..);
    for (event, number) in events.filter(|(event, _)| !event.unrouted) {
        for field in &fields {
            let values = event.values(&field.read_from).iter();
            for value in values.filter(|value| field.read(value.raw()) == Reading::Malformed) {
                count += 1;
                if named.len() < NAMED {
                    let text: String = value.raw().as_text().chars().take(MAX_VALUE).collect();
                    named.push(format!(
                        "`{text}` in `{}` of event {number} is not a {}",
                        field.read_from, field.field_type
                    ));
                }
            }
        }
    }
    let said = match count {
        0 => return None,
        1 => "1 value of the recording does not fit its field and counts as missing".to_owned(),
        many => {
            format!("{many} values of the recording do not fit their fields and count as missing")
        }
    };
    let more = match count - named.len() {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    Some(format!("misfits: {said}: {}{more}", named.join(", ")))
}
