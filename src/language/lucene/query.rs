//! Clauses → Query DSL: what Elasticsearch's `query_string` makes of each value.

use super::syntax::{Group, Leaf, Node, Occur, Value};
use crate::language::dsl::query::{
    Bool, Bound, FieldTest, Fields, Preparation, Query, QueryString, Range,
};

/// What a request says about a query string beside its text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Meaning {
    /// The fields that a value without a field is searched in; none for every field.
    pub fields: Vec<String>,
    /// Where no operator is named, all of the words.
    pub all: bool,
    /// `analyze_wildcard`: a text with a `*` at its end is cut into words.
    pub analyze_wildcard: bool,
    /// A value that a field's type does not take is no error.
    pub lenient: bool,
}

impl Meaning {
    /// What a query of Query DSL says.
    pub fn of(string: &QueryString) -> Self {
        Self {
            fields: string.fields.clone(),
            all: string.all,
            analyze_wildcard: string.analyze_wildcard,
            lenient: string.lenient,
        }
    }

    /// What the detection engine says with a rule's query of language `lucene`
    /// (`query:queryString:options` and Elasticsearch's defaults).
    pub fn of_rules() -> Self {
        Self {
            analyze_wildcard: true,
            ..Self::default()
        }
    }
}

/// The query that a group is.
pub fn query(group: &Group, meaning: &Meaning) -> Query {
    if group.clauses.is_empty() {
        return Query::MatchAll;
    }
    let mut parts = Bool::default();
    for clause in &group.clauses {
        let part = match &clause.node {
            Node::Group(group) => query(group, meaning),
            Node::Leaf(leaf) => leaf_query(leaf, meaning),
        };
        match clause.occur {
            Occur::Required => parts.must.push(part),
            Occur::Optional => parts.should.push(part),
            Occur::Forbidden => parts.must_not.push(part),
        }
    }
    Query::Bool(parts)
}

/// The query that a value is.
pub fn leaf_query(leaf: &Leaf, meaning: &Meaning) -> Query {
    let of = |fields: Fields, lenient: bool| {
        let is_all = matches!(fields, Fields::All);
        if is_all && leaf.value == Value::Any {
            return Query::MatchAll;
        }
        Query::Field {
            fields,
            test: test(leaf, meaning),
            lenient,
        }
    };
    match leaf.field.as_deref() {
        Some("_exists_") => {
            let name = match &leaf.value {
                Value::Text(text) | Value::Phrase { text, .. } => text.clone(),
                _ => leaf.written.clone(),
            };
            Query::exists(name)
        }
        Some(name) => of(Fields::named(name), meaning.lenient || name.contains('*')),
        None if meaning.fields.is_empty() => of(Fields::All, true),
        None => {
            let fields = meaning.fields.iter();
            let mut fields: Vec<Query> = fields
                .map(|name| of(Fields::named(name), meaning.lenient))
                .collect();
            match fields.pop() {
                Some(only) if fields.is_empty() => only,
                last => {
                    fields.extend(last);
                    Query::any(fields)
                }
            }
        }
    }
}

fn test(leaf: &Leaf, meaning: &Meaning) -> FieldTest {
    match &leaf.value {
        Value::Text(text) => match comparison(text).filter(|_| leaf.field.is_some()) {
            Some(bound) => FieldTest::Range(Range {
                bounds: vec![bound],
                prepared: true,
                ..Range::default()
            }),
            None => FieldTest::Match {
                text: text.clone(),
                all: meaning.all,
            },
        },
        Value::Phrase { text, slop } => FieldTest::Phrase {
            text: text.clone(),
            slop: *slop,
            is_prefix: false,
        },
        Value::Any => FieldTest::Exists,
        Value::Prefix(text) => FieldTest::Prefix {
            text: text.clone(),
            ignore_case: false,
            preparation: if meaning.analyze_wildcard {
                Preparation::Words { all: meaning.all }
            } else {
                Preparation::Normalized
            },
        },
        Value::Wildcard(pattern) => FieldTest::Wildcard {
            pattern: pattern.clone(),
            ignore_case: false,
            preparation: Preparation::Normalized,
        },
        Value::Regex(pattern) => FieldTest::Regexp {
            pattern: pattern.clone(),
            ignore_case: false,
        },
        Value::Fuzzy { text, distance } => FieldTest::Fuzzy {
            text: text.clone(),
            edits: edits(text, *distance),
            prefix: 0,
            transpositions: true,
            preparation: Preparation::Normalized,
        },
        Value::Range {
            low,
            low_inclusive,
            high,
            high_inclusive,
        } => {
            let above = if *low_inclusive {
                Bound::From
            } else {
                Bound::Above
            };
            let below = if *high_inclusive {
                Bound::To
            } else {
                Bound::Below
            };
            let low = low.iter().map(|text| (above, text.clone()));
            let high = high.iter().map(|text| (below, text.clone()));
            FieldTest::Range(Range {
                bounds: low.chain(high).collect(),
                prepared: true,
                ..Range::default()
            })
        }
    }
}

/// `>5`, `<=5` as a value.
fn comparison(text: &str) -> Option<(Bound, String)> {
    for (sign, bound) in [
        (">=", Bound::From),
        (">", Bound::Above),
        ("<=", Bound::To),
        ("<", Bound::Below),
    ] {
        if let Some(rest) = text.strip_prefix(sign)
            && !rest.is_empty()
        {
            return Some((bound, rest.to_owned()));
        }
    }
    None
}

/// The edits of `text~`, `text~1`, `text~0.5` (`FuzzyQuery.floatToEdits`).
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a small number of edits of a short text"
)]
fn edits(text: &str, distance: Option<f64>) -> u8 {
    let length = text.chars().count();
    let edits = match distance {
        None => return auto_edits(length),
        Some(distance) if distance >= 1.0 => distance,
        Some(distance) if distance <= 0.0 => 0.0,
        Some(similarity) => (1.0 - similarity) * length as f64,
    };
    edits.min(2.0) as u8
}

/// `AUTO`: none for up to two characters, one for up to five.
pub fn auto_edits(length: usize) -> u8 {
    match length {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    }
}
