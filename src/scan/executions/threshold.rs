//! The executions of a threshold rule over a recording.

use std::collections::VecDeque;

use super::reading::Reading;
use super::replay::{ExecutionResult, Group, Held, RuleExecutor};
use crate::evaluate::threshold::{Counted, Threshold};
use crate::execution::replayed::Execution;
use crate::execution::suppress::OpenGroups;
use crate::execution::threshold::{Document, History, execute};
use crate::rule;
use crate::scan::EventRecord;

/// What they have counted so far.
pub(super) struct ThresholdExecutor<'r> {
    threshold: Threshold,
    groups: usize,
    history: History,
    open: OpenGroups<'r>,
}

impl<'r> ThresholdExecutor<'r> {
    pub(super) fn new(settings: &rule::Threshold, open: OpenGroups<'r>) -> Self {
        Self {
            threshold: Threshold {
                count: settings.count,
                cardinality: settings.cardinality.as_ref().map(|own| own.count),
            },
            groups: settings.group_by.len(),
            history: History::default(),
            open,
        }
    }
}

impl RuleExecutor for ThresholdExecutor<'_> {
    type Document = Document;

    fn document(&self, reading: Reading, _: &EventRecord) -> Document {
        let mut groups = reading.content.terms();
        let cardinality = groups.split_off(self.groups.min(groups.len()));
        Document {
            counted: Counted::new(
                &groups,
                cardinality.into_iter().next().unwrap_or_default(),
                reading.arrival.time.unwrap_or_default(),
            ),
            arrival: reading.arrival,
        }
    }

    fn execute(
        &mut self,
        execution: Execution,
        held: &VecDeque<Held<Document>>,
    ) -> ExecutionResult {
        let documents = held.iter().map(|held| &held.document).enumerate();
        let (threshold, history) = (self.threshold, &mut self.history);
        let counting = execute(execution, documents, threshold, history, &mut self.open);
        let groups = counting.alerts.len() + counting.below.len();
        let alerts = counting.alerts.into_iter();
        let alerts = alerts.map(|bucket| Group {
            join: bucket
                .key
                .into_iter()
                .map(|term| Some(term.into_value()))
                .collect(),
            places: bucket.documents.into_iter().map(Some).collect(),
            ..Group::default()
        });
        ExecutionResult {
            alerts: alerts.collect(),
            cut: counting.cut.len(),
            suppressed: counting.suppressed.len(),
            groups,
        }
    }

    fn expire(&mut self, _: Document) {}
}
