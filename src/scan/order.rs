//! Puts events in order: each file within its reorder window, all files merged by time. Fed with
//! batches by `mod.rs`; what it releases goes to the correlator.
//!
//! For each file a watermark rises that no event in order will fall below: the latest time seen
//! less the window, or the latest time before the last so many events. An event below it is late.
//! What lies below the watermarks of all files can go on. Nothing here depends on how files are
//! cut into chunks, or on which of them is read first.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, VecDeque};
use std::sync::Arc;

use super::batch::Batch;
use crate::event::Timestamp;

/// The window within which events are put in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// In milliseconds.
    pub millis: i64,
    /// In events of one file.
    pub events: u64,
}

impl Default for Window {
    /// 5 minutes or 100,000 events, whichever is less.
    fn default() -> Self {
        Self {
            millis: 5 * 60_000,
            events: 100_000,
        }
    }
}

/// An event that can go on.
#[derive(Debug, Clone)]
pub(super) struct Released {
    pub(super) batch: Arc<Batch>,
    /// Its place among the batch's events.
    pub(super) place: u32,
    pub(super) is_late: bool,
}

/// The place of an event in the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// That of the event; the watermark of its file if it has none or is late.
    time: Timestamp,
    /// `time` is its own. The others come first.
    is_own: bool,
    file: u32,
    line: u64,
}

impl Place {
    /// Whether nothing can come before it when `least` is the least watermark and its file: what
    /// comes yet lies at its file's watermark or above, or is late and stands there.
    fn is_settled(&self, least: (i64, u32)) -> bool {
        if self.is_own {
            self.time.millis() < least.0
        } else {
            (self.time.millis(), self.file) <= least
        }
    }
}

/// The events that cannot go on yet.
#[derive(Debug)]
pub(super) struct Order {
    window: Window,
    files: Vec<FileOrder>,
    /// The watermarks of the files that have not ended.
    open: BTreeSet<(i64, u32)>,
    pending: BinaryHeap<Reverse<Pending>>,
    /// How many events were late, and the first of them that meets a stage: file and line.
    pub(super) late: u64,
    pub(super) first_late: Option<(u32, u64)>,
    /// How many events had no time.
    pub(super) untimed: u64,
}

#[derive(Debug)]
struct Pending {
    place: Place,
    released: Released,
}

impl PartialEq for Pending {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place
    }
}

impl Eq for Pending {}

impl PartialOrd for Pending {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pending {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.place.cmp(&other.place)
    }
}

#[derive(Debug)]
struct FileOrder {
    watermark: i64,
    latest: i64,
    /// How many events there were.
    events: u64,
    /// The latest time up to the end of each block of events that the window still reaches.
    blocks: VecDeque<(u64, i64)>,
}

impl Order {
    /// For files that each have no event in order before these times.
    pub(super) fn new(window: Window, bounds: &[i64]) -> Self {
        let file = |watermark: &i64| FileOrder {
            watermark: *watermark,
            latest: i64::MIN,
            events: 0,
            blocks: VecDeque::new(),
        };
        Self {
            window,
            files: bounds.iter().map(file).collect(),
            open: bounds.iter().copied().zip(0..).collect(),
            pending: BinaryHeap::new(),
            late: 0,
            first_late: None,
            untimed: 0,
        }
    }

    /// The watermark of a file.
    pub(super) fn watermark(&self, file: u32) -> i64 {
        self.files
            .get(file as usize)
            .map_or(i64::MAX, |file| file.watermark)
    }

    /// Takes the next batch of its file.
    pub(super) fn take(&mut self, batch: &Arc<Batch>) {
        let Some(file) = self.files.get_mut(batch.file as usize) else {
            return;
        };
        self.open.remove(&(file.watermark, batch.file));
        let mut events = (0u32..).zip(&batch.events).peekable();
        for (number, time) in (0u32..).zip(&batch.times) {
            let is_late = match time {
                Some(time) => file.note(*time, self.window),
                None => {
                    self.untimed += 1;
                    false
                }
            };
            self.late += u64::from(is_late);
            let Some((place, event)) = events.next_if(|(_, event)| event.number == number) else {
                continue;
            };
            if is_late {
                let place = (batch.file, batch.first_line + event.line);
                let first = self.first_late.get_or_insert(place);
                *first = place.min(*first);
            }
            let own = event.time.filter(|_| !is_late);
            self.pending.push(Reverse(Pending {
                place: Place {
                    time: own.unwrap_or_else(|| Timestamp::from_millis(file.watermark)),
                    is_own: own.is_some(),
                    file: batch.file,
                    line: batch.first_line + event.line,
                },
                released: Released {
                    batch: Arc::clone(batch),
                    place,
                    is_late,
                },
            }));
        }
        if batch.is_last {
            file.watermark = i64::MAX;
        } else {
            self.open.insert((file.watermark, batch.file));
        }
    }

    /// Nothing more comes: everything can go on.
    pub(super) fn end(&mut self) {
        self.open.clear();
    }

    /// The next event that can go on.
    pub(super) fn next(&mut self) -> Option<Released> {
        let pending = self.pending.peek()?;
        if let Some(least) = self.open.first()
            && !pending.0.place.is_settled(*least)
        {
            return None;
        }
        self.pending.pop().map(|pending| pending.0.released)
    }
}

impl FileOrder {
    /// Notes the next event's time; whether it is late.
    fn note(&mut self, time: i64, window: Window) -> bool {
        let is_late = time < self.watermark;
        self.latest = self.latest.max(time);
        self.events += 1;
        let block = (window.events / 128).max(1);
        if self.events.is_multiple_of(block) {
            self.blocks.push_back((self.events, self.latest));
            while let Some((end, latest)) = self.blocks.front().copied() {
                if end + window.events > self.events {
                    break;
                }
                self.watermark = self.watermark.max(latest);
                self.blocks.pop_front();
            }
        }
        self.watermark = self
            .watermark
            .max(self.latest.saturating_sub(window.millis));
        is_late
    }
}
