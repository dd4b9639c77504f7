//! How production runs a rule on a case, and what comes of it in every phase.

use crate::evaluate::pipeline::OutputRow;
use crate::evaluate::{Match, QueryFailure};
use crate::event::{Event, EventId};
use crate::execution::time_range::RangeField;
use crate::execution::window::{covered, longest_blind};
use crate::execution::{Arrival, Phase, Windows};
use crate::replay::outcome::{AtMost, ProductionFact};
use crate::replay::reason::BlindPhases;
use crate::rule::{Rule, Schedule, Suppression};
use crate::scenario::model::{FoundIn, ScheduleSpec};

/// How a case is run in production.
#[derive(Debug, Clone)]
pub(in crate::replay) struct ScheduleConfig<'r> {
    /// The rule.
    pub(in crate::replay) rule: &'r Rule,
    /// The scenario says something of production, or the rule of its alerts.
    pub(in crate::replay) stated: bool,
    pub(in crate::replay) windows: Windows,
    /// The one phase that is replayed.
    pub(in crate::replay) phase: Option<i64>,
    /// An expected alert must be in every phase.
    pub(in crate::replay) every_phase: bool,
    pub(in crate::replay) max_signals: usize,
    /// What the time range filters.
    range: RangeField,
    pub(in crate::replay) suppression: Option<&'r Suppression>,
    /// Milliseconds of the start of the case.
    start: Option<i64>,
}

/// What production makes of a run.
#[derive(Debug, Clone, Default)]
pub(in crate::replay) struct ScheduledOutcome {
    /// The matches of which alerts are made in some phase, in order.
    pub(in crate::replay) matches: Vec<Match>,
    /// What goes under them by suppression, in the phases that stand for the run.
    pub(in crate::replay) suppressed: Vec<Match>,
    /// What happens in the phases; empty where it is one search for all of them.
    phases: Vec<Phase>,
    /// A single phase was asked for.
    single: bool,
    /// How the query fails in some execution.
    failure: Option<QueryFailure>,
    /// Of an ES|QL rule the row of each match.
    pub(in crate::replay) rows: Vec<(Match, OutputRow)>,
}

impl<'r> ScheduleConfig<'r> {
    /// The rule's own schedule with what the scenario or the case says of it.
    pub(in crate::replay) fn new(
        rule: &'r Rule,
        specs: &[Option<&ScheduleSpec>],
        start: Option<i64>,
        stated: bool,
    ) -> Self {
        let mut schedule = rule.schedule;
        let (mut phase, mut found) = (None, FoundIn::SomePhase);
        for spec in specs.iter().flatten() {
            let value = |of: &Option<crate::scenario::model::Located<i64>>, own: i64| {
                of.as_ref().map_or(own, |located| located.value)
            };
            schedule.interval = value(&spec.interval, schedule.interval);
            schedule.look_back = value(&spec.from, schedule.look_back);
            schedule.until = value(&spec.to, schedule.until);
            phase = spec.phase.as_ref().map(|phase| phase.value);
            found = spec
                .found
                .as_ref()
                .map_or(FoundIn::SomePhase, |found| found.value);
        }
        let own = &rule.production;
        let overrides = !own.severity_mapping.is_empty()
            || own.risk_score_field.is_some()
            || own.name_field.is_some();
        Self {
            rule,
            stated: stated || overrides || rule.building_block || own.suppression.is_some(),
            windows: Windows(schedule),
            phase,
            every_phase: found == FoundIn::EveryPhase,
            max_signals: rule.alert_limit() as usize,
            range: RangeField::of(rule),
            suppression: rule.production.suppression.as_ref(),
            start,
        }
    }

    /// The schedule with which a check has run, for another version of its rule.
    pub(in crate::replay) fn for_variant(
        rule: &'r Rule,
        windows: Windows,
        phase: Option<i64>,
        start: Option<i64>,
    ) -> Self {
        Self {
            windows,
            phase,
            ..Self::new(rule, &[], start, false)
        }
    }

    /// Milliseconds of the start of the case; `None` of a recording.
    pub(in crate::replay) fn start(&self) -> Option<i64> {
        self.start
    }

    /// The field without which no execution finds an event.
    pub(in crate::replay) fn required_time(&self) -> Option<&str> {
        self.range.required()
    }

    pub(in crate::replay) fn timing(&self) -> Schedule {
        self.windows.0
    }

    pub(in crate::replay) fn rule(&self) -> &'r Rule {
        self.rule
    }

    /// The one phase that is replayed, if the scenario asks for one.
    pub(in crate::replay) fn phase(&self) -> Option<i64> {
        self.phase
    }

    pub(in crate::replay) fn max_signals(&self) -> usize {
        self.max_signals
    }

    /// The start of the case in milliseconds since 1970; of a recording, the time of the first of
    /// these events.
    pub(in crate::replay) fn start_of(&self, events: &[Event], ids: &[EventId]) -> i64 {
        let arrivals = ids.iter().filter_map(|id| events.get(id.index()));
        let times = arrivals.filter_map(|event| self.arrival(event).time);
        let start = self.start.or_else(|| times.min());
        start.unwrap_or_default()
    }

    pub(in crate::replay) fn windows(&self) -> Windows {
        self.windows
    }

    /// When these events happened and could be found, from the start of the case.
    pub(in crate::replay) fn relative(&self, events: &[Event], ids: &[EventId]) -> Vec<Arrival> {
        let arrivals = ids.iter().filter_map(|id| events.get(id.index()));
        let arrivals: Vec<Arrival> = arrivals.map(|event| self.arrival(event)).collect();
        let start = self.start_of(events, ids);
        let relative = |arrival: &Arrival| Arrival {
            time: arrival.time.map(|time| time - start),
            arrived: arrival.arrived - start,
        };
        arrivals.iter().map(relative).collect()
    }

    /// When the first and the last execution start that see some of these events, in milliseconds
    /// since 1970; `None` where none does.
    pub(in crate::replay) fn executions(
        &self,
        events: &[Event],
        ids: &[EventId],
    ) -> Option<(i64, i64)> {
        let arrivals = self.relative(events, ids);
        let start = self.start_of(events, ids);
        let (first, last) = match self.phase {
            Some(phase) => {
                let executions = self.windows.executions(phase, &arrivals);
                (executions.first()?.start, executions.last()?.start)
            }
            None => {
                let shifts = self.windows.shifts();
                let seen = shifts.iter().flat_map(|shift| {
                    let seen = |arrival: &Arrival| self.windows.seen(*arrival, *shift);
                    arrivals.iter().filter_map(seen).collect::<Vec<_>>()
                });
                seen.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?
            }
        };
        Some((start + first, start + last))
    }

    /// When the event happened by the field that is filtered, and when it could be found.
    pub(in crate::replay) fn arrival(&self, event: &Event) -> Arrival {
        let first = |field: &str| {
            let first = event.values(field).first();
            first.map(|value| value.raw().as_text())
        };
        self.range.arrival(first)
    }
}

/// What the phases have in common and where they differ, as numbers.
pub(in crate::replay) struct Counts {
    pub(in crate::replay) least: usize,
    pub(in crate::replay) most: usize,
    /// The most that `max_signals` cuts off in a phase.
    pub(in crate::replay) cut: usize,
    /// The most that are suppressed in a phase.
    pub(in crate::replay) suppressed: usize,
}

impl ScheduledOutcome {
    /// The alerts of a run and what happens in the phases, of which `single` is the only one asked
    /// for.
    pub(in crate::replay) fn new(matches: Vec<Match>, phases: Vec<Phase>, single: bool) -> Self {
        Self {
            matches,
            suppressed: Vec::new(),
            phases,
            single,
            failure: None,
            rows: Vec::new(),
        }
    }

    /// The outcome with the row of each match.
    pub(in crate::replay) fn with_rows(self, rows: Vec<(Match, OutputRow)>) -> Self {
        Self { rows, ..self }
    }

    /// The outcome of a query that fails in some execution, or that does not.
    pub(in crate::replay) fn failing(self, failure: Option<QueryFailure>) -> Self {
        Self { failure, ..self }
    }

    /// How the query fails, if it does; it is said once.
    pub(in crate::replay) fn take_failure(&mut self) -> Option<QueryFailure> {
        self.failure.take()
    }

    /// With what goes under the alerts by suppression: the matches of the numbers of `of`.
    pub(in crate::replay) fn with_suppressed(
        mut self,
        alerts: &[usize],
        of: &dyn Fn(usize) -> Option<Match>,
    ) -> Self {
        let mut phases = self.phases.iter();
        let standing = phases.find(|phase| phase.outcome.alerts.as_slice() == alerts);
        let numbers = standing.map_or(&[][..], |phase| phase.outcome.suppressed.as_slice());
        self.suppressed = numbers.iter().filter_map(|number| of(*number)).collect();
        self
    }

    /// How many alerts the phases have.
    pub(in crate::replay) fn counts(&self) -> Counts {
        let all = || self.phases.iter().map(|phase| &phase.outcome);
        let whole = self.matches.len();
        Counts {
            least: all().map(|one| one.alerts.len()).min().unwrap_or(whole),
            most: all().map(|one| one.alerts.len()).max().unwrap_or(whole),
            cut: all().map(|one| one.cut.len()).max().unwrap_or(0),
            suppressed: all().map(|one| one.suppressed.len()).max().unwrap_or(0),
        }
    }

    /// The middle of the longest run of phases without an alert; the first phase where there is
    /// none.
    pub(in crate::replay) fn worst(&self) -> i64 {
        match (self.single, longest_blind(&self.phases)) {
            (false, Some((from, until))) => {
                let interval = self.phases.last().map_or(1, |phase| phase.until.max(1));
                from.midpoint(until).rem_euclid(interval)
            }
            _ => self.phases.first().map_or(0, |phase| phase.from),
        }
    }

    /// The phases without an alert, and how many have one: `None` where all have one, or none.
    pub(in crate::replay) fn blind(&self) -> Option<BlindPhases> {
        if self.single {
            return None;
        }
        let (from, until) = longest_blind(&self.phases)?;
        let interval = self.phases.last()?.until;
        let covered = covered(&self.phases);
        (covered != 0).then_some(BlindPhases {
            covered,
            interval,
            from,
            until,
        })
    }

    /// What the snapshot records of the phases, where they say anything.
    pub(in crate::replay) fn facts(&self) -> Vec<ProductionFact> {
        let mut facts = Vec::new();
        facts.extend(self.blind().map(ProductionFact::BlindPhases));
        let Counts {
            least,
            most,
            cut,
            suppressed,
        } = self.counts();
        if least != most && least > 0 {
            facts.push(ProductionFact::AlertCounts { least, most });
        }
        let at_most = |count| AtMost {
            count,
            is_exact: self.single,
        };
        if cut > 0 {
            facts.push(ProductionFact::Lost(at_most(cut)));
        }
        if suppressed > 0 {
            facts.push(ProductionFact::Suppressed(at_most(suppressed)));
        }
        facts
    }
}
