//! Orders events by time and releases them to the correlator.
//!
//! A pass over a stream orders within a window: for each file a watermark rises that no event in
//! order falls below ([`Frontier`]); an event below it is late, and what lies below the watermarks
//! of all files can go on. Nothing here depends on how files are cut into chunks, or on which of
//! them is read first. A pass over files that turned out to be out of order sorts all events.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, VecDeque};
use std::io;
use std::sync::Arc;

use super::batch::Batch;
use super::frontier::{Frontier, Placement};
use super::stage_hits::HitsWriter;
use super::stored::{KEY, sort_key};
use super::window::Window;
use crate::event::Timestamp;
use crate::event::external_sort::{OpenTemporary, Sorted, Sorter, changed};
use crate::plan::index_vec::{item, item_mut};

/// An event that can go on.
#[derive(Debug, Clone)]
pub(super) struct Released {
    pub(super) batch: Arc<Batch>,
    /// Its place among the batch's events.
    pub(super) place: u32,
    pub(super) is_late: bool,
}

/// The events that cannot go on yet.
pub(super) enum Order<'i> {
    /// Those of a window.
    Window(WindowOrder),
    /// All of them.
    Sorted(SortedOrder<'i>),
    /// All of them that meet a stage whose hits are not written to files.
    Divided(HitsWriter<'i>, SortedOrder<'i>),
}

impl Order<'_> {
    /// The watermark of a file.
    pub(super) fn watermark(&self, file: u32) -> i64 {
        match self {
            Self::Window(order) => order.watermark(file),
            // Each file is read to its end.
            Self::Sorted(_) | Self::Divided(..) => i64::MIN,
        }
    }

    /// Takes the next batch of its file.
    pub(super) fn take(&mut self, batch: &Arc<Batch>) -> io::Result<()> {
        match self {
            Self::Window(order) => {
                order.take(batch);
                Ok(())
            }
            Self::Sorted(order) => order.take(batch, |_| true),
            Self::Divided(writer, order) => {
                writer.take(batch)?;
                order.take(batch, |stage| !writer.writes(stage))
            }
        }
    }

    /// The next event that can go on.
    pub(super) fn next(&mut self) -> io::Result<Option<Released>> {
        match self {
            Self::Window(order) => Ok(order.next()),
            Self::Sorted(order) | Self::Divided(_, order) => order.next(),
        }
    }

    /// Nothing more comes: everything can go on.
    pub(super) fn end(&mut self) -> io::Result<()> {
        match self {
            Self::Window(order) => {
                order.open.clear();
                Ok(())
            }
            Self::Sorted(order) | Self::Divided(_, order) => order.end(),
        }
    }

    /// All events were read: the stage hits in files are whole.
    pub(super) fn end_files(&mut self) -> io::Result<()> {
        match self {
            Self::Divided(writer, _) => writer.end(),
            Self::Window(_) | Self::Sorted(_) => Ok(()),
        }
    }

    /// How many events were late, and the first of them that meets a stage: file and line.
    pub(super) fn late(&self) -> (u64, Option<(u32, u64)>) {
        match self {
            Self::Window(order) => (order.late, order.first_late),
            Self::Sorted(_) | Self::Divided(..) => (0, None),
        }
    }
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
    /// Whether no later event can sort before this one. `least` is the lowest watermark and its
    /// file: events to come lie at or above their file's watermark, and late ones are placed at it.
    fn is_settled(&self, least: (i64, u32)) -> bool {
        if self.is_own {
            self.time.millis() < least.0
        } else {
            (self.time.millis(), self.file) <= least
        }
    }
}

/// The events of a window.
#[derive(Debug)]
pub(super) struct WindowOrder {
    window: Window,
    files: Vec<FileOrder>,
    /// The watermarks of the files that have not ended.
    open: BTreeSet<(i64, u32)>,
    /// Events in order, as nearly all are: none sorts before the one ahead of it.
    in_order: VecDeque<Pending>,
    /// The other events.
    disordered: BinaryHeap<Reverse<Pending>>,
    late: u64,
    first_late: Option<(u32, u64)>,
}

#[derive(Debug)]
struct FileOrder {
    frontier: Frontier,
    /// Events far ahead of the file's time that were kept.
    ahead: u64,
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

impl WindowOrder {
    /// For files that each have no event in order before these times.
    pub(super) fn new(window: Window, bounds: &[i64]) -> Self {
        // Where several files are merged, others have gone on meanwhile.
        let may_go_back = bounds.len() == 1;
        let file = |watermark: &i64| FileOrder {
            frontier: Frontier::new(*watermark, may_go_back),
            ahead: 0,
        };
        Self {
            window,
            files: bounds.iter().map(file).collect(),
            open: bounds.iter().copied().zip(0..).collect(),
            in_order: VecDeque::new(),
            disordered: BinaryHeap::new(),
            late: 0,
            first_late: None,
        }
    }

    fn watermark(&self, file: u32) -> i64 {
        item(&self.files, file).frontier.watermark()
    }

    fn take(&mut self, batch: &Arc<Batch>) {
        let file = item_mut(&mut self.files, batch.file);
        self.open.remove(&(file.frontier.watermark(), batch.file));
        let mut events = (0u32..).zip(&batch.events).peekable();
        for (number, time) in (0u32..).zip(&batch.times) {
            let mut placement = match time {
                Some(time) => file.frontier.note(*time, self.window),
                None => Placement::InOrder,
            };
            let Some((place, event)) = events.next_if(|(_, event)| event.number == number) else {
                self.late += u64::from(placement == Placement::Late);
                continue;
            };
            let mut released = Released {
                batch: Arc::clone(batch),
                place,
                is_late: false,
            };
            if placement == Placement::Ahead {
                file.ahead += 1;
                if file.ahead > self.window.events {
                    placement = Placement::Late;
                } else {
                    (released.batch, released.place) = (Arc::new(batch.single(place)), 0);
                }
            }
            released.is_late = placement == Placement::Late;
            if released.is_late {
                self.late += 1;
                let place = (batch.file, batch.first_line + event.line);
                let first = self.first_late.get_or_insert(place);
                *first = place.min(*first);
            }
            let own = event.time.filter(|_| !released.is_late);
            let watermark = Timestamp::from_millis(file.frontier.watermark());
            let place = Place {
                time: own.unwrap_or(watermark),
                is_own: own.is_some(),
                file: batch.file,
                line: batch.first_line + event.line,
            };
            let pending = Pending { place, released };
            if self.in_order.back().is_none_or(|last| *last <= pending) {
                self.in_order.push_back(pending);
            } else {
                self.disordered.push(Reverse(pending));
            }
        }
        if batch.is_last {
            file.frontier.end();
        } else {
            self.open.insert((file.frontier.watermark(), batch.file));
        }
    }

    fn next(&mut self) -> Option<Released> {
        let in_order = self.in_order.front();
        let disordered = self.disordered.peek().map(|Reverse(pending)| pending);
        let is_first = in_order.is_some_and(|first| disordered.is_none_or(|other| first <= other));
        let first = if is_first { in_order } else { disordered }?;
        if let Some(least) = self.open.first()
            && !first.place.is_settled(*least)
        {
            return None;
        }
        let first = if is_first {
            self.in_order.pop_front()
        } else {
            self.disordered.pop().map(|Reverse(pending)| pending)
        };
        first.map(|pending| pending.released)
    }
}

/// All events, sorted by time; those without one come first.
pub(super) struct SortedOrder<'i> {
    sorter: Option<Sorter<'i, KEY>>,
    sorted: Option<Sorted<KEY>>,
}

impl<'i> SortedOrder<'i> {
    /// No event yet; `open` opens the temporary file.
    pub(super) fn new(open: &'i OpenTemporary<'i>) -> Self {
        Self {
            sorter: Some(Sorter::new(open)),
            sorted: None,
        }
    }

    /// Takes the events of a batch, with the hits of the stages for which `keep` says so.
    pub(super) fn take(&mut self, batch: &Batch, keep: impl Fn(u32) -> bool) -> io::Result<()> {
        let Some(sorter) = &mut self.sorter else {
            return Ok(());
        };
        for (place, event) in (0u32..).zip(&batch.events) {
            let kept = batch.single_with(place, |stage, _| keep(stage).then_some(stage));
            if let Some(kept) = kept {
                sorter.push(sort_key(batch, event), &kept.encode())?;
            }
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        if let Some(sorter) = self.sorter.take() {
            self.sorted = Some(sorter.sort()?);
        }
        Ok(())
    }

    fn next(&mut self) -> io::Result<Option<Released>> {
        let Some(sorted) = &mut self.sorted else {
            return Ok(None);
        };
        let Some(bytes) = sorted.next()? else {
            return Ok(None);
        };
        Ok(Some(Released {
            batch: Arc::new(Batch::decode(&bytes).ok_or_else(changed)?),
            place: 0,
            is_late: false,
        }))
    }
}
