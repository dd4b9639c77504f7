//! Many rules over a stream: files of any size in, alerts out, in bounded memory.
//!
//! `files -> chunks of lines (merge) -> what each meets (batch, any number of threads) -> order ->
//! correlator -> alerts`. The results are the same for any number of threads and size of chunk.

pub mod reread;
mod alert;
mod batch;
mod chunk;
mod merge;
pub mod noise;
mod order;
mod rules;
mod summary;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::data_source::index_name;
use crate::engine::{Correlator, Found, Match, Matcher, Occurrence, Refused, Routing, RuleSet};
use crate::event::Value;
use crate::event::io::Stop;

use self::batch::{Batch, batch};
use self::chunk::Lines;
pub use self::merge::Inputs;
use self::merge::{Ahead, Merge};
pub use self::order::Window;
use self::order::{Order, Released};
pub use self::rules::{NotRun, RuleCompiler, ScanRule};
pub use self::summary::Stats;

/// How a scan is run.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many threads.
    pub threads: usize,
    /// About how many bytes a thread takes at a time.
    pub chunk: usize,
    /// Within what events are put in order.
    pub window: Window,
    /// The most partial sequences that are held.
    pub max_partials: usize,
    /// A bad line stops the scan.
    pub strict: bool,
    /// A line may be a hit of a search response, the document being its `_source`.
    pub unwrap_source: bool,
    /// The events of alerts keep the values that tell what is noise.
    pub keep_values: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            threads: 1,
            chunk: 1 << 18,
            window: Window::default(),
            max_partials: 1_000_000,
            strict: false,
            unwrap_source: true,
            keep_values: false,
        }
    }
}

/// One alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// The rule, by its place among those that were given.
    pub rule: u32,
    /// The key tuple; `None` is a missing optional key.
    pub join: Vec<Option<Value>>,
    /// The events, in order; `None` stands for a missing one.
    pub events: Vec<Option<Arc<EventRecord>>>,
}

/// Where an event of an alert is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRecord {
    /// The file, by its number among the inputs.
    pub file: u32,
    /// The line, from 1.
    pub line: u64,
    /// `_index`
    pub index: Option<Box<str>>,
    /// `_id`
    pub id: Option<Box<str>>,
    /// `@timestamp` as the document has it.
    pub timestamp: Option<Box<str>>,
    /// Fields and their values, where [`Options::keep_values`] asks for them.
    pub values: Vec<(Arc<str>, Box<str>)>,
}

/// What a scan tells while it runs.
pub trait Watcher: Send {
    /// An alert; `false` stops the scan.
    fn alert(&mut self, alert: Alert) -> bool;
    /// So much is done.
    fn progress(&mut self, stats: &Stats);
}

/// Runs `rules` over `inputs`. `stop` ends it with what was found so far. Rules that cannot be run
/// come back with the reason, by their place; the others are run.
pub fn run(
    rules: &[ScanRule],
    inputs: &dyn Inputs,
    options: &Options,
    watcher: &mut dyn Watcher,
    stop: &Stop,
) -> (Stats, Vec<Refused>) {
    let plans = (0u32..).zip(rules.iter().map(|rule| &rule.plan));
    let fields = if options.keep_values {
        noise::FIELDS
    } else {
        &[]
    };
    let (set, refused) = RuleSet::compile_with(plans, "@timestamp", fields);
    let routes = Routes(rules);
    let (mut names, mut kept) = (Vec::new(), Vec::new());
    if options.keep_values {
        names.extend(set.slots().paths().map(Arc::from));
        kept.extend(set.slots().paths().map(noise::is_telling));
    }
    let scan = Scan {
        set: &set,
        routes: &routes,
        inputs,
        options,
        stop,
        names,
        kept,
    };
    (scan.run(watcher), refused)
}

/// Which rules see which index.
struct Routes<'r>(&'r [ScanRule]);

impl Routing for Routes<'_> {
    fn sees(&self, rule: u32, index: &str) -> bool {
        let rule = self.0.get(rule as usize);
        rule.is_some_and(|rule| rule.patterns.selects(index_name(index)))
    }
}

struct Scan<'s> {
    set: &'s RuleSet,
    routes: &'s Routes<'s>,
    inputs: &'s dyn Inputs,
    options: &'s Options,
    stop: &'s Stop,
    /// The name of each field, and whether its values are kept; empty if none are.
    names: Vec<Arc<str>>,
    kept: Vec<bool>,
}

/// What the threads share behind one lock: everything after matching.
struct Tail<'s, 'w> {
    /// Batches that came before their turn.
    waiting: BTreeMap<u64, Batch>,
    next: u64,
    /// The number of the next line of each file.
    lines: Vec<u64>,
    order: Order,
    correlator: Correlator<'s, Arc<EventRecord>>,
    stats: Stats,
    watcher: &'w mut dyn Watcher,
    stopped: bool,
}

impl Scan<'_> {
    fn run(&self, watcher: &mut dyn Watcher) -> Stats {
        let files = self.look_ahead();
        let bounds: Vec<i64> = files
            .iter()
            .map(|ahead| match ahead {
                Ahead::Closed(first) => *first,
                Ahead::Open(_) => i64::MIN,
            })
            .collect();
        let watermarks: Vec<AtomicI64> = bounds.iter().copied().map(AtomicI64::new).collect();
        let merge = Mutex::new(Merge::new(self.inputs, files, self.options.chunk));
        let tail = Mutex::new(Tail {
            waiting: BTreeMap::new(),
            next: 0,
            lines: vec![1; bounds.len()],
            order: Order::new(self.options.window, &bounds),
            correlator: Correlator::new(self.set, self.options.max_partials),
            stats: Stats::default(),
            watcher,
            stopped: false,
        });
        let turn = Condvar::new();
        std::thread::scope(|scope| {
            for _ in 1..self.options.threads.max(1) {
                scope.spawn(|| self.work(&merge, &tail, &turn, &watermarks));
            }
            self.work(&merge, &tail, &turn, &watermarks);
        });
        let tail = tail.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.finish(tail)
    }

    /// The first time of each file, so that it need not be open before its turn.
    fn look_ahead(&self) -> Vec<Ahead> {
        let count = self.inputs.count();
        let mut matcher = Matcher::new(self.set, self.routes, self.options.unwrap_source);
        (0..count)
            .map(|file| {
                if count == 1 || !self.inputs.is_reopened(file) {
                    return match self.inputs.open(file) {
                        Ok(input) => Ahead::Open(Lines::new(input)),
                        // Opened again in its turn, which says why it cannot be.
                        Err(_) => Ahead::Closed(i64::MIN),
                    };
                }
                let first = self.first_time(file, &mut matcher);
                let first = first.map(|first| first.saturating_sub(self.options.window.millis));
                Ahead::Closed(first.unwrap_or(i64::MIN))
            })
            .collect()
    }

    fn first_time(&self, file: usize, matcher: &mut Matcher<'_>) -> Option<i64> {
        let mut lines = Lines::new(self.inputs.open(file).ok()?);
        let mut found = Found::default();
        loop {
            let chunk = lines.next(0, 1 << 16, Vec::new());
            let is_last = chunk.is_last;
            let batch = batch(&chunk, matcher, &mut found, &[]);
            if let Some(first) = batch.times.iter().flatten().next() {
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
        tail: &Mutex<Tail<'_, '_>>,
        turn: &Condvar,
        watermarks: &[AtomicI64],
    ) {
        let mut matcher = Matcher::new(self.set, self.routes, self.options.unwrap_source);
        let mut found = Found::default();
        let mut spare = Vec::new();
        loop {
            if self.stop.is_requested() {
                // Whoever waits either sees the request or the notice.
                drop(lock(tail));
                turn.notify_all();
                return;
            }
            let Some(next) = lock(merge).next(watermarks, std::mem::take(&mut spare)) else {
                return;
            };
            let batch = batch(&next.chunk, &mut matcher, &mut found, &self.kept);
            spare = next.chunk.bytes;
            // One very long line does not stay in memory.
            spare.shrink_to(self.options.chunk.saturating_mul(4));
            let mut tail = lock(tail);
            // A thread that is far ahead waits, so that what waits for its turn is bounded.
            let limit = self.options.threads as u64 * 4;
            while next.number > tail.next + limit && !tail.is_over(self.stop) {
                tail = turn.wait(tail).unwrap_or_else(PoisonError::into_inner);
            }
            tail.waiting.insert(next.number, batch);
            self.advance(&mut tail, watermarks);
            turn.notify_all();
            if tail.is_over(self.stop) {
                return;
            }
        }
    }

    /// Takes the batches whose turn it is.
    fn advance(&self, tail: &mut Tail<'_, '_>, watermarks: &[AtomicI64]) {
        while let Some(mut batch) = tail.waiting.remove(&tail.next) {
            tail.next += 1;
            if let Some(line) = tail.lines.get_mut(batch.file as usize) {
                batch.first_line = *line;
                *line += batch.lines;
            }
            let batch = Arc::new(batch);
            self.count(tail, &batch);
            tail.order.take(&batch);
            if let Some(watermark) = watermarks.get(batch.file as usize) {
                watermark.store(tail.order.watermark(batch.file), Ordering::Relaxed);
            }
            self.release(tail);
            tail.watcher.progress(&tail.stats);
        }
    }

    fn count(&self, tail: &mut Tail<'_, '_>, batch: &Batch) {
        let stats = &mut tail.stats;
        stats.bytes += batch.bytes;
        stats.events += batch.times.len() as u64;
        for time in batch.times.iter().flatten() {
            let (first, last) = stats.span.get_or_insert((*time, *time));
            *first = (*time).min(*first);
            *last = (*time).max(*last);
        }
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
        for (rule, line, reason) in &batch.failures {
            stats.note_failed(*rule, (batch.file, batch.first_line + line), reason);
        }
    }

    /// Hands on what is in order.
    fn release(&self, tail: &mut Tail<'_, '_>) {
        while let Some(released) = tail.order.next() {
            let Some(event) = released.batch.events.get(released.place as usize) else {
                continue;
            };
            let mut hits = Vec::new();
            let own = released
                .batch
                .hits
                .get(event.hits.0 as usize..event.hits.1 as usize);
            for (stage, (start, end)) in own.unwrap_or(&[]) {
                let key = released.batch.keys.get(*start as usize..*end as usize);
                hits.push((*stage, key.unwrap_or(&[])));
            }
            let occurrence = Occurrence {
                time: event.time,
                position: u64::from(released.batch.file) << 40
                    | (released.batch.first_line + event.line),
                hits: &hits,
                is_late: released.is_late,
            };
            let mut made: Option<Arc<EventRecord>> = None;
            let mut make = || Arc::clone(made.get_or_insert_with(|| self.record(&released)));
            let (stats, watcher, stopped) =
                (&mut tail.stats, &mut *tail.watcher, &mut tail.stopped);
            tail.correlator.take(&occurrence, &mut make, &mut |found| {
                give(found, stats, watcher, stopped);
            });
        }
    }

    fn finish(&self, mut tail: Tail<'_, '_>) -> Stats {
        tail.stats.interrupted = self.stop.is_requested();
        if tail.stats.interrupted {
            // What was read counts, though earlier events may not have been.
            tail.order.end();
            self.release(&mut tail);
        }
        if !tail.stopped {
            let (stats, watcher, stopped) =
                (&mut tail.stats, &mut *tail.watcher, &mut tail.stopped);
            tail.correlator
                .finish(&mut |found| give(found, stats, watcher, stopped));
        }
        tail.stats.late = tail.order.late;
        tail.stats.untimed = tail.order.untimed;
        tail.stats.first_late = tail.order.first_late;
        tail.stats.evicted = tail.correlator.evicted().collect();
        tail.watcher.progress(&tail.stats);
        tail.stats
    }
}

impl Scan<'_> {
    fn record(&self, released: &Released) -> Arc<EventRecord> {
        let batch = &released.batch;
        let event = batch.events.get(released.place as usize);
        let [index, id, timestamp] = event.map_or([None; 3], |event| {
            event.identity.map(|place| batch.piece(place))
        });
        let values = event.into_iter().flat_map(|event| batch.values_of(event));
        let values = values.filter_map(|(slot, value)| {
            let name = self.names.get(slot.index())?;
            Some((Arc::clone(name), value.into()))
        });
        Arc::new(EventRecord {
            file: batch.file,
            line: event.map_or(0, |event| batch.first_line + event.line),
            index: index.map(Into::into),
            id: id.map(Into::into),
            timestamp: timestamp.map(Into::into),
            values: values.collect(),
        })
    }
}

impl Tail<'_, '_> {
    fn is_over(&self, stop: &Stop) -> bool {
        self.stopped || stop.is_requested()
    }
}

fn give(
    found: Match<Arc<EventRecord>>,
    stats: &mut Stats,
    watcher: &mut dyn Watcher,
    stopped: &mut bool,
) {
    if *stopped {
        return;
    }
    *stats.alerts.entry(found.rule).or_insert(0) += 1;
    *stopped = !watcher.alert(Alert {
        rule: found.rule,
        join: found.join,
        events: found.stages,
    });
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Scan<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scan").finish_non_exhaustive()
    }
}
