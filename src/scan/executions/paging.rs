//! The executions of a query rule over a recording.

use std::collections::VecDeque;

use super::reading::Reading;
use super::replay::{ExecutionResult, Group, Held, MOST_ALERTED, RuleExecutor};
use crate::execution::query_rule::{Document, Known, execute};
use crate::execution::replayed::Execution;
use crate::execution::suppress::OpenGroups;
use crate::scan::EventRecord;

/// What they have alerted on.
pub(super) struct QueryExecutor<'r> {
    known: Known,
    open: OpenGroups<'r>,
}

impl<'r> QueryExecutor<'r> {
    pub(super) fn new(open: OpenGroups<'r>) -> Self {
        Self {
            known: Known::default(),
            open,
        }
    }
}

impl RuleExecutor for QueryExecutor<'_> {
    type Document = Document;

    fn document(&self, reading: Reading, _: &EventRecord) -> Document {
        Document {
            arrival: reading.arrival,
            groups: reading.content.terms(),
        }
    }

    fn execute(
        &mut self,
        execution: Execution,
        held: &VecDeque<Held<Document>>,
    ) -> ExecutionResult {
        if self.known.count() > MOST_ALERTED {
            let oldest = held.iter().map(|held| held.number).min();
            self.known.forget_before(oldest.unwrap_or(usize::MAX));
        }
        let documents = held.iter().map(|held| (held.number, &held.document));
        let paging = execute(execution, documents, &mut self.known, &mut self.open);
        let place = |number: &usize| held.iter().position(|held| held.number == *number);
        let alerts = paging.alerts.iter().map(|number| Group {
            places: vec![place(number)],
            ..Group::default()
        });
        ExecutionResult {
            alerts: alerts.collect(),
            cut: paging.cut.len(),
            suppressed: paging.suppressed.len(),
            ..ExecutionResult::default()
        }
    }

    fn expire(&mut self, _: Document) {}
}
