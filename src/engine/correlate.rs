//! Correlates stage hits, in the order of events, into matches. A scan has one correlator, used by
//! one thread at a time.

use std::collections::{BTreeSet, VecDeque};

use super::compile::RuleSet;
use super::end_of_stream::{self, KeptHit};
use super::found_match::Match;
use super::keys;
use super::numbers::{RuleNumber, StageNumber};
use super::sequence::{OrderedEvent, SequenceState};
use super::sequence_spec::{MatchKind, StageAction};
use crate::event::Timestamp;
use crate::plan::IndexVec;

/// The limit on matches that wait behind a retractable one, as a fraction of the limit on partial
/// sequences.
const PARTIALS_PER_HELD_MATCH: usize = 10;

/// An event that meets some stage.
#[derive(Debug, Clone, Copy)]
pub struct EventHits<'h> {
    /// When it happened; events come in this order. Without it only samples and rules with a time
    /// field of their own see it.
    pub time: Option<Timestamp>,
    /// Its place in the input.
    pub position: u64,
    /// The stages that it meets, ascending, with the key.
    pub hits: &'h [(u32, &'h [u8])],
    /// It came too late to be sorted; only rules without order see it.
    pub is_late: bool,
}

/// The state of all rules.
#[derive(Debug)]
pub struct Correlator<'s, E> {
    set: &'s RuleSet,
    states: IndexVec<RuleNumber, State<E>>,
    rank: u64,
    now: i128,
    held: usize,
    max_held: usize,
    evicted: IndexVec<RuleNumber, u64>,
    /// Matches in order; one that may yet be taken back holds up those behind it.
    outbox: VecDeque<Outgoing<E>>,
    sent: u64,
    /// When each match that waits is decided: its last moment, and its number in the outbox.
    deadlines: BTreeSet<(i64, u64)>,
    actions: Vec<(usize, StageAction, usize)>,
}

#[derive(Debug)]
enum State<E> {
    Events,
    Sequence(SequenceState<E>),
    AtEnd(VecDeque<KeptHit<E>>),
}

#[derive(Debug)]
enum Outgoing<E> {
    Ready(Match<E>),
    Waiting {
        rule: RuleNumber,
        moments: Vec<OrderedEvent<E>>,
        key: Box<[u8]>,
    },
    Discarded,
}

impl<'s, E: Clone> Correlator<'s, E> {
    /// Creates a correlator without state. It holds at most `max_held` partial sequences, and a
    /// tenth as many matches behind one that a later event may retract; beyond that the oldest are
    /// dropped.
    pub fn new(set: &'s RuleSet, max_held: usize) -> Self {
        let states = set.rules.iter().map(|rule| match rule.spec.kind {
            _ if rule.spec.runs_at_end => State::AtEnd(VecDeque::new()),
            MatchKind::Events => State::Events,
            MatchKind::Sequence | MatchKind::Sample => State::Sequence(SequenceState::default()),
        });
        Self {
            set,
            states: states.collect(),
            rank: 0,
            now: i128::MIN,
            held: 0,
            max_held: max_held.max(1),
            evicted: set.rules.iter().map(|_| 0).collect(),
            outbox: VecDeque::new(),
            sent: 0,
            deadlines: BTreeSet::new(),
            actions: Vec::new(),
        }
    }

    /// Processes one event. `event` is called only if the event has to be kept. Matches go to
    /// `sink` in the order of their last events; matches of a late event go at once.
    pub fn take(
        &mut self,
        occurrence: &EventHits<'_>,
        event: &mut impl FnMut() -> E,
        sink: &mut impl FnMut(Match<E>),
    ) {
        if let Some(time) = occurrence.time
            && !occurrence.is_late
        {
            let before = std::mem::replace(&mut self.now, time.nanoseconds());
            if self.now < before {
                self.rewind();
            }
            self.rank += 1;
            self.decide_waiting(self.now);
        }
        let held_up = self.outbox.len();
        let set = self.set;
        let rule_of = |hit: &(u32, &[u8])| set.stages.at(StageNumber(hit.0)).rule;
        for hits in occurrence.hits.chunk_by(|a, b| rule_of(a) == rule_of(b)) {
            if let Some(rule) = hits.first().map(rule_of) {
                self.take_rule(rule, hits, occurrence, event);
            }
        }
        if self.held > self.max_held {
            self.evict();
        }
        if occurrence.is_late {
            // Late events do not advance time, so a match of theirs would never be decided by
            // waiting.
            self.outbox.split_off(held_up).into_iter().for_each(|late| {
                if let Outgoing::Ready(found) = late {
                    sink(found);
                }
            });
        }
        self.flush(sink);
        while self.outbox.len() > self.max_held.div_ceil(PARTIALS_PER_HELD_MATCH) {
            self.drop_first_waiting();
            self.flush(sink);
        }
    }

    /// Handles time that moves back, after it had followed events dated far ahead: drops the
    /// partial sequences that began there.
    fn rewind(&mut self) {
        for (state, evicted) in self.states.iter_mut().zip(self.evicted.iter_mut()) {
            if let State::Sequence(tracks) = state {
                *evicted += tracks.drop_after(self.now);
            }
        }
        self.count();
    }

    /// Drops the match that holds up all others.
    fn drop_first_waiting(&mut self) {
        let first = self.outbox.front_mut();
        if let Some(Outgoing::Waiting { rule, .. }) = &first {
            *self.evicted.at_mut(*rule) += 1;
        }
        if let Some(first) = first {
            *first = Outgoing::Discarded;
        }
    }

    fn take_rule(
        &mut self,
        rule: RuleNumber,
        hits: &[(u32, &[u8])],
        occurrence: &EventHits<'_>,
        event: &mut impl FnMut() -> E,
    ) {
        let set = self.set;
        let compiled = set.rules.at(rule);
        match self.states.at_mut(rule) {
            State::Events => {
                if occurrence.time.is_some() {
                    self.outbox.push_back(Outgoing::Ready(Match {
                        rule: compiled.number,
                        join: Vec::new(),
                        stages: vec![Some(event())],
                    }));
                }
            }
            State::AtEnd(kept) => {
                for (stage, key) in hits {
                    self.held += 1;
                    kept.push_back(KeptHit {
                        time: occurrence.time,
                        position: occurrence.position,
                        stage: (stage - compiled.first) as usize,
                        key: (*key).into(),
                        event: event(),
                    });
                }
            }
            State::Sequence(_) if occurrence.is_late || occurrence.time.is_none() => {}
            State::Sequence(_) => self.advance(rule, hits, event),
        }
    }

    /// The actions of an event on a sequence rule.
    fn advance(&mut self, rule: RuleNumber, hits: &[(u32, &[u8])], event: &mut impl FnMut() -> E) {
        let set = self.set;
        let compiled = set.rules.at(rule);
        let spec = &compiled.spec;
        let State::Sequence(tracks) = self.states.at_mut(rule) else {
            return;
        };
        let mut actions = std::mem::take(&mut self.actions);
        actions.clear();
        for (place, (stage, _)) in hits.iter().enumerate() {
            let own = spec.actions.get((stage - compiled.first) as usize);
            let own = own.map_or(&[][..], Vec::as_slice);
            actions.extend(own.iter().map(|action| (action.priority(), *action, place)));
        }
        actions.sort_unstable_by_key(|(priority, _, place)| (*priority, *place));
        let mut ordered = OrderedEvent {
            rank: self.rank,
            nanos: self.now,
            event,
        };
        let before = tracks.held;
        let mut found: Vec<(Vec<OrderedEvent<E>>, &[u8])> = Vec::new();
        for (_, action, place) in &actions {
            let key = hits.get(*place).map_or(&[][..], |(_, key)| key);
            if let Some(ordered_events) = tracks.take(spec, &mut ordered, key, *action) {
                found.push((ordered_events, key));
            }
        }
        self.held = (self.held + tracks.held).saturating_sub(before);
        self.actions = actions;
        if found.len() > 1 {
            found.sort_by(|a, b| keys::compare(a.1, b.1));
        }
        for (ordered_events, key) in found {
            self.complete(rule, ordered_events, key);
        }
    }

    fn complete(&mut self, rule: RuleNumber, ordered_events: Vec<OrderedEvent<E>>, key: &[u8]) {
        let compiled = self.set.rules.at(rule);
        let spec = &compiled.spec;
        if spec.waits() {
            let first = ordered_events.first().map_or(0, OrderedEvent::millis);
            let number = self.sent + self.outbox.len() as u64;
            let deadline = first.saturating_add(spec.window);
            self.deadlines.insert((deadline, number));
            self.outbox.push_back(Outgoing::Waiting {
                rule,
                moments: ordered_events,
                key: key.into(),
            });
            return;
        }
        if !spec.gaps.is_empty()
            && let State::Sequence(tracks) = self.states.at(rule)
            && tracks.is_violated(spec, key, &ordered_events)
        {
            return;
        }
        self.outbox.push_back(Outgoing::Ready(Match {
            rule: compiled.number,
            join: spec.join(key),
            stages: spec.laid_out(ordered_events.into_iter().map(|ordered| ordered.event)),
        }));
    }

    /// Decides the matches that no event at `now` or later can take back.
    fn decide_waiting(&mut self, now: i128) {
        let now = super::sequence::millis(now);
        while let Some((deadline, number)) = self.deadlines.pop_first() {
            if deadline >= now {
                self.deadlines.insert((deadline, number));
                return;
            }
            self.decide(number);
        }
    }

    fn decide(&mut self, number: u64) {
        // One that was given up is no longer there.
        let place = number.checked_sub(self.sent);
        let place = place.and_then(|place| usize::try_from(place).ok());
        let Some(outgoing) = place.and_then(|place| self.outbox.get_mut(place)) else {
            return;
        };
        if let Outgoing::Waiting {
            rule,
            moments: ordered_events,
            key,
        } = std::mem::replace(outgoing, Outgoing::Discarded)
            && let State::Sequence(tracks) = self.states.at(rule)
            && !tracks.is_violated(&self.set.rules.at(rule).spec, &key, &ordered_events)
        {
            let compiled = self.set.rules.at(rule);
            let events = ordered_events.into_iter().map(|ordered| ordered.event);
            *outgoing = Outgoing::Ready(Match {
                rule: compiled.number,
                join: compiled.spec.join(&key),
                stages: compiled.spec.laid_out(events),
            });
        }
    }

    fn flush(&mut self, sink: &mut impl FnMut(Match<E>)) {
        while let Some(outgoing) = self.outbox.pop_front() {
            match outgoing {
                Outgoing::Ready(found) => sink(found),
                Outgoing::Discarded => {}
                waiting @ Outgoing::Waiting { .. } => {
                    self.outbox.push_front(waiting);
                    return;
                }
            }
            self.sent += 1;
        }
    }

    /// Drops what `maxspan` has passed by; if that is not enough, the oldest tenth.
    fn evict(&mut self) {
        for (rule, state) in self.set.rules.iter().zip(self.states.iter_mut()) {
            if let State::Sequence(tracks) = state {
                tracks.sweep(&rule.spec, self.now);
            }
        }
        self.count();
        if self.held <= self.max_held {
            return;
        }
        let excess = self.held - self.max_held + self.max_held / 10;
        let mut ranks: Vec<u64> = Vec::new();
        for state in &self.states {
            if let State::Sequence(tracks) = state {
                ranks.extend(tracks.ranks());
            }
        }
        ranks.sort_unstable();
        let last = ranks
            .get(excess.min(ranks.len()).saturating_sub(1))
            .copied();
        for (state, evicted) in self.states.iter_mut().zip(self.evicted.iter_mut()) {
            if let (State::Sequence(tracks), Some(last)) = (state, last) {
                *evicted += tracks.drop_until(last);
            }
        }
        self.count();
        if self.held > self.max_held {
            self.evict_kept();
        }
    }

    /// Drops the oldest tenth of each rule's kept hits; kept hits of different rules have no common
    /// order.
    fn evict_kept(&mut self) {
        for (state, evicted) in self.states.iter_mut().zip(self.evicted.iter_mut()) {
            if let State::AtEnd(kept) = state {
                let count = kept.len().div_ceil(10);
                kept.drain(..count);
                *evicted += count as u64;
            }
        }
        self.count();
    }

    fn count(&mut self) {
        let held = self.states.iter().map(|state| match state {
            State::Events => 0,
            State::Sequence(tracks) => tracks.held,
            State::AtEnd(kept) => kept.len(),
        });
        self.held = held.sum();
    }

    /// The rules that lost state, with how much: `(rule, partial sequences)`.
    pub fn evicted(&self) -> impl Iterator<Item = (u32, u64)> {
        let rules = self.set.rules.iter().zip(&self.evicted);
        rules
            .filter(|(_, evicted)| **evicted > 0)
            .map(|(rule, evicted)| (rule.number, *evicted))
    }

    /// Ends the stream: decides the waiting matches and runs the rules that need all of their hits.
    pub fn finish(&mut self, sink: &mut impl FnMut(Match<E>)) {
        self.decide_waiting(i128::MAX);
        let waiting: Vec<u64> = self.deadlines.iter().map(|(_, number)| *number).collect();
        for number in waiting {
            self.decide(number);
        }
        self.flush(sink);
        for (rule, state) in self.set.rules.iter().zip(self.states.iter_mut()) {
            if let State::AtEnd(kept) = state {
                let found = end_of_stream::run(&rule.spec, rule.number, kept.make_contiguous());
                found.into_iter().for_each(&mut *sink);
                kept.clear();
            }
        }
    }
}
