//! The memory of what a run holds until the input of a step ends: groups, and rows that are sorted
//! or joined with their groups. Elasticsearch stops such a query by a circuit breaker; here it fails
//! at a stated limit.

use std::cell::Cell as Counter;

use crate::event::Value;
use crate::event::io::RowMemory;
use crate::plan::pipeline::Cell;

/// The bytes of what is held.
#[derive(Debug)]
pub(super) struct Held {
    bytes: Counter<u64>,
    most: u64,
}

impl Held {
    pub(super) fn new(most: RowMemory) -> Self {
        Self {
            bytes: Counter::new(0),
            most: most.0,
        }
    }

    /// Takes so many bytes; the limit in MiB where that is more than there may be.
    pub(super) fn take(&self, bytes: usize) -> Result<(), u64> {
        let all = self.bytes.get().saturating_add(bytes as u64);
        self.bytes.set(all);
        if all > self.most {
            return Err(self.most >> 20);
        }
        Ok(())
    }

    /// Gives bytes back.
    pub(super) fn release(&self, bytes: usize) {
        let rest = self.bytes.get().saturating_sub(bytes as u64);
        self.bytes.set(rest);
    }
}

/// About how many bytes a value takes beside its place in a cell.
pub(super) fn of_value(value: &Value) -> usize {
    match value {
        Value::Text(text) => 16 + text.len(),
        Value::Version(version) => 16 + version.as_str().len(),
        _ => 0,
    }
}

/// About how many bytes a cell takes.
pub(super) fn of_cell(cell: &Cell) -> usize {
    let values = match cell {
        Cell::Many(values) => size_of_val::<[Value]>(values),
        Cell::Null(_) | Cell::One(_) => 0,
    };
    size_of::<Cell>() + values + cell.values().iter().map(of_value).sum::<usize>()
}
