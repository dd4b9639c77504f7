//! Rules whose executions remember, or look at more than their window: threshold and new terms.
//! What their executions find in every phase of the schedule, and why they find nothing.

use std::collections::BTreeMap;

use crate::diagnostic::observation::Pairs;
use crate::evaluate::term::Term;
use crate::evaluate::{Match, Override};
use crate::event::{EventId, Mapping};
use crate::execution::replayed::Execution;
use crate::execution::suppress::values_of;
use crate::execution::{Arrival, Phase, PhaseOutcome};
use crate::replay::production::case_run::Run;
use crate::replay::production::schedule::{ScheduleConfig, ScheduledOutcome};
use crate::rule::RuleKind;

/// Used as the event of a failure that no single event decides.
pub(in crate::replay) const EVERY_EXECUTION: &str = "every execution";

/// Numbers alerts: the same events with the same terms get one number, whichever executions find
/// them.
#[derive(Default)]
pub(in crate::replay) struct AlertNumbers {
    matches: Vec<Match>,
    numbers: BTreeMap<(Vec<Term>, Vec<EventId>), usize>,
}

impl AlertNumbers {
    /// The number of an alert of these events, whose key fields have these terms.
    pub(in crate::replay) fn number(&mut self, terms: &[Term], events: &[EventId]) -> usize {
        let next = self.matches.len();
        let key = (terms.to_vec(), events.to_vec());
        *self.numbers.entry(key).or_insert_with(|| {
            self.matches.push(Match {
                stages: events.iter().copied().map(Some).collect(),
                join: terms
                    .iter()
                    .map(|term| Some(term.value().clone()))
                    .collect(),
            });
            next
        })
    }
}

/// The events of a run that meet the rule's query under these overrides, with their arrivals.
pub(in crate::replay) struct Selected {
    pub(in crate::replay) events: Vec<EventId>,
    pub(in crate::replay) arrivals: Vec<Arrival>,
    /// Whether each is to be found, rather than there for what it says of the past.
    pub(in crate::replay) of_case: Vec<bool>,
}

impl Selected {
    pub(in crate::replay) fn of(
        run: &Run<'_>,
        schedule: &ScheduleConfig<'_>,
        overrides: &[Override],
    ) -> Self {
        let matches = run.evaluation.decide_with(overrides);
        let mut events: Vec<EventId> = matches
            .iter()
            .flat_map(|found| found.stages.iter().flatten().copied())
            .collect();
        events.sort_unstable();
        events.dedup();
        let arrivals = schedule.relative(&run.case_events.events, &events);
        let of_case = events
            .iter()
            .map(|event| !run.case_events.is_context(*event))
            .collect();
        Self {
            events,
            arrivals,
            of_case,
        }
    }

    /// The executions that see an event. Between the past and the case there may be thousands that
    /// see none.
    pub(in crate::replay) fn seeing(
        &self,
        executions: &[Execution],
    ) -> impl Iterator<Item = Execution> {
        let sees = |execution: &Execution| {
            let mut arrivals = self.arrivals.iter();
            arrivals.any(|arrival| execution.sees(*arrival))
        };
        executions.iter().copied().filter(sees)
    }

    /// Whether an execution sees an event of the case. What the others find is the past.
    pub(in crate::replay) fn is_of_case(&self, execution: Execution) -> bool {
        let mut events = self.arrivals.iter().zip(&self.of_case);
        events.any(|(arrival, of_case)| *of_case && execution.sees(*arrival))
    }

    /// The terms that an event of this number has in a field.
    pub(in crate::replay) fn terms(&self, run: &Run<'_>, number: usize, field: &str) -> Vec<Term> {
        let event = self.events.get(number);
        let event = event.and_then(|id| run.case_events.events.get(id.index()));
        let mapped = types(run).and_then(|types| types.find(field));
        match (event, mapped) {
            (Some(event), Some(mapped)) => Term::of_field(&mapped, event.values(&mapped.read_from)),
            _ => Vec::new(),
        }
    }

    /// The values by which the alert of an event of this number is suppressed, of a field.
    pub(in crate::replay) fn values(
        &self,
        run: &Run<'_>,
        number: usize,
        field: &str,
    ) -> Vec<String> {
        let event = self.events.get(number);
        let event = event.and_then(|id| run.case_events.events.get(id.index()));
        event.map_or_else(Vec::new, |event| values_of(event, field))
    }

    /// The events of these numbers.
    pub(in crate::replay) fn ids(&self, numbers: &[usize]) -> Vec<EventId> {
        let ids = numbers.iter().filter_map(|number| self.events.get(*number));
        ids.copied().collect()
    }
}

fn types<'r>(run: &'r Run<'_>) -> Option<&'r Mapping> {
    run.query.schema.mappings().first()
}

/// Runs the executions of every phase, or of the one that the scenario asks for.
pub(in crate::replay) fn phases(
    schedule: &ScheduleConfig<'_>,
    arrivals: &[Arrival],
    moments: &[i64],
    run: &mut dyn FnMut(&[Execution]) -> PhaseOutcome,
) -> Vec<Phase> {
    let windows = schedule.windows();
    match schedule.phase() {
        Some(phase) => vec![Phase {
            from: phase,
            until: phase + 1,
            outcome: run(&windows.executions(phase, arrivals)),
        }],
        None => windows.replayed_phases(arrivals, moments, run),
    }
}

/// The alerts, by number, of the phases that together last longest and have any; of those that last
/// equally long the first.
pub(super) fn longest_alerts(phases: &[Phase]) -> &[usize] {
    let mut lengths: Vec<(&[usize], i64)> = Vec::new();
    for phase in phases {
        let alerts = phase.outcome.alerts.as_slice();
        match lengths.iter_mut().find(|(own, _)| *own == alerts) {
            Some((_, length)) => *length += phase.until - phase.from,
            None => lengths.push((alerts, phase.until - phase.from)),
        }
    }
    let alerting = lengths.iter().filter(|(alerts, _)| !alerts.is_empty());
    let longest = alerting.rev().max_by_key(|(_, length)| *length);
    longest.map_or(&[][..], |(alerts, _)| *alerts)
}

/// The outcome of a run from its phases: the alerts of the longest stretch of phases that agree.
/// The counts can still differ between phases, because executions split bursts differently.
pub(in crate::replay) fn outcome(
    schedule: &ScheduleConfig<'_>,
    numbers: &AlertNumbers,
    phases: Vec<Phase>,
) -> ScheduledOutcome {
    let alerts = longest_alerts(&phases).to_vec();
    let of = |number: usize| numbers.matches.get(number).cloned();
    let matches = alerts.iter().filter_map(|number| of(*number)).collect();
    let outcome = ScheduledOutcome::new(matches, phases, schedule.phase().is_some());
    outcome.with_suppressed(&alerts, &of)
}

/// The fields whose values are the key of an alert, for rules that group.
pub(in crate::replay) fn key_fields(kind: &RuleKind) -> Vec<&str> {
    let fields = match kind {
        RuleKind::Threshold(threshold) => &threshold.group_by,
        RuleKind::NewTerms(new_terms) => &new_terms.fields,
        RuleKind::Eql
        | RuleKind::Query
        | RuleKind::SavedQuery { .. }
        | RuleKind::Esql
        | RuleKind::ThreatMatch(_)
        | RuleKind::MachineLearning => return Vec::new(),
    };
    fields.iter().map(|field| field.name.as_str()).collect()
}

/// The fields of a group with their values.
pub(in crate::replay) fn key_pairs(fields: &[&str], terms: &[Term]) -> Pairs {
    let pairs = fields.iter().zip(terms);
    Pairs(
        pairs
            .map(|(field, term)| ((*field).to_owned(), term.to_string()))
            .collect(),
    )
}
