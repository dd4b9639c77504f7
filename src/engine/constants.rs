//! The values that every document of an index has: fills the row of a line with them. Called by
//! `matcher.rs` for each line.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::misfits::Misfit;
use super::row::Row;
use super::slots::{SlotId, Slots};
use crate::event::Raw;

/// The most indices that are remembered.
const MAX_INDICES: usize = 4_096;

/// The constants of an index among the fields that the rules read.
type OfIndex = Arc<[(SlotId, Box<str>)]>;

/// The constants of the indices that were seen.
#[derive(Debug, Default)]
pub(super) struct IndexConstants {
    known: FxHashMap<Box<[u8]>, OfIndex>,
    /// The key of the last event's index, and its constants.
    key: Vec<u8>,
    current: OfIndex,
}

impl IndexConstants {
    /// Selects the index with this key; returns whether it is known.
    pub(super) fn are_of(&mut self, key: &[u8]) -> bool {
        if self.key == key {
            return true;
        }
        let Some(known) = self.known.get(key) else {
            return false;
        };
        self.current = Arc::clone(known);
        self.key.clear();
        self.key.extend_from_slice(key);
        true
    }

    /// Adds the constants of an index and selects it.
    pub(super) fn learn(&mut self, key: &[u8], slots: &Slots, constants: &[(Box<str>, Box<str>)]) {
        let slot = |path: &str| {
            let numbered = (0u32..).map(SlotId).zip(slots.paths());
            numbered
                .filter(|(_, own)| *own == path)
                .map(|(slot, _)| slot)
                .next()
        };
        let read = constants.iter();
        let read = read.filter_map(|(path, value)| Some((slot(path)?, value.clone())));
        self.current = read.collect();
        if self.known.len() >= MAX_INDICES {
            self.known.clear();
        }
        self.known.insert(key.into(), Arc::clone(&self.current));
        self.key.clear();
        self.key.extend_from_slice(key);
    }

    /// Adds the constants that the document lacks. Another value stays; Elasticsearch refuses such
    /// a document.
    pub(super) fn fill(&self, row: &mut Row, line: &str, slots: &Slots, misfits: &mut Vec<Misfit>) {
        for (slot, constant) in &*self.current {
            if !row.has(*slot) {
                row.push_owned(*slot, Raw::Text(constant));
                continue;
            }
            let mut buffer = String::new();
            for cell in row.values(line, *slot) {
                let value = cell.decode(&mut buffer);
                if value.as_text() != &**constant {
                    misfits.push(Misfit::new(slots, *slot, "constant_keyword", value));
                }
            }
        }
    }
}
