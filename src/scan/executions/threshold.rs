//! The executions of a threshold rule over a recording.

use std::collections::VecDeque;

use super::reading::Reading;
use super::replay::{Executed, Group, Held};
use crate::evaluate::threshold::{Counted, Threshold};
use crate::execution::replayed::Execution;
use crate::execution::threshold::{Document, History, execute};
use crate::rule;
use crate::scan::EventRecord;

/// What they have counted so far.
pub(super) struct Counting {
    threshold: Threshold,
    groups: usize,
    history: History,
    cut: usize,
}

impl Counting {
    pub(super) fn new(settings: &rule::Threshold) -> Self {
        Self {
            threshold: Threshold {
                count: settings.count,
                cardinality: settings.cardinality.as_ref().map(|own| own.count),
            },
            groups: settings.group_by.len(),
            history: History::default(),
            cut: 0,
        }
    }
}

impl Executed for Counting {
    type Document = Document;

    fn document(&self, reading: Reading, _: &EventRecord) -> Document {
        let mut groups = reading.content.terms();
        let cardinality = groups.split_off(self.groups.min(groups.len()));
        Document {
            counted: Counted {
                groups,
                cardinality: cardinality.into_iter().next().unwrap_or_default(),
                time: reading.arrival.time.unwrap_or_default(),
            },
            arrival: reading.arrival,
        }
    }

    fn execute(
        &mut self,
        execution: Execution,
        held: &VecDeque<Held<Document>>,
        max_signals: usize,
    ) -> Vec<Group> {
        let documents = held.iter().map(|held| &held.document).enumerate();
        let (threshold, history) = (self.threshold, &mut self.history);
        let counting = execute(execution, documents, threshold, max_signals, history);
        self.cut = counting.cut.len();
        let alerts = counting.alerts.into_iter();
        alerts
            .map(|bucket| Group {
                join: bucket
                    .key
                    .into_iter()
                    .map(|term| Some(term.into_value()))
                    .collect(),
                places: bucket.documents,
            })
            .collect()
    }

    fn cut(&self) -> usize {
        self.cut
    }

    fn leave(&mut self, _: Document) {}
}
