//! The executions of an ES|QL rule over a recording: each runs the query over the documents that it
//! sees.

use std::collections::{BTreeSet, VecDeque};

use super::reading::Reading;
use super::replay::{ExecutionResult, Group, Held, MOST_ALERTED, RuleExecutor};
use crate::evaluate::pipeline::{Input, OutputRow, Program};
use crate::evaluate::{FailureKind, QueryFailure};
use crate::event::io::RowMemory;
use crate::event::{Event, Timestamp};
use crate::execution::esql_row;
use crate::execution::replayed::Execution;
use crate::execution::suppress::{HitOutcome, OpenGroups};
use crate::plan::pipeline::{Cell, Pipeline};
use crate::scan::EventRecord;

/// A query and what its executions have alerted on.
pub(super) struct EsqlExecutor<'p> {
    pipeline: &'p Pipeline,
    program: Program<'p>,
    /// The fields that it reads; all of them where it reads the document as a whole.
    fields: Option<Vec<String>>,
    /// An event alerts once.
    is_once: bool,
    /// The documents of each alert by number, and what else makes it another, where events alert once.
    alerted: BTreeSet<(Vec<usize>, Vec<String>)>,
    open: OpenGroups<'p>,
    memory: RowMemory,
    failure: Option<QueryFailure>,
}

impl<'p> EsqlExecutor<'p> {
    /// A pattern that cannot be run is a failure. With `is_repeated` equal rows of one event alert
    /// each.
    pub(super) fn new(
        pipeline: &'p Pipeline,
        open: OpenGroups<'p>,
        is_repeated: bool,
        memory: RowMemory,
    ) -> Result<Self, QueryFailure> {
        Ok(Self {
            program: Program::new(pipeline)?,
            fields: fields(pipeline, &open),
            is_once: pipeline.is_deduplicated() && !is_repeated,
            pipeline,
            alerted: BTreeSet::new(),
            open,
            memory,
            failure: None,
        })
    }

    fn rows(&mut self, events: &[Event], now: i64) -> Vec<OutputRow> {
        let input = Input {
            events,
            now: Timestamp::from_millis(now),
            memory: self.memory,
            ..Input::default()
        };
        match self.program.run(&input) {
            Ok(outcome) => outcome.rows,
            Err(failure) => {
                self.failure = Some(failure);
                Vec::new()
            }
        }
    }
}

/// The paths of documents that a pipeline reads and that alerts are suppressed by; `None` for all.
fn fields(pipeline: &Pipeline, open: &OpenGroups<'_>) -> Option<Vec<String>> {
    let mut paths = pipeline.paths()?;
    let groups = open.suppression().map(|own| own.group_by.iter().cloned());
    paths.extend(groups.into_iter().flatten());
    Some(paths)
}

impl RuleExecutor for EsqlExecutor<'_> {
    type Document = Event;

    fn document(&self, reading: Reading, record: &EventRecord) -> Event {
        let mut event = reading.content.event();
        let index = event.index.take();
        if let Some(fields) = &self.fields {
            event = event.only(fields);
        }
        // Every stored document has an id.
        let place = || format!("{}-{}", record.file, record.line);
        event.id = Some(event.id.take().unwrap_or_else(place));
        event.index = index;
        event
    }

    fn execute(&mut self, execution: Execution, held: &VecDeque<Held<Event>>) -> ExecutionResult {
        self.open.begin(execution.start);
        let seen = held.iter().enumerate();
        let seen = seen.filter(|(_, held)| execution.sees(held.arrival));
        let mut seen: Vec<(usize, &Held<Event>)> = seen.collect();
        // As they lie in the files: a query that does not sort says nothing of their order.
        seen.sort_by_key(|(_, held)| (held.record.file, held.record.line));
        let seen = seen.into_iter();
        let (places, events): (Vec<usize>, Vec<Event>) = seen
            .map(|(place, held)| (place, held.document.clone()))
            .unzip();
        self.forget(held);
        let outputs = self.pipeline.computed_outputs();
        let mut made = ExecutionResult::default();
        for row in self.rows(&events, execution.start) {
            let own = row
                .events
                .iter()
                .filter_map(|event| places.get(event.index()));
            let own: Vec<usize> = own.copied().collect();
            let alert = self.is_once.then(|| {
                let numbers = own.iter().filter_map(|place| held.get(*place));
                let values = esql_row::expanded_values(self.pipeline, &row);
                (numbers.map(|held| held.number).collect(), values)
            });
            // Without grouping, a known event does not alert again; a group does.
            if alert
                .as_ref()
                .is_some_and(|alert| self.alerted.contains(alert))
            {
                continue;
            }
            let pipeline = self.pipeline;
            let event = match row.events.as_slice() {
                [event] => events.get(event.index()),
                _ => None,
            };
            let values = |field: &str| esql_row::values(pipeline, &row, event, field);
            match self.open.outcome_of(values) {
                HitOutcome::Alert => made.alerts.push(Group {
                    join: outputs
                        .iter()
                        .map(|(place, _)| row.cells.get(*place).and_then(Cell::as_one))
                        .collect(),
                    places: own.into_iter().map(Some).collect(),
                    row: row.cells,
                }),
                HitOutcome::Suppressed => made.suppressed += 1,
                HitOutcome::Cut => {
                    made.cut += 1;
                    continue;
                }
            }
            self.alerted.extend(alert);
        }
        made
    }

    fn expire(&mut self, _: Event) {}

    fn failure(&mut self) -> Option<FailureKind> {
        self.failure.take().map(|failure| failure.kind)
    }
}

impl EsqlExecutor<'_> {
    /// Forgets the alerts of documents that no execution sees any more.
    fn forget(&mut self, held: &VecDeque<Held<Event>>) {
        if self.alerted.len() > MOST_ALERTED {
            let oldest = held.iter().map(|held| held.number).min();
            let oldest = oldest.unwrap_or(usize::MAX);
            self.alerted
                .retain(|(numbers, _)| numbers.iter().any(|number| *number >= oldest));
        }
    }
}
