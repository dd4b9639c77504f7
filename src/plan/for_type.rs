//! Adapts a predicate to the type of a field. A mapping decides what the index keeps of a value
//! (its precision, its case), and the constants of a query are changed in the same way.

use std::borrow::Cow;

use super::predicate::{Comparison, End, Fuzzy, Predicate, WildcardPattern, WildcardToken};
use super::{Filter, Plan, PlanField};
use crate::diagnostic::failure::{FailureKind, UnknownValues};
use crate::event::FieldType;
use crate::event::field::{Normalizer, lowercase};
use crate::event::schema::MappedField;

impl Predicate {
    /// The predicate with its constants as an index with this type holds them.
    pub fn for_type(&self, field_type: &FieldType) -> Cow<'_, Self> {
        match self {
            Self::Compare {
                field,
                comparison,
                value,
            } => {
                let reduced = match comparison {
                    Comparison::Equal => field_type.reduce(value),
                    _ => field_type.reduce_bound(value),
                };
                match reduced {
                    Some(reduced) if reduced != *value => Cow::Owned(Self::Compare {
                        field: *field,
                        comparison: *comparison,
                        value: reduced,
                    }),
                    _ => Cow::Borrowed(self),
                }
            }
            Self::EqualIgnoringCase { field, text } => match normalized(field_type, text) {
                Some(text) => Cow::Owned(Self::EqualIgnoringCase {
                    field: *field,
                    text,
                }),
                None => Cow::Borrowed(self),
            },
            Self::Wildcard {
                field,
                pattern,
                insensitive,
            } if field_type.normalizer() == Normalizer::Lowercase => Cow::Owned(Self::Wildcard {
                field: *field,
                pattern: in_lowercase(pattern),
                insensitive: *insensitive,
            }),
            // The text of the expression is normalized as a whole, `\D` to `\d`
            // (`StringFieldType.regexpQuery`).
            Self::Regex {
                field,
                pattern,
                insensitive,
            } => match normalized(field_type, pattern) {
                Some(pattern) => Cow::Owned(Self::Regex {
                    field: *field,
                    pattern,
                    insensitive: *insensitive,
                }),
                None => Cow::Borrowed(self),
            },
            Self::Range { field, low, high } => {
                let end = |end: &Option<End>| {
                    end.as_ref().map(|end| End {
                        value: field_type
                            .reduce_bound(&end.value)
                            .unwrap_or(end.value.clone()),
                        inclusive: end.inclusive,
                    })
                };
                Cow::Owned(Self::Range {
                    field: *field,
                    low: end(low),
                    high: end(high),
                })
            }
            Self::Fuzzy { field, fuzzy } => match normalized(field_type, &fuzzy.text) {
                Some(text) => Cow::Owned(Self::Fuzzy {
                    field: *field,
                    fuzzy: Fuzzy {
                        text,
                        ..fuzzy.clone()
                    },
                }),
                None => Cow::Borrowed(self),
            },
            // Their parts are asked one by one; words are never normalized.
            Self::Constant(_)
            | Self::Not(_)
            | Self::All(_)
            | Self::Any(_)
            | Self::Nested { .. }
            | Self::Text { .. } => Cow::Borrowed(self),
            // A script reads what the index holds and compares it with the constant as written.
            Self::Exists(_) | Self::Between { .. } | Self::Wildcard { .. } | Self::Script(_) => {
                Cow::Borrowed(self)
            }
        }
    }
}

/// The text as the index changes it; `None` where it stays.
fn normalized(field_type: &FieldType, text: &str) -> Option<String> {
    match field_type.normalizer().apply(text) {
        Cow::Owned(changed) => Some(changed),
        Cow::Borrowed(_) => None,
    }
}

fn in_lowercase(pattern: &WildcardPattern) -> WildcardPattern {
    let tokens = pattern.0.iter().map(|token| match token {
        WildcardToken::Char(c) => WildcardToken::Char(lowercase(*c)),
        other => *other,
    });
    WildcardPattern(tokens.collect())
}

impl Plan {
    /// Why Elasticsearch cannot run a leaf as a script, which reads doc values.
    pub fn unreadable(&self, predicate: &Predicate) -> Option<FailureKind> {
        if !matches!(predicate, Predicate::Script(_)) {
            return None;
        }
        let fields = predicate.fields().into_iter();
        let mut fields = fields.map(|field| self.fields.at(field));
        let field = fields.find(|field| {
            let mut readers = field.readers.iter().flatten();
            readers.any(|reader| reader.options.without_doc_values)
        })?;
        Some(FailureKind::NoDocValues {
            name: field.path.clone(),
        })
    }

    /// Why Trapline cannot know the values of a field that the plan reads.
    pub fn unreadable_field(&self) -> Option<FailureKind> {
        self.fields.iter().find_map(PlanField::unreadable_field)
    }
}

impl Filter {
    /// Why Trapline cannot know the values of a field that the condition reads.
    pub fn unreadable_field(&self) -> Option<FailureKind> {
        self.fields.iter().find_map(PlanField::unreadable_field)
    }
}

impl PlanField {
    fn unreadable_field(&self) -> Option<FailureKind> {
        let why = self.readers.iter().flatten().find_map(unknown_values)?;
        Some(FailureKind::UnknownValues {
            name: self.path.clone(),
            why,
        })
    }
}

fn unknown_values(field: &MappedField) -> Option<UnknownValues> {
    if field.options.scripted {
        return Some(UnknownValues::Scripted);
    }
    if let FieldType::Date(format) | FieldType::DateNanos(format) = &field.field_type
        && format.is_unread()
    {
        return Some(UnknownValues::DateFormat);
    }
    (field.field_type.normalizer() == Normalizer::Unknown).then_some(UnknownValues::Normalizer)
}
