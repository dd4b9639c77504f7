//! The row of one line: the raw values of its slots, as positions in the line. Written by
//! `extract.rs`, read by the columns, and reused from line to line.

use super::slots::SlotId;
use crate::event::Raw;

const NONE: u32 = u32::MAX;

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum CellKind {
    /// A string without escapes.
    Text,
    /// A string with escapes.
    Escaped,
    /// A number.
    Number,
    /// `true`
    True,
    /// `false`
    False,
}

/// One value as it stands in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RawCell<'l> {
    pub(super) kind: CellKind,
    pub(super) text: &'l str,
}

impl RawCell<'_> {
    /// The value; `buffer` takes the text of one with escapes.
    pub(super) fn decode<'b>(&'b self, buffer: &'b mut String) -> Raw<'b> {
        match self.kind {
            CellKind::Text => Raw::Text(self.text),
            CellKind::Number => Raw::Number(self.text),
            CellKind::True => Raw::Bool(true),
            CellKind::False => Raw::Bool(false),
            CellKind::Escaped => {
                buffer.clear();
                unescape(self.text, buffer);
                Raw::Text(buffer)
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Cell {
    kind: CellKind,
    /// In the row's own text instead of in the line.
    owned: bool,
    start: u32,
    end: u32,
    next: u32,
}

/// The raw values of one line.
#[derive(Debug, Default)]
pub struct Row {
    cells: Vec<Cell>,
    /// For each slot its first and its last cell.
    ends: Vec<(u32, u32)>,
    touched: Vec<SlotId>,
    text: String,
    index: Option<Cell>,
    id: Option<Cell>,
}

impl Row {
    /// A row of so many slots.
    pub fn new(slots: usize) -> Self {
        Self {
            ends: vec![(NONE, NONE); slots],
            ..Self::default()
        }
    }

    /// Takes all values out.
    pub(super) fn clear(&mut self) {
        for slot in self.touched.drain(..) {
            if let Some(ends) = self.ends.get_mut(slot.index()) {
                *ends = (NONE, NONE);
            }
        }
        self.cells.clear();
        self.text.clear();
        self.index = None;
        self.id = None;
    }

    /// Adds a value that stands at this place of the line.
    pub(super) fn push(&mut self, slot: SlotId, kind: CellKind, start: usize, end: usize) {
        self.add(slot, cell(kind, false, start, end));
    }

    /// Adds a value whose text does not occur in the line as it is.
    pub(super) fn push_owned(&mut self, slot: SlotId, raw: Raw<'_>) {
        let cell = self.own(raw);
        self.add(slot, cell);
    }

    pub(super) fn set_index(&mut self, kind: CellKind, start: usize, end: usize) {
        self.index = Some(cell(kind, false, start, end));
    }

    pub(super) fn set_id(&mut self, kind: CellKind, start: usize, end: usize) {
        self.id = Some(cell(kind, false, start, end));
    }

    pub(super) fn own_index(&mut self, text: &str) {
        self.index = Some(self.own(Raw::Text(text)));
    }

    pub(super) fn own_id(&mut self, text: &str) {
        self.id = Some(self.own(Raw::Text(text)));
    }

    fn own(&mut self, raw: Raw<'_>) -> Cell {
        let start = self.text.len();
        let kind = match raw {
            Raw::Text(text) => {
                self.text.push_str(text);
                CellKind::Text
            }
            Raw::Number(text) => {
                self.text.push_str(text);
                CellKind::Number
            }
            Raw::Bool(true) => CellKind::True,
            Raw::Bool(false) => CellKind::False,
        };
        cell(kind, true, start, self.text.len())
    }

    fn add(&mut self, slot: SlotId, cell: Cell) {
        let number = u32::try_from(self.cells.len()).unwrap_or(NONE);
        let Some(ends) = self.ends.get_mut(slot.index()) else {
            return;
        };
        if ends.0 == NONE {
            *ends = (number, number);
            self.touched.push(slot);
        } else {
            if let Some(last) = self.cells.get_mut(ends.1 as usize) {
                last.next = number;
            }
            ends.1 = number;
        }
        self.cells.push(cell);
    }

    /// Whether a slot has values.
    pub(super) fn has(&self, slot: SlotId) -> bool {
        self.ends
            .get(slot.index())
            .is_some_and(|ends| ends.0 != NONE)
    }

    /// The values of a slot, in document order.
    pub(super) fn values<'r>(&'r self, line: &'r str, slot: SlotId) -> Values<'r> {
        let next = self.ends.get(slot.index()).map_or(NONE, |ends| ends.0);
        Values {
            row: self,
            line,
            next,
        }
    }

    /// The slots that have values, in document order.
    pub(super) fn slots(&self) -> impl Iterator<Item = SlotId> {
        self.touched.iter().copied()
    }

    /// `_index` of the document.
    pub(super) fn index<'r>(&'r self, line: &'r str) -> Option<RawCell<'r>> {
        self.index.map(|cell| self.raw(line, cell))
    }

    /// `_id` of the document.
    pub(super) fn id<'r>(&'r self, line: &'r str) -> Option<RawCell<'r>> {
        self.id.map(|cell| self.raw(line, cell))
    }

    fn raw<'r>(&'r self, line: &'r str, cell: Cell) -> RawCell<'r> {
        let text = if cell.owned { &self.text } else { line };
        let text = text.get(cell.start as usize..cell.end as usize);
        RawCell {
            kind: cell.kind,
            text: text.unwrap_or(""),
        }
    }
}

fn cell(kind: CellKind, owned: bool, start: usize, end: usize) -> Cell {
    Cell {
        kind,
        owned,
        start: u32::try_from(start).unwrap_or(NONE),
        end: u32::try_from(end).unwrap_or(NONE),
        next: NONE,
    }
}

/// The values of one slot.
#[derive(Debug, Clone)]
pub(super) struct Values<'r> {
    row: &'r Row,
    line: &'r str,
    next: u32,
}

impl<'r> Iterator for Values<'r> {
    type Item = RawCell<'r>;

    fn next(&mut self) -> Option<Self::Item> {
        let cell = *self.row.cells.get(self.next as usize)?;
        self.next = cell.next;
        Some(self.row.raw(self.line, cell))
    }
}

/// Appends the text that a JSON string with valid escapes stands for.
fn unescape(raw: &str, text: &mut String) {
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        text.push_str(rest.get(..at).unwrap_or(""));
        let mut after = rest.get(at + 1..).unwrap_or("").chars();
        match after.next() {
            Some('b') => text.push('\u{8}'),
            Some('f') => text.push('\u{c}'),
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('t') => text.push('\t'),
            Some('u') => {
                let (c, length) = code_point(after.as_str());
                text.push(c);
                rest = after.as_str().get(length..).unwrap_or("");
                continue;
            }
            Some(other) => text.push(other),
            None => {}
        }
        rest = after.as_str();
    }
    text.push_str(rest);
}

/// The code point of `XXXX` or `XXXX\uXXXX`, and how long that is.
fn code_point(hex: &str) -> (char, usize) {
    let unit = |at: usize| {
        let digits = hex.get(at..at + 4)?;
        u32::from_str_radix(digits, 16).ok()
    };
    let first = unit(0).unwrap_or(0);
    if (0xD800..0xDC00).contains(&first)
        && let Some(second @ 0xDC00..=0xDFFF) = unit(6)
    {
        let both = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        return (
            char::from_u32(both).unwrap_or(char::REPLACEMENT_CHARACTER),
            10,
        );
    }
    (
        char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER),
        4,
    )
}
