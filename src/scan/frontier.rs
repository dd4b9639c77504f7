//! The watermark of one file: how far its time has advanced.
//!
//! The time of a file is the latest time of its events, but an event that is dated far ahead must
//! not move it: everything behind would be late. So a jump counts only once most of the events since
//! are of the new time, in either direction.

use std::collections::VecDeque;

use super::window::Window;

/// A time this far ahead of the others, or behind them, is a jump.
const JUMP: i64 = 3_600_000;
/// A jump counts once its events outnumber those at the old time by this many.
const MAJORITY: usize = 1_000;
/// No jump counts before this many events.
const FIRST: u64 = 100;
/// The number of times remembered for a jump; their median becomes the new time.
const REMEMBERED: usize = 33;

/// The time of one file.
#[derive(Debug)]
pub(super) struct Frontier {
    /// No event in order lies below it.
    watermark: i64,
    /// The latest time that counts.
    latest: Option<i64>,
    /// The watermark before the last jump ahead; it never falls below it.
    floor: i64,
    /// How many events there were.
    events: u64,
    /// The latest time up to the end of each block of events that the window still reaches.
    blocks: VecDeque<(u64, i64)>,
    ahead: Votes,
    behind: Votes,
    /// Time may go back, if most events say so.
    may_go_back: bool,
}

/// Where an event lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placement {
    /// It is within the window and can be sorted.
    InOrder,
    /// It can, but its time is far ahead and does not count yet.
    Ahead,
    /// Later events may have been released already.
    Late,
}

/// A majority vote for another time: events for it minus events against it.
#[derive(Debug, Default)]
struct Votes {
    lead: usize,
    times: VecDeque<i64>,
}

impl Votes {
    fn vote_for(&mut self, time: i64) {
        self.lead += 1;
        if self.times.len() == REMEMBERED {
            self.times.pop_front();
        }
        self.times.push_back(time);
    }

    fn vote_against(&mut self) {
        self.lead = self.lead.saturating_sub(1);
        if self.lead == 0 {
            self.times.clear();
        }
    }

    /// The time in the middle of those remembered; nothing is left of the votes.
    fn end(&mut self) -> Option<i64> {
        self.lead = 0;
        let mut times: Vec<i64> = std::mem::take(&mut self.times).into();
        times.sort_unstable();
        times.get(times.len() / 2).copied()
    }
}

impl Frontier {
    /// No event in order lies before `watermark`.
    pub(super) fn new(watermark: i64, may_go_back: bool) -> Self {
        Self {
            watermark,
            latest: None,
            floor: watermark,
            events: 0,
            blocks: VecDeque::new(),
            ahead: Votes::default(),
            behind: Votes::default(),
            may_go_back,
        }
    }

    /// No event in order lies below it.
    pub(super) fn watermark(&self) -> i64 {
        self.watermark
    }

    /// Nothing follows.
    pub(super) fn end(&mut self) {
        self.watermark = i64::MAX;
    }

    /// Notes the next event's time.
    pub(super) fn note(&mut self, time: i64, window: Window) -> Placement {
        let mut placement = if time < self.watermark {
            Placement::Late
        } else {
            Placement::InOrder
        };
        match self.latest {
            Some(latest) if time.saturating_sub(latest) > JUMP => {
                placement = Placement::Ahead;
                self.behind.vote_against();
                self.ahead.vote_for(time);
                if self.ahead.lead >= MAJORITY {
                    self.floor = self.floor.max(latest);
                    self.jump();
                }
            }
            Some(_) if self.watermark.saturating_sub(time) > JUMP => {
                self.ahead.vote_against();
                self.behind.vote_for(time);
                if self.may_go_back && self.behind.lead >= MAJORITY {
                    self.go_back(window);
                }
            }
            Some(latest) => {
                if self.ahead.lead > 0 || self.behind.lead > 0 {
                    self.ahead.vote_against();
                    self.behind.vote_against();
                }
                self.latest = Some(latest.max(time));
            }
            None => {
                self.ahead.vote_for(time);
                if self.ahead.lead as u64 >= FIRST.min(window.events) {
                    self.jump();
                }
            }
        }
        self.raise(window);
        placement
    }

    /// The time of most of the last events counts.
    fn jump(&mut self) {
        self.latest = self.ahead.end();
        self.behind.end();
    }

    /// Time was followed to events that are dated far ahead of most.
    fn go_back(&mut self, window: Window) {
        let Some(time) = self.behind.end() else {
            return;
        };
        self.ahead.end();
        self.latest = Some(time);
        self.blocks.clear();
        self.watermark = time.saturating_sub(window.millis).max(self.floor);
    }

    /// The watermark follows the latest time.
    fn raise(&mut self, window: Window) {
        self.events += 1;
        let Some(latest) = self.latest else {
            return;
        };
        let block = (window.events / 128).max(1);
        if self.events.is_multiple_of(block) {
            self.blocks.push_back((self.events, latest));
            while let Some((end, latest)) = self.blocks.front().copied() {
                if end + window.events > self.events {
                    break;
                }
                self.watermark = self.watermark.max(latest);
                self.blocks.pop_front();
            }
        }
        self.watermark = self.watermark.max(latest.saturating_sub(window.millis));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_700_000_000_000;
    const FAR: i64 = 4_100_000_000_000;

    /// The places of events with these times.
    fn places(times: impl IntoIterator<Item = i64>, frontier: &mut Frontier) -> Vec<Placement> {
        let note = |time| frontier.note(time, Window::default());
        times.into_iter().map(note).collect()
    }

    fn seconds(from: i64, to: i64) -> impl Iterator<Item = i64> {
        (from..to).map(|second| START + second * 1_000)
    }

    #[test]
    fn a_few_events_dated_far_ahead_move_nothing() {
        for at in [0, 1, 50, 99, 100, 2_000] {
            let mut frontier = Frontier::new(i64::MIN, true);
            let times = seconds(0, at)
                .chain([FAR, FAR + 1])
                .chain(seconds(at, 3_000));
            let places = places(times, &mut frontier);
            assert!(!places.contains(&Placement::Late), "{at}");
            assert_eq!(frontier.watermark(), START + 2_999_000 - 300_000, "{at}");
        }
    }

    #[test]
    fn a_gap_is_followed_once_most_events_are_behind_it() {
        let mut frontier = Frontier::new(i64::MIN, true);
        let gap = 3 * 86_400;
        let times = seconds(0, 500).chain(seconds(gap, gap + 2_000));
        assert!(!places(times, &mut frontier).contains(&Placement::Late));
        assert_eq!(
            frontier.watermark(),
            START + (gap + 1_999) * 1_000 - 300_000
        );
    }

    #[test]
    fn a_stream_that_begins_with_a_wrong_clock_is_blind_for_a_while_only() {
        let mut frontier = Frontier::new(i64::MIN, true);
        let wrong = (0..3_000).map(|second| FAR + second);
        let places = places(wrong.chain(seconds(0, 20_000)), &mut frontier);
        let late = places.iter().filter(|one| **one == Placement::Late);
        assert_eq!(late.count(), MAJORITY);
        assert_eq!(frontier.watermark(), START + 19_999_000 - 300_000);
    }

    #[test]
    fn what_went_on_before_a_jump_does_not_come_back() {
        let mut frontier = Frontier::new(i64::MIN, true);
        let wrong = (0..2_000).map(|second| FAR + second);
        let times = seconds(0, 500).chain(wrong).chain(seconds(0, 2_000));
        places(times, &mut frontier);
        assert!(frontier.watermark() >= START + 499_000);
    }
}
