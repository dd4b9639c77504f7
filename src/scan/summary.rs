//! The summary of a scan.

use std::collections::BTreeMap;

use super::Searched;
use crate::diagnostic::document::{BadDocument, BrokenFile};
use crate::engine::Misfit;
use crate::evaluate::FailureKind;

/// The figures of a scan.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stats {
    /// Lines that are events.
    pub events: u64,
    /// The first and the last time of the events, in milliseconds, without those far from all
    /// others.
    pub span: Option<(i64, i64)>,
    /// Bytes read, unpacked.
    pub bytes: u64,
    /// Lines that are none, and the first of them: `FILE:LINE: reason`.
    pub bad_lines: u64,
    /// The first bad lines: why, by file and line.
    pub bad: BTreeMap<(u32, u64), BadDocument>,
    /// Files that could not be read to their end, with the reason.
    pub broken: BTreeMap<u32, BrokenFile>,
    /// Events of a stream too late to be ordered; only rules that need no order saw them.
    pub late: u64,
    /// The first late event that meets a stage of a rule, by file and line.
    pub first_late: Option<(u32, u64)>,
    /// Events without a time that can be read.
    pub untimed: u64,
    /// The first of them, by file and line.
    pub first_untimed: Option<(u32, u64)>,
    /// Events that are dated far from all others, as in 2100 or 1970.
    pub outliers: u64,
    /// File, line and time in milliseconds of the first of them.
    pub first_outlier: Option<((u32, u64), i64)>,
    /// Why the events of the files could not be sorted.
    pub unsorted: Option<String>,
    /// Events of an index that no rule searches, by index.
    pub unrouted: BTreeMap<String, u64>,
    /// Partial sequences that were dropped, by rule.
    pub evicted: BTreeMap<u32, u64>,
    /// Events that were dropped from the windows and histories of rules whose executions count or
    /// remember, by rule.
    pub dropped: BTreeMap<u32, u64>,
    /// Alerts of executions beyond the `max_signals` of their rules, by rule.
    pub cut: BTreeMap<u32, u64>,
    /// Alerts of executions that went under an earlier alert of their group, by rule.
    pub suppressed: BTreeMap<u32, u64>,
    /// What searches looked at, by rule; a rule for which no document counts is not here.
    pub searched: BTreeMap<u32, Searched>,
    /// Values that do not fit the type of their field and count as missing.
    pub misfits: u64,
    /// The first of them by file, line and place within the line.
    pub first_misfits: BTreeMap<((u32, u64), usize), Misfit>,
    /// Alerts by rule.
    pub alerts: BTreeMap<u32, u64>,
    /// Rules that failed, with the first event on which they did, by file and line, and the reason.
    pub failed: BTreeMap<u32, ((u32, u64), FailureKind)>,
    /// The scan was stopped before its end.
    pub interrupted: bool,
}

/// The number of bad lines, and of misfit values, that are listed.
pub(super) const NAMED: usize = 10;

impl Stats {
    /// All alerts.
    pub fn alert_count(&self) -> u64 {
        self.alerts.values().sum()
    }

    /// All events of an index that no rule searches.
    pub fn unrouted_count(&self) -> u64 {
        self.unrouted.values().sum()
    }

    /// All partial sequences that were dropped.
    pub fn evicted_count(&self) -> u64 {
        self.evicted.values().sum()
    }

    /// All events that were dropped.
    pub fn dropped_count(&self) -> u64 {
        self.dropped.values().sum()
    }

    /// Notes a bad line; the first ones are named.
    pub(super) fn note_bad(&mut self, place: (u32, u64), reason: &BadDocument) {
        self.bad_lines += 1;
        self.bad.insert(place, reason.clone());
        if self.bad.len() > NAMED {
            self.bad.pop_last();
        }
    }

    /// Notes a value that does not fit its field; the first ones are named.
    pub(super) fn note_misfit(&mut self, place: (u32, u64), misfit: &Misfit) {
        let on_line = self
            .first_misfits
            .range((place, 0)..=(place, usize::MAX))
            .count();
        self.first_misfits.insert((place, on_line), misfit.clone());
        if self.first_misfits.len() > NAMED {
            self.first_misfits.pop_last();
        }
    }

    /// Notes that a rule failed on an event.
    pub(super) fn note_failed(&mut self, rule: u32, place: (u32, u64), reason: &FailureKind) {
        let known = self.failed.get(&rule);
        if known.is_none_or(|(first, _)| place < *first) {
            self.failed.insert(rule, (place, reason.clone()));
        }
    }
}
