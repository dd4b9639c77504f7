//! Query DSL to JSON, as Kibana sends it: the text form of what a KQL query becomes.

use serde_json::{Map, Value as Json, json};

use super::query::{Bool, FieldTest, Fields, Minimum, Query, QueryString, Range};

impl Query {
    /// The query as JSON.
    pub fn to_json(&self) -> Json {
        match self {
            Self::MatchAll => json!({"match_all": {}}),
            Self::MatchNone => json!({"match_none": {}}),
            Self::Bool(parts) => json!({"bool": boolean(parts)}),
            Self::Field {
                fields: Fields::All,
                test: FieldTest::Match { text, .. },
                ..
            } => json!({"multi_match": {"type": "best_fields", "query": text, "lenient": true}}),
            Self::Field {
                fields: Fields::All,
                test: FieldTest::Phrase { text, .. },
                ..
            } => json!({"multi_match": {"type": "phrase", "query": text, "lenient": true}}),
            Self::Field { fields, test, .. } => field(fields.text(), test),
            Self::Nested {
                path,
                query,
                ignore_unmapped,
            } => {
                let mut body = json!({
                    "path": path,
                    "query": query.to_json(),
                    "score_mode": "none",
                });
                if *ignore_unmapped && let Some(body) = body.as_object_mut() {
                    body.insert("ignore_unmapped".to_owned(), true.into());
                }
                json!({"nested": body})
            }
            Self::QueryString(string) => json!({"query_string": query_string(string)}),
            Self::Ids(ids) => json!({"ids": {"values": ids}}),
        }
    }
}

fn boolean(parts: &Bool) -> Json {
    let mut body = Map::new();
    for (key, queries) in [
        ("must", &parts.must),
        ("filter", &parts.filter),
        ("should", &parts.should),
        ("must_not", &parts.must_not),
    ] {
        let written: Vec<Json> = queries.iter().map(Query::to_json).collect();
        match (key, written.as_slice()) {
            (_, []) => {}
            ("must_not", [only]) => {
                body.insert(key.to_owned(), only.clone());
            }
            _ => {
                body.insert(key.to_owned(), Json::Array(written));
            }
        }
    }
    match parts.minimum {
        None => {}
        Some(Minimum::Count(count)) => {
            body.insert("minimum_should_match".to_owned(), count.into());
        }
        Some(Minimum::Percent(percent)) => {
            let percent = format!("{percent}%");
            body.insert("minimum_should_match".to_owned(), percent.into());
        }
    }
    Json::Object(body)
}

/// A prefix and transpositions are written where they are not the default.
fn fuzzy(text: &str, edits: u8, prefix: usize, transpositions: bool) -> Json {
    let mut body = Map::new();
    body.insert("value".to_owned(), json!(text));
    body.insert("fuzziness".to_owned(), json!(edits));
    if prefix > 0 {
        body.insert("prefix_length".to_owned(), json!(prefix));
    }
    if !transpositions {
        body.insert("transpositions".to_owned(), false.into());
    }
    Json::Object(body)
}

fn field(name: &str, test: &FieldTest) -> Json {
    let insensitive = |mut body: Json, ignore_case: bool| {
        if ignore_case && let Some(body) = body.as_object_mut() {
            body.insert("case_insensitive".to_owned(), true.into());
        }
        body
    };
    let (kind, body) = match test {
        FieldTest::Exists => return json!({"exists": {"field": name}}),
        FieldTest::Term { value, ignore_case } => {
            ("term", insensitive(json!({"value": value}), *ignore_case))
        }
        FieldTest::Terms(values) => ("terms", json!(values)),
        FieldTest::Match { text, all: false } => ("match", json!(text)),
        FieldTest::Match { text, all: true } => {
            ("match", json!({"query": text, "operator": "and"}))
        }
        FieldTest::Phrase {
            text,
            is_prefix,
            slop,
        } => {
            let kind = if *is_prefix {
                "match_phrase_prefix"
            } else {
                "match_phrase"
            };
            let body = match slop {
                0 => json!(text),
                slop => json!({"query": text, "slop": slop}),
            };
            (kind, body)
        }
        FieldTest::Wildcard {
            pattern,
            ignore_case,
            ..
        } => (
            "wildcard",
            insensitive(json!({"value": pattern}), *ignore_case),
        ),
        FieldTest::Prefix {
            text, ignore_case, ..
        } => ("prefix", insensitive(json!({"value": text}), *ignore_case)),
        FieldTest::Regexp {
            pattern,
            ignore_case,
        } => (
            "regexp",
            insensitive(json!({"value": pattern}), *ignore_case),
        ),
        FieldTest::Fuzzy {
            text,
            edits,
            prefix,
            transpositions,
            ..
        } => ("fuzzy", fuzzy(text, *edits, *prefix, *transpositions)),
        FieldTest::Range(range) => ("range", self::range(range)),
        FieldTest::Null => ("match", Json::Null),
    };
    json!({kind: {name: body}})
}

fn range(range: &Range) -> Json {
    let mut body = Map::new();
    for (bound, value) in &range.bounds {
        body.insert(bound.word().to_owned(), value.as_str().into());
    }
    for (key, value) in [("time_zone", &range.time_zone), ("format", &range.format)] {
        if let Some(value) = value {
            body.insert(key.to_owned(), value.as_str().into());
        }
    }
    Json::Object(body)
}

fn query_string(string: &QueryString) -> Json {
    let mut body = Map::new();
    if !string.fields.is_empty() {
        body.insert("fields".to_owned(), json!(string.fields));
    }
    body.insert("query".to_owned(), string.text.as_str().into());
    if string.all {
        body.insert("default_operator".to_owned(), "and".into());
    }
    for (key, flag) in [
        ("analyze_wildcard", string.analyze_wildcard),
        ("lenient", string.lenient),
    ] {
        if flag {
            body.insert(key.to_owned(), true.into());
        }
    }
    if let Some(zone) = &string.time_zone {
        body.insert("time_zone".to_owned(), zone.as_str().into());
    }
    Json::Object(body)
}
