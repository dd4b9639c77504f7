//! One leaf, compiled: its predicate with patterns and constants made ready, and what it says
//! about the fields of one event. Called by `facts.rs` for each leaf on each event, once.

use super::QueryFailure;
use super::function::Script;
use super::pattern::Pattern;
use super::slots::Slots;
use crate::event::Value;
use crate::plan::{Comparison, FieldId, Plan, Predicate};

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
}

impl Test {
    /// Compiles a predicate as the mappings of the plan's fields run it.
    pub(super) fn new(plan: &Plan, predicate: &Predicate) -> Result<Self, QueryFailure> {
        let [field] = predicate.fields()[..] else {
            return Self::plain(predicate);
        };
        let readers = plan
            .fields
            .get(field.index())
            .map_or(&[][..], |field| &field.readers);
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
            return Self::plain(first);
        }
        let tests = own.iter().map(|predicate| Self::plain(predicate));
        Ok(Self::ByMapping(tests.collect::<Result<_, _>>()?))
    }

    fn plain(predicate: &Predicate) -> Result<Self, QueryFailure> {
        Ok(match predicate {
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
            | Self::Pattern(field, _) => fields.push(*field),
            Self::Script(script) => fields.extend(script.fields()),
            Self::ByMapping(tests) => {
                for test in tests {
                    test.reads(fields);
                }
            }
        }
    }

    /// The field whose texts the test wants folded.
    pub(super) fn folds(&self) -> Option<FieldId> {
        match self {
            Self::Pattern(field, pattern) if pattern.wants_folded() => Some(*field),
            Self::ByMapping(tests) => tests.iter().find_map(Self::folds),
            _ => None,
        }
    }

    /// Whether any value (for scripts: any combination of values) satisfies the test.
    pub(super) fn holds(&self, slots: &Slots<'_>) -> Result<bool, QueryFailure> {
        Ok(match self {
            Self::Exists(field) => slots.get(*field).is_some_and(|slot| !slot.is_empty()),
            Self::Compare(field, comparison, Value::Text(constant)) => {
                slots.get(*field).is_some_and(|slot| {
                    let constant = constant.as_bytes();
                    let mut texts = slot.texts.iter();
                    texts.any(|text| comparison.fits(text.as_bytes().cmp(constant)))
                })
            }
            Self::Compare(field, comparison, constant) => slots.get(*field).is_some_and(|slot| {
                let mut values = slot.values.iter();
                values.any(|value| compare(*comparison, value, constant) == Some(true))
            }),
            Self::Between(field, low, high) => slots.get(*field).is_some_and(|slot| {
                let within = |value: &Value| {
                    compare(Comparison::GreaterOrEqual, value, low) == Some(true)
                        && compare(Comparison::LessOrEqual, value, high) == Some(true)
                };
                let mut texts = (0..slot.texts.len()).filter_map(|index| slot.value(index));
                slot.values.iter().any(within) || texts.any(|text| within(&text))
            }),
            Self::Pattern(field, pattern) => slots.get(*field).is_some_and(|slot| {
                if pattern.wants_folded() {
                    let mut folded = slot.folded().iter();
                    folded.any(|text| pattern.matches_prepared(text))
                } else {
                    slot.texts.iter().any(|text| pattern.matches_prepared(text))
                }
            }),
            Self::Script(script) => script.holds(slots)?,
            Self::ByMapping(tests) => match tests.get(slots.mapping) {
                Some(test) => test.holds(slots)?,
                None => false,
            },
        })
    }
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
