//! The JSON Schema of `trapline.toml`, made from the keys that the reader knows. Written by
//! `trapline schema config`.

use serde_json::{Map, Value, json};

use super::config::TABLES;

/// The schema (draft 2020-12) of the configuration.
pub fn schema() -> Value {
    let tables: Map<String, Value> = TABLES
        .iter()
        .map(|(name, keys)| ((*name).to_owned(), table(name, keys)))
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Trapline configuration",
        "description": "trapline.toml; what is typed on the command line overrides it",
        "type": "object",
        "properties": tables,
        "additionalProperties": false,
    })
}

fn table(name: &str, keys: &[&str]) -> Value {
    let properties: Map<String, Value> = keys
        .iter()
        .map(|key| ((*key).to_owned(), value(name, key)))
        .collect();
    let table = json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    match name {
        "project" => json!({"type": "array", "items": table}),
        _ => table,
    }
}

fn value(table: &str, key: &str) -> Value {
    let names = json!({"type": ["array", "string"], "items": {"type": "string"}});
    let mut value = match (table, key) {
        ("project", "scenarios") => json!({"type": "string"}),
        ("gates", "require-tested") => json!({"enum": ["all", "changed", "none"]}),
        ("limits", _) => json!({"type": "integer", "minimum": 1}),
        ("gates", "min-cases") => json!({"type": "integer", "minimum": 0}),
        ("test", "strict") => json!({"type": "boolean"}),
        (_, "min") => json!({"type": "number", "minimum": 0, "maximum": 100}),
        _ => names,
    };
    if let Value::Object(value) = &mut value {
        value.insert("description".to_owned(), json!(meaning(table, key)));
    }
    value
}

/// What a key means.
fn meaning(table: &str, key: &str) -> &'static str {
    match (table, key) {
        ("check", "allow") => "Lints whose findings are left out",
        ("check", "deny") => "Lints whose findings are errors",
        ("coverage", "min") => "The least share of covered clauses, in per cent",
        ("limits", "esql-mib") => {
            "The most memory that the groups and rows of one `esql` query take, in MiB; 512 unless said"
        }
        ("limits", "events-from") => "The most events of one `events_from`; 1000000 unless said",
        ("limits", "events-from-mib") => {
            "The most memory that the events of one `events_from` take, in MiB; 256 unless said"
        }
        ("limits", "unpack-ratio") => {
            "The most times its size that a packed file unpacks to; 300 unless said"
        }
        ("limits", "unpacked-mib") => {
            "The most MiB that a packed file unpacks to; 65536 unless said"
        }
        ("files", "allow") => "Directories outside the root that rules and scenarios may name",
        ("gates", "min-cases") => "The least number of cases of a tested rule",
        ("gates", "require-tested") => "Which rules that Trapline can run need a scenario",
        ("mutate", "min") => "The least share of mutants that a case catches, in per cent",
        ("mutate", "operators") => "The kinds of change that `mutate` tries; all without",
        ("project", "exceptions") => {
            "Directories with exception lists for `scan`; `exceptions` without"
        }
        ("project", "sources") => {
            "Directories with the project's own data sources; `sources` without"
        }
        ("project", "rules") => "Directories with rules; `rules` without",
        ("project", "scenarios") => "The directory with the scenarios; `scenarios` without",
        ("test", "format") => "The reports of `test`, as `--format` takes them",
        ("test", "strict") => "Whether what is not proven, open or not implemented fails",
        _ => "",
    }
}
