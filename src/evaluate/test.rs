//! One compiled leaf: its predicate with patterns and constants prepared. `facts.rs` runs each leaf
//! once on each event.

use super::QueryFailure;
use super::function::Script;
use super::pattern::Pattern;
use super::slots::Slots;
use crate::event::{Event, Value};
use crate::plan::predicate::End;
use crate::plan::{Comparison, FieldId, IndexVec, PlanField, Predicate};

/// The fields that a plan's predicates read.
pub(super) type Fields = IndexVec<FieldId, PlanField>;

/// A leaf's predicate, compiled.
#[derive(Debug)]
pub(super) enum Test {
    Exists(FieldId),
    Compare(FieldId, Comparison, Value),
    Between(FieldId, Value, Value),
    Pattern(FieldId, Pattern),
    Script(Script),
    /// The test of each mapping, where the types of a field differ so that its constants do.
    ByMapping(Vec<Self>),
    Range(FieldId, Option<End>, Option<End>),
    Constant(bool),
    Not(Box<Self>),
    All(Vec<Self>),
    Any(Vec<Self>),
    Nested(Nested),
}

/// A test of the objects of an array, one by one.
#[derive(Debug)]
pub(super) struct Nested {
    path: String,
    inner: WholeDocument,
}

impl Test {
    /// Compiles a predicate as the mappings of its fields run it.
    pub(super) fn new(fields: &Fields, predicate: &Predicate) -> Result<Self, QueryFailure> {
        let [field] = predicate.fields()[..] else {
            return Self::plain(fields, predicate);
        };
        let readers = &fields.at(field).readers;
        let own: Vec<_> = readers
            .iter()
            .map(|reader| match reader {
                Some(reader) => predicate.for_type(&reader.field_type),
                None => std::borrow::Cow::Borrowed(predicate),
            })
            .collect();
        // A mapping without the field has no values for any test.
        let mut known = own
            .iter()
            .zip(readers)
            .filter(|(_, reader)| reader.is_some());
        let first = known.next().map_or(predicate, |(predicate, _)| predicate);
        if known.all(|(other, _)| **other == *first) {
            return Self::plain(fields, first);
        }
        let tests = own.iter().map(|predicate| Self::plain(fields, predicate));
        Ok(Self::ByMapping(tests.collect::<Result<_, _>>()?))
    }

    fn plain(fields: &Fields, predicate: &Predicate) -> Result<Self, QueryFailure> {
        let all = |parts: &[Predicate]| -> Result<Vec<Self>, QueryFailure> {
            parts.iter().map(|part| Self::new(fields, part)).collect()
        };
        Ok(match predicate {
            Predicate::Range { field, low, high } => Self::Range(*field, low.clone(), high.clone()),
            Predicate::Fuzzy { field, fuzzy } => Self::Pattern(*field, Pattern::fuzzy(fuzzy)),
            Predicate::Text { field, test } => Self::Pattern(*field, Pattern::text(test)?),
            Predicate::Constant(value) => Self::Constant(*value),
            Predicate::Not(inner) => Self::Not(Box::new(Self::new(fields, inner)?)),
            Predicate::All(parts) => Self::All(all(parts)?),
            Predicate::Any(parts) => Self::Any(all(parts)?),
            Predicate::Nested { path, inner } => Self::Nested(Nested {
                path: path.clone(),
                inner: WholeDocument::of(Self::new(fields, inner)?, fields),
            }),
            Predicate::Exists(field) => Self::Exists(*field),
            Predicate::Compare {
                field,
                comparison,
                value,
            } => Self::Compare(*field, *comparison, value.clone()),
            Predicate::Between { field, low, high } => {
                Self::Between(*field, low.clone(), high.clone())
            }
            Predicate::EqualIgnoringCase { field, text } => {
                Self::Pattern(*field, Pattern::equal_ignoring_case(text))
            }
            Predicate::Wildcard {
                field,
                pattern,
                insensitive,
            } => Self::Pattern(*field, Pattern::wildcard(pattern, *insensitive)),
            Predicate::Regex {
                field,
                pattern,
                insensitive,
            } => Self::Pattern(*field, Pattern::lucene(pattern, *insensitive)?),
            Predicate::Script(expr) => Self::Script(Script::new(expr)?),
        })
    }

    /// Adds the fields that the test reads.
    pub(super) fn reads(&self, fields: &mut Vec<FieldId>) {
        match self {
            Self::Exists(field)
            | Self::Compare(field, ..)
            | Self::Between(field, ..)
            | Self::Range(field, ..)
            | Self::Pattern(field, _) => fields.push(*field),
            Self::Script(script) => fields.extend(script.fields()),
            Self::Not(inner) => inner.reads(fields),
            Self::ByMapping(tests) | Self::All(tests) | Self::Any(tests) => {
                for test in tests {
                    test.reads(fields);
                }
            }
            // It reads the fields of the objects itself.
            Self::Constant(_) | Self::Nested(_) => {}
        }
    }

    /// Adds the fields whose texts the test wants folded.
    pub(super) fn folds(&self, fields: &mut Vec<FieldId>) {
        match self {
            Self::Pattern(field, pattern) if pattern.wants_folded() => fields.push(*field),
            Self::Not(inner) => inner.folds(fields),
            Self::ByMapping(tests) | Self::All(tests) | Self::Any(tests) => {
                for test in tests {
                    test.folds(fields);
                }
            }
            _ => {}
        }
    }

    /// Whether any value (for scripts: any combination of values) satisfies the test.
    pub(super) fn holds(&self, slots: &Slots<'_>) -> Result<bool, QueryFailure> {
        Ok(match self {
            Self::Exists(field) => !slots.get(*field).is_empty(),
            Self::Compare(field, comparison, Value::Text(constant)) => {
                let constant = constant.as_bytes();
                let mut texts = slots.get(*field).texts.iter();
                texts.any(|text| comparison.fits(text.as_bytes().cmp(constant)))
            }
            Self::Compare(field, comparison, constant) => {
                let slot = slots.get(*field);
                let mut values = slot.values.iter();
                values.any(|value| compare(*comparison, value, constant) == Some(true))
            }
            Self::Between(field, low, high) => {
                let slot = slots.get(*field);
                let within = |value: &Value| {
                    compare(Comparison::GreaterOrEqual, value, low) == Some(true)
                        && compare(Comparison::LessOrEqual, value, high) == Some(true)
                };
                let mut texts = (0..slot.texts.len()).filter_map(|index| slot.value(index));
                slot.values.iter().any(within) || texts.any(|text| within(&text))
            }
            Self::Pattern(field, pattern) => {
                let slot = slots.get(*field);
                if pattern.wants_folded() {
                    let mut folded = slot.folded().iter();
                    folded.any(|text| pattern.matches_prepared(text))
                } else {
                    slot.texts.iter().any(|text| pattern.matches_prepared(text))
                }
            }
            Self::Script(script) => script.holds(slots)?,
            Self::ByMapping(tests) => match tests.get(slots.mapping) {
                Some(test) => test.holds(slots)?,
                None => false,
            },
            Self::Range(field, low, high) => {
                let slot = slots.get(*field);
                let mut values = (0..slot.len()).filter_map(|index| slot.value(index));
                values.any(|value| within(&value, low.as_ref(), high.as_ref()))
            }
            Self::Constant(value) => *value,
            Self::Not(inner) => !inner.holds(slots)?,
            Self::All(parts) => {
                for part in parts {
                    if !part.holds(slots)? {
                        return Ok(false);
                    }
                }
                true
            }
            Self::Any(parts) => {
                for part in parts {
                    if part.holds(slots)? {
                        return Ok(true);
                    }
                }
                false
            }
            Self::Nested(nested) => nested.holds(slots)?,
        })
    }
}

/// A test with the fields that it reads, to be run on one document.
#[derive(Debug)]
pub(super) struct WholeDocument {
    test: Box<Test>,
    /// Each with its number, and whether its case is folded.
    fields: Vec<(FieldId, PlanField, bool)>,
}

impl WholeDocument {
    pub(super) fn of(test: Test, fields: &Fields) -> Self {
        let (mut reads, mut folds) = (Vec::new(), Vec::new());
        test.reads(&mut reads);
        test.folds(&mut folds);
        reads.sort_unstable();
        reads.dedup();
        let read = |id: FieldId| (id, fields.at(id).clone(), folds.contains(&id));
        Self {
            test: Box::new(test),
            fields: reads.into_iter().map(read).collect(),
        }
    }

    /// Whether the document meets it.
    pub(super) fn holds(&self, event: &Event) -> Result<bool, QueryFailure> {
        let room = self.fields.iter().map(|(id, ..)| id.index() + 1).max();
        let mut slots = Slots::new(room.unwrap_or(0));
        slots.set_event(event);
        for (id, field, fold) in &self.fields {
            slots.read(*id, field, *fold);
        }
        self.test.holds(&slots)
    }
}

impl Nested {
    fn holds(&self, slots: &Slots<'_>) -> Result<bool, QueryFailure> {
        let Some(event) = slots.event() else {
            return Ok(false);
        };
        for object in event.objects(&self.path) {
            if self.inner.holds(&object)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether the value lies between the ends.
fn within(value: &Value, low: Option<&End>, high: Option<&End>) -> bool {
    let meets = |end: Option<&End>, open: Comparison, closed: Comparison| {
        end.is_none_or(|end| {
            let comparison = if end.inclusive { closed } else { open };
            compare(comparison, value, &end.value) == Some(true)
        })
    };
    meets(low, Comparison::Greater, Comparison::GreaterOrEqual)
        && meets(high, Comparison::Less, Comparison::LessOrEqual)
}

/// A comparison of two values; `None` where their types do not go together. Versions are equal
/// only as texts (`VersionStringFieldMapper`), though they are ordered by meaning.
pub(super) fn compare(comparison: Comparison, value: &Value, constant: &Value) -> Option<bool> {
    if let (Value::Version(a), Value::Version(b), Comparison::Equal) = (value, constant, comparison)
    {
        return Some(a.as_str() == b.as_str());
    }
    value.compare(constant).map(|order| comparison.fits(order))
}
