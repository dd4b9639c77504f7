//! The JSON Schema of the file of a data source, made from the keys that the reader knows. Written by
//! `trapline schema source`.

use serde_json::{Map, Value, json};

use super::field_type::TYPES;
use super::read::{FILE, INDEX, KIND, PIN, SYSTEMS};

/// The schema (draft 2020-12) of a file in `sources/`.
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Trapline data source",
        "description": "A file in sources/: a data source of the project",
        "type": "object",
        "properties": properties("", FILE),
        "additionalProperties": false,
        "not": {"required": ["extends", "replaces"]},
    })
}

fn properties(table: &str, keys: &[&str]) -> Map<String, Value> {
    let keys = keys.iter();
    keys.map(|key| ((*key).to_owned(), value(table, key)))
        .collect()
}

fn tables(name: &str, keys: &[&str], required: &[&str]) -> Value {
    json!({
        "type": "array",
        "items": {
            "type": "object",
            "properties": properties(name, keys),
            "required": required,
            "additionalProperties": false,
        },
    })
}

fn value(table: &str, key: &str) -> Value {
    let texts = json!({"type": ["array", "string"], "items": {"type": "string"}});
    let mut value = match (table, key) {
        ("", "index") => tables("index", INDEX, &["name"]),
        ("", "kind") => tables("kind", KIND, &["name"]),
        (_, "pin") => tables("pin", PIN, PIN),
        (_, "os") => json!({"enum": SYSTEMS}),
        (_, "defaults") => json!({"type": "object"}),
        ("pin", "value") => json!({"type": ["string", "number", "boolean", "array"]}),
        ("index", "types") => types(),
        ("", "open") | (_, "never") | ("index", "fields" | "assumed") => texts,
        _ => json!({"type": "string"}),
    };
    if let Value::Object(value) = &mut value {
        value.insert("description".to_owned(), json!(meaning(table, key)));
    }
    value
}

fn types() -> Value {
    let name = json!({"enum": TYPES});
    let described = json!({
        "type": "object",
        "properties": {"type": name, "ignore_above": {"type": "integer", "minimum": 0}},
        "required": ["type"],
        "additionalProperties": false,
    });
    json!({"type": "object", "additionalProperties": {"anyOf": [name, described]}})
}

/// What a key means.
fn meaning(table: &str, key: &str) -> &'static str {
    match (table, key) {
        ("", "name") => "The name that scenarios use; the file's without",
        ("", "title") => "The name for people",
        ("", "extends") => "The data source that this file adds to",
        ("", "replaces") => "The data source that this one stands in place of",
        ("", "kinds_from") => "The data source whose kinds of event this one has as well",
        (_, "os") => "The operating system: the default of host.os.type",
        ("", "open") => "Prefixes below which any field is a keyword",
        (_, "never") => "Fields that no event carries, as patterns with a star at the end",
        ("", "index") => "The indices, or patterns of such",
        (_, "defaults") => "Fields with the values that a scenario may change",
        (_, "pin") => "Values that the sensor sets whatever the scenario says",
        ("", "kind") => "The kinds of event",
        ("index", "name") => "The name of the index, or a pattern with stars",
        ("index", "fields") => "Field lists of Trapline, and files with types: .json, .yml",
        ("index", "assumed") => "The same, for fields that are mapped once a document has them",
        ("index", "types") => "The types of fields",
        (_, "evidence") => "Where the fact comes from, for people",
        ("pin", "field") => "The field",
        ("pin", "value") => "Its value; an empty list: the field is always missing",
        ("kind", "name") => "The name that scenarios use: process.start",
        ("kind", "index") => "The index of such events; the first without",
        _ => "",
    }
}
