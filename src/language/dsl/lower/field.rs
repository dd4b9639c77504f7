//! One test of one field, by the field's type.

use super::super::error::{Refusal, RefusedCondition, UnsupportedCondition};
use super::super::query::FieldTest;
use super::{Lowering, Reader, constant, text};
use crate::event::FieldType;
use crate::event::field::KeywordSubfield;
use crate::plan::predicate::{Fuzzy, WildcardPattern, WildcardToken};
use crate::plan::{FieldId, Predicate};

impl Lowering<'_> {
    /// A test of the field of this name.
    pub(super) fn field(&mut self, path: &str, test: &FieldTest) -> Result<Predicate, Refusal> {
        if *test == FieldTest::Null {
            return Err(RefusedCondition::NoText {
                name: path.to_owned(),
            }
            .into());
        }
        let ways = self.readers(path);
        if ways.is_empty() && *test == FieldTest::Exists {
            return Ok(self.object_exists(path));
        }
        let mut parts = Vec::new();
        for way in &ways {
            parts.push(self.by_type(path, way, test)?);
        }
        Ok(Predicate::any(parts))
    }

    /// `exists` on a pattern, or on the name of an object: any field below it.
    fn object_exists(&mut self, path: &str) -> Predicate {
        let pattern = if path.contains('*') {
            path.to_owned()
        } else {
            format!("{path}.*")
        };
        let mut parts = Vec::new();
        for name in self.names(&pattern) {
            for way in self.readers(&name) {
                parts.push(self.field_exists(&name, &way));
            }
        }
        Predicate::any(parts)
    }

    /// Whether the field has a value. A point, a shape or a range may be written as an object.
    fn field_exists(&mut self, path: &str, way: &Reader) -> Predicate {
        let whole = Predicate::Exists(self.whole(path, way));
        match &way.field_type {
            FieldType::Unsupported(_) => {
                let parts = self.read_as(path, way, &FieldType::Flattened);
                Predicate::any(vec![whole, Predicate::Exists(parts)])
            }
            _ => whole,
        }
    }

    /// The field's values, whatever they are.
    fn whole(&mut self, path: &str, way: &Reader) -> FieldId {
        let as_text = FieldType::Wildcard { ignore_above: None };
        match &way.field_type {
            FieldType::Text { .. } => self.words(path, way),
            FieldType::FlattenedKey | FieldType::Unsupported(_) => {
                self.read_as(path, way, &as_text)
            }
            other => self.read_as(path, way, &other.clone()),
        }
    }

    /// The whole text of an analysed field: no keyword stands in for it here.
    fn words(&mut self, path: &str, way: &Reader) -> FieldId {
        let text = FieldType::Text {
            exact: KeywordSubfield::Missing,
        };
        self.read_as(path, way, &text)
    }

    fn by_type(
        &mut self,
        path: &str,
        way: &Reader,
        test: &FieldTest,
    ) -> Result<Predicate, Refusal> {
        if *test == FieldTest::Exists {
            return Ok(match &way.field_type {
                FieldType::Unindexed(_) => Predicate::Constant(false),
                _ => self.field_exists(path, way),
            });
        }
        match &way.field_type {
            FieldType::Text { .. } => {
                let field = self.words(path, way);
                text::test(path, field, test)
            }
            FieldType::Unindexed(_) => Err(RefusedCondition::NotIndexed {
                name: path.to_owned(),
            }
            .into()),
            FieldType::Keyword { .. }
            | FieldType::ConstantKeyword { .. }
            | FieldType::Wildcard { .. }
            | FieldType::Flattened
            | FieldType::FlattenedKey => {
                let field = self.whole(path, way);
                exact(field, path, &way.field_type, test)
            }
            // The versions themselves are compared, but patterns look at their texts.
            FieldType::Version if is_pattern(test) => {
                let as_text = FieldType::Wildcard { ignore_above: None };
                let field = self.read_as(path, way, &as_text);
                exact(field, path, &way.field_type, test)
            }
            FieldType::Unsupported(name) => Err(UnsupportedCondition::FieldType {
                name: path.to_owned(),
                found: name.clone(),
            }
            .into()),
            field_type => {
                let field = self.whole(path, way);
                constant::test(field, path, field_type, test, self.now)
            }
        }
    }
}

fn is_pattern(test: &FieldTest) -> bool {
    matches!(
        test,
        FieldTest::Wildcard { .. }
            | FieldTest::Prefix { .. }
            | FieldTest::Regexp { .. }
            | FieldTest::Fuzzy { .. }
    )
}

/// A test of whole texts.
fn exact(
    field: FieldId,
    path: &str,
    field_type: &FieldType,
    test: &FieldTest,
) -> Result<Predicate, Refusal> {
    // The field itself takes them: its values are indexed without their keys.
    let is_key = *field_type == FieldType::FlattenedKey;
    let refused = |kind: &'static str| Err(RefusedCondition::OnFlattenedKey { kind }.into());
    Ok(match test {
        FieldTest::Term {
            value,
            ignore_case: true,
        } => Predicate::EqualIgnoringCase {
            field,
            text: value.clone(),
        },
        FieldTest::Term { value, .. }
        | FieldTest::Match { text: value, .. }
        | FieldTest::Phrase {
            text: value,
            is_prefix: false,
            ..
        } => constant::equal(field, value),
        FieldTest::Terms(values) => Predicate::any(
            values
                .iter()
                .map(|value| constant::equal(field, value))
                .collect(),
        ),
        FieldTest::Phrase { text, .. } => prefix(field, text, false),
        FieldTest::Prefix {
            text, ignore_case, ..
        } => prefix(field, text, *ignore_case),
        FieldTest::Wildcard { .. } if is_key => return refused("wildcard"),
        FieldTest::Regexp { .. } if is_key => return refused("regexp"),
        FieldTest::Fuzzy { .. } if is_key => return refused("fuzzy"),
        FieldTest::Wildcard {
            pattern,
            ignore_case,
            ..
        } => Predicate::Wildcard {
            field,
            pattern: WildcardPattern::lucene(pattern),
            insensitive: *ignore_case,
        },
        FieldTest::Regexp {
            pattern,
            ignore_case,
        } => Predicate::Regex {
            field,
            pattern: pattern.clone(),
            insensitive: *ignore_case,
        },
        FieldTest::Fuzzy {
            text,
            edits,
            prefix,
            transpositions,
            ..
        } => Predicate::Fuzzy {
            field,
            fuzzy: Fuzzy {
                text: text.clone(),
                edits: *edits,
                prefix: *prefix,
                transpositions: *transpositions,
            },
        },
        FieldTest::Range(range) => {
            if is_key && range.bounds.len() < 2 {
                return Err(RefusedCondition::OpenRangeOnFlattened.into());
            }
            constant::range_of_texts(field, range)
        }
        FieldTest::Exists => Predicate::Exists(field),
        FieldTest::Null => {
            return Err(RefusedCondition::NoText {
                name: path.to_owned(),
            }
            .into());
        }
    })
}

fn prefix(field: FieldId, text: &str, insensitive: bool) -> Predicate {
    let mut tokens: Vec<WildcardToken> = text.chars().map(WildcardToken::Char).collect();
    tokens.push(WildcardToken::Many);
    Predicate::Wildcard {
        field,
        pattern: WildcardPattern(tokens),
        insensitive,
    }
}
