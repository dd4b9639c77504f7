//! Explains a check of an ES|QL rule: the rows in and out of each step, and where rows stopped.

use super::{ClauseRow, Explanation, UnmetClause};
use crate::replay::trace::{CheckTrace, RuleClause};

/// Explains the check as it was run.
pub(super) fn explain(check: &CheckTrace, clauses: &[RuleClause]) -> Explanation {
    let run = check.input.pipeline.as_ref();
    let outside = check.outside.as_ref();
    let alerted = !check.alerts.is_empty();
    let mut explanation = Explanation {
        key: check.key.to_string(),
        alerted,
        alone: outside.is_none_or(|record| !record.overdetermined),
        steps: run.map_or_else(Vec::new, |run| run.steps.clone()),
        ..Explanation::default()
    };
    let value = outside.and_then(|record| record.value.as_ref().map(ToString::to_string));
    for clause in clauses {
        let mut decided = check.decided.iter();
        let decisive = decided.any(|one| one.clause == clause.name && one.matched == alerted);
        explanation.clauses.push(ClauseRow {
            stage: None,
            text: clause.name.to_string(),
            place: clause.place.clone(),
            value: value.clone().filter(|_| decisive).unwrap_or_default(),
            outcome: clause.wanted == alerted,
            decisive,
        });
    }
    let Some(record) = outside else {
        return explanation;
    };
    for cause in &record.causes {
        explanation.unmet.push(UnmetClause {
            stage: None,
            event: cause.event.clone(),
            clause: cause.clause.clone(),
            saw: value.clone().map(|value| (false, value)),
            miss: record.miss.as_ref().map(ToString::to_string),
            found: None,
        });
        let on = cause.event.as_ref();
        let on = on.map_or_else(String::new, |event| format!(" on {event}"));
        let change = format!("`{}` did not stop it{on}", cause.clause);
        if record.overdetermined {
            explanation.together.push(change);
        } else {
            explanation.would.push(change);
        }
    }
    explanation
}
