//! The JSON Schema of a scenario file, made from the keys that the reader knows, so that an editor
//! completes and marks what the reader takes. Written by `trapline schema scenario`.

use serde_json::{Map, Value, json};

use super::parse::{ATTACK_KEYS, CAPTURE_KEYS, CASE_KEYS, EXPECTATION_KEYS, REPEAT_KEYS};
use super::parse::{SCENARIO_KEYS, SCHEDULE_KEYS};

/// The schema (draft 2020-12) of one YAML document of a scenario file.
pub fn schema() -> Value {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Trapline scenario",
        "description": "A base attack and cases that are the attack plus one change, for one rule",
        "$defs": definitions(),
        "required": ["attack"],
    });
    extend(&mut schema, object(SCENARIO_KEYS, scenario_key));
    schema
}

fn definitions() -> Value {
    let text = json!({"type": ["string", "number", "boolean"]});
    let texts = json!({"anyOf": [text, {"type": "array", "items": text}]});
    let mut event = json!({
        "type": "object",
        "description": "Fields in dotted or nested form; `null` removes one, `field+` appends",
    });
    extend(
        &mut event,
        json!({"properties": {
            "is": {"type": "string", "description": "The kind of event: process, network, file.create …"},
            "at": duration("From the start of the case: 2s, -0.214s, 1m30s"),
            "ingested": duration("How much later than it happened the event is stored: 6m"),
            "repeat": {"description": "How often the event happens: {times: 20, every: 3s}"},
            "vary": {
                "type": "object",
                "description": "Fields whose value differs from copy to copy: a list, or 1..250",
            },
        }}),
    );
    json!({
        "text": text,
        "texts": texts,
        "event": event,
        "events": {"type": "object", "additionalProperties": {"$ref": "#/$defs/event"}},
        "expectation": {"anyOf": [
            {"enum": ["alert", "none"]},
            object(EXPECTATION_KEYS, expectation_key),
        ]},
        "expect": {
            "description": "What must come of it; by source, every source on which the case runs",
            "anyOf": [
                {"$ref": "#/$defs/expectation"},
                {"type": "object", "additionalProperties": {"$ref": "#/$defs/expectation"}},
            ],
        },
        "schedule": {"anyOf": [{"type": "string"}, object(SCHEDULE_KEYS, any_key)]},
        "capture": {"anyOf": [{"type": "string"}, object(CAPTURE_KEYS, capture_key)]},
        "case": case(),
    })
}

fn case() -> Value {
    let mut case = object(CASE_KEYS, case_key);
    extend(&mut case, json!({"required": ["name"]}));
    case
}

fn scenario_key(key: &str) -> Value {
    let mut attack = object(ATTACK_KEYS, case_key);
    extend(&mut attack, json!({"required": ["name"]}));
    extend(
        &mut attack,
        json!({"description": "The base of every case, and a case of its own"}),
    );
    match key {
        "rule" => described(
            "string",
            "The rule file, instead of the one that mirrors this file",
        ),
        "sources" => reference(
            "texts",
            "The data sources, instead of all that the rule claims",
        ),
        "skip" => described("string", "Why nothing of the scenario runs"),
        "deployment" => json!({
            "description": "Whether each source is a deployment of its own, or all share one",
            "enum": ["separate", "combined"],
        }),
        "fields" => json!({
            "description": "Names that differ between sources: $name: {source: field}",
            "type": "object",
            "patternProperties": {"^\\$": {"type": "object", "additionalProperties": {"type": "string"}}},
            "additionalProperties": false,
        }),
        "schedule" => reference("schedule", "The executions that production would make"),
        "completions" => completions(),
        "tables" => described(
            "object",
            "Lookup indices and enrich policies, each a list of rows",
        ),
        "attack" => attack,
        "cases" => json!({
            "description": "The attack again, each time with one change",
            "type": "array",
            "items": {"$ref": "#/$defs/case"},
        }),
        _ => any_key(key),
    }
}

fn completions() -> Value {
    json!({
        "description": "What COMPLETION answers: to every prompt, or to those that contain a text",
        "anyOf": [
            {"type": "string"},
            {"type": "array", "items": {"type": "object", "required": ["answer"]}},
        ],
    })
}

fn case_key(key: &str) -> Value {
    match key {
        "name" => reference("text", "What the case shows, unique in the file"),
        "only" => reference("texts", "The sources on which the case runs"),
        "skip" => described("object", "Sources to leave out, each with its reason"),
        "each" => described("object", "One case a key or item of each name"),
        "events" | "add" => reference("events", "Label and event"),
        "history" => reference(
            "events",
            "What happened before the case, each with its `at`",
        ),
        "indicators" => reference("events", "Indicators of compromise, by label"),
        "seen" => described("object", "Values that the first event had before, and `at`"),
        "change" => json!({
            "description": "What differs from the attack, by label; a list applies in order",
            "anyOf": [
                {"$ref": "#/$defs/events"},
                {"type": "array", "items": {"$ref": "#/$defs/events"}},
            ],
        }),
        "remove" => reference("texts", "Labels of events that do not happen"),
        "force" => reference("texts", "Fields that override what the sensor pins"),
        "repeat" => json!({
            "description": "The events several times over",
            "anyOf": [{"type": ["integer", "string"]}, object(REPEAT_KEYS, any_key)],
        }),
        "schedule" => reference("schedule", "The executions that production would make"),
        "completions" => completions(),
        "events_from" => reference("capture", "Recorded events instead of the attack's"),
        "expect" => reference("expect", "What must come of it"),
        "because" => json!({
            "description": "The clause or structural word that must have stopped it",
            "anyOf": [
                {"$ref": "#/$defs/texts"},
                {"type": "object", "additionalProperties": {"$ref": "#/$defs/texts"}},
            ],
        }),
        "gap" | "noise" => json!({
            "description": "Why a miss or a false positive is known",
            "type": ["string", "object"],
        }),
        _ => any_key(key),
    }
}

fn expectation_key(key: &str) -> Value {
    match key {
        "alert" => json!({
            "description": "The labels of the events of the one alert, or its group and count",
            "anyOf": [{"$ref": "#/$defs/texts"}, {"type": "object"}],
        }),
        "new_terms" => reference("texts", "The new terms, in the order of the rule's fields"),
        "matched" => described("object", "The indicators that each event matches, by label"),
        "alerts" => json!({
            "description": "How many alerts there are",
            "type": "integer",
            "minimum": 0,
        }),
        "expect" => json!({
            "description": "Whether the rule alerts",
            "enum": ["alert", "none"],
        }),
        "gap" | "noise" => described("string", "Why a miss or a false positive is known"),
        "with" => described("object", "Fields of the match and their values"),
        _ => any_key(key),
    }
}

fn capture_key(key: &str) -> Value {
    match key {
        "file" => described("string", "The recording, relative to the scenario"),
        "label" => json!({
            "description": "Label: the query whose first event it names",
            "type": "object",
            "additionalProperties": {"type": "string"},
        }),
        _ => described("string", "The data source of the recording"),
    }
}

/// A key whose values the reader judges.
fn any_key(key: &str) -> Value {
    json!({"description": match key {
        "exceptions" => "Files with exception lists, relative to the scenario",
        "with" => "Fields of the match and their values",
        "none" => "No alert",
        "interval" => "From one execution to the next, instead of the rule's: 5m",
        "from" => "Where the range of an execution begins: now-9m",
        "to" => "Where the range of an execution ends: now",
        "phase" => "Only executions that start so long after the case: 2m30s",
        "found" => "In which phases an expected alert must be: some phase, every phase",
        "times" => "How often in all",
        "every" => "From one to the next: 3s",
        _ => "",
    }})
}

/// A map with these keys and no others.
fn object(keys: &[&str], schema: impl Fn(&str) -> Value) -> Value {
    let properties: Map<String, Value> = keys
        .iter()
        .map(|key| ((*key).to_owned(), schema(key)))
        .collect();
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}

fn described(type_name: &str, description: &str) -> Value {
    json!({"description": description, "type": type_name})
}

fn reference(name: &str, description: &str) -> Value {
    json!({"description": description, "$ref": format!("#/$defs/{name}")})
}

fn duration(description: &str) -> Value {
    json!({"description": description, "type": ["string", "number"]})
}

fn extend(schema: &mut Value, more: Value) {
    if let (Value::Object(schema), Value::Object(more)) = (schema, more) {
        schema.extend(more);
    }
}
