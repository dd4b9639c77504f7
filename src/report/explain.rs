//! `trapline explain` as JSON.

use serde_json::{Value, json};

use crate::explain::{Change, Explanation, LongestPrefix, Recording, UnmetClause};
use crate::replay::trace::StepRecord;

/// One JSON array, one object a check.
pub fn json(explanations: &[Explanation]) -> String {
    let all: Vec<Value> = explanations.iter().map(entry).collect();
    format!("{:#}\n", Value::Array(all))
}

fn entry(explanation: &Explanation) -> Value {
    let stages = explanation.stages.iter().map(|stage| {
        json!({
            "stage": stage.number, "role": stage.role, "asks": stage.asks, "seen": stage.seen,
            "category": stage.category, "matching": stage.matching, "event": stage.event,
            "time": stage.time,
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
        "recording": explanation.recording.as_ref().map(recording),
        "lacks": explanation.unmet.iter().map(unmet_clause).collect::<Vec<_>>(),
        "furthest": explanation.longest_prefix.as_ref().map(longest_prefix),
        "stages": stages.collect::<Vec<_>>(),
        "steps": explanation.steps.iter().map(step).collect::<Vec<_>>(),
        "clauses": clauses.collect::<Vec<_>>(),
        "would_alert_if": texts(&explanation.would),
        "together": texts(&explanation.together),
        "notes": explanation.notes,
    })
}

fn step(step: &StepRecord) -> Value {
    let stopped = step.stopped.iter().map(|row| {
        let conditions = row.conditions.iter();
        let conditions =
            conditions.map(|(clause, value)| json!({"clause": clause, "value": value}));
        json!({"events": row.events, "conditions": conditions.collect::<Vec<_>>()})
    });
    json!({
        "step": step.text, "line": step.line, "rows_in": step.rows_in, "rows_out": step.rows_out,
        "stopped": stopped.collect::<Vec<_>>(),
    })
}

fn recording(recording: &Recording) -> Value {
    json!({
        "events": recording.events,
        "unrouted": recording.unrouted,
        "excluded": recording.excluded,
        "exception_lists": {
            "applied": recording.lists_applied,
            "missing": recording.lists_missing,
        },
        "bad_lines": recording.bad.as_ref().map_or(0, |(lines, _)| *lines),
        "matched": recording.matched,
        "matches": recording.matches,
        "approximate": recording.approximate,
        "execution": recording.execution.as_ref().map(|shown| {
            json!({"start": shown.start, "events": shown.events})
        }),
    })
}

fn unmet_clause(unmet: &UnmetClause) -> Value {
    json!({
        "stage": unmet.stage,
        "event": unmet.event,
        "clause": unmet.clause,
        "outcome": unmet.saw.as_ref().map(|(outcome, _)| *outcome),
        "value": unmet.saw.as_ref().map(|(_, value)| value.clone())
            .or_else(|| unmet.found.as_ref().map(ToString::to_string)),
        "miss": unmet.miss.as_ref().map(ToString::to_string),
    })
}

fn texts(changes: &[Change]) -> Vec<String> {
    changes.iter().map(ToString::to_string).collect()
}

fn longest_prefix(prefix: &LongestPrefix) -> Value {
    json!({
        "events": prefix.events,
        "of": prefix.of,
        "ended_by": prefix.ended.to_string(),
    })
}
