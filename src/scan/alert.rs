//! An alert as a JSON object.

use serde_json::{Map, Value as Json, json};

use super::{Alert, EventRecord};
use crate::compile::CompiledRule;
use crate::event::Value;

impl Alert {
    /// `{"rule_id","rule","severity","risk_score","join_keys","events"}`; `name` gives the name of
    /// a file.
    pub fn to_json(&self, compiled: &CompiledRule, name: impl Fn(u32) -> String) -> Json {
        let rule = &compiled.rule;
        let events = self.events.iter().map(|event| match event {
            Some(event) => event.to_json(&name),
            None => json!({"missing": true}),
        });
        json!({
            "rule_id": rule.id,
            "rule": rule.name,
            "severity": rule.severity.word(),
            "risk_score": rule.risk_score,
            "join_keys": self.join.iter().map(|key| join_key(key.as_ref())).collect::<Json>(),
            "events": events.collect::<Json>(),
        })
    }
}

impl EventRecord {
    fn to_json(&self, name: &impl Fn(u32) -> String) -> Json {
        let mut event = Map::new();
        event.insert("file".to_owned(), json!(name(self.file)));
        event.insert("line".to_owned(), json!(self.line));
        let known = [
            ("_index", &self.index),
            ("_id", &self.id),
            ("@timestamp", &self.timestamp),
        ];
        for (key, value) in known {
            if let Some(value) = value {
                event.insert(key.to_owned(), json!(value));
            }
        }
        Json::Object(event)
    }
}

/// A join key as Elasticsearch's response has it.
fn join_key(key: Option<&Value>) -> Json {
    match key {
        None => Json::Null,
        Some(Value::Bool(value)) => json!(value),
        Some(Value::Integer(value)) => json!(value),
        Some(Value::Unsigned(value)) => json!(value),
        Some(Value::Double(value)) => json!(value),
        Some(value) => json!(value.to_string()),
    }
}
