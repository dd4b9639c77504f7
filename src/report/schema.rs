//! The JSON Schemas of `--format json`. Written by `trapline schema report` and `trapline schema
//! check`.

use serde_json::{Map, Value, json};

use super::json::VERSION;
use crate::project::Conclusion;
use crate::replay::outcome::Verdict;
use crate::snapshot::Class;

/// The schema (draft 2020-12) of the report of `check`.
pub fn of_check() -> Value {
    let count = json!({"type": "integer", "minimum": 0});
    let counts = ["rules", "scenarios", "errors", "warnings", "broken"];
    let mut summary: Vec<(&str, Value)> = counts.map(|key| (key, count.clone())).into();
    let by_type = json!({"type": "object", "additionalProperties": count});
    summary.push(("unsupported", by_type));
    let line = json!({"type": "integer", "minimum": 1});
    let place = object(&[
        ("file", json!({"type": "string"})),
        ("line", line.clone()),
        ("column", line.clone()),
        ("end_line", line.clone()),
        ("end_column", line),
        ("message", json!({"type": "string"})),
    ]);
    let finding = object(&[
        ("lint", nullable("string")),
        ("code", json!({"type": "string"})),
        ("severity", json!({"enum": ["error", "warning"]})),
        ("cause", nullable("string")),
        ("message", json!({"type": "string"})),
        ("details", details()),
        ("sources", texts()),
        ("places", json!({"type": "array", "items": place})),
        ("help", texts()),
    ]);
    let mut schema = object(&[
        ("summary", object(&summary)),
        ("findings", json!({"type": "array", "items": finding})),
    ]);
    if let Some(keys) = schema.as_object_mut() {
        let head = [
            ("$schema", "https://json-schema.org/draft/2020-12/schema"),
            ("title", "Trapline check"),
            ("description", "trapline check --format json"),
        ];
        keys.extend(head.map(|(key, text)| (key.to_owned(), json!(text))));
    }
    schema
}

/// The schema (draft 2020-12) of the report of `test`.
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Trapline report",
        "description": "trapline test --format json",
        "type": "object",
        "required": ["version", "conclusion", "summary", "checks", "changes", "errors", "gates", "rules"],
        "properties": {
            "version": {"const": VERSION, "description": "Raised when a key goes or changes its meaning"},
            "conclusion": {"enum": Conclusion::ALL.map(Conclusion::word)},
            "summary": summary(),
            "checks": {"type": "array", "items": {"$ref": "#/$defs/check"}},
            "changes": {"type": "array", "items": object(&[
                ("key", json!({"type": "string"})),
                ("class", json!({"enum": Class::ALL.map(Class::word)})),
            ])},
            "errors": {"type": "array", "items": {"$ref": "#/$defs/error"}},
            "gates": {"type": "array", "items": object(&[
                ("gate", json!({"enum": ["require-tested", "min-cases"]})),
                ("rule_file", json!({"type": "string"})),
                ("message", json!({"type": "string"})),
            ])},
            "rules": {"type": "array", "items": {"$ref": "#/$defs/rule"}},
        },
        "$defs": {
            "place": object(&[
                ("file", json!({"type": "string"})),
                ("line", json!({"type": "integer", "minimum": 1})),
                ("column", json!({"type": "integer", "minimum": 1})),
            ]),
            "check": check(),
            "error": object(&[
                ("code", json!({"type": "string"})),
                ("cause", nullable("string")),
                ("message", json!({"type": "string"})),
                ("file", nullable("string")),
                ("line", nullable("integer")),
                ("column", nullable("integer")),
                ("help", texts()),
                ("details", details()),
            ]),
            "rule": object(&[
                ("file", json!({"type": "string"})),
                ("rule_id", json!({"type": "string"})),
                ("name", json!({"type": "string"})),
                ("standing", json!({"enum": ["tested", "untested", "unshaped", "unsupported", "not loaded"]})),
                ("reason", nullable("string")),
                ("cause", nullable("string")),
                ("details", details()),
            ]),
        },
    })
}

fn summary() -> Value {
    let counts = [
        "checks",
        "rules",
        "scenarios",
        "tested_rules",
        "untested_rules",
        "unshaped_rules",
        "unsupported_rules",
        "broken_rules",
        "errors",
        "missed_gates",
    ];
    let verdicts = Verdict::ALL.map(Verdict::word);
    let keys = verdicts.into_iter().chain(counts);
    let count = json!({"type": "integer", "minimum": 0});
    let keys: Vec<(&str, Value)> = keys.map(|key| (key, count.clone())).collect();
    object(&keys)
}

/// What a message names, for programs.
pub(super) fn details() -> Value {
    let text = json!({"type": "string"});
    let keys = ["name", "found", "expected", "suggestion"];
    let properties: Map<String, Value> = keys
        .into_iter()
        .map(|key| (key.to_owned(), text.clone()))
        .collect();
    json!({
        "anyOf": [
            {"type": "object", "properties": properties, "additionalProperties": text},
            {"type": "null"},
        ],
    })
}

fn check() -> Value {
    let mut observed = object(&[("outcome", json!({"enum": OUTCOMES}))]);
    if let Some(properties) = observed
        .get_mut("properties")
        .and_then(Value::as_object_mut)
    {
        for key in ["reason", "value", "miss"] {
            properties.insert(key.to_owned(), json!({"type": "string"}));
        }
    }
    let place = json!({"anyOf": [{"$ref": "#/$defs/place"}, {"type": "null"}]});
    let clause = object(&[
        ("file", json!({"type": "string"})),
        ("line", json!({"type": "integer", "minimum": 1})),
        ("text", json!({"type": "string"})),
    ]);
    let blocker = object(&[
        ("stage", nullable("integer")),
        ("event", nullable("string")),
        ("clause", json!({"type": "string"})),
        ("line", nullable("integer")),
    ]);
    object(&[
        (
            "key",
            json!({"type": "string", "description": "SCENARIO::CASE[SOURCE]"}),
        ),
        ("rule_id", json!({"type": "string"})),
        ("rule_file", json!({"type": "string"})),
        ("scenario", json!({"type": "string"})),
        ("case", json!({"type": "string"})),
        ("source", json!({"type": "string"})),
        ("verdict", json!({"enum": Verdict::ALL.map(Verdict::word)})),
        ("expected", json!({"type": "string"})),
        ("reason", nullable("string")),
        ("cause", nullable("string")),
        ("details", details()),
        ("message", nullable("string")),
        ("observed", observed),
        (
            "matches",
            json!({"type": "array", "items": {"type": "array", "items": nullable("string")}}),
        ),
        ("blockers", json!({"type": "array", "items": blocker})),
        ("waived", nullable("string")),
        ("warnings", texts()),
        ("place", place.clone()),
        ("expectation", place),
        ("clause", json!({"anyOf": [clause, {"type": "null"}]})),
    ])
}

/// What a check can do.
const OUTCOMES: [&str; 6] = [
    "alert",
    "none",
    "uncertain",
    "unverifiable",
    "unsupported",
    "skipped",
];

/// An object with exactly these keys.
pub(super) fn object(keys: &[(&str, Value)]) -> Value {
    let properties: Map<String, Value> = keys
        .iter()
        .map(|(key, value)| ((*key).to_owned(), value.clone()))
        .collect();
    json!({
        "type": "object",
        "required": keys.iter().map(|(key, _)| *key).collect::<Vec<_>>(),
        "properties": properties,
        "additionalProperties": false,
    })
}

pub(super) fn nullable(kind: &str) -> Value {
    json!({"type": [kind, "null"]})
}

pub(super) fn texts() -> Value {
    json!({"type": "array", "items": {"type": "string"}})
}
