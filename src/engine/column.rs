//! Columns: one slot read as one type, with all tests of all rules on it. Equal tests are shared,
//! and a list of items is one test. Built by `column_builder.rs`, used by `event_context.rs`.

use std::cmp::Ordering;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::numbers::{AtomId, ColumnId, TestId};
use super::row::RawCell;
use super::slots::{SlotId, Slots};
use crate::evaluate::pattern::{Pattern, fold};
use crate::event::field::Reading;
use crate::event::{FieldType, Value};
use crate::plan::predicate::End;
use crate::plan::{Comparison, IndexVec};

/// A slot as one type reads it.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) slot: SlotId,
    pub(super) reader: FieldType,
    /// The type gives texts.
    pub(super) is_text: bool,
    pub(super) atoms: IndexVec<AtomId, Atom>,
    pub(super) tests: IndexVec<TestId, Test>,
    /// How many of the atoms are patterns.
    pub(super) patterns: u32,
}

/// The smallest test of one value.
#[derive(Debug)]
pub(super) enum Atom {
    /// There is a value.
    Exists,
    /// Exactly this text.
    Text(Arc<str>),
    /// This text, folded, but for case.
    Folded(Arc<str>),
    /// A pattern that several texts match.
    Pattern(Pattern),
    /// A comparison with a constant.
    Compare(Comparison, Value),
    /// Between two constants, inclusive.
    Between(Value, Value),
    /// Between two ends, of which each may be open.
    Range(Option<End>, Option<End>),
}

impl Atom {
    /// Whether a look-up decides it.
    pub(super) fn is_hashed(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Folded(_))
    }
}

/// A test of one value: true if any of its atoms is.
#[derive(Debug)]
pub(super) struct Test {
    /// The atoms, ascending.
    pub(super) atoms: Box<[AtomId]>,
    exists: bool,
    texts: Texts,
    folded: Texts,
    others: Box<[AtomId]>,
}

impl Test {
    fn new(numbers: Box<[AtomId]>, atoms: &IndexVec<AtomId, Atom>) -> Self {
        let (mut texts, mut folded, mut others) = (Vec::new(), Vec::new(), Vec::new());
        let mut exists = false;
        for number in &numbers {
            match atoms.at(*number) {
                Atom::Exists => exists = true,
                Atom::Text(text) => texts.push(Arc::clone(text)),
                Atom::Folded(text) => folded.push(Arc::clone(text)),
                _ => others.push(*number),
            }
        }
        Self {
            atoms: numbers,
            exists,
            texts: Texts::new(texts),
            folded: Texts::new(folded),
            others: others.into(),
        }
    }
}

/// A set of texts.
#[derive(Debug)]
enum Texts {
    Few(Vec<Arc<str>>),
    Many(FxHashSet<Arc<str>>),
}

impl Texts {
    fn new(texts: Vec<Arc<str>>) -> Self {
        if texts.len() <= 8 {
            Self::Few(texts)
        } else {
            Self::Many(texts.into_iter().collect())
        }
    }

    fn contains(&self, text: &str) -> bool {
        match self {
            Self::Few(texts) => texts.iter().any(|own| **own == *text),
            Self::Many(texts) => texts.contains(text),
        }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Few(texts) if texts.is_empty())
    }
}

impl Column {
    /// Creates a column with these atoms and one test for each list of atom numbers; each list is
    /// ascending.
    pub(super) fn new(
        slot: SlotId,
        reader: FieldType,
        atoms: IndexVec<AtomId, Atom>,
        tests: Vec<Box<[AtomId]>>,
    ) -> Self {
        let is_text = reader.family() == Some(crate::event::field::Family::Text);
        let patterns = atoms.iter().filter(|atom| matches!(atom, Atom::Pattern(_)));
        Self {
            slot,
            reader,
            is_text,
            patterns: u32::try_from(patterns.count()).unwrap_or(u32::MAX),
            tests: tests
                .into_iter()
                .map(|test| Test::new(test, &atoms))
                .collect(),
            atoms,
        }
    }

    /// Whether the value meets the test.
    pub(super) fn holds(&self, test: TestId, raw: RawCell<'_>, decoded: &mut DecodedValue) -> bool {
        let test = self.tests.at(test);
        decoded.decode(self, raw);
        let has_value = match &decoded.kind {
            DecodedKind::Nothing => return false,
            DecodedKind::Text => true,
            DecodedKind::Value(_) => false,
        };
        if test.exists
            || (has_value && test.texts.contains(&decoded.text))
            || (has_value && !test.folded.is_empty() && test.folded.contains(decoded.folded()))
        {
            return true;
        }
        let mut others = test.others.iter();
        others.any(|atom| self.holds_atom(*atom, decoded))
    }

    /// Whether a value that was looked at meets an atom.
    pub(super) fn holds_atom(&self, atom: AtomId, decoded: &mut DecodedValue) -> bool {
        match (self.atoms.at(atom), &decoded.kind) {
            (_, DecodedKind::Nothing) => false,
            (Atom::Exists, _) => true,
            (Atom::Text(text), DecodedKind::Text) => **text == *decoded.text,
            (Atom::Folded(text), DecodedKind::Text) => **text == *decoded.folded(),
            (Atom::Pattern(pattern), DecodedKind::Text) if pattern.wants_folded() => {
                pattern.matches_prepared(decoded.folded())
            }
            (Atom::Pattern(pattern), DecodedKind::Text) => pattern.matches_prepared(&decoded.text),
            (Atom::Compare(comparison, Value::Text(constant)), DecodedKind::Text) => {
                comparison.fits(decoded.text.as_bytes().cmp(constant.as_bytes()))
            }
            (Atom::Between(low, high), DecodedKind::Text) => {
                let value = Value::text(&decoded.text);
                is_between(&value, low, high)
            }
            (Atom::Range(low, high), DecodedKind::Text) => {
                is_within(&Value::text(&decoded.text), low.as_ref(), high.as_ref())
            }
            (Atom::Range(low, high), DecodedKind::Value(value)) => {
                is_within(value, low.as_ref(), high.as_ref())
            }
            (Atom::Compare(comparison, constant), DecodedKind::Value(value)) => {
                compare(*comparison, value, constant)
            }
            (Atom::Between(low, high), DecodedKind::Value(value)) => is_between(value, low, high),
            _ => false,
        }
    }
}

fn is_between(value: &Value, low: &Value, high: &Value) -> bool {
    compare(Comparison::GreaterOrEqual, value, low) && compare(Comparison::LessOrEqual, value, high)
}

fn is_within(value: &Value, low: Option<&End>, high: Option<&End>) -> bool {
    let meets = |end: Option<&End>, open: Comparison, closed: Comparison| {
        end.is_none_or(|end| {
            let comparison = if end.inclusive { closed } else { open };
            compare(comparison, value, &end.value)
        })
    };
    meets(low, Comparison::Greater, Comparison::GreaterOrEqual)
        && meets(high, Comparison::Less, Comparison::LessOrEqual)
}

/// Versions are equal only as texts, though they are ordered by meaning.
fn compare(comparison: Comparison, value: &Value, constant: &Value) -> bool {
    if let (Value::Version(a), Value::Version(b), Comparison::Equal) = (value, constant, comparison)
    {
        return a.as_str() == b.as_str();
    }
    let order: Option<Ordering> = value.compare(constant);
    order.is_some_and(|order| comparison.fits(order))
}

/// A value as the type reads it.
#[derive(Debug, Default)]
enum DecodedKind {
    /// The value is ignored or refused.
    #[default]
    Nothing,
    /// The text in [`DecodedValue::text`].
    Text,
    /// A typed value.
    Value(Value),
}

/// A value, decoded once for all tests of one event; reused from event to event.
#[derive(Debug, Default)]
pub(super) struct DecodedValue {
    kind: DecodedKind,
    is_fresh: bool,
    is_folded: bool,
    text: String,
    folded: String,
}

impl DecodedValue {
    /// Marks the cell as not decoded, before the next value.
    pub(super) fn clear(&mut self) {
        self.is_fresh = false;
        self.is_folded = false;
    }

    /// Decodes the value unless the cell holds it already.
    pub(super) fn decode(&mut self, column: &Column, raw: RawCell<'_>) {
        if self.is_fresh {
            return;
        }
        self.is_fresh = true;
        self.is_folded = false;
        self.text.clear();
        let mut buffer = std::mem::take(&mut self.folded);
        let value = raw.decode(&mut buffer);
        self.kind = if column.is_text {
            match column.reader.read_text(value) {
                Some(text) => {
                    self.text.push_str(&text);
                    DecodedKind::Text
                }
                None => DecodedKind::Nothing,
            }
        } else {
            match column.reader.read(value) {
                Reading::Value(value) => DecodedKind::Value(value),
                Reading::Ignored | Reading::Malformed => DecodedKind::Nothing,
            }
        };
        self.folded = buffer;
    }

    /// The value, owned.
    pub(super) fn value(&self) -> Option<Value> {
        match &self.kind {
            DecodedKind::Nothing => None,
            DecodedKind::Text => Some(Value::text(&self.text)),
            DecodedKind::Value(value) => Some(value.clone()),
        }
    }

    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        matches!(self.kind, DecodedKind::Text).then_some(&*self.text)
    }

    /// The text with its case folded.
    pub(super) fn folded(&mut self) -> &str {
        if !self.is_folded {
            self.is_folded = true;
            self.folded.clear();
            if self.text.is_ascii() {
                self.folded.push_str(&self.text);
                self.folded.make_ascii_lowercase();
            } else {
                self.folded.extend(self.text.chars().map(fold::fold_char));
            }
        }
        &self.folded
    }
}

/// For each slot, the column that tells whether a value fits its field's type: the first column
/// whose type is not text. The time field is left out, because events without a time are counted
/// separately.
pub(super) fn typed_columns(
    slots: &Slots,
    columns: &IndexVec<ColumnId, Column>,
    time_column: ColumnId,
) -> Box<[Option<ColumnId>]> {
    let mut typed = vec![None; slots.count()];
    let time_slot = columns.at(time_column).slot;
    for (number, column) in columns.numbered() {
        let is_time_column = column.slot == time_slot;
        if let Some(own) = typed.get_mut(column.slot.index())
            && own.is_none()
            && !column.is_text
            && !is_time_column
        {
            *own = Some(number);
        }
    }
    typed.into()
}
