//! Judges a run against its expectation. Verdicts are decided here and nowhere else.

pub(in crate::replay) mod deciding;
pub(in crate::replay) mod expectation;
pub(in crate::replay) mod expectation_failure;
pub(in crate::replay) mod judged_case;
pub(in crate::replay) mod record;
pub(in crate::replay) mod waiver;

use super::blockers::esql_blockers;
use super::blockers::production_blockers::{created, no_alert_reason};
use super::outcome::{NoneRecord, Observed, ProductionFact, Verdict};
use super::production::case_run::Run;
use super::production::schedule::ScheduledOutcome;
use super::reason::{BlindPhases, Reason, ReasonName};
use super::rule_types::run_schedule;
use crate::diagnostic::observation::Silencer;
use crate::evaluate::{BlockerHint, Blockers, Cause, CauseKind, Match, Override};
use crate::event::EventId;
use expectation::Alert;
use expectation_failure::FoundReasons;
use judged_case::{Attack, Case};
use waiver::Waiver;

/// A verdict and what goes with it.
pub(super) struct Judgement {
    pub(super) verdict: Verdict,
    pub(super) reason: Option<Reason>,
    pub(super) observed: Observed,
    pub(super) waived: Option<String>,
    /// The effects of schedule, suppression and overrides on the alerts.
    pub(super) production: Vec<ProductionFact>,
    /// Some phases of the schedule have no alert.
    pub(super) blind: Option<BlindPhases>,
    /// What was overridden to judge it.
    pub(super) overrides: Vec<Override>,
    /// The clauses that stood in the way, for the places in a report.
    pub(super) blockers: Blockers,
}

/// Judges a case.
pub(super) fn judge(case: &Case<'_, '_>) -> Judgement {
    let plain = decide(case, &[]);
    if let Some(reason) = &case.no_effect {
        return plain.with(Verdict::Invalid, reason.clone());
    }
    let waiver = match case.attack {
        Some(Attack::Gap(_, waiver)) if !case.wanted.named && !case.forced => waiver,
        _ => return plain,
    };
    let matches = &case.run.scheduled.matches;
    if !matches.is_empty() && case.wanted.pin.is_none() {
        return plain.with(Verdict::Failed, Reason::AlertsOnGap);
    }
    let Some(waiver) = waiver else {
        return plain.with(Verdict::Blind, Reason::NothingToWaive);
    };
    let mut waived = decide(case, &waiver.overrides(case.run));
    waived.waived = Some(waiver.text.clone());
    if waived.verdict == Verdict::Passed {
        waived.verdict = Verdict::Pinned;
    }
    waived
}

impl Judgement {
    fn with(mut self, verdict: Verdict, reason: Reason) -> Self {
        self.verdict = verdict;
        self.reason = Some(reason);
        self
    }
}

/// The verdict of one run, as it is or with a clause waived.
fn decide(case: &Case<'_, '_>, waived: &[Override]) -> Judgement {
    let run = case.run;
    let scheduled = if waived.is_empty() {
        run.scheduled.clone()
    } else {
        run_schedule(run, &run.schedule, waived)
    };
    let seen = if scheduled.matches.is_empty() {
        without_alert(case, waived)
    } else {
        RunOutcome {
            observed: Observed::Alert(record::alerts(run, &scheduled.matches, &case.wanted.with)),
            blockers: Blockers::default(),
            proven: true,
            outside: None,
            also: Vec::new(),
            anyway: None,
        }
    };
    let (verdict, reason) = verdict(case, &scheduled, &seen);
    let observed = match (&run.uncertain, verdict) {
        (Some(why), Verdict::Uncertain) => Observed::Uncertain(why.clone()),
        _ => seen.observed,
    };
    Judgement {
        verdict,
        reason,
        observed,
        waived: None,
        production: production_facts(run, &scheduled, waived),
        blind: scheduled.blind(),
        overrides: waived.to_vec(),
        blockers: seen.blockers,
    }
}

/// What a run gives, and how far it shows why.
struct RunOutcome {
    observed: Observed,
    /// What in the query kept it from an alert.
    blockers: Blockers,
    /// It shows why there is an alert or none.
    proven: bool,
    /// What outside the query kept it from an alert; `None` where the blockers did.
    outside: Option<Vec<ReasonName>>,
    /// What else stopped it, in words.
    also: Vec<String>,
    /// What would stop the alert even if the events met the query.
    anyway: Option<Silencer>,
}

/// The outcome of a run without an alert.
fn without_alert(case: &Case<'_, '_>, waived: &[Override]) -> RunOutcome {
    let run = case.run;
    let expects_none = case.wanted.alert == Alert::None;
    if let Some(outside) = no_alert_reason(run, waived) {
        let proven = !outside.record.overdetermined && is_proven_by_rows(case, &outside.record);
        let mut none = outside.record;
        none.vacuous = expects_none && !proven;
        return RunOutcome {
            observed: Observed::None(none),
            blockers: Blockers::default(),
            proven,
            outside: Some(outside.reasons),
            also: outside.also,
            anyway: None,
        };
    }
    let blockers = run.evaluation.blockers(&BlockerHint {
        assignment: assignment(case),
        waived: waived
            .iter()
            .cloned()
            .chain(run.case_events.without_context())
            .collect(),
    });
    let mut none = record::none(run, case.query, &blockers);
    let anyway = silent_anyway(case, &blockers, waived);
    let proven = is_proven(case, &blockers) && anyway.is_none();
    none.vacuous = expects_none && !proven;
    RunOutcome {
        observed: Observed::None(none),
        blockers,
        proven,
        outside: None,
        also: Vec::new(),
        anyway,
    }
}

/// The verdict of an outcome by what the case expects.
fn verdict(
    case: &Case<'_, '_>,
    scheduled: &ScheduledOutcome,
    seen: &RunOutcome,
) -> (Verdict, Option<Reason>) {
    let failed = match case.wanted.alert {
        Alert::None => {
            let of_blockers;
            let reasons = match &seen.outside {
                Some(outside) => outside,
                None => {
                    of_blockers = record::names(case.run, &seen.blockers.causes);
                    &of_blockers
                }
            };
            let stopped = FoundReasons {
                reasons,
                also: &seen.also,
            };
            expectation_failure::of_none(case, &scheduled.matches, &seen.blockers, stopped)
        }
        _ => expectation_failure::of_alert(case, scheduled).map(|reason| (Verdict::Failed, reason)),
    };
    if let Some((verdict, reason)) = failed {
        return (verdict, Some(reason));
    }
    match (verdict_if_met(case, seen.proven), &seen.anyway) {
        ((Verdict::Vacuous, _), Some(why)) => {
            (Verdict::Vacuous, Some(Reason::SilentAnyway(why.clone())))
        }
        (settled, _) => settled,
    }
}

/// The facts of a snapshot about the schedule, suppression and alerts.
fn production_facts(
    run: &Run<'_>,
    scheduled: &ScheduledOutcome,
    waived: &[Override],
) -> Vec<ProductionFact> {
    let mut facts = scheduled.facts();
    if scheduled.matches.is_empty() {
        return facts;
    }
    if run.schedule.stated {
        let lines = record::kibana(run, &scheduled.matches).into_iter();
        facts.extend(lines.map(ProductionFact::Kibana));
    }
    facts.extend(created(run, waived).map(ProductionFact::CreatedBy));
    facts
}

/// The verdict of an expectation that holds.
fn verdict_if_met(case: &Case<'_, '_>, proven: bool) -> (Verdict, Option<Reason>) {
    if let Some(why) = &case.run.uncertain {
        return (Verdict::Uncertain, Some(Reason::Uncertain(why.clone())));
    }
    if !proven {
        return (Verdict::Vacuous, Some(Reason::NotProven));
    }
    match &case.wanted.pin {
        Some(pin) => (Verdict::Pinned, Some(Reason::Pinned(pin.reason.clone()))),
        None => (Verdict::Passed, None),
    }
}

/// For a rule that counts, remembers or compares: what would stop the alert if the events met the
/// query. `None` if waiving some cause on all events gives an alert.
fn silent_anyway(
    case: &Case<'_, '_>,
    blockers: &Blockers,
    waived: &[Override],
) -> Option<Silencer> {
    let run = case.run;
    if case.recorded || !run.schedule.rule().kind.is_stateful() {
        return None;
    }
    let lifted = |cause: &Cause| {
        let CauseKind::Clause(clause) = cause.kind else {
            return None;
        };
        let fact = run.evaluation.fact(clause, cause.event?)?;
        let mut overrides = waived.to_vec();
        overrides.push(Override::Fact {
            clause,
            event: None,
            bit: !fact,
        });
        Some(overrides)
    };
    let lifted: Option<Vec<Vec<Override>>> = blockers.causes.iter().map(lifted).collect();
    // What is no clause, or several at once, is judged elsewhere.
    let lifted = lifted.filter(|lifted| !lifted.is_empty())?;
    let is_silent = |overrides: &Vec<Override>| {
        run_schedule(run, &run.schedule, overrides)
            .matches
            .is_empty()
    };
    if !lifted.iter().all(is_silent) {
        return None;
    }
    let first = lifted.first()?;
    let record = no_alert_reason(run, first)?.record;
    Some(match record.value {
        Some(seen) => Silencer::Seen(seen),
        None => Silencer::Clauses(record.blocker),
    })
}

/// The events that the author's labels assign to the stages: those of the attack's own match.
pub(super) fn assignment(case: &Case<'_, '_>) -> Vec<Option<EventId>> {
    let attack = match case.attack {
        Some(Attack::Alerts(run) | Attack::Gap(run, _) | Attack::Broken(Some(run))) => *run,
        _ => case.run,
    };
    let of_case = |found: &&Match| {
        let mut events = found.stages.iter().flatten();
        !events.all(|event| attack.case_events.is_context(*event))
    };
    let by_match = attack
        .evaluation
        .matches()
        .iter()
        .find(of_case)
        .map(|found| {
            found
                .stages
                .iter()
                .flatten()
                .map(|event| case.run.case_events.find(&attack.case_events.label(*event)))
                .collect()
        });
    by_match.unwrap_or_default()
}

/// Whether the attack gets past what stops the rows of an ES|QL rule.
fn is_proven_by_rows(case: &Case<'_, '_>, none: &NoneRecord) -> bool {
    match case.attack {
        Some(Attack::Alerts(attack)) if case.run.query.pipeline.is_some() && !case.recorded => {
            esql_blockers::is_proven(attack, &none.causes)
        }
        _ => true,
    }
}

/// Whether some cause's outcome differs from the attack's on the same label; always so for a
/// structural clause that held in the attack.
fn is_proven(case: &Case<'_, '_>, blockers: &Blockers) -> bool {
    let (run, waiver) = match case.attack {
        Some(Attack::Alerts(run)) => (*run, None),
        Some(Attack::Gap(run, waiver)) => (*run, waiver.as_ref()),
        Some(Attack::Broken(_)) | None => return true,
    };
    if case.recorded {
        return true;
    }
    blockers
        .causes
        .iter()
        .any(|cause| differs(case.run, run, waiver, cause))
}

fn differs(case: &Run<'_>, attack: &Run<'_>, waiver: Option<&Waiver>, cause: &Cause) -> bool {
    let CauseKind::Clause(clause) = cause.kind else {
        return true;
    };
    let Some(event) = cause.event else {
        return waiver.is_none_or(|waiver| waiver.clause != clause);
    };
    let is_condition = case
        .plan()
        .clause(clause)
        .is_some_and(|clause| clause.kind.is_condition());
    if !is_condition {
        return true;
    }
    let Some(same) = attack.case_events.find(&case.case_events.label(event)) else {
        return true;
    };
    case.evaluation.fact(clause, event) != attack.evaluation.fact(clause, same)
}
