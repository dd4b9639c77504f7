//! The events of a recording for an ES|QL rule, whose executions may look at any of them: all that the
//! rule sees are kept, reduced to what it reads.

use std::sync::Arc;

use super::{NotExplained, Parsed};
use crate::compile::CompiledQuery;
use crate::data_source::route::stored_in;
use crate::evaluate::QueryFailure;
use crate::event::Event;
use crate::event::io::Limits;
use crate::execution::time_range::RangeField;
use crate::plan::pipeline::Pipeline;
use crate::replay::esql_recording::{RecordedRun, run_recording};
use crate::rule::Rule;

/// The events so far.
pub(super) struct KeptEvents {
    /// The paths that are kept; all where there are none.
    paths: Option<Vec<String>>,
    limits: Limits,
    numbers: Vec<u64>,
    events: Vec<Event>,
    memory: u64,
}

impl KeptEvents {
    pub(super) fn new(pipeline: &Pipeline, rule: &Rule, limits: Limits) -> Self {
        let range = RangeField::of(rule);
        let times = range.fields().map(str::to_owned);
        Self {
            paths: pipeline.paths().map(|mut paths| {
                paths.extend(times);
                paths
            }),
            limits,
            numbers: Vec::new(),
            events: Vec::new(),
            memory: 0,
        }
    }

    /// Adds the events of a batch that the rule sees.
    pub(super) fn add(&mut self, parsed: &Parsed) -> Result<(), NotExplained> {
        for (number, event) in parsed.events.iter().filter(|(_, event)| !event.unrouted) {
            let mut kept = match &self.paths {
                Some(paths) => event.only(paths),
                None => event.clone(),
            };
            kept.index = event.index.clone().or_else(|| stored_in(event));
            self.memory += kept.memory();
            self.numbers.push(*number);
            self.events.push(kept);
        }
        let Limits { events, memory, .. } = self.limits;
        if self.events.len() > events {
            let what = format!("{events} events");
            return Err(NotExplained::TooLarge(what, "events-from"));
        }
        if self.memory > memory {
            let what = format!("{} MiB of events", memory >> 20);
            return Err(NotExplained::TooLarge(what, "events-from-mib"));
        }
        Ok(())
    }

    /// Runs the executions of the rule over them; comes with what the events are called.
    pub(super) fn run(
        self,
        query: &Arc<CompiledQuery>,
        rule: &Rule,
    ) -> Result<(RecordedRun, Vec<String>), QueryFailure> {
        let labels = self.numbers.iter().map(|number| format!("event {number}"));
        let labels: Vec<String> = labels.collect();
        let memory = self.limits.rows;
        let run = run_recording(query, rule, self.events, labels.clone(), memory)?;
        Ok((run, labels))
    }
}
