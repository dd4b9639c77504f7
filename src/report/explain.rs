//! `trapline explain` for programs (JSON).

use serde_json::{Value, json};

use crate::explain::Explanation;

/// One JSON array, one object a check.
pub fn json(explanations: &[Explanation]) -> String {
    let all: Vec<Value> = explanations.iter().map(entry).collect();
    format!("{:#}\n", Value::Array(all))
}

fn entry(explanation: &Explanation) -> Value {
    let stages = explanation.stages.iter().map(|stage| {
        json!({
            "stage": stage.number, "role": stage.role, "seen": stage.seen,
            "category": stage.category, "matching": stage.matching, "event": stage.event,
        })
    });
    let clauses = explanation.clauses.iter().map(|clause| {
        json!({
            "stage": clause.stage, "clause": clause.text, "line": clause.place.line(),
            "value": clause.value, "outcome": clause.outcome, "decisive": clause.decisive,
        })
    });
    json!({
        "key": explanation.key,
        "alerted": explanation.alerted,
        "stages": stages.collect::<Vec<_>>(),
        "clauses": clauses.collect::<Vec<_>>(),
        "would_alert_if": explanation.would,
        "together": explanation.together,
    })
}
