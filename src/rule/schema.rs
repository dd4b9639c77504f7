//! The JSON Schema of a rule file, made from the keys that the reader knows. Written by `trapline
//! schema rule`.

use serde_json::{Map, Value, json};

use super::load::{METADATA_KEYS, RULE_KEYS};

/// The schema (draft 2020-12) of a rule file.
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Detection rule",
        "description": "A rule in the layout of Elastic's detection-rules repository",
        "type": "object",
        "required": ["rule"],
        "properties": {
            "metadata": object(METADATA_KEYS),
            "rule": rule(),
            "transform": {"type": "object"},
            "hunt": {"type": "object"},
        },
        "additionalProperties": false,
    })
}

fn rule() -> Value {
    let mut rule = object(RULE_KEYS);
    if let Value::Object(rule) = &mut rule {
        let required = json!(["name", "rule_id", "type", "severity", "risk_score"]);
        rule.insert("required".to_owned(), required);
    }
    rule
}

/// Unknown keys are a warning of the reader, not an error, and so they are none here.
fn object(keys: &[&str]) -> Value {
    let properties: Map<String, Value> = keys
        .iter()
        .map(|name| ((*name).to_owned(), key(name)))
        .collect();
    json!({"type": "object", "properties": properties})
}

fn key(name: &str) -> Value {
    match name {
        "maturity" => {
            json!({"enum": ["experimental", "beta", "development", "production", "deprecated"]})
        }
        "severity" => json!({"enum": ["low", "medium", "high", "critical"]}),
        "risk_score" => json!({"type": "integer", "minimum": 0, "maximum": 100}),
        "max_signals" | "version" => json!({"type": "integer", "minimum": 1}),
        "name"
        | "rule_id"
        | "type"
        | "language"
        | "query"
        | "description"
        | "license"
        | "note"
        | "setup"
        | "interval"
        | "from"
        | "to"
        | "timestamp_override"
        | "tiebreaker_field"
        | "event_category_override"
        | "timestamp_field" => json!({"type": "string"}),
        "saved_id" | "history_window_start" | "threat_query" | "threat_indicator_path" => {
            json!({"type": "string"})
        }
        "threat_language" => json!({"enum": ["kuery", "lucene"]}),
        "new_terms_fields" => {
            json!({"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3})
        }
        "threshold" => threshold(),
        "new_terms" => new_terms(),
        "threat_mapping" => threat_mapping(),
        "threat_index" | "index" | "tags" | "references" | "false_positives" | "author" => {
            json!({"type": "array", "items": {"type": "string"}})
        }
        "threat" | "filters" | "threat_filters" | "exceptions_list" => {
            json!({"type": "array", "items": {"type": "object"}})
        }
        _ => json!(true),
    }
}

fn threshold() -> Value {
    let field = json!({"type": "string"});
    json!({
        "type": "object",
        "required": ["value"],
        "properties": {
            "field": {"anyOf": [field, {"type": "array", "items": field}]},
            "value": {"type": "integer", "minimum": 1},
            "cardinality": {"type": "array", "items": {
                "type": "object",
                "required": ["field", "value"],
                "properties": {"field": field, "value": {"type": "integer", "minimum": 0}},
            }},
        },
    })
}

/// As detection-rules writes it; the API has two keys of their own in its place.
fn new_terms() -> Value {
    let text = json!({"type": "string"});
    json!({
        "type": "object",
        "required": ["value", "history_window_start"],
        "properties": {
            "field": text,
            "value": {"type": "array", "items": text, "minItems": 1, "maxItems": 3},
            "history_window_start": {"type": "array", "items": {
                "type": "object",
                "required": ["value"],
                "properties": {"field": text, "value": text},
            }},
        },
    })
}

fn threat_mapping() -> Value {
    let entry = json!({
        "type": "object",
        "required": ["field", "type", "value"],
        "properties": {
            "field": {"type": "string"},
            "type": {"const": "mapping"},
            "value": {"type": "string"},
            "negate": {"type": "boolean"},
        },
    });
    json!({"type": "array", "minItems": 1, "items": {
        "type": "object",
        "required": ["entries"],
        "properties": {"entries": {"type": "array", "items": entry}},
    }})
}
