//! The executions of one rule over its documents, in the order in which they arrive: the documents
//! that an execution may still see are held, and an execution runs once all that it sees are there.

use std::collections::VecDeque;
use std::sync::Arc;

use super::reading::Reading;
use crate::evaluate::FailureKind;
use crate::event::Value;
use crate::execution::replayed::Execution;
use crate::execution::{Arrival, Windows};
use crate::plan::pipeline::Cell;
use crate::rule::Rule;
use crate::scan::{Alert, EventRecord, Search, Searched};

/// Takes an alert and the row that it is made of, if it is; `false` ends the replay.
pub(super) type Sink<'a> = dyn FnMut(Alert, Vec<Cell>) -> bool + 'a;

/// The number of remembered alerts above which old ones are dropped.
pub(super) const MOST_ALERTED: usize = 10_000;

/// How one kind of rule executes.
pub(super) trait RuleExecutor {
    /// What they look at.
    type Document;

    /// What was read, as such a document.
    fn document(&self, reading: Reading, record: &EventRecord) -> Self::Document;

    /// Runs one execution.
    fn execute(
        &mut self,
        execution: Execution,
        held: &VecDeque<Held<Self::Document>>,
    ) -> ExecutionResult;

    /// The start of what a search looks at: of its time range, or of a history before it.
    fn searched_from(&self, search: Search) -> i64 {
        search.from
    }

    /// Called when no later execution sees the document.
    fn expire(&mut self, document: Self::Document);

    /// How many documents were dropped although an execution may still look at them.
    fn dropped(&self) -> u64 {
        0
    }

    /// Why an execution failed, if one did.
    fn failure(&mut self) -> Option<FailureKind> {
        None
    }
}

/// What one execution gives.
#[derive(Default)]
pub(super) struct ExecutionResult {
    pub(super) alerts: Vec<Group>,
    /// How many alerts were beyond `max_signals`.
    pub(super) cut: usize,
    /// How many went under an earlier alert of their group.
    pub(super) suppressed: usize,
    /// How many groups or combinations of terms there are, those without an alert included.
    pub(super) groups: usize,
}

/// An alert: its key, and the documents by their places among those held; `None` stands for a
/// missing event.
#[derive(Default)]
pub(super) struct Group {
    pub(super) join: Vec<Option<Value>>,
    pub(super) places: Vec<Option<usize>>,
    /// The row of an ES|QL query.
    pub(super) row: Vec<Cell>,
}

/// A document that an execution may still see.
pub(super) struct Held<D> {
    /// In the order of arrival.
    pub(super) number: usize,
    pub(super) arrival: Arrival,
    pub(super) document: D,
    pub(super) record: Arc<EventRecord>,
}

impl<D> Held<D> {
    /// By time; of equal times as they lie in the files.
    fn order(&self) -> (Option<i64>, u32, u64) {
        (self.arrival.time, self.record.file, self.record.line)
    }
}

/// The replay of one rule.
pub(super) struct Replay<K: RuleExecutor> {
    pub(super) rule: u32,
    kind: K,
    /// The one search that is run instead of the executions of the schedule.
    search: Option<Search>,
    windows: Windows,
    shifts: Vec<i64>,
    max_documents: usize,
    /// By time.
    held: VecDeque<Held<K::Document>>,
    /// No execution starts before.
    next: i64,
    dropped: u64,
    /// The first event of the first execution that failed, by file and line, and why it did.
    pub(super) failed: Option<((u32, u64), FailureKind)>,
    /// Alerts beyond `max_signals`.
    pub(super) cut: u64,
    /// Alerts that went under an earlier one of their group.
    pub(super) suppressed: u64,
    /// What the search looked at.
    pub(super) searched: Option<Searched>,
}

impl<K: RuleExecutor> Replay<K> {
    pub(super) fn new(
        number: u32,
        rule: &Rule,
        kind: K,
        (search, max_documents): (Option<Search>, usize),
    ) -> Self {
        let windows = Windows(rule.schedule);
        Self {
            rule: number,
            kind,
            search,
            searched: None,
            shifts: windows.shifts(),
            windows,
            max_documents,
            held: VecDeque::new(),
            next: i64::MIN,
            dropped: 0,
            failed: None,
            cut: 0,
            suppressed: 0,
        }
    }

    pub(super) fn document(&self, reading: Reading, record: &EventRecord) -> K::Document {
        self.kind.document(reading, record)
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped + self.kind.dropped()
    }

    /// Takes the next document to arrive; `false` if whoever takes alerts takes no more.
    pub(super) fn take(&mut self, document: Held<K::Document>, sink: &mut Sink<'_>) -> bool {
        if let Some(search) = self.search {
            let from = self.kind.searched_from(search);
            let time = document.arrival.time;
            if time.is_some_and(|time| from <= time && time <= search.to) {
                self.hold(document);
            }
            return true;
        }
        let arrived = document.arrival.arrived;
        if !self.run_until(Some(arrived), sink) {
            return false;
        }
        self.next = self.next.max(arrived);
        if self.last_seen(document.arrival) < self.next {
            self.kind.expire(document.document);
            return true;
        }
        self.hold(document);
        true
    }

    fn hold(&mut self, document: Held<K::Document>) {
        let order = document.order();
        let place = self.held.partition_point(|held| held.order() <= order);
        self.held.insert(place, document);
        if self.held.len() > self.max_documents
            && let Some(oldest) = self.held.pop_front()
        {
            self.dropped += 1;
            self.kind.expire(oldest.document);
        }
    }

    /// Runs what is left to run once every document has come.
    pub(super) fn finish(&mut self, sink: &mut Sink<'_>) -> bool {
        let Some(search) = self.search else {
            return self.run_until(None, sink);
        };
        let execution = Execution {
            start: search.now,
            from: search.from,
            to: search.to,
        };
        self.execute(execution, sink)
    }

    /// Runs the executions that start before `limit`; all that see something where there is none.
    fn run_until(&mut self, limit: Option<i64>, sink: &mut Sink<'_>) -> bool {
        while let Some(start) = self.next_start() {
            if limit.is_some_and(|limit| start >= limit) {
                break;
            }
            for shift in self.shifts.clone() {
                let execution = Execution {
                    start,
                    from: start - self.windows.0.look_back - shift,
                    to: start - self.windows.0.until - shift,
                };
                if !self.execute(execution, sink) {
                    return false;
                }
            }
            self.next = start + 1;
            while let Some(first) = self.held.front()
                && self.last_seen(first.arrival) < self.next
                && let Some(left) = self.held.pop_front()
            {
                self.kind.expire(left.document);
            }
        }
        true
    }

    fn execute(&mut self, execution: Execution, sink: &mut Sink<'_>) -> bool {
        let made = self.kind.execute(execution, &self.held);
        if let (None, Some(reason)) = (&self.failed, self.kind.failure()) {
            let first = self
                .held
                .front()
                .map(|held| (held.record.file, held.record.line));
            self.failed = Some((first.unwrap_or_default(), reason));
        }
        self.cut += made.cut as u64;
        self.suppressed += made.suppressed as u64;
        self.searched = self.search.map(|_| Searched {
            documents: self.held.len() as u64,
            groups: made.groups as u64,
        });
        made.alerts.into_iter().all(|group| {
            let record = |place: &Option<usize>| {
                let held = self.held.get((*place)?)?;
                Some(Arc::clone(&held.record))
            };
            let alert = Alert {
                rule: self.rule,
                join: group.join,
                events: group.places.iter().map(record).collect(),
            };
            sink(alert, group.row)
        })
    }

    /// The start of the next execution that sees something.
    fn next_start(&self) -> Option<i64> {
        let shifts = &self.shifts;
        let seen = self.held.iter().flat_map(|held| {
            let seen = shifts
                .iter()
                .filter_map(|shift| self.windows.seen(held.arrival, *shift));
            seen.filter(|(_, last)| *last >= self.next)
        });
        let first = seen.map(|(first, _)| first).min()?.max(self.next);
        let interval = self.windows.0.interval.max(1);
        Some(first + (-first).rem_euclid(interval))
    }

    /// The last start of an execution whose range the document is in.
    fn last_seen(&self, arrival: Arrival) -> i64 {
        let last = arrival
            .time
            .map_or(i64::MIN, |time| time + self.windows.0.look_back);
        self.shifts
            .iter()
            .map(|shift| last + shift)
            .max()
            .unwrap_or(last)
    }
}
