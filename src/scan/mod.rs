//! Many rules over a stream: files of any size in, alerts out, in bounded memory.
//!
//! `files -> chunks of lines (merge) -> what each meets (batch, any number of threads) -> order ->
//! correlator -> alerts`. The results are the same for any number of threads and size of chunk.
//! What rules of executions read (`executions`) is kept to the end, when these are replayed.
//!
//! A pass orders events within a window. Files can be read twice: where they turn out to be out of
//! order by more than that, a second pass sorts all of their events.

mod alert;
mod batch;
mod chunk;
mod deliver;
mod excluded;
mod executions;
mod frontier;
mod in_memory;
mod merge;
mod neighbourhood;
pub mod noise;
mod order;
mod pass;
pub mod reread;
mod rule_matcher;
pub mod shards;
pub mod stage_hits;
mod stored;
mod summary;
mod threads;
mod time_span;
mod turns;
mod window;

use std::io::{self, Write};
use std::sync::Arc;

use crate::compile::CompiledRule;
use crate::data_source::constants::OfIndex;
use crate::data_source::index_name;
use crate::engine::{RefusedRule, Routing, RuleSet};
use crate::event::io::{RowMemory, Stop};
use crate::event::{FieldSelection, Timestamp, Value};
use crate::plan::pipeline::Cell;

use self::excluded::Excluded;
use self::executions::Readers;
pub use self::in_memory::InMemory;
pub use self::merge::Inputs;
use self::neighbourhood::Neighbourhood;
use self::pass::{OutOfOrder, Pass};
pub use self::rule_matcher::{MatchError, RuleMatcher};
use self::shards::Slice;
use self::stage_hits::{HitsError, OwnedHits, WrittenRules};
pub use self::summary::Stats;
pub use self::window::Window;

/// How a scan is run.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many threads.
    pub threads: usize,
    /// About how many bytes a thread takes at a time.
    pub chunk: usize,
    /// The reorder window for inputs that cannot be read twice.
    pub window: Window,
    /// The most partial sequences that are held.
    pub max_partials: usize,
    /// The most events that are held for the executions of one rule, and combinations of terms
    /// that are remembered for it.
    pub max_documents: usize,
    /// The most that the groups and rows of one execution of an ES|QL rule take.
    pub rows: RowMemory,
    /// A bad line stops the scan.
    pub strict: bool,
    /// A line may be a hit of a search response, the document being its `_source`.
    pub unwrap_source: bool,
    /// The events of alerts keep the values that tell what is noise.
    pub keep_values: bool,
    /// The alerts of all rules come of executions, also of those that look at one event or sequence
    /// after the other.
    pub executions: bool,
    /// One search of each rule instead of alerts, by the rule's place: all that the search finds,
    /// whatever the rule's schedule, `max_signals` and suppression make of it.
    pub searches: Vec<Search>,
    /// Only alerts whose last event lies in this slice of time are reported.
    pub slice: Option<Slice>,
}

/// A search, as one execution of a rule makes it; times in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Search {
    /// The start of its time range, included.
    pub from: i64,
    /// The end of its time range, included.
    pub to: i64,
    /// What `NOW()` is.
    pub now: i64,
}

/// What a search looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Searched {
    /// The documents that its query, filters and time range select.
    pub documents: u64,
    /// The groups or combinations of terms of these documents, where it makes any.
    pub groups: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            threads: 1,
            chunk: 1 << 18,
            window: Window::default(),
            max_partials: 1_000_000,
            max_documents: 1_000_000,
            rows: RowMemory::default(),
            strict: false,
            unwrap_source: true,
            keep_values: false,
            executions: false,
            searches: Vec::new(),
            slice: None,
        }
    }
}

/// One alert.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Alert {
    /// The rule, by its place among those that were given.
    pub rule: u32,
    /// The key tuple; `None` is a missing optional key.
    pub join: Vec<Option<Value>>,
    /// The events, in order; `None` stands for a missing one.
    pub events: Vec<Option<Arc<EventRecord>>>,
}

impl Alert {
    /// The lines of its events, in order; `None` stands for a missing event.
    pub fn lines(&self) -> impl Iterator<Item = Option<u64>> {
        let events = self.events.iter();
        events.map(|event| event.as_ref().map(|event| event.line))
    }
}

/// Where an event of an alert is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventRecord {
    /// The file, by its number among the inputs.
    pub file: u32,
    /// The line, from 1.
    pub line: u64,
    /// Its time.
    pub time: Option<Timestamp>,
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
    /// The same of an alert that is the row of an ES|QL query, with the cells of the row.
    fn row(&mut self, alert: Alert, _: Vec<Cell>) -> bool {
        self.alert(alert)
    }
    /// The files are out of order: all alerts so far are void, and all come again.
    fn restart(&mut self);
    /// So much is done.
    fn progress(&mut self, stats: &Stats);
}

/// Runs `rules` over `inputs`. `stop` ends it with what was found so far. Rules that cannot be run
/// come back with the reason, by their place; the others are run.
pub fn run(
    rules: &[CompiledRule],
    inputs: &dyn Inputs,
    options: &Options,
    watcher: &mut dyn Watcher,
    stop: &Stop,
) -> (Stats, Vec<RefusedRule>) {
    let (set, refused) = rule_set(rules, options);
    let routes = Routes(rules);
    let mut pass = pass(rules, &set, &routes, inputs, options, stop);
    pass.neighbourhood = neighbourhood(rules, &set, options, |_| false);
    let stats = match pass.window(watcher) {
        Ok(stats) => stats,
        Err(OutOfOrder) => {
            watcher.restart();
            pass.sorted(watcher)
        }
    };
    (stats, refused)
}

/// Reads `inputs` once and writes the stage hits of the rules for which `is_written` says so to `outs`,
/// in the order of files and lines, for [`correlate_hits`] on other machines: each machine's to the
/// output of its number. Gives the alerts of the other rules. A slice of the options holds for both.
///
/// # Errors
/// When an output cannot be written; a later failure is [`Stats::unsorted`].
pub fn write_hits<W: Write + Send>(
    rules: &[CompiledRule],
    is_written: impl Fn(&CompiledRule) -> bool,
    (inputs, outs): (&dyn Inputs, &mut [W]),
    options: &Options,
    watcher: &mut dyn Watcher,
    stop: &Stop,
) -> io::Result<(Stats, Vec<RefusedRule>)> {
    let (set, refused) = rule_set(rules, options);
    let routes = Routes(rules);
    let written = WrittenRules::new(rules, &set, &is_written);
    let mut pass = pass(rules, &set, &routes, inputs, options, stop);
    pass.neighbourhood = neighbourhood(rules, &set, options, is_written);
    Ok((pass.write_hits(outs, &written, watcher)?, refused))
}

/// Gives the alerts of the stage hits that a machine owns. `inputs` only opens temporary files.
///
/// # Errors
/// When a file is damaged.
pub fn correlate_hits(
    rules: &[CompiledRule],
    hits: OwnedHits<'_>,
    inputs: &dyn Inputs,
    options: &Options,
    watcher: &mut dyn Watcher,
    stop: &Stop,
) -> Result<(Stats, Vec<RefusedRule>), HitsError> {
    let (set, refused) = rule_set(rules, options);
    let routes = Routes(rules);
    let pass = pass(rules, &set, &routes, inputs, options, stop);
    Ok((pass.correlate(hits, watcher)?, refused))
}

fn rule_set(rules: &[CompiledRule], options: &Options) -> (RuleSet, Vec<RefusedRule>) {
    let plans = (0u32..).zip(rules.iter().map(|rule| &rule.plan));
    let fields = if options.keep_values {
        noise::FIELDS
    } else {
        &[]
    };
    let of_executions = executions::fields(rules, options);
    let of_executions = of_executions.iter().map(String::as_str);
    let fields: Vec<&str> = fields.iter().copied().chain(of_executions).collect();
    RuleSet::compile_with(plans, "@timestamp", &fields)
}

/// What the slice of the options looks at.
fn neighbourhood(
    rules: &[CompiledRule],
    set: &RuleSet,
    options: &Options,
    is_written: impl Fn(&CompiledRule) -> bool,
) -> Option<Neighbourhood> {
    let slice = options.slice?;
    Some(Neighbourhood::new(slice, rules, set, is_written))
}

fn pass<'s>(
    rules: &'s [CompiledRule],
    set: &'s RuleSet,
    routes: &'s Routes<'s>,
    inputs: &'s dyn Inputs,
    options: &'s Options,
    stop: &'s Stop,
) -> Pass<'s> {
    let (mut names, mut kept) = (Vec::new(), Vec::new());
    if options.keep_values {
        names.extend(set.slots().paths().map(Arc::from));
        kept.extend(set.slots().paths().map(noise::is_telling));
    }
    let excluded = Excluded::new(rules);
    let readers = Readers::new(rules, set, options);
    Pass {
        fields: fields_read(set, &excluded, &readers),
        set,
        routes,
        rules,
        excluded,
        readers,
        neighbourhood: None,
        inputs,
        options,
        stop,
        names,
        kept,
        is_finite: is_finite(inputs),
    }
}

/// What a pass reads of documents: the fields of its rules, or all where one looks at whole documents.
fn fields_read(set: &RuleSet, excluded: &Excluded<'_>, readers: &Readers) -> FieldSelection {
    if set.asks_documents() || excluded.asks_documents() || readers.ask_documents() {
        return FieldSelection::Whole;
    }
    let identity = ["_id", "_index", "_source"];
    FieldSelection::of(set.slots().paths().chain(identity))
}

/// Whether all inputs can be read twice, so that their events can be sorted whatever their order.
pub fn is_finite(inputs: &dyn Inputs) -> bool {
    (0..inputs.count()).all(|file| inputs.is_reopened(file))
}

/// Which rules see which index.
struct Routes<'r>(&'r [CompiledRule]);

impl Routing for Routes<'_> {
    fn sees(&self, rule: u32, index: &str) -> bool {
        let rule = self.0.get(rule as usize);
        rule.is_some_and(|rule| rule.patterns.selects(index_name(index)))
    }

    fn constants(&self, index: &str) -> OfIndex {
        let first = self.0.first();
        first.map_or_else(OfIndex::default, |rule| rule.constants.of(index))
    }
}
