//! One pass over the inputs: threads read and match chunks, and one at a time
//! orders events and feeds the correlator (`turns.rs`). `mod.rs` runs at most two passes a scan.

use std::io::{self, Write};
use std::sync::atomic::{AtomicI64, Ordering as Atomic};
use std::sync::{Arc, Mutex, PoisonError};

use super::batch::{Batch, BatchOptions, batch};
use super::chunk::Lines;
use super::deliver::{give, is_reported, lock};
use super::excluded::Excluded;
use super::executions::{Executions, Readers};
use super::merge::{FileState, Inputs, Merge};
use super::neighbourhood::Neighbourhood;
use super::order::{Order, Released, SortedOrder, WindowOrder};
use super::stage_hits::{HitsError, HitsWriter, OwnedHits, WrittenRules};
use super::threads;
use super::time_span::Days;
use super::turns::Turns;
use super::{EventRecord, Options, Routes, Stats, Watcher};
use crate::compile::CompiledRule;
use crate::engine::{Correlator, EventHits, LineHits, Matcher, RuleSet};
use crate::event::FieldSelection;
use crate::event::external_sort::OpenTemporary;
use crate::event::io::Stop;
use crate::plan::index_vec::{item, item_mut, part};

/// Everything that a pass over the inputs needs.
pub(super) struct Pass<'s> {
    pub(super) set: &'s RuleSet,
    pub(super) routes: &'s Routes<'s>,
    pub(super) rules: &'s [CompiledRule],
    pub(super) excluded: Excluded<'s>,
    pub(super) readers: Readers,
    /// The events that a slice looks at; `None` where there is no slice.
    pub(super) neighbourhood: Option<Neighbourhood>,
    pub(super) inputs: &'s dyn Inputs,
    /// What is read of documents.
    pub(super) fields: FieldSelection,
    pub(super) options: &'s Options,
    pub(super) stop: &'s Stop,
    /// The name of each field, and whether its values are kept; empty if none are.
    pub(super) names: Vec<Arc<str>>,
    pub(super) kept: Vec<bool>,
    /// All inputs can be read twice.
    pub(super) is_finite: bool,
}

/// An event that meets a stage came too late, and all inputs can be read again.
pub(super) struct OutOfOrder;

/// What the threads share behind one lock: everything after matching.
struct SharedState<'s, 'w> {
    /// The number of the next line of each file.
    lines: Vec<u64>,
    order: Order<'s>,
    correlator: Correlator<'s, Arc<EventRecord>>,
    /// What the executions of rules will find; `None` once they were replayed.
    executions: Option<Executions<'s>>,
    stats: Stats,
    days: Days,
    watcher: &'w mut dyn Watcher,
    stopped: bool,
    is_out_of_order: bool,
}

impl Pass<'_> {
    /// Reads the inputs once, their events sorted within the window.
    pub(super) fn window(&self, watcher: &mut dyn Watcher) -> Result<Stats, OutOfOrder> {
        let open = || self.inputs.temporary();
        let files = self.look_ahead();
        let bounds: Vec<i64> = files
            .iter()
            .map(|file| match file {
                FileState::Closed(first) => *first,
                FileState::Open(_) => i64::MIN,
            })
            .collect();
        let order = Order::Window(WindowOrder::new(self.options.window, &bounds));
        let tail = self.read(order, &open, files, &bounds, watcher);
        if tail.is_out_of_order && !self.stop.is_requested() {
            return Err(OutOfOrder);
        }
        Ok(self.finish(tail))
    }

    /// Sorts all events. Nothing is late then.
    pub(super) fn sorted(&self, watcher: &mut dyn Watcher) -> Stats {
        let open = || self.inputs.temporary();
        let order = Order::Sorted(SortedOrder::new(&open));
        self.finish(self.read_in_turn(order, &open, watcher))
    }

    /// Reads the inputs once, writes the stage hits of `rules`, an output for each owner, and
    /// correlates those of the other rules.
    pub(super) fn write_hits<W: Write + Send>(
        &self,
        outs: &mut [W],
        rules: &WrittenRules<'_>,
        watcher: &mut dyn Watcher,
    ) -> io::Result<Stats> {
        let open = || self.inputs.temporary();
        let names = (0..self.inputs.count()).map(|file| self.inputs.name(file));
        let outs = outs.iter_mut().map(|out| out as &mut (dyn Write + Send));
        let slice = self.options.slice;
        let writer = HitsWriter::new(outs.collect(), rules, slice, names.collect())?;
        let order = Order::Divided(writer, SortedOrder::new(&open));
        Ok(self.finish(self.read_in_turn(order, &open, watcher)))
    }

    /// Correlates the stage hits that a machine owns.
    pub(super) fn correlate(
        &self,
        hits: OwnedHits<'_>,
        watcher: &mut dyn Watcher,
    ) -> Result<Stats, HitsError> {
        let OwnedHits {
            files,
            names,
            owner,
        } = hits;
        let open = || self.inputs.temporary();
        let order = Order::Sorted(SortedOrder::new(&open));
        let mut tail = self.tail(order, &open, 0, watcher);
        for mut file in files {
            let number = |name: &String| {
                let place = names.binary_search(name).ok()?;
                u32::try_from(place).ok()
            };
            let numbers: Option<Vec<u32>> = file.files().iter().map(number).collect();
            let numbers = numbers.ok_or(HitsError::Damaged)?;
            while let Some(batch) = file.next(self.set, owner, &numbers)? {
                if self.stop.is_requested() {
                    break;
                }
                tail.stats.events += 1;
                if let Err(error) = tail.order.take(&batch) {
                    tail.fail(&error);
                }
            }
        }
        Ok(self.finish(tail))
    }

    fn tail<'o, 'w>(
        &'o self,
        order: Order<'o>,
        open: &'o OpenTemporary<'o>,
        files: usize,
        watcher: &'w mut dyn Watcher,
    ) -> SharedState<'o, 'w> {
        SharedState {
            lines: vec![1; files],
            order,
            correlator: Correlator::new(self.set, self.options.max_partials),
            executions: Some(Executions::new(self.rules, &self.options.searches, open)),
            stats: Stats::default(),
            days: Days::default(),
            watcher,
            stopped: false,
            is_out_of_order: false,
        }
    }

    /// Reads the inputs one after another, for an order that does not depend on what comes first.
    fn read_in_turn<'o, 'w>(
        &'o self,
        order: Order<'o>,
        open: &'o OpenTemporary<'o>,
        watcher: &'w mut dyn Watcher,
    ) -> SharedState<'o, 'w> {
        let files = (0..self.inputs.count()).map(|_| FileState::Closed(0));
        let bounds = vec![i64::MIN; self.inputs.count()];
        self.read(order, open, files.collect(), &bounds, watcher)
    }

    fn read<'o, 'w>(
        &'o self,
        order: Order<'o>,
        open: &'o OpenTemporary<'o>,
        files: Vec<FileState>,
        bounds: &[i64],
        watcher: &'w mut dyn Watcher,
    ) -> SharedState<'o, 'w> {
        let watermarks: Vec<AtomicI64> = bounds.iter().copied().map(AtomicI64::new).collect();
        let inputs = (self.inputs, &self.fields);
        let merge = Mutex::new(Merge::new(inputs, files, self.options.chunk));
        let tail = Mutex::new(self.tail(order, open, bounds.len(), watcher));
        let turns = Turns::new(self.options.threads as u64 * 4);
        let work = || self.work(&merge, &tail, &turns, &watermarks);
        threads::run(self.options.threads, work, || turns.end());
        tail.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first time of each file, so that it need not be open before its turn.
    fn look_ahead(&self) -> Vec<FileState> {
        let count = self.inputs.count();
        let mut matcher = Matcher::new(self.set, self.routes, self.options.unwrap_source);
        (0..count)
            .map(|file| {
                if count == 1 || !self.inputs.is_reopened(file) {
                    return match self.inputs.open_fields(file, &self.fields) {
                        Ok(input) => FileState::Open(Lines::new(input)),
                        // Opened again in its turn, which says why it cannot be.
                        Err(_) => FileState::Closed(i64::MIN),
                    };
                }
                let first = self.first_time(file, &mut matcher);
                let first = first.map(|first| first.saturating_sub(self.options.window.millis));
                FileState::Closed(first.unwrap_or(i64::MIN))
            })
            .collect()
    }

    fn keeping(&self) -> BatchOptions<'_> {
        BatchOptions {
            kept: &self.kept,
            excluded: &self.excluded,
            readers: &self.readers,
            neighbourhood: self.neighbourhood.as_ref(),
        }
    }

    fn first_time(&self, file: usize, matcher: &mut Matcher<'_>) -> Option<i64> {
        let mut lines = Lines::new(self.inputs.open_first(file).ok()?);
        let mut found = LineHits::default();
        let keeping = BatchOptions {
            kept: &[],
            ..self.keeping()
        };
        loop {
            let chunk = lines.next(0, 1 << 16, Vec::new());
            let is_last = chunk.is_last;
            let batch = batch(&chunk, matcher, &mut found, keeping);
            // The minimum rather than the first: a single event dated far ahead must not count.
            if let Some(first) = batch.times.iter().flatten().min() {
                return Some(*first);
            }
            if is_last {
                return None;
            }
        }
    }

    /// One thread: read, match, hand on, until there is nothing left.
    fn work(
        &self,
        merge: &Mutex<Merge<'_>>,
        tail: &Mutex<SharedState<'_, '_>>,
        turns: &Turns<Batch>,
        watermarks: &[AtomicI64],
    ) {
        let mut matcher = Matcher::new(self.set, self.routes, self.options.unwrap_source);
        let mut found = LineHits::default();
        let mut spare = Vec::new();
        loop {
            if self.stop.is_requested() {
                turns.end();
                return;
            }
            let Some(next) = lock(merge).next(watermarks, std::mem::take(&mut spare)) else {
                return;
            };
            let batch = batch(&next.chunk, &mut matcher, &mut found, self.keeping());
            spare = next.chunk.bytes;
            // One very long line does not stay in memory.
            spare.shrink_to(self.options.chunk.saturating_mul(4));
            let take = |batch| self.advance(&mut lock(tail), batch, watermarks);
            if !turns.bring(next.number, batch, take) {
                return;
            }
        }
    }

    /// Takes the batch whose turn it is; whether to go on.
    fn advance(
        &self,
        tail: &mut SharedState<'_, '_>,
        mut batch: Batch,
        watermarks: &[AtomicI64],
    ) -> bool {
        let line = item_mut(&mut tail.lines, batch.file);
        batch.first_line = *line;
        *line += batch.lines;
        let batch = Arc::new(batch);
        self.count(tail, &batch);
        if let Err(error) = tail.order.take(&batch) {
            tail.fail(&error);
        }
        if self.is_finite && tail.order.late().1.is_some() {
            tail.is_out_of_order = true;
            tail.stopped = true;
            return false;
        }
        let watermark = tail.order.watermark(batch.file);
        item(watermarks, batch.file).store(watermark, Atomic::Relaxed);
        self.release(tail);
        tail.watcher.progress(&tail.stats);
        !tail.stopped && !self.stop.is_requested()
    }

    fn count(&self, tail: &mut SharedState<'_, '_>, batch: &Batch) {
        let stats = &mut tail.stats;
        stats.bytes += batch.bytes;
        stats.events += batch.times.len() as u64;
        let untimed = batch.times.iter().filter(|time| time.is_none());
        stats.untimed += untimed.count() as u64;
        tail.days.append(&batch.days, batch.first_line);
        for bad in &batch.bad {
            stats.note_bad((batch.file, batch.first_line + bad.line), &bad.reason);
        }
        if let Some(line) = batch.untimed {
            let place = (batch.file, batch.first_line + line);
            let first = stats.first_untimed.get_or_insert(place);
            *first = place.min(*first);
        }
        if !batch.bad.is_empty() && self.options.strict {
            tail.stopped = true;
        }
        if let Some(error) = &batch.error {
            stats.broken.insert(batch.file, error.clone());
        }
        for index in &batch.unrouted {
            match stats.unrouted.get_mut(&**index) {
                Some(count) => *count += 1,
                None => {
                    stats.unrouted.insert(index.to_string(), 1);
                }
            }
        }
        stats.misfits += batch.misfit_count;
        for (line, misfit) in &batch.misfits {
            stats.note_misfit((batch.file, batch.first_line + line), misfit);
        }
        for (rule, line, reason) in &batch.failures {
            stats.note_failed(*rule, (batch.file, batch.first_line + line), reason);
        }
    }

    /// Hands on what is in order.
    fn release(&self, tail: &mut SharedState<'_, '_>) {
        loop {
            let released = match tail.order.next() {
                Ok(Some(released)) => released,
                Ok(None) => return,
                Err(error) => {
                    tail.fail(&error);
                    return;
                }
            };
            let event = item(&released.batch.events, released.place);
            let (mut hits, mut read) = (Vec::new(), Vec::new());
            for (stage, place) in part(&released.batch.hits, event.hits) {
                let key = part(&released.batch.keys, *place);
                let rule = self.set.rule_of(*stage);
                if self.readers.has(rule) {
                    read.push((rule, key));
                } else {
                    hits.push((*stage, key));
                }
            }
            // An event that meets several stages of a rule is one document.
            read.dedup_by_key(|(rule, _)| *rule);
            let mut made: Option<Arc<EventRecord>> = None;
            let mut make = || Arc::clone(made.get_or_insert_with(|| self.record(&released)));
            for (rule, reading) in read {
                let executions = tail.executions.as_mut();
                let kept = executions.map(|executions| executions.take(rule, reading, &make()));
                if let Some(Err(error)) = kept {
                    tail.fail(&error);
                    return;
                }
            }
            if hits.is_empty() {
                continue;
            }
            let occurrence = EventHits {
                time: event.time,
                position: u64::from(released.batch.file) << 40
                    | (released.batch.first_line + event.line),
                hits: &hits,
                is_late: released.is_late,
            };
            let (stats, watcher, stopped) =
                (&mut tail.stats, &mut *tail.watcher, &mut tail.stopped);
            tail.correlator.take(&occurrence, &mut make, &mut |found| {
                give(found, self.options.slice, stats, watcher, stopped);
            });
        }
    }

    fn finish(&self, mut tail: SharedState<'_, '_>) -> Stats {
        tail.stats.interrupted = self.stop.is_requested();
        // What ends early leaves stage hits without an end mark.
        if !tail.stats.interrupted
            && !tail.stopped
            && let Err(error) = tail.order.end_files()
        {
            tail.fail(&error);
        }
        if tail.stats.interrupted || !tail.stopped {
            // After an interrupt what was read counts, though earlier events may not have been.
            if let Err(error) = tail.order.end() {
                tail.fail(&error);
            }
            self.release(&mut tail);
        }
        if !tail.stopped {
            let (stats, watcher, stopped) =
                (&mut tail.stats, &mut *tail.watcher, &mut tail.stopped);
            tail.correlator
                .finish(&mut |found| give(found, self.options.slice, stats, watcher, stopped));
        }
        self.replay(&mut tail);
        // Late events of files that were read to their end meet no stage: nothing was lost.
        if !self.is_finite || tail.stats.interrupted {
            (tail.stats.late, tail.stats.first_late) = tail.order.late();
        }
        let times = tail.days.time_span();
        tail.stats.span = times.span;
        tail.stats.outliers = times.outliers;
        tail.stats.first_outlier = times.first_outlier;
        tail.stats.evicted = tail.correlator.evicted().collect();
        tail.watcher.progress(&tail.stats);
        tail.stats
    }

    /// Replays the executions of the rules that alert by them.
    fn replay(&self, tail: &mut SharedState<'_, '_>) {
        let Some(executions) = tail.executions.take().filter(|_| !tail.stopped) else {
            return;
        };
        let (stats, watcher, stopped) = (&mut tail.stats, &mut *tail.watcher, &mut tail.stopped);
        let shortfalls = executions.finish(self.options, &mut |alert, row| {
            if !is_reported(&alert.events, self.options.slice) {
                return true;
            }
            *stats.alerts.entry(alert.rule).or_insert(0) += 1;
            *stopped = !watcher.row(alert, row);
            !*stopped
        });
        match shortfalls {
            Ok(shortfalls) => {
                tail.stats.dropped = shortfalls.dropped;
                tail.stats.cut = shortfalls.cut;
                tail.stats.suppressed = shortfalls.suppressed;
                tail.stats.searched = shortfalls.searched;
                for (rule, (place, reason)) in shortfalls.failed {
                    tail.stats.note_failed(rule, place, &reason);
                }
            }
            Err(error) => tail.fail(&error),
        }
    }

    fn record(&self, released: &Released) -> Arc<EventRecord> {
        let batch = &released.batch;
        let event = item(&batch.events, released.place);
        let [index, id, timestamp] = event.identity.map(|place| batch.piece(place));
        let values = batch.values_of(event).filter_map(|(slot, value)| {
            let name = self.names.get(slot.index())?;
            Some((Arc::clone(name), value.into()))
        });
        Arc::new(EventRecord {
            file: batch.file,
            line: batch.first_line + event.line,
            time: event.time,
            index: index.map(Into::into),
            id: id.map(Into::into),
            timestamp: timestamp.map(Into::into),
            values: values.collect(),
        })
    }
}

impl SharedState<'_, '_> {
    /// The events cannot be sorted.
    fn fail(&mut self, error: &io::Error) {
        self.stats.unsorted = Some(error.to_string());
        self.stopped = true;
    }
}
