//! Explains why a case or a recording alerted or not: the events that each stage saw, what the
//! nearest miss lacks and by how much, and each clause with its value on the nearest event.
//!
//! A case is explained by the evaluation of its run ([`explain`]). A recording may be large, so only
//! events that can matter are kept ([`recording`]). Both build the [`Explanation`] in [`layout`].

mod change;
mod layout;
mod pipeline;
pub mod recording;
pub mod timeline;

use std::collections::BTreeSet;

use crate::diagnostic::observation::{Missed, Seen};
use crate::evaluate::{BlockerHint, Blockers};
use crate::event::EventId;
use crate::plan::{ClauseId, ClauseName};
use crate::replay::outcome::Place;
use crate::replay::trace::{CheckTrace, RuleClause, StepRecord};
pub use change::Change;
use layout::LabelledEvaluation;

/// One check or recording, explained.
#[derive(Debug, Default)]
pub struct Explanation {
    /// `SCENARIO::CASE[SOURCE]`, or `RULE on FILE[SOURCE]`.
    pub key: String,
    /// The recording as a whole, if one was explained instead of a case.
    pub alerted: bool,
    /// What it is where it is no case.
    pub recording: Option<Recording>,
    /// What the nearest miss lacks: any one of them, or all together ([`Explanation::alone`]).
    pub unmet: Vec<UnmetClause>,
    /// Each unmet clause alone, if met, would make the rule alert.
    pub alone: bool,
    /// The longest matching prefix of a sequence without a match.
    pub longest_prefix: Option<LongestPrefix>,
    /// The stages in the order of the text.
    pub stages: Vec<StageRow>,
    /// The steps of an ES|QL query; other rules have stages.
    pub steps: Vec<StepRecord>,
    /// The clauses of the conditions in the order of the text.
    pub clauses: Vec<ClauseRow>,
    /// Each change that alone would make it alert.
    pub would: Vec<Change>,
    /// Notes on fields that decided although the scenario does not set them: where their values
    /// come from.
    pub notes: Vec<String>,
    /// No single change would: these would have to change together.
    pub together: Vec<Change>,
}

/// A recording as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recording {
    /// How many events there are.
    pub events: u64,
    /// How many of them the rule's index patterns do not select.
    pub unrouted: u64,
    /// How many more the rule's own filters or an exception leave out.
    pub excluded: u64,
    /// The exception lists that the rule refers to and that were applied.
    pub lists_applied: Vec<String>,
    /// The exception lists that the rule refers to and that were not there.
    pub lists_missing: Vec<String>,
    /// How many lines are no events, and what is wrong with the first: `line 7: …`.
    pub bad: Option<(u64, String)>,
    /// The events of each match, the first ones.
    pub matches: Vec<Vec<String>>,
    /// How many matches there are.
    pub matched: usize,
    /// Not all that might matter could be kept.
    pub approximate: bool,
    /// The execution that is shown, of a rule that alerts by its executions.
    pub execution: Option<ShownExecution>,
}

/// An execution of a rule over a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownExecution {
    /// When it starts.
    pub start: String,
    /// How many events it sees.
    pub events: usize,
}

/// A clause that is not met, as a report shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmetClause {
    /// The stage at which it was judged, from 1.
    pub stage: Option<u16>,
    /// The event on which it was judged.
    pub event: Option<String>,
    /// The clause's canonical text, or its word.
    pub clause: String,
    /// A condition's outcome and the value that it saw.
    pub saw: Option<(bool, String)>,
    /// What production found instead of an alert: `19 of 20 in group host.id = h1`.
    pub found: Option<Seen>,
    /// By how much it missed: `0.541s too early`.
    pub miss: Option<Missed>,
}

/// The longest beginning of a sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LongestPrefix {
    /// Its events, in order.
    pub events: Vec<String>,
    /// How many a whole sequence has.
    pub of: usize,
    /// What ended it.
    pub ended: PrefixEnd,
}

/// What ends the longest beginning of a sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrefixEnd {
    /// A clause that is not met.
    Unmet(Box<UnmetClause>),
    /// There is no event that meets the stage of this number, from 1.
    NoEvent(u16),
    /// There is an event that must be missing.
    NotMissing,
}

/// The events that a stage saw.
#[derive(Debug)]
pub struct StageRow {
    /// From 1.
    pub number: u16,
    /// `stage`, `missing` or `until`.
    pub role: &'static str,
    /// The category that it asks for; `any` for any.
    pub asks: String,
    /// How many events the rule sees.
    pub seen: u64,
    /// How many are of its category.
    pub category: u64,
    /// How many meet it.
    pub matching: u64,
    /// The event that its clauses are shown on.
    pub event: Option<String>,
    /// When that event was.
    pub time: Option<String>,
}

/// A clause on the event that came nearest to its stage.
#[derive(Debug)]
pub struct ClauseRow {
    /// The stage, from 1.
    pub stage: Option<u16>,
    /// Its canonical text.
    pub text: String,
    /// Its place in the rule file.
    pub place: Place,
    /// The values that it saw.
    pub value: String,
    /// Its outcome.
    pub outcome: bool,
    /// It decides: inverted alone, or with the others that decide, it would change whether the
    /// rule alerts.
    pub decisive: bool,
}

/// Explains a check by the evaluation that was judged.
pub fn explain(check: &CheckTrace, clauses: &[RuleClause]) -> Explanation {
    let input = &check.input;
    if input.compiled.pipeline.is_some() {
        return pipeline::explain(check, clauses);
    }
    let plan = &input.compiled.plan;
    let evaluation = input.evaluation();
    let alerted = !evaluation.matches().is_empty();
    let blockers = if alerted {
        Blockers::default()
    } else {
        // The explanation has to be about the same evaluation as the verdict.
        evaluation.blockers(&BlockerHint {
            assignment: input.assignment.clone(),
            waived: Vec::new(),
        })
    };
    let ids = EventId::of(&input.events);
    let labels: Vec<String> = ids.map(|id| timeline::label(&input.labels, id)).collect();
    let deciding: BTreeSet<&ClauseName> = match &check.waived {
        Some(_) => BTreeSet::new(),
        None => check.decided.iter().map(|one| &one.clause).collect(),
    };
    let deciding: BTreeSet<ClauseId> = plan
        .clause_names()
        .filter(|(_, name)| deciding.contains(name))
        .map(|(id, _)| id)
        .collect();
    let decided = |id: ClauseId| deciding.contains(&id);
    let labelled = LabelledEvaluation {
        evaluation: &evaluation,
        events: &input.events,
        labels: &labels,
        clauses,
    };
    let mut explanation = labelled.explanation(&blockers, &[], &decided);
    explanation.key = check.key.to_string();
    explanation.notes.clone_from(&check.notes);
    if let [unmet] = explanation.unmet.as_mut_slice() {
        unmet.miss = unmet.miss.take().or_else(|| check.miss.clone());
    }
    in_production(&mut explanation, check);
    explanation
}

/// The effect of the schedule, an exception or a filter, which decide after the query.
fn in_production(explanation: &mut Explanation, check: &CheckTrace) {
    let alerted = !check.alerts.is_empty();
    if alerted == explanation.alerted && check.outside.is_none() {
        return;
    }
    explanation.alerted = alerted;
    explanation.longest_prefix = None;
    explanation.unmet.clear();
    explanation.would.clear();
    explanation.together.clear();
    for clause in &mut explanation.clauses {
        clause.decisive = false;
    }
    let Some(record) = &check.outside else {
        return;
    };
    explanation.alone = !record.overdetermined;
    for cause in &record.causes {
        explanation.unmet.push(UnmetClause {
            stage: cause.stage,
            event: cause.event.clone(),
            clause: cause.clause.clone(),
            saw: None,
            found: record.value.clone(),
            miss: record.miss.clone(),
        });
        let change = Change::NotStopped {
            name: cause.clause.clone(),
        };
        if record.overdetermined {
            explanation.together.push(change);
        } else {
            explanation.would.push(change);
        }
    }
}
