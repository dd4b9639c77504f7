//! The executions of an ES|QL rule over a recording: each runs the query over the documents that it
//! sees.

use std::collections::{BTreeSet, VecDeque};

use super::reading::Reading;
use super::replay::{Executed, Group, Held};
use crate::evaluate::pipeline::{Input, OutputRow, Program};
use crate::event::schema::MappedField;
use crate::event::{Event, Timestamp};
use crate::execution::replayed::Execution;
use crate::plan::pipeline::{Cell, ColumnOrigin, Metadata, Pipeline};
use crate::scan::EventRecord;

/// So many alerts are remembered before those that are too old are looked for.
const MOST_ALERTED: usize = 10_000;

/// A query and what its executions have alerted on.
pub(super) struct Querying<'p> {
    pipeline: &'p Pipeline,
    program: Program<'p>,
    /// The fields that it reads; all of them where it reads the document as a whole.
    fields: Option<Vec<String>>,
    /// An event alerts once.
    is_once: bool,
    /// The documents of each alert by number, and its cells, where events alert once.
    alerted: BTreeSet<(Vec<usize>, Vec<String>)>,
    cut: usize,
    failure: Option<String>,
}

impl<'p> Querying<'p> {
    /// `None` for a query that cannot be run at all; the rule was refused for it.
    pub(super) fn new(pipeline: &'p Pipeline) -> Option<Self> {
        Some(Self {
            program: Program::new(pipeline).ok()?,
            fields: fields(pipeline),
            is_once: pipeline.is_deduplicated(),
            pipeline,
            alerted: BTreeSet::new(),
            cut: 0,
            failure: None,
        })
    }

    fn rows(&mut self, events: &[Event], now: i64) -> Vec<OutputRow> {
        let input = Input {
            events,
            now: Timestamp::from_millis(now),
            ..Input::default()
        };
        match self.program.run(&input) {
            Ok(outcome) => outcome.rows,
            Err(failure) => {
                self.failure = Some(failure.message);
                Vec::new()
            }
        }
    }
}

/// The paths of documents that a pipeline reads; `None` for all.
fn fields(pipeline: &Pipeline) -> Option<Vec<String>> {
    let mut paths = Vec::new();
    for column in &pipeline.columns {
        match &column.origin {
            ColumnOrigin::Field { readers, .. } => {
                for path in readers.iter().flatten().flat_map(MappedField::sources) {
                    paths.extend([
                        path.to_owned(),
                        format!("{path}.lat"),
                        format!("{path}.lon"),
                    ]);
                }
            }
            ColumnOrigin::Metadata(Metadata::Source) | ColumnOrigin::Ignored(_) => return None,
            ColumnOrigin::Metadata(_) | ColumnOrigin::Computed => {}
        }
    }
    Some(paths)
}

impl Executed for Querying<'_> {
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

    fn execute(
        &mut self,
        execution: Execution,
        held: &VecDeque<Held<Event>>,
        max_signals: usize,
    ) -> Vec<Group> {
        let seen = held.iter().enumerate();
        let seen = seen.filter(|(_, held)| execution.sees(held.arrival));
        let mut seen: Vec<(usize, &Held<Event>)> = seen.collect();
        // As they lie in the files: a query that does not sort says nothing of their order.
        seen.sort_by_key(|(_, held)| (held.record.file, held.record.line));
        let seen = seen.into_iter();
        let (places, events): (Vec<usize>, Vec<Event>) = seen
            .map(|(place, held)| (place, held.document.clone()))
            .unzip();
        if self.alerted.len() > MOST_ALERTED {
            let oldest = held.iter().map(|held| held.number).min();
            let oldest = oldest.unwrap_or(usize::MAX);
            self.alerted
                .retain(|(numbers, _)| numbers.iter().any(|number| *number >= oldest));
        }
        self.cut = 0;
        let outputs = self.pipeline.computed_outputs();
        let mut groups = Vec::new();
        for row in self.rows(&events, execution.start) {
            let own = row
                .events
                .iter()
                .filter_map(|event| places.get(event.index()));
            let own: Vec<usize> = own.copied().collect();
            let alert = self.is_once.then(|| {
                let numbers = own.iter().filter_map(|place| held.get(*place));
                let cells = row.cells.iter().map(Cell::text);
                (numbers.map(|held| held.number).collect(), cells.collect())
            });
            // Pages go past a known event; a group alerts again.
            if alert
                .as_ref()
                .is_some_and(|alert| self.alerted.contains(alert))
            {
                continue;
            }
            if groups.len() == max_signals {
                self.cut += 1;
                continue;
            }
            self.alerted.extend(alert);
            let cells = outputs.iter();
            let cells = cells.map(|(place, _)| row.cells.get(*place).and_then(Cell::as_one));
            groups.push(Group {
                join: cells.collect(),
                places: own,
            });
        }
        groups
    }

    fn cut(&self) -> usize {
        self.cut
    }

    fn leave(&mut self, _: Event) {}

    fn failure(&mut self) -> Option<String> {
        self.failure.take()
    }
}
