//! Explains an ES|QL rule on a check or a recording: the rows in and out of each step, and where rows
//! stopped.

use super::{Change, ClauseRow, Explanation, Recording, ShownExecution, UnmetClause};

use crate::diagnostic::observation::{CellSeen, ColumnSeen, Missed, Seen};
use crate::replay::esql_recording::RecordedRun;
use crate::replay::outcome::NoneRecord;
use crate::replay::reason::ReasonWord;
use crate::replay::trace::{CheckTrace, Decided, RuleClause, StepRecord};

/// How many matches of a recording are listed.
const LISTED: usize = 5;

/// Explains the check as it was run.
pub(super) fn explain(check: &CheckTrace, clauses: &[RuleClause]) -> Explanation {
    let run = check.input.pipeline.as_ref();
    let found = Found {
        alerted: !check.alerts.is_empty(),
        stopped: check.outside.as_ref(),
        decided: &check.decided,
        steps: run.map_or_else(Vec::new, |run| run.steps.clone()),
    };
    Explanation {
        key: check.key.to_string(),
        ..found.explanation(clauses)
    }
}

/// Explains a recording, of which `counted` says how many events there are of each kind.
pub(super) fn of_recording(
    run: RecordedRun,
    labels: &[String],
    counted: Recording,
    clauses: &[RuleClause],
) -> Explanation {
    let listed = run.alerts.iter().take(LISTED).map(|events| {
        let labels = events
            .iter()
            .map(|event| labels.get(event.index()).cloned());
        labels.flatten().collect()
    });
    let recording = Recording {
        matches: listed.collect(),
        matched: run.alerts.len(),
        execution: run.shown.as_ref().map(|shown| ShownExecution {
            start: shown.start.to_string(),
            events: shown.events.len(),
        }),
        ..counted
    };
    let sees_nothing = run.shown.is_none();
    let found = Found {
        alerted: !run.alerts.is_empty(),
        stopped: run.stopped.as_ref(),
        decided: &run.decided,
        steps: run.shown.map_or_else(Vec::new, |shown| shown.steps),
    };
    let mut explanation = found.explanation(clauses);
    if sees_nothing {
        explanation.unmet.push(UnmetClause {
            stage: None,
            event: None,
            clause: hidden_by(&recording).word().to_owned(),
            saw: None,
            found: None,
            miss: None,
        });
    }
    explanation.recording = Some(recording);
    explanation
}

/// Why no execution sees any event.
fn hidden_by(recording: &Recording) -> ReasonWord {
    if recording.unrouted == recording.events {
        ReasonWord::NotRouted
    } else if recording.unrouted + recording.excluded == recording.events {
        ReasonWord::Filters
    } else {
        ReasonWord::LookBack
    }
}

/// What an explanation is made of.
struct Found<'a> {
    alerted: bool,
    stopped: Option<&'a NoneRecord>,
    decided: &'a [Decided],
    steps: Vec<StepRecord>,
}

impl Found<'_> {
    fn explanation(self, clauses: &[RuleClause]) -> Explanation {
        let mut explanation = Explanation {
            alerted: self.alerted,
            alone: self.stopped.is_none_or(|record| !record.overdetermined),
            steps: self.steps,
            ..Explanation::default()
        };
        for clause in clauses {
            let mut decided = self.decided.iter();
            let decisive =
                decided.any(|one| one.clause == clause.name && one.matched == self.alerted);
            let value = self.stopped.and_then(|record| seen(record, Some(clause)));
            explanation.clauses.push(ClauseRow {
                stage: None,
                text: clause.name.to_string(),
                place: clause.place.clone(),
                value: value.filter(|_| decisive).unwrap_or_default(),
                outcome: clause.wanted == self.alerted,
                decisive,
            });
        }
        let Some(record) = self.stopped else {
            return explanation;
        };
        for cause in &record.causes {
            // A word for what stops an alert outside of the query stands nowhere in it.
            let is_clause = cause.line.is_some();
            let clause = clauses.iter().find(|own| own.name.text == cause.clause);
            let value = seen(record, clause);
            explanation.unmet.push(UnmetClause {
                stage: None,
                event: cause.event.clone(),
                clause: cause.clause.clone(),
                saw: value.filter(|_| is_clause).map(|value| (false, value)),
                miss: miss(record, clause),
                found: record.value.clone().filter(|_| !is_clause),
            });
            let change = Change::NotStoppedByClause {
                clause: cause.clause.clone(),
                event: cause.event.clone(),
            };
            if record.overdetermined {
                explanation.together.push(change);
            } else {
                explanation.would.push(change);
            }
        }
        explanation
    }
}

/// The columns that a clause reads among those that were seen; all where it is not known.
fn columns<'r>(record: &'r NoneRecord, clause: Option<&RuleClause>) -> Option<Vec<&'r ColumnSeen>> {
    let Some(Seen::Columns { columns }) = &record.value else {
        return None;
    };
    let reads = |column: &&ColumnSeen| clause.is_none_or(|own| own.fields.contains(&column.name));
    Some(columns.0.iter().filter(reads).collect())
}

/// What a clause saw.
fn seen(record: &NoneRecord, clause: Option<&RuleClause>) -> Option<String> {
    let Some(columns) = columns(record, clause) else {
        return record.value.as_ref().map(ToString::to_string);
    };
    let texts: Vec<String> = columns.iter().map(ToString::to_string).collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

/// By how much a clause missed: a threshold belongs to the clause that saw its number.
fn miss(record: &NoneRecord, clause: Option<&RuleClause>) -> Option<Missed> {
    let miss = record.miss.as_ref()?;
    if let (Missed::Below { found, .. }, Some(columns)) = (miss, columns(record, clause)) {
        let mut cells = columns.into_iter().map(|column| &column.cell);
        if !cells.any(|cell| matches!(cell, CellSeen::One(own) if own == found)) {
            return None;
        }
    }
    Some(miss.clone())
}
