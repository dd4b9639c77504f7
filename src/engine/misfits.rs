//! Counts values that the type of their field refuses. Every test treats them as missing, where
//! Elasticsearch refuses the document or, under `ignore_malformed`, leaves out the value. Called by
//! `matcher.rs` for each event that some rule sees.

use super::compile::RuleSet;
use super::row::{CellKind, RawCell, Row};
use super::slots::{SlotId, Slots};
use crate::event::field::{IntegerType, Reading};
use crate::event::{FieldType, Raw};

/// A value that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// The field.
    pub field: String,
    /// Its type, as a mapping names it.
    pub field_type: String,
    /// The value, cut where it is long.
    pub value: String,
}

impl Misfit {
    /// The value of a slot.
    pub(super) fn new(slots: &Slots, slot: SlotId, field_type: &str, value: Raw<'_>) -> Self {
        Self {
            field: slots.paths().nth(slot.index()).unwrap_or("").to_owned(),
            field_type: field_type.to_owned(),
            value: value.as_text().chars().take(MAX_VALUE).collect(),
        }
    }
}

/// The longest value that is named whole, in characters.
const MAX_VALUE: usize = 80;

/// Adds the values of a line that do not fit.
pub(super) fn find(set: &RuleSet, row: &Row, line: &str, misfits: &mut Vec<Misfit>) {
    for slot in row.slots() {
        let Some(Some(number)) = set.typed.get(slot.index()) else {
            continue;
        };
        let column = set.columns.at(*number);
        for cell in row.values(line, slot) {
            if fits_at_sight(&column.reader, cell) {
                continue;
            }
            let mut buffer = String::new();
            let value = cell.decode(&mut buffer);
            if column.reader.read(value) == Reading::Malformed {
                let field_type = column.reader.to_string();
                misfits.push(Misfit::new(&set.slots, slot, &field_type, value));
            }
        }
    }
}

/// Whether a value fits by its form alone, as nearly every one does.
fn fits_at_sight(reader: &FieldType, cell: RawCell<'_>) -> bool {
    match (reader, cell.kind) {
        (FieldType::Integer(IntegerType::Long | IntegerType::UnsignedLong), CellKind::Number) => {
            cell.text.len() < 19 && cell.text.bytes().all(|byte| byte.is_ascii_digit())
        }
        (FieldType::Boolean, CellKind::True | CellKind::False) => true,
        _ => false,
    }
}
