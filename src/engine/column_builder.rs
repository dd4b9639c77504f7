//! Builds columns while rules are compiled: merges equal tests of all rules and drops tests that no
//! rule uses.

use rustc_hash::FxHashMap;

use super::column::{Atom, Column};
use super::numbers::{AtomId, TestId};
use super::refused::EngineRefusal;
use super::slots::SlotId;
use crate::evaluate::pattern::{Pattern, fold};
use crate::event::{FieldType, Value};
use crate::plan::predicate::{WildcardPattern, WildcardToken};
use crate::plan::{Comparison, FieldId, IndexVec, Predicate};

/// Collects the atoms and tests of one column while rules are compiled.
#[derive(Debug)]
pub(super) struct ColumnBuilder {
    slot: SlotId,
    reader: FieldType,
    atoms: IndexVec<AtomId, Atom>,
    atom_numbers: FxHashMap<AtomKey, AtomId>,
    /// The atoms of each test, ascending.
    tests: IndexVec<TestId, Box<[AtomId]>>,
    test_numbers: FxHashMap<Box<[AtomId]>, TestId>,
}

impl ColumnBuilder {
    pub(super) fn new(slot: SlotId, reader: FieldType) -> Self {
        Self {
            slot,
            reader,
            atoms: IndexVec::new(),
            atom_numbers: FxHashMap::default(),
            tests: IndexVec::new(),
            test_numbers: FxHashMap::default(),
        }
    }

    /// The number of the test that is this predicate; the reason if it cannot be made.
    pub(super) fn predicate(&mut self, predicate: &Predicate) -> Result<TestId, EngineRefusal> {
        let predicate = &*predicate.for_type(&self.reader);
        let atom = self.atom(AtomKey::of(predicate), || atom_of(predicate))?;
        Ok(self.test(vec![atom]))
    }

    /// The number of the test for exactly this text.
    pub(super) fn text(&mut self, text: &str) -> Result<TestId, EngineRefusal> {
        let atom = self.atom(AtomKey::Text(text.into()), || Ok(Atom::Text(text.into())))?;
        Ok(self.test(vec![atom]))
    }

    /// Calls `make` only if the atom is new.
    fn atom(
        &mut self,
        key: AtomKey,
        make: impl FnOnce() -> Result<Atom, EngineRefusal>,
    ) -> Result<AtomId, EngineRefusal> {
        if let Some(number) = self.atom_numbers.get(&key) {
            return Ok(*number);
        }
        let number = self.atoms.push(make()?);
        self.atom_numbers.insert(key, number);
        Ok(number)
    }

    /// The number of the test "any of these atoms".
    pub(super) fn test(&mut self, mut atoms: Vec<AtomId>) -> TestId {
        atoms.sort_unstable();
        atoms.dedup();
        if let Some(number) = self.test_numbers.get(atoms.as_slice()) {
            return *number;
        }
        let atoms: Box<[AtomId]> = atoms.into();
        let number = self.tests.push(atoms.clone());
        self.test_numbers.insert(atoms, number);
        number
    }

    /// The atoms of a test.
    pub(super) fn atoms(&self, test: TestId) -> &[AtomId] {
        self.tests.at(test)
    }

    /// The column with the tests of these numbers, ascending, which get new numbers from zero on.
    pub(super) fn finish(self, tests: &[TestId]) -> Column {
        let lists = tests.iter().map(|test| Box::from(self.atoms(*test)));
        let lists = lists.collect();
        Column::new(self.slot, self.reader, self.atoms, lists)
    }
}

/// The identity of a predicate on a column.
#[derive(Debug, PartialEq, Eq, Hash)]
enum AtomKey {
    Exists,
    /// Exactly this text.
    Text(Box<str>),
    /// This text, folded.
    Folded(Box<str>),
    /// Any other test, of the field 0.
    Other(Box<Predicate>),
}

impl AtomKey {
    fn folded(text: &str) -> Self {
        Self::Folded(fold::fold(text).into())
    }

    fn of(predicate: &Predicate) -> Self {
        match predicate {
            Predicate::Exists(_) => Self::Exists,
            Predicate::Compare {
                comparison: Comparison::Equal,
                value: Value::Text(text),
                ..
            } => Self::Text((**text).into()),
            Predicate::EqualIgnoringCase { text, .. } => Self::folded(text),
            Predicate::Wildcard {
                pattern,
                insensitive,
                ..
            } => match (literal(pattern), insensitive) {
                (Some(text), true) => Self::folded(&text),
                (Some(text), false) => Self::Text(text.into()),
                (None, _) if is_anything(pattern) => Self::Exists,
                (None, true) => Self::Other(Box::new(Predicate::Wildcard {
                    field: COLUMN,
                    pattern: in_one_case(pattern),
                    insensitive: true,
                })),
                (None, false) => Self::other(predicate),
            },
            other => Self::other(other),
        }
    }

    fn other(predicate: &Predicate) -> Self {
        let mut predicate = Box::new(predicate.clone());
        predicate.visit_fields_mut(&mut |field| *field = COLUMN);
        Self::Other(predicate)
    }
}

/// The field of every test of a column.
const COLUMN: FieldId = FieldId(0);

fn in_one_case(pattern: &WildcardPattern) -> WildcardPattern {
    let tokens = pattern.0.iter().map(|token| match token {
        WildcardToken::Char(c) => WildcardToken::Char(fold::fold_char(*c)),
        other => *other,
    });
    WildcardPattern(tokens.collect())
}

/// `*`, which every text matches.
fn is_anything(pattern: &WildcardPattern) -> bool {
    let mut tokens = pattern.0.iter();
    !pattern.0.is_empty() && tokens.all(|token| *token == WildcardToken::Many)
}

/// The text of a pattern without wildcards.
fn literal(pattern: &WildcardPattern) -> Option<String> {
    let is_character = |token: &WildcardToken| matches!(token, WildcardToken::Char(_));
    // Most patterns have a wildcard, and most of those begin with one.
    if !pattern.0.iter().all(is_character) {
        return None;
    }
    let characters = pattern.0.iter().filter_map(|token| match token {
        WildcardToken::Char(c) => Some(*c),
        WildcardToken::One | WildcardToken::Many => None,
    });
    Some(characters.collect())
}

fn atom_of(predicate: &Predicate) -> Result<Atom, EngineRefusal> {
    Ok(match predicate {
        Predicate::Exists(_) => Atom::Exists,
        Predicate::Range { low, high, .. } => Atom::Range(low.clone(), high.clone()),
        Predicate::Fuzzy { fuzzy, .. } => Atom::Pattern(Pattern::fuzzy(fuzzy)),
        Predicate::Text { test, .. } => Atom::Pattern(Pattern::text(test)?),
        Predicate::Script(_)
        | Predicate::Constant(_)
        | Predicate::Not(_)
        | Predicate::All(_)
        | Predicate::Any(_)
        | Predicate::Nested { .. } => return Err(EngineRefusal::SeveralFields),
        Predicate::Compare {
            comparison: Comparison::Equal,
            value: Value::Text(text),
            ..
        } => Atom::Text((**text).into()),
        Predicate::Compare {
            comparison, value, ..
        } => Atom::Compare(*comparison, value.clone()),
        Predicate::Between { low, high, .. } => Atom::Between(low.clone(), high.clone()),
        Predicate::EqualIgnoringCase { text, .. } => Atom::Folded(fold::fold(text).into()),
        Predicate::Wildcard {
            pattern,
            insensitive,
            ..
        } => match (literal(pattern), insensitive) {
            (Some(text), true) => Atom::Folded(fold::fold(&text).into()),
            (Some(text), false) => Atom::Text(text.into()),
            (None, _) if is_anything(pattern) => Atom::Exists,
            (None, insensitive) => Atom::Pattern(Pattern::wildcard(pattern, *insensitive)),
        },
        Predicate::Regex {
            pattern,
            insensitive,
            ..
        } => Atom::Pattern(Pattern::lucene(pattern, *insensitive)?),
    })
}
