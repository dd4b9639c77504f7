//! Why a case alerted, or why not: its stages with what they saw, and each clause with its value
//! on the event that came nearest.

use crate::evaluate::{BlockerHint, CauseKind, Context, Evaluation, Miss, Prepared, reason};
use crate::event::EventId;
use crate::event::time::format_offset;
use crate::plan::{ClauseId, Role, StageId};
use crate::replay::observe::{Observation, RuleClause, Specimen};
use crate::replay::outcome::Place;

/// One check, explained.
#[derive(Debug)]
pub struct Explanation {
    /// `SCENARIO::CASE[SOURCE]`.
    pub key: String,
    /// Whether the rule alerts on it, nothing waived.
    pub alerted: bool,
    /// The stages in the order of the text.
    pub stages: Vec<StageRow>,
    /// The clauses of the conditions in the order of the text.
    pub clauses: Vec<ClauseRow>,
    /// Each change that alone would make it alert, in words.
    pub would: Vec<String>,
    /// No single change would: these would have to change together.
    pub together: Vec<String>,
}

/// What a stage saw.
#[derive(Debug)]
pub struct StageRow {
    /// From 1.
    pub number: u16,
    /// `sequence stage`, `missing event` or `until`.
    pub role: &'static str,
    /// How many events there are.
    pub seen: usize,
    /// How many are of its category.
    pub category: usize,
    /// How many meet it.
    pub matching: usize,
    /// The event that its clauses are shown on.
    pub event: Option<String>,
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
    /// It decides: inverted alone, it would change whether the rule alerts.
    pub decisive: bool,
}

/// Explains a check; `None` where its query fails when it is run.
pub fn explain(check: &Observation, clauses: &[RuleClause]) -> Option<Explanation> {
    let specimen = &check.specimen;
    let plan = &specimen.compiled.plan;
    let context = Context {
        now: specimen.compiled.now,
        ..Context::default()
    };
    let prepared = Prepared::new(plan).ok()?;
    let evaluation = prepared.evaluate(&specimen.events, &context).ok()?;
    let alerted = !evaluation.matches().is_empty();
    let blockers = if alerted {
        crate::evaluate::Blockers::default()
    } else {
        evaluation.blockers(&BlockerHint::default())
    };
    let words = |causes: &[crate::evaluate::Cause]| -> Vec<String> {
        let of_cause = |cause: &crate::evaluate::Cause| {
            let clause = reason::words(plan, cause, |event| label(specimen, event));
            let event = cause.event.map(|event| label(specimen, event));
            let event = event.map_or_else(String::new, |event| format!(" on {event}"));
            let miss = cause.miss.as_ref().map_or_else(String::new, miss);
            format!("{clause}{event}{miss}")
        };
        causes.iter().map(of_cause).collect()
    };
    let causes = blockers.causes.iter().chain(&blockers.together);
    let near: Vec<(StageId, EventId)> = causes
        .filter_map(|cause| Some((cause.stage?, cause.event?)))
        .collect();
    let decides = |id: ClauseId| {
        if alerted {
            let name = plan.clause_name(id);
            let mut decided = check.decided.iter();
            return check.waived.is_none() && decided.any(|one| Some(&one.clause) == name.as_ref());
        }
        let mut causes = blockers.causes.iter();
        causes.any(|cause| cause.kind == CauseKind::Clause(id))
    };
    let shown: Vec<Option<EventId>> = plan
        .numbered()
        .map(|(id, _)| nearest(&evaluation, specimen, id, &near))
        .collect();
    Some(Explanation {
        key: check.key.to_string(),
        alerted,
        stages: stages(&evaluation, specimen, &shown),
        clauses: rows(&evaluation, specimen, clauses, &shown, &decides),
        would: words(&blockers.causes),
        together: words(&blockers.together),
    })
}

fn label(specimen: &Specimen, event: EventId) -> String {
    match specimen.labels.get(event.index()) {
        Some(label) if !label.is_empty() => label.clone(),
        _ => format!("#{}", event.0 + 1),
    }
}

fn miss(miss: &Miss) -> String {
    let plain = |millis: i64| format_offset(millis).trim_start_matches('+').to_owned();
    let list = |values: &[crate::event::Value]| {
        let texts: Vec<String> = values.iter().map(ToString::to_string).collect();
        texts.join(", ")
    };
    match miss {
        Miss::Order { early } => format!(" ({} too early)", plain(*early)),
        Miss::Maxspan { late } => format!(" ({} too late)", plain(*late)),
        Miss::Join { have, want } => format!(" (has {}, wants {})", list(have), list(want)),
    }
}

fn events(specimen: &Specimen) -> impl Iterator<Item = EventId> + '_ {
    (0u32..).map(EventId).take(specimen.events.len())
}

/// The event on which a stage is shown: the one that it blames, one that meets it, or one of its
/// category.
fn nearest(
    evaluation: &Evaluation<'_>,
    specimen: &Specimen,
    stage: StageId,
    near: &[(StageId, EventId)],
) -> Option<EventId> {
    let blamed = near.iter().find(|(of, _)| *of == stage);
    let meets =
        || events(specimen).find(|event| evaluation.stages_met(*event).any(|id| id == stage));
    let of_category = || events(specimen).find(|event| evaluation.category(stage, *event));
    blamed
        .map(|(_, event)| *event)
        .or_else(meets)
        .or_else(of_category)
}

fn stages(
    evaluation: &Evaluation<'_>,
    specimen: &Specimen,
    shown: &[Option<EventId>],
) -> Vec<StageRow> {
    let numbered = evaluation.plan().numbered().zip(shown);
    let rows = numbered.map(|((id, stage), shown)| StageRow {
        number: id.0 + 1,
        role: match stage.role {
            Role::Positive => "stage",
            Role::Missing { .. } => "missing",
            Role::Until { .. } => "until",
        },
        seen: specimen.events.len(),
        category: events(specimen)
            .filter(|event| evaluation.category(id, *event))
            .count(),
        matching: events(specimen)
            .filter(|event| evaluation.stages_met(*event).any(|met| met == id))
            .count(),
        event: shown.map(|event| label(specimen, event)),
    });
    rows.collect()
}

fn rows(
    evaluation: &Evaluation<'_>,
    specimen: &Specimen,
    clauses: &[RuleClause],
    shown: &[Option<EventId>],
    decides: &dyn Fn(ClauseId) -> bool,
) -> Vec<ClauseRow> {
    let plan = evaluation.plan();
    let mut rows = Vec::new();
    for (id, clause) in (0u16..).map(ClauseId).zip(&plan.clauses) {
        let event = clause.stage.and_then(|stage| shown.get(stage.index()));
        let Some(event) = event.copied().flatten() else {
            continue;
        };
        let (Some(bit), Some(name)) = (evaluation.fact(id, event), plan.clause_name(id)) else {
            continue;
        };
        let Some(known) = clauses.iter().find(|known| known.name == name) else {
            continue;
        };
        rows.push(ClauseRow {
            stage: name.stage,
            text: clause.text.clone(),
            place: known.place.clone(),
            value: value(specimen, event, &known.fields),
            outcome: bit != clause.negated,
            decisive: decides(id),
        });
    }
    rows
}

fn value(specimen: &Specimen, event: EventId, fields: &[String]) -> String {
    let Some(event) = specimen.events.get(event.index()) else {
        return String::new();
    };
    let of_field = |field: &String| {
        let values = event.values(field).iter().map(ToString::to_string);
        let text = values.collect::<Vec<_>>().join(", ");
        if text.is_empty() {
            "(missing)".to_owned()
        } else {
            text
        }
    };
    fields.iter().map(of_field).collect::<Vec<_>>().join("; ")
}
