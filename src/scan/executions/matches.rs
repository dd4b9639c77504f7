//! The executions of an EQL rule over a recording: each runs the query over the events that it
//! sees, of which the latest matches count.

use std::collections::{BTreeSet, VecDeque};

use super::reading::Reading;
use super::replay::{ExecutionResult, Group, Held, MOST_ALERTED, RuleExecutor};
use crate::engine::asks_documents;
use crate::evaluate::{Context, FailureKind, Match, Patterns, QueryFailure};
use crate::event::schema::MappedField;
use crate::event::{Event, Timestamp};
use crate::execution::replayed::Execution;
use crate::execution::suppress::{HitOutcome, OpenGroups, group};
use crate::plan::{Operator, Plan};
use crate::scan::EventRecord;

/// A query and what its executions have alerted on.
pub(super) struct EventExecutor<'r> {
    plan: &'r Plan,
    patterns: Patterns,
    /// The fields of events that are looked at; all of them where documents are, as a whole.
    fields: Option<Vec<String>>,
    /// The events of each alert, by number, and of what went under one.
    known: BTreeSet<Vec<Option<usize>>>,
    open: OpenGroups<'r>,
    failure: Option<QueryFailure>,
}

impl<'r> EventExecutor<'r> {
    /// `None` for a query that cannot be run at all; the rule was refused for it.
    pub(super) fn new(plan: &'r Plan, open: OpenGroups<'r>) -> Option<Self> {
        let readers = plan.fields.iter().flat_map(|field| &field.readers);
        let paths = readers.flatten().flat_map(MappedField::sources);
        let mut fields: Vec<String> = paths.map(str::to_owned).collect();
        let suppression = open.suppression();
        fields.extend(suppression.into_iter().flat_map(|own| own.group_by.clone()));
        Some(Self {
            patterns: Patterns::of(plan).ok()?,
            plan,
            fields: (!asks_documents(plan)).then_some(fields),
            known: BTreeSet::new(),
            open,
            failure: None,
        })
    }

    /// The matches among these events.
    fn matches(&self, events: &[Event], now: i64) -> Result<Vec<Match>, QueryFailure> {
        let context = Context {
            now: Timestamp::from_millis(now),
            ..Context::default()
        };
        let prepared = self.patterns.with(self.plan);
        Ok(prepared.evaluate(events, &context)?.matches().to_vec())
    }
}

impl RuleExecutor for EventExecutor<'_> {
    type Document = Event;

    fn document(&self, reading: Reading, _: &EventRecord) -> Event {
        let event = reading.content.event();
        match &self.fields {
            Some(fields) => event.only(fields),
            None => event,
        }
    }

    fn execute(&mut self, execution: Execution, held: &VecDeque<Held<Event>>) -> ExecutionResult {
        self.open.begin(execution.start);
        if self.known.len() > MOST_ALERTED {
            let oldest = held.iter().map(|held| held.number).min().unwrap_or(0);
            let is_seen =
                |numbers: &Vec<Option<usize>>| numbers.iter().flatten().any(|own| *own >= oldest);
            self.known.retain(is_seen);
        }
        let seen = held.iter().enumerate();
        let seen = seen.filter(|(_, held)| execution.sees(held.arrival));
        let mut seen: Vec<(usize, &Held<Event>)> = seen.collect();
        // Events of one time are taken as they lie in the files.
        seen.sort_by_key(|(_, held)| (held.record.time, held.record.file, held.record.line));
        let (places, events): (Vec<usize>, Vec<Event>) = seen
            .into_iter()
            .map(|(place, held)| (place, held.document.clone()))
            .unzip();
        let found = self.matches(&events, execution.start);
        let found = found.unwrap_or_else(|failure| {
            self.failure = Some(failure);
            Vec::new()
        });
        let is_sequence = !matches!(self.plan.operator, Operator::Select);
        let lost = found.len().saturating_sub(self.open.looked_at());
        let mut made = ExecutionResult::default();
        for (number, one) in found.into_iter().enumerate() {
            let own = |id: &Option<crate::event::EventId>| places.get((*id)?.index()).copied();
            let places: Vec<Option<usize>> = one.stages.iter().map(own).collect();
            let of_place = |place: &Option<usize>| Some(held.get((*place)?)?.number);
            let numbers: Vec<Option<usize>> = places.iter().map(of_place).collect();
            if self.known.contains(&numbers) {
                continue;
            }
            // The response holds the latest.
            if number < lost {
                made.cut += 1;
                continue;
            }
            let suppression = self.open.suppression();
            let outcome = self.open.outcome_of_group(|| {
                let ids = one.stages.iter().flatten();
                let own: Vec<&Event> = ids.filter_map(|id| events.get(id.index())).collect();
                suppression.map_or_else(Vec::new, |how| group(how, &own, is_sequence))
            });
            match outcome {
                HitOutcome::Alert => made.alerts.push(Group {
                    join: one.join,
                    places,
                    ..Group::default()
                }),
                HitOutcome::Suppressed => made.suppressed += 1,
                HitOutcome::Cut => {
                    made.cut += 1;
                    continue;
                }
            }
            self.known.insert(numbers);
        }
        made
    }

    fn expire(&mut self, _: Event) {}

    fn failure(&mut self) -> Option<FailureKind> {
        self.failure.take().map(|failure| failure.kind)
    }
}
