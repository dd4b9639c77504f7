//! Explains a recording in bounded memory: reads events in batches, computes and counts their
//! facts, and keeps only the events that can be part of a match or of its nearest miss.
//!
//! Events between which nothing but keys and times can decide have one *pattern* of facts. Every
//! event that meets a stage is kept, of any other pattern an even sample. Which fields a recording
//! brings with it and which data source made it is known only at its end; where the guess from its
//! beginning was wrong, it is read once more. Of an ES|QL rule, whose executions look at many events
//! together, all events are kept that it sees ([`kept_events`]).

mod kept_events;
mod sampler;

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use self::kept_events::KeptEvents;
use self::sampler::EventSampler;
use super::{Explanation, pipeline};
use crate::compile::{
    CompiledExclusions, CompiledQuery, Exclusions, FieldTypes, LinkedLists, Refused,
    SourceCompiler, Unsupported,
};
use crate::data_source::constants::Constants;
use crate::data_source::route::stored_in;
use crate::data_source::{Catalogue, DataSource, IndexPatterns};
use crate::diagnostic::{Diagnostic, QueryText};
use crate::evaluate::{Prepared, QueryFailure};
use crate::event::Event;
use crate::event::io::Limits;
use crate::replay::trace::clauses_of;
use crate::replay::{START, Subject};

/// How many events are looked at together.
pub const BATCH: usize = 4096;
/// One event as it is read, with its number in the recording.
pub enum RecordedEvent {
    /// A line of NDJSON.
    Line(String),
    /// An event of another format.
    Event(Event),
}

/// Events with their numbers from 1, at most [`BATCH`] of them.
pub type Batch = Vec<(u64, RecordedEvent)>;

/// Why a recording could not be explained.
#[derive(Debug)]
pub enum NotExplained {
    /// It cannot be read, or Elasticsearch would refuse the query on it.
    Bad(Vec<Diagnostic>),
    /// The query fails when it is run.
    Failed(QueryFailure),
    /// The rule is not of a kind that is run.
    Unsupported(Unsupported),
    /// It holds more events that the rule sees than this; the key of the limit.
    TooLarge(String, &'static str),
    /// There is no event in it.
    Empty,
}

impl From<Box<Diagnostic>> for NotExplained {
    fn from(diagnostic: Box<Diagnostic>) -> Self {
        Self::Bad(vec![*diagnostic])
    }
}

impl From<Arc<Refused>> for NotExplained {
    fn from(refused: Arc<Refused>) -> Self {
        Self::Bad(refused.diagnostics.clone())
    }
}

impl From<QueryFailure> for NotExplained {
    fn from(failure: QueryFailure) -> Self {
        Self::Failed(failure)
    }
}

/// The subject of an explanation.
pub struct RecordingRequest<'a> {
    /// The rule.
    pub subject: &'a Subject,
    /// What applies of the exception lists that the rule refers to.
    pub linked: LinkedLists,
    /// The data sources.
    pub catalogue: &'a Catalogue,
    /// The source whose field types apply; the one that serves most of the events where none is
    /// named.
    pub source: Option<&'a DataSource>,
    /// What the recording is called.
    pub name: &'a str,
    /// What may be held of it.
    pub limits: Limits,
}

/// A reader of batches.
pub type Batches<'a> = Box<dyn Iterator<Item = Result<Batch, Box<Diagnostic>>> + 'a>;

/// Explains a recording; `open` begins to read it.
pub fn explain_recording<'a>(
    request: &RecordingRequest<'_>,
    open: &mut dyn FnMut() -> Result<Batches<'a>, Box<Diagnostic>>,
) -> Result<Explanation, NotExplained> {
    if let Some(what) = request.subject.unsupported_on_recordings() {
        return Err(NotExplained::Unsupported(what));
    }
    let mut assumptions = Assumptions {
        source: request.source,
        witnesses: Vec::new(),
    };
    loop {
        match pass(request, assumptions, open()?)? {
            Pass::Done(explanation) => return Ok(*explanation),
            Pass::Again(better) => assumptions = better,
        }
    }
}

/// What a pass over a recording has to assume before it reads the first event.
struct Assumptions<'a> {
    source: Option<&'a DataSource>,
    /// Events that carry the fields of the query which only the recording maps.
    witnesses: Vec<Event>,
}

impl Assumptions<'_> {
    /// Adds the events that carry a field which no earlier one carries; returns whether there were
    /// any.
    fn add(&mut self, found: Vec<Event>) -> bool {
        let before = self.witnesses.len();
        for event in found {
            let mut known = self.witnesses.iter();
            let carried = |(path, _): (&str, _)| known.any(|one| !one.values(path).is_empty());
            if !event.fields().any(carried) {
                self.witnesses.push(event);
            }
        }
        self.witnesses.len() > before
    }
}

enum Pass<'a> {
    Done(Box<Explanation>),
    /// An assumption was wrong; read the recording again with these.
    Again(Assumptions<'a>),
}

/// Reads the recording once.
fn pass<'q>(
    request: &RecordingRequest<'q>,
    mut assumptions: Assumptions<'q>,
    mut batches: Batches<'_>,
) -> Result<Pass<'q>, NotExplained> {
    let subject = request.subject;
    let (Some(query), Some(syntax)) = (&subject.rule.query, &subject.syntax) else {
        return Err(NotExplained::Unsupported(Unsupported::NoQuery));
    };
    let patterns = subject.patterns();
    let claimed = request.catalogue.claimed(&patterns);
    let constants = Constants::new(request.catalogue);
    let mut next = || -> Result<Option<Parsed>, NotExplained> {
        let batch = batches.next().transpose()?;
        Ok(batch.map(|batch| parse(batch, &patterns, &constants)))
    };
    let mut parsed = next()?.unwrap_or_default();
    let chosen = assumptions
        .source
        .or_else(|| serves_most(&claimed, &parsed.indices));
    let chosen = chosen.or_else(|| request.catalogue.sources().first());
    let chosen = chosen.ok_or(NotExplained::Empty)?;
    let types = FieldTypes::new(chosen, [], &patterns);
    let exclusions = Exclusions::new(&subject.rule, request.linked.items.clone());
    let rule = &subject.rule;
    let compiler = SourceCompiler::new(rule, &query.text, syntax, types, &exclusions, START);
    let carried =
        |parsed: &Parsed| compiler.field_carriers(parsed.events.iter().map(|(_, event)| event));
    assumptions.add(carried(&parsed));
    let compiled = compiler.compile(&assumptions.witnesses);
    let runs = compiled.as_ref().ok();
    let prepared = runs.map(|own| Prepared::new(&own.plan)).transpose()?;
    let types = runs.and_then(|own| own.schema.mappings().first());
    let exclusions = types.map(|types| exclusions.on(types.clone()).map_err(Arc::new));
    let pipeline = runs.and_then(|own| own.pipeline.as_ref());
    let mut kept = pipeline.map(|own| KeptEvents::new(own, &subject.rule, request.limits));
    let mut refused = None;
    let mut sampler = EventSampler::default();
    let mut wrong = false;
    loop {
        wrong |= assumptions.add(carried(&parsed));
        if let Some(exclusions) = &exclusions {
            let exclusions = exclusions.as_ref().map_err(Arc::clone);
            let hidden = exclusions.and_then(|exclusions| parsed.hide(exclusions));
            refused = refused.or(hidden.err());
        }
        keep(parsed, kept.as_mut(), prepared.as_ref(), &mut sampler)?;
        let Some(batch) = next()? else { break };
        parsed = batch;
    }
    assumptions.source = request
        .source
        .or_else(|| serves_most(&claimed, &sampler.indices));
    let best = assumptions.source;
    if wrong || best.is_some_and(|best| best.name != chosen.name) {
        return Ok(Pass::Again(assumptions));
    }
    if sampler.events == 0 {
        return Err(NotExplained::Empty);
    }
    let compiled = match (refused, &compiled) {
        (None, Ok(compiled)) => compiled,
        (Some(refused), _) => return Err(refused.into()),
        (None, Err(refused)) => return Err(Arc::clone(refused).into()),
    };
    let mut explanation = explained(request, sampler, compiled, &query.text, kept)?;
    explanation.key = format!("{} on {}[{}]", subject.file, request.name, chosen.name);
    Ok(Pass::Done(Box::new(explanation)))
}

/// Keeps of a batch what the explanation needs: all that a pipeline sees, of other queries a sample.
fn keep(
    parsed: Parsed,
    kept: Option<&mut KeptEvents>,
    prepared: Option<&Prepared<'_>>,
    sampler: &mut EventSampler,
) -> Result<(), NotExplained> {
    match kept {
        Some(kept) => {
            kept.add(&parsed)?;
            sampler.add(parsed, None)?;
        }
        None => sampler.add(parsed, prepared)?,
    }
    Ok(())
}

/// The explanation of the events that were kept of the recording.
fn explained(
    request: &RecordingRequest<'_>,
    sampler: EventSampler,
    compiled: &Arc<CompiledQuery>,
    query: &QueryText,
    kept: Option<KeptEvents>,
) -> Result<Explanation, NotExplained> {
    let clauses = clauses_of(compiled, query);
    let mut explanation = match kept {
        Some(kept) => {
            let (run, labels) = kept.run(compiled, &request.subject.rule)?;
            pipeline::of_recording(run, &labels, sampler.counted(), &clauses)
        }
        None => sampler.explain(&Prepared::new(&compiled.plan)?, &clauses)?,
    };
    if let Some(recording) = &mut explanation.recording {
        let linked = &request.linked;
        recording.lists_applied.clone_from(&linked.applied);
        recording.lists_missing.clone_from(&linked.missing);
    }
    Ok(explanation)
}

/// The source whose indices hold most of the events.
fn serves_most<'c>(
    claimed: &[&'c DataSource],
    indices: &BTreeMap<String, u64>,
) -> Option<&'c DataSource> {
    let serves = |source: &DataSource| {
        let stores = |name: &str| source.indices.iter().any(|own| own.stores(name));
        let own = indices.iter().filter(|(name, _)| stores(name));
        own.map(|(_, count)| count).sum::<u64>()
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

/// The events of a batch.
#[derive(Default)]
struct Parsed {
    events: Vec<(u64, Event)>,
    indices: BTreeMap<String, u64>,
    bad: Vec<(u64, String)>,
    /// How many events the rule's filters hide.
    excluded: u64,
}

impl Parsed {
    /// Hides the events that the rule never sees.
    fn hide(&mut self, exclusions: &CompiledExclusions) -> Result<(), Arc<Refused>> {
        if exclusions.is_empty() {
            return Ok(());
        }
        let events = self.events.par_iter_mut();
        let hidden = events.map(|(_, event)| exclusions.hide(event).map(u64::from));
        self.excluded += hidden.try_reduce(|| 0, |all, one| Ok(all + one))?;
        Ok(())
    }
}

fn parse(batch: Batch, patterns: &IndexPatterns, constants: &Constants) -> Parsed {
    let read = |(number, raw): (u64, RecordedEvent)| match raw {
        RecordedEvent::Event(event) => (number, Ok(event)),
        RecordedEvent::Line(line) => (number, Event::from_json_line(&line)),
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
        constants.fill(&mut event);
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
