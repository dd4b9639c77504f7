//! Rules that alert by their executions, over a recording: the documents that meet their queries
//! are kept, through a temporary file where they are many, and when all have come each
//! rule's executions are replayed, one rule after another.
//!
//! Executions start at whole multiples of the rule's interval since 1970, so that a part of a
//! recording is executed as the whole is.

mod candidates;
mod esql;
mod indicator_match;
mod matches;
mod new_terms;
mod paging;
mod reading;
mod record;
mod replay;
mod threshold;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use super::{EventRecord, Options, Search, Searched};
use crate::compile::CompiledRule;
use crate::evaluate::FailureKind;
use crate::event::external_sort::{OpenTemporary, Sorted, Sorter, changed};
use crate::execution::suppress::OpenGroups;
use crate::rule::{Rule, RuleKind};

use self::reading::Reading;
pub(super) use self::reading::{Readers, fields};
use self::replay::{Held, Replay, Sink};

/// The key of a document: its rule, when it arrived, its time, file and line.
const KEY: usize = 4 + 8 + 8 + 4 + 8;

/// The documents of a pass.
pub(super) struct Executions<'s> {
    rules: &'s [CompiledRule],
    /// The search of each rule, where searches are run instead of executions.
    searches: &'s [Search],
    sorter: Sorter<'s, KEY>,
    /// Whether there is any.
    some: bool,
}

/// Where a rule failed, as the file and line of an event, and why.
pub(super) type Failed = ((u32, u64), FailureKind);

/// What executions dropped, cut, suppressed or failed on, by rule.
#[derive(Debug, Default)]
pub(super) struct Shortfalls {
    /// Documents that were dropped from a window or a history.
    pub(super) dropped: BTreeMap<u32, u64>,
    /// Alerts beyond `max_signals`.
    pub(super) cut: BTreeMap<u32, u64>,
    /// Alerts that went under an earlier one of their group.
    pub(super) suppressed: BTreeMap<u32, u64>,
    /// Rules that failed.
    pub(super) failed: Vec<(u32, Failed)>,
    /// What searches looked at.
    pub(super) searched: BTreeMap<u32, Searched>,
}

impl<'s> Executions<'s> {
    /// No document yet; `open` opens a temporary file.
    pub(super) fn new(
        rules: &'s [CompiledRule],
        searches: &'s [Search],
        open: &'s OpenTemporary<'s>,
    ) -> Self {
        Self {
            rules,
            searches,
            sorter: Sorter::new(open),
            some: false,
        }
    }

    /// Keeps a document: what was read of it for a rule, and where it is.
    pub(super) fn take(
        &mut self,
        rule: u32,
        reading: &[u8],
        record: &EventRecord,
    ) -> io::Result<()> {
        let Some((arrival, _)) = reading::arrival(reading) else {
            return Ok(());
        };
        self.some = true;
        let key = key(
            rule,
            arrival.arrived,
            arrival.time.unwrap_or_default(),
            record,
        );
        self.sorter
            .push(key, &record::encode(rule, reading, record))
    }

    /// Replays the executions of all rules, within the bounds of the options.
    pub(super) fn finish(self, options: &Options, sink: &mut Sink<'_>) -> io::Result<Shortfalls> {
        let mut shortfalls = Shortfalls::default();
        if !self.some && self.searches.is_empty() {
            return Ok(shortfalls);
        }
        let mut documents = Documents {
            rules: self.rules,
            searches: self.searches,
            sorted: self.sorter.sort()?,
            next: None,
        };
        documents.advance()?;
        // A search has an answer where there is no document, too: a count of 0 is a row.
        for number in (0..).take(self.searches.len()) {
            documents.of_rule(number, options, sink, &mut shortfalls)?;
        }
        while let Some(number) = documents.next.as_ref().map(|(rule, _)| *rule) {
            let is_going_on = documents.of_rule(number, options, sink, &mut shortfalls)?;
            if !is_going_on {
                break;
            }
        }
        Ok(shortfalls)
    }
}

fn key(rule: u32, arrived: i64, time: i64, record: &EventRecord) -> [u8; KEY] {
    // With the sign bit turned over, negative numbers come first.
    let ordered = |number: i64| (number ^ i64::MIN).to_be_bytes();
    let mut key = [0; KEY];
    let parts = rule
        .to_be_bytes()
        .into_iter()
        .chain(ordered(arrived))
        .chain(ordered(time))
        .chain(record.file.to_be_bytes())
        .chain(record.line.to_be_bytes());
    for (place, byte) in key.iter_mut().zip(parts) {
        *place = byte;
    }
    key
}

/// The alerts that a rule may make; a search gives all that it finds.
fn open_groups(rule: &Rule, search: Option<Search>) -> OpenGroups<'_> {
    match search {
        Some(_) => OpenGroups::new(None, usize::MAX),
        None => {
            let suppression = rule.production.suppression.as_ref();
            OpenGroups::new(suppression, rule.alert_limit() as usize)
        }
    }
}

/// The documents of all rules, in the order in which they arrived, rule by rule.
struct Documents<'s> {
    rules: &'s [CompiledRule],
    searches: &'s [Search],
    sorted: Sorted<KEY>,
    /// The next document and its rule.
    next: Option<(u32, (Reading, Arc<EventRecord>))>,
}

impl Documents<'_> {
    fn advance(&mut self) -> io::Result<()> {
        self.next = match self.sorted.next()? {
            None => None,
            Some(bytes) => {
                let (rule, reading, record) = record::decode(&bytes).ok_or_else(changed)?;
                let mut reading = Reading::decode(reading)?;
                if let Some(compiled) = self.rules.get(rule as usize) {
                    reading.fill(&compiled.constants);
                }
                Some((rule, (reading, Arc::new(record))))
            }
        };
        Ok(())
    }

    /// Replays the executions of a rule, of whose documents the first is next, within the bounds of
    /// the options; whether to go on.
    fn of_rule(
        &mut self,
        number: u32,
        options: &Options,
        sink: &mut Sink<'_>,
        shortfalls: &mut Shortfalls,
    ) -> io::Result<bool> {
        let Some(compiled) = self.rules.get(number as usize) else {
            return self.skip(number);
        };
        let rule = &*compiled.rule;
        let max_documents = options.max_documents;
        let search = self.searches.get(number as usize).copied();
        let open = open_groups(rule, search);
        let limits = (search, max_documents);
        if let RuleKind::Threshold(settings) = &rule.kind {
            let kind = threshold::ThresholdExecutor::new(settings, open);
            let replay = Replay::new(number, rule, kind, limits);
            self.replay(replay, sink, shortfalls)
        } else if let RuleKind::NewTerms(settings) = &rule.kind {
            let kind = new_terms::NewTermsExecutor::new(settings, open, max_documents);
            let replay = Replay::new(number, rule, kind, limits);
            self.replay(replay, sink, shortfalls)
        } else if let Some(side) = &compiled.indicators {
            let kind = indicator_match::IndicatorExecutor::new(side, open);
            let replay = Replay::new(number, rule, kind, limits);
            self.replay(replay, sink, shortfalls)
        } else if let Some(pipeline) = &compiled.pipeline {
            let is_repeated = search.is_some();
            let kind = match esql::EsqlExecutor::new(pipeline, open, is_repeated, options.rows) {
                Ok(kind) => kind,
                Err(failure) => return self.failed(number, failure.kind, shortfalls),
            };
            let replay = Replay::new(number, rule, kind, limits);
            self.replay(replay, sink, shortfalls)
        } else if matches!(rule.kind, RuleKind::Eql) {
            let Some(kind) = matches::EventExecutor::new(&compiled.plan, open) else {
                return self.skip(number);
            };
            let replay = Replay::new(number, rule, kind, limits);
            self.replay(replay, sink, shortfalls)
        } else {
            let kind = paging::QueryExecutor::new(open);
            let replay = Replay::new(number, rule, kind, limits);
            self.replay(replay, sink, shortfalls)
        }
    }

    /// Passes over all documents of a rule that cannot be run, which is named; goes on.
    fn failed(
        &mut self,
        rule: u32,
        reason: FailureKind,
        shortfalls: &mut Shortfalls,
    ) -> io::Result<bool> {
        let own = self.next.as_ref().filter(|(own, _)| *own == rule);
        // A search fails where it has no document as well.
        let place = own.map_or((0, 0), |(_, (_, record))| (record.file, record.line));
        shortfalls.failed.push((rule, (place, reason)));
        while self.next.as_ref().is_some_and(|(own, _)| *own == rule) {
            self.advance()?;
        }
        Ok(true)
    }

    /// Passes over the documents of a rule; goes on.
    fn skip(&mut self, number: u32) -> io::Result<bool> {
        while self.next.take_if(|(rule, _)| *rule == number).is_some() {
            self.advance()?;
        }
        Ok(true)
    }

    /// Replays the executions of the rule whose document is next; whether to go on.
    fn replay<K: replay::RuleExecutor>(
        &mut self,
        mut replay: Replay<K>,
        sink: &mut Sink<'_>,
        shortfalls: &mut Shortfalls,
    ) -> io::Result<bool> {
        let mut is_going_on = true;
        let mut number = 0;
        while is_going_on
            && let Some((_, (reading, record))) =
                self.next.take_if(|(rule, _)| *rule == replay.rule)
        {
            let document = Held {
                number,
                arrival: reading.arrival,
                document: replay.document(reading, &record),
                record,
            };
            number += 1;
            is_going_on = replay.take(document, sink);
            self.advance()?;
        }
        is_going_on = is_going_on && replay.finish(sink);
        if replay.dropped() > 0 {
            shortfalls.dropped.insert(replay.rule, replay.dropped());
        }
        let failed = replay.failed.take();
        shortfalls
            .failed
            .extend(failed.map(|failed| (replay.rule, failed)));
        if let Some(searched) = replay.searched {
            shortfalls.searched.insert(replay.rule, searched);
        }
        if replay.cut > 0 {
            shortfalls.cut.insert(replay.rule, replay.cut);
        }
        if replay.suppressed > 0 {
            shortfalls.suppressed.insert(replay.rule, replay.suppressed);
        }
        Ok(is_going_on)
    }
}
