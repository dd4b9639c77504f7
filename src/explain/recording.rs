//! A recording, explained in bounded memory: events are read a batch at a time, their facts are
//! found and counted, and only those are kept that can be part of a match or of its nearest miss.
//!
//! Events between which nothing but keys and times can decide have one *pattern* of facts. Every
//! event that meets a stage is kept, of any other pattern an even sample. Which fields a recording
//! brings with it and which data source made it is known only at its end; where the guess from its
//! beginning was wrong, it is read once more.

use std::collections::BTreeMap;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::sheet::Sheet;
use super::{Explanation, Recording};
use crate::data_source::{Catalogue, DataSource, IndexPatterns};
use crate::diagnostic::Diagnostic;
use crate::evaluate::{BlockerHint, Blockers, Context, Evaluation, Prepared, QueryFailure, Rarity};
use crate::event::{Event, EventId};
use crate::plan::{ClauseId, Plan, Role, StageId};
use crate::replay::capture::stored_in;
use crate::replay::compile::{Compiled, Compiler};
use crate::replay::observe::{clauses_of, deciding};
use crate::replay::visible::Visible;
use crate::replay::{START, Subject};

/// How many events are looked at together.
pub const BATCH: usize = 8192;
/// The most events that meet a stage.
const MOST_MET: usize = 200_000;
/// The most events of one pattern that meet none.
const MOST_ALIKE: usize = 256;
/// The most patterns.
const MOST_PATTERNS: usize = 16_384;
/// How many matches are listed.
const LISTED: usize = 5;

/// One event as it is read, with its number in the recording.
pub enum Raw {
    /// A line of NDJSON.
    Line(String),
    /// An event of another format.
    Event(Event),
}

/// Events with their numbers from 1, at most [`BATCH`] of them.
pub type Batch = Vec<(u64, Raw)>;

/// Why a recording could not be explained.
#[derive(Debug)]
pub enum Stopped {
    /// It cannot be read, or Elasticsearch would refuse the query on it.
    Bad(Vec<Diagnostic>),
    /// The query fails when it is run.
    Failed(QueryFailure),
    /// The rule is not of a kind that is run.
    Unsupported(String),
    /// There is no event in it.
    Empty,
}

/// What is explained.
pub struct Question<'a> {
    /// The rule.
    pub subject: &'a Subject,
    /// The data sources.
    pub catalogue: &'a Catalogue,
    /// The source whose field types apply; the one that serves most of the events where none is
    /// named.
    pub source: Option<&'a DataSource>,
    /// What the recording is called.
    pub name: &'a str,
}

/// A reader of batches.
pub type Batches<'a> = Box<dyn Iterator<Item = Result<Batch, Box<Diagnostic>>> + 'a>;

/// Explains a recording; `open` begins to read it.
pub fn explain_recording<'a>(
    question: &Question<'_>,
    open: &mut dyn FnMut() -> Result<Batches<'a>, Box<Diagnostic>>,
) -> Result<Explanation, Stopped> {
    let subject = question.subject;
    if let Some(what) = subject.unsupported() {
        return Err(Stopped::Unsupported(what));
    }
    let (Some(query), Some(syntax)) = (&subject.rule.query, &subject.syntax) else {
        return Err(Stopped::Unsupported("rules without a query".to_owned()));
    };
    let patterns = subject.patterns();
    let claimed = question.catalogue.claimed(&patterns);
    let bad = |diagnostic: Box<Diagnostic>| Stopped::Bad(vec![*diagnostic]);
    let mut source = question.source;
    let mut witnesses: Vec<Event> = Vec::new();
    loop {
        let mut batches = open().map_err(bad)?;
        let mut first = match batches.next() {
            Some(batch) => parse(batch.map_err(bad)?, &patterns),
            None => Parsed::default(),
        };
        let chosen = source.or_else(|| serves_most(&claimed, &first.indices));
        let Some(chosen) = chosen.or_else(|| question.catalogue.sources().first()) else {
            return Err(Stopped::Empty);
        };
        let visible = Visible {
            source: chosen,
            others: Vec::new(),
            patterns: &patterns,
        };
        let compiler = Compiler::new(&query.text, syntax, subject.settings(), visible, START);
        witnesses.extend(compiler.witnesses(first.events.iter().map(|(_, event)| event)));
        let known = witnesses.len();
        let compiled = compiler.compile(&witnesses);
        let ready = match &*compiled {
            Compiled::Ready(ready) => Ok(ready),
            Compiled::Refused(refused) => Err(refused),
        };
        let prepared = match &ready {
            Ok(ready) => Some(Prepared::new(&ready.plan).map_err(Stopped::Failed)?),
            Err(_) => None,
        };
        let paths = ready
            .as_ref()
            .map_or_else(|_| Vec::new(), |ready| paths(&ready.plan));
        let mut gathered = Gathered::default();
        loop {
            let carried = |witnesses: &[Event], path: &str| {
                witnesses.iter().any(|event| !event.values(path).is_empty())
            };
            let new = compiler.witnesses(first.events.iter().map(|(_, event)| event));
            for event in new {
                let fresh = |path: &str| !carried(&witnesses, path);
                if event.fields().any(|(path, _)| fresh(path)) {
                    witnesses.push(event);
                }
            }
            gathered
                .add(first, prepared.as_ref(), &paths)
                .map_err(Stopped::Failed)?;
            first = match batches.next() {
                Some(batch) => parse(batch.map_err(bad)?, &patterns),
                None => break,
            };
        }
        let best = question
            .source
            .or_else(|| serves_most(&claimed, &gathered.indices));
        let other = best.is_some_and(|best| best.name != chosen.name);
        if witnesses.len() > known || other {
            source = best;
            continue;
        }
        if gathered.events == 0 {
            return Err(Stopped::Empty);
        }
        let ready = ready.map_err(|refused| Stopped::Bad(refused.diagnostics.clone()))?;
        let prepared = Prepared::new(&ready.plan).map_err(Stopped::Failed)?;
        let clauses = clauses_of(&ready.plan, &query.text);
        let mut explanation = gathered.explain(&prepared, &ready.plan, &clauses)?;
        explanation.key = format!("{} on {}[{}]", subject.file, question.name, chosen.name);
        return Ok(explanation);
    }
}

/// The source whose indices hold most of the events.
fn serves_most<'c>(
    claimed: &[&'c DataSource],
    indices: &BTreeMap<String, u64>,
) -> Option<&'c DataSource> {
    let serves = |source: &DataSource| {
        let own = source.indices.iter();
        own.filter_map(|index| indices.get(&index.name))
            .sum::<u64>()
    };
    let mut best: Option<(u64, &DataSource)> = None;
    for source in claimed {
        let count = serves(source);
        if best.is_none_or(|(most, _)| count > most) {
            best = Some((count, source));
        }
    }
    best.map(|(_, source)| source)
}

/// The paths that a plan reads.
fn paths(plan: &Plan) -> Vec<String> {
    let mut paths = Vec::new();
    for field in &plan.fields {
        paths.push(field.path.clone());
        let readers = field.readers.iter().flatten();
        paths.extend(readers.map(|reader| reader.read_from.to_string()));
    }
    paths.sort();
    paths.dedup();
    paths
}

/// The events of a batch.
#[derive(Default)]
struct Parsed {
    events: Vec<(u64, Event)>,
    indices: BTreeMap<String, u64>,
    bad: Vec<(u64, String)>,
}

fn parse(batch: Batch, patterns: &IndexPatterns) -> Parsed {
    let read = |(number, raw): (u64, Raw)| match raw {
        Raw::Event(event) => (number, Ok(event)),
        Raw::Line(line) => (number, Event::from_json_line(&line)),
    };
    let read: Vec<_> = batch.into_par_iter().map(read).collect();
    let mut parsed = Parsed::default();
    let mut selected: BTreeMap<String, bool> = BTreeMap::new();
    for (number, event) in read {
        let mut event = match event {
            Ok(event) => event,
            Err(error) => {
                parsed.bad.push((number, error.to_string()));
                continue;
            }
        };
        if let Some(index) = stored_in(&event) {
            let selects = match selected.get(&index) {
                Some(selects) => *selects,
                None => {
                    let selects = patterns.selects(&index);
                    selected.insert(index.clone(), selects);
                    selects
                }
            };
            event.unrouted = !selects;
            if selects {
                *parsed.indices.entry(index).or_default() += 1;
            }
        }
        parsed.events.push((number, event));
    }
    parsed
}

/// The events of one pattern.
#[derive(Default)]
struct Alike {
    count: u64,
    /// Every how many events one is kept.
    stride: u64,
    kept: Vec<(u64, Event)>,
}

impl Alike {
    /// Keeps an even sample, or all.
    fn keep(&mut self, number: u64, event: Event, all: bool) {
        self.count += 1;
        let stride = self.stride.max(1);
        if !all && !(self.count - 1).is_multiple_of(stride) {
            return;
        }
        self.kept.push((number, event));
        if !all && self.kept.len() > MOST_ALIKE {
            let mut odd = false;
            self.kept.retain(|_| {
                odd = !odd;
                odd
            });
            self.stride = stride * 2;
        }
    }
}

/// What is kept of a recording.
#[derive(Default)]
struct Gathered {
    events: u64,
    unrouted: u64,
    bad: Option<(u64, String)>,
    indices: BTreeMap<String, u64>,
    alike: FxHashMap<Vec<u64>, Alike>,
    met: usize,
    approximate: bool,
}

/// An event with its pattern, and whether it meets a stage or is at least of its category.
struct Seen {
    number: u64,
    event: Event,
    pattern: Vec<u64>,
    met: bool,
    asked: bool,
}

impl Gathered {
    /// Adds a batch. Without a plan only what is there is counted.
    fn add(
        &mut self,
        parsed: Parsed,
        prepared: Option<&Prepared<'_>>,
        paths: &[String],
    ) -> Result<(), QueryFailure> {
        for (number, reason) in parsed.bad {
            let (count, _) = self
                .bad
                .get_or_insert_with(|| (0, format!("line {number}: {reason}")));
            *count += 1;
        }
        for (index, count) in parsed.indices {
            *self.indices.entry(index).or_default() += count;
        }
        self.events += u64::try_from(parsed.events.len()).unwrap_or(0);
        let unrouted = parsed.events.iter().filter(|(_, event)| event.unrouted);
        self.unrouted += u64::try_from(unrouted.count()).unwrap_or(0);
        let Some(prepared) = prepared else {
            return Ok(());
        };
        let look = |part: &[(u64, Event)]| look(part, prepared, paths);
        let parts: Result<Vec<Vec<Seen>>, QueryFailure> =
            parsed.events.par_chunks(BATCH / 8).map(look).collect();
        for seen in parts?.into_iter().flatten() {
            self.keep(seen);
        }
        Ok(())
    }

    fn keep(&mut self, seen: Seen) {
        if self.alike.len() >= MOST_PATTERNS && !seen.met && !self.alike.contains_key(&seen.pattern)
        {
            self.approximate = true;
            return;
        }
        if seen.met {
            self.met += 1;
            if self.met > MOST_MET {
                self.approximate = true;
            }
        }
        let all = seen.met && self.met <= MOST_MET;
        let alike = self.alike.entry(seen.pattern).or_default();
        if seen.asked || alike.count == 0 {
            alike.keep(seen.number, seen.event, all);
        } else {
            alike.count += 1;
        }
    }

    fn explain(
        self,
        prepared: &Prepared<'_>,
        plan: &Plan,
        clauses: &[crate::replay::observe::RuleClause],
    ) -> Result<Explanation, Stopped> {
        let mut kept: Vec<(u64, Event)> = Vec::new();
        let mut patterns: Vec<(u64, u64)> = Vec::new();
        for alike in self.alike.into_values() {
            if let Some((number, _)) = alike.kept.first() {
                patterns.push((*number, alike.count));
            }
            kept.extend(alike.kept);
        }
        kept.sort_by_key(|(number, _)| *number);
        patterns.sort_unstable();
        let (numbers, events): (Vec<u64>, Vec<Event>) = kept.into_iter().unzip();
        let place = |number: u64| {
            let found = numbers.binary_search(&number).ok()?;
            u32::try_from(found).ok().map(EventId)
        };
        let routed = |event: &EventId| {
            let event = events.get(event.index());
            event.is_some_and(|event| !event.unrouted)
        };
        let patterns: Vec<(EventId, u64)> = patterns
            .into_iter()
            .filter_map(|(number, count)| Some((place(number)?, count)))
            .filter(|(event, _)| routed(event))
            .collect();
        let context = Context {
            now: START,
            ..Context::default()
        };
        let evaluation = prepared
            .evaluate(&events, &context)
            .map_err(Stopped::Failed)?;
        let labels: Vec<String> = numbers
            .iter()
            .map(|number| format!("event {number}"))
            .collect();
        let sheet = Sheet {
            evaluation: &evaluation,
            events: &events,
            labels: &labels,
            clauses,
        };
        let (near, blockers) = if evaluation.matches().is_empty() {
            why_not(&evaluation, &rarity(&evaluation, &patterns))
        } else {
            (first_match(&evaluation), Blockers::default())
        };
        let decided = decided(&evaluation, &events, prepared);
        let mut explanation =
            sheet.explanation(&blockers, &near, &|id: ClauseId| decided.contains(&id));
        count_stages(&mut explanation, &evaluation, plan, &patterns);
        for row in &mut explanation.stages {
            row.seen = self.events - self.unrouted;
        }
        let labelled = |found: &crate::evaluate::Match| {
            let events = found.stages.iter().flatten();
            events.map(|event| sheet.label(*event)).collect()
        };
        let matches = evaluation.matches();
        explanation.recording = Some(Recording {
            events: self.events,
            unrouted: self.unrouted,
            bad: self.bad,
            matches: matches.iter().take(LISTED).map(labelled).collect(),
            matched: matches.len(),
            approximate: self.approximate,
        });
        Ok(explanation)
    }
}

/// The facts of a part of a batch; of each event only what the plan reads is kept.
fn look(
    part: &[(u64, Event)],
    prepared: &Prepared<'_>,
    paths: &[String],
) -> Result<Vec<Seen>, QueryFailure> {
    let slim: Vec<Event> = part.iter().map(|(_, event)| event.only(paths)).collect();
    let context = Context {
        now: START,
        ..Context::default()
    };
    let evaluation = prepared.evaluate(&slim, &context)?;
    let plan = evaluation.plan();
    let numbered = (0u32..).map(EventId).zip(part);
    let facts: Vec<(u64, Vec<u64>, bool, bool)> = numbered
        .map(|(id, (number, _))| {
            let met = evaluation.stages_met(id).next().is_some();
            let asked = plan
                .numbered()
                .any(|(stage, _)| evaluation.category(stage, id));
            (*number, evaluation.pattern(id), met, asked)
        })
        .collect();
    let seen = slim.into_iter().zip(facts);
    let seen = seen.map(|(event, (number, pattern, met, asked))| Seen {
        number,
        event,
        pattern,
        met,
        asked,
    });
    Ok(seen.collect())
}

/// How rare each fact is among the events that its stage asks for.
fn rarity(evaluation: &Evaluation<'_>, patterns: &[(EventId, u64)]) -> Rarity {
    let plan = evaluation.plan();
    let counts = plan.leaves.iter().map(|leaf| {
        let stage = plan.clause(leaf.clause).and_then(|clause| clause.stage);
        let (mut asked, mut holds) = (0, 0);
        for (event, count) in patterns {
            if stage.is_none_or(|stage| evaluation.category(stage, *event)) {
                asked += count;
                if evaluation.fact(leaf.clause, *event) == Some(true) {
                    holds += count;
                }
            }
        }
        (asked, holds)
    });
    Rarity::new(counts.collect::<Vec<_>>())
}

/// The nearest miss, and what it lacks.
fn why_not(evaluation: &Evaluation<'_>, rarity: &Rarity) -> (Vec<(StageId, EventId)>, Blockers) {
    let assignment = evaluation.nearest(rarity);
    let positions = evaluation
        .plan()
        .positive()
        .flat_map(|(id, stage)| std::iter::repeat_n(id, usize::from(stage.runs)));
    let near: Vec<(StageId, EventId)> = positions
        .zip(&assignment)
        .filter_map(|(stage, event)| Some((stage, (*event)?)))
        .collect();
    if assignment.iter().any(Option::is_none) {
        let lacks = near
            .iter()
            .flat_map(|(stage, event)| evaluation.lacks(*stage, *event));
        let blockers = Blockers {
            together: lacks.collect(),
            ..Blockers::default()
        };
        return (near, blockers);
    }
    let hint = BlockerHint {
        assignment,
        waived: Vec::new(),
    };
    (near, evaluation.blockers(&hint))
}

/// The events of the first match, each at its stage.
fn first_match(evaluation: &Evaluation<'_>) -> Vec<(StageId, EventId)> {
    let Some(found) = evaluation.matches().first() else {
        return Vec::new();
    };
    let positions = evaluation
        .plan()
        .numbered()
        .filter(|(_, stage)| !matches!(stage.role, Role::Until { .. }))
        .flat_map(|(id, stage)| std::iter::repeat_n(id, usize::from(stage.runs)));
    positions
        .zip(&found.stages)
        .filter_map(|(stage, event)| Some((stage, (*event)?)))
        .collect()
}

/// The clauses that hold the first match, found on its own events alone.
fn decided(
    evaluation: &Evaluation<'_>,
    events: &[Event],
    prepared: &Prepared<'_>,
) -> Vec<ClauseId> {
    let Some(found) = evaluation.matches().first() else {
        return Vec::new();
    };
    let mut own: Vec<EventId> = found.stages.iter().flatten().copied().collect();
    own.sort_unstable();
    own.dedup();
    let own: Vec<Event> = own
        .into_iter()
        .filter_map(|event| events.get(event.index()).cloned())
        .collect();
    let context = Context {
        now: START,
        ..Context::default()
    };
    match prepared.evaluate(&own, &context) {
        Ok(alone) => deciding(&alone, own.len(), alone.matches(), &[]),
        Err(_) => Vec::new(),
    }
}

/// Counts all events of the recording that the rule sees, not only those that were kept.
fn count_stages(
    explanation: &mut Explanation,
    evaluation: &Evaluation<'_>,
    plan: &Plan,
    patterns: &[(EventId, u64)],
) {
    for ((id, _), row) in plan.numbered().zip(&mut explanation.stages) {
        let sum = |holds: &dyn Fn(EventId) -> bool| {
            let held = patterns.iter().filter(|(event, _)| holds(*event));
            held.map(|(_, count)| count).sum::<u64>()
        };
        row.category = sum(&|event| evaluation.category(id, event));
        row.matching = sum(&|event| evaluation.stages_met(event).any(|met| met == id));
    }
}
