//! Caches test results by raw value, one table per column and thread. The tables are bounded: a
//! full one is emptied, and one with a low hit rate is bypassed.

use std::hash::Hasher as _;

use rustc_hash::FxHasher;

use super::bytes_eq::equal;
use super::numbers::{ConditionId, TestId};
use super::row::{CellKind, RawCell};

/// The most values, and the most bytes of values, of one table.
const MAX_VALUES: usize = 32_768;
const MAX_BYTES: usize = 2 << 20;
/// The number of look-ups after which the hit rate of a table is checked.
const TRIAL: u32 = 8_192;

/// Cached test results for the values of one column.
#[derive(Debug)]
pub(super) struct ValueTable {
    /// Words of bits for each plane.
    words: usize,
    index: Vec<u32>,
    entries: Vec<Entry>,
    bytes: Vec<u8>,
    /// For each entry, word by word: which tests are known, which are true.
    bits: Vec<[u64; 2]>,
    candidates: Vec<ConditionId>,
    asked: u32,
    known: u32,
    /// The value asked for last: events of one kind come together.
    last: u32,
    /// Values are not kept; the entries are those of one event.
    bypassed: bool,
}

#[derive(Debug, Clone)]
struct Entry {
    hash: u32,
    start: u32,
    len: u32,
    kind: CellKind,
    /// Whether the candidates are known, and where they stand.
    candidates: Option<(u32, u32)>,
}

impl ValueTable {
    /// A table for this many tests.
    pub(super) fn new(tests: usize) -> Self {
        Self {
            words: tests.div_ceil(64),
            index: vec![0; 64],
            entries: Vec::new(),
            bytes: Vec::new(),
            bits: Vec::new(),
            candidates: Vec::new(),
            asked: 0,
            known: 0,
            last: 0,
            bypassed: false,
        }
    }

    /// Starts the next event; numbers given for earlier events become invalid when the table is
    /// cleared.
    pub(super) fn next_event(&mut self) {
        if self.bypassed || self.entries.len() >= MAX_VALUES || self.bytes.len() >= MAX_BYTES {
            self.clear();
        }
        if self.asked >= TRIAL {
            // Long values that rarely repeat cost more to cache than to test.
            if self.known < self.asked / 4 && !self.bypassed {
                self.bypassed = true;
                self.clear();
            }
            self.asked = 0;
            self.known = 0;
        }
    }

    fn clear(&mut self) {
        if !self.bypassed {
            self.index.fill(0);
        }
        self.entries.clear();
        self.bytes.clear();
        self.bits.clear();
        self.candidates.clear();
    }

    /// The number of a value.
    pub(super) fn number(&mut self, raw: RawCell<'_>) -> u32 {
        if self.bypassed {
            return self.add(0, raw, false);
        }
        self.asked += 1;
        if self.is(self.last, raw) {
            self.known += 1;
            return self.last;
        }
        let hash = hash(raw);
        let mask = self.index.len().wrapping_sub(1);
        let mut place = hash as usize & mask;
        while let Some(number) = self.index.get(place).and_then(|taken| taken.checked_sub(1)) {
            let same = self.entries.get(number as usize);
            if same.is_some_and(|entry| entry.hash == hash) && self.is(number, raw) {
                self.known += 1;
                self.last = number;
                return number;
            }
            place = (place + 1) & mask;
        }
        let number = self.add(hash, raw, true);
        self.last = number;
        if let Some(free) = self.index.get_mut(place) {
            *free = number + 1;
        }
        if self.entries.len() * 2 > self.index.len() {
            self.grow();
        }
        number
    }

    fn is(&self, number: u32, raw: RawCell<'_>) -> bool {
        self.entries.get(number as usize).is_some_and(|entry| {
            entry.len as usize == raw.text.len()
                && entry.kind == raw.kind
                && self
                    .bytes
                    .get(entry.start as usize..(entry.start + entry.len) as usize)
                    .is_some_and(|bytes| equal(bytes, raw.text.as_bytes()))
        })
    }

    fn add(&mut self, hash: u32, raw: RawCell<'_>, keep: bool) -> u32 {
        let number = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        let start = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        if keep {
            self.bytes.extend_from_slice(raw.text.as_bytes());
        }
        self.entries.push(Entry {
            hash,
            start,
            len: u32::try_from(raw.text.len()).unwrap_or(u32::MAX),
            kind: raw.kind,
            candidates: None,
        });
        let words = self.bits.len() + self.words;
        self.bits.resize(words, [0, 0]);
        number
    }

    fn grow(&mut self) {
        let mut index = vec![0; self.index.len() * 2];
        let mask = index.len() - 1;
        for (number, entry) in (1u32..).zip(&self.entries) {
            let mut place = entry.hash as usize & mask;
            while index.get(place).is_some_and(|taken| *taken != 0) {
                place = (place + 1) & mask;
            }
            if let Some(free) = index.get_mut(place) {
                *free = number;
            }
        }
        self.index = index;
    }

    /// The cached result of a test on a value.
    pub(super) fn get(&self, number: u32, test: TestId) -> Option<bool> {
        let word = number as usize * self.words + test.index() / 64;
        let [known, is_true] = self.bits.get(word)?;
        let bit = 1 << (test.0 % 64);
        (known & bit != 0).then_some(is_true & bit != 0)
    }

    /// Notes the outcome of a test on a value.
    pub(super) fn set(&mut self, number: u32, test: TestId, outcome: bool) {
        let word = number as usize * self.words + test.index() / 64;
        if let Some([known, is_true]) = self.bits.get_mut(word) {
            let bit = 1 << (test.0 % 64);
            *known |= bit;
            if outcome {
                *is_true |= bit;
            }
        }
    }

    /// The conditions that a value makes candidates; `None` if that was not found out yet.
    pub(super) fn candidates(&self, number: u32) -> Option<&[ConditionId]> {
        let (start, end) = self.entries.get(number as usize)?.candidates?;
        self.candidates.get(start as usize..end as usize)
    }

    /// Notes the conditions that a value makes candidates.
    pub(super) fn set_candidates(&mut self, number: u32, conditions: &[ConditionId]) {
        let start = u32::try_from(self.candidates.len()).unwrap_or(u32::MAX);
        self.candidates.extend_from_slice(conditions);
        let end = u32::try_from(self.candidates.len()).unwrap_or(u32::MAX);
        if let Some(entry) = self.entries.get_mut(number as usize) {
            entry.candidates = Some((start, end));
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "half of a hash is a hash, and the upper half is the better one"
)]
fn hash(raw: RawCell<'_>) -> u32 {
    let mut hasher = FxHasher::default();
    hasher.write(raw.text.as_bytes());
    hasher.write_u8(raw.kind as u8);
    (hasher.finish() >> 24) as u32
}
