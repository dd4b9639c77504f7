//! Selects the events of a recording to keep while it is read.

use std::collections::BTreeMap;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::super::layout::LabelledEvaluation;
use super::super::{Explanation, Recording};
use super::{BATCH, Parsed};
use crate::evaluate::{
    BlockerHint, Blockers, Context, Evaluation, Match, Prepared, QueryFailure, Rarity,
};
use crate::event::{Event, EventId};
use crate::plan::{ClauseId, Role, StageId};
use crate::replay::START;
use crate::replay::trace::{RuleClause, deciding};

/// The most events that meet a stage.
const MOST_MET: usize = 200_000;
/// The most events of one pattern that meet none.
const MOST_ALIKE: usize = 256;
/// The most patterns.
const MOST_PATTERNS: usize = 16_384;
/// How many matches are listed.
const LISTED: usize = 5;

/// The events of one pattern.
#[derive(Default)]
struct PatternSample {
    count: u64,
    /// One event in `stride` is kept.
    stride: u64,
    kept: Vec<(u64, Event)>,
}

impl PatternSample {
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

/// The kept events of a recording.
#[derive(Default)]
pub(super) struct EventSampler {
    pub(super) events: u64,
    unrouted: u64,
    excluded: u64,
    bad: Option<(u64, String)>,
    pub(super) indices: BTreeMap<String, u64>,
    alike: FxHashMap<Vec<u64>, PatternSample>,
    met: usize,
    approximate: bool,
}

/// An event with its pattern, and whether it meets a stage or is at least of its category.
struct SampledEvent {
    number: u64,
    event: Event,
    pattern: Vec<u64>,
    met: bool,
    asked: bool,
}

impl EventSampler {
    /// Adds a batch. Without a plan, events are only counted.
    pub(super) fn add(
        &mut self,
        parsed: Parsed,
        prepared: Option<&Prepared<'_>>,
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
        let unseen = parsed.events.iter().filter(|(_, event)| event.unrouted);
        let unseen = u64::try_from(unseen.count()).unwrap_or(0);
        self.excluded += parsed.excluded;
        self.unrouted += unseen - parsed.excluded;
        let Some(prepared) = prepared else {
            return Ok(());
        };
        let paths = prepared.plan().paths();
        let facts_of = |part: &[(u64, Event)]| facts_of(part, prepared, &paths);
        let parts: Result<Vec<Vec<SampledEvent>>, QueryFailure> =
            parsed.events.par_chunks(BATCH / 8).map(facts_of).collect();
        for seen in parts?.into_iter().flatten() {
            self.keep(seen);
        }
        Ok(())
    }

    fn keep(&mut self, seen: SampledEvent) {
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

    /// How many events there are of each kind.
    pub(super) fn counted(&self) -> Recording {
        Recording {
            events: self.events,
            unrouted: self.unrouted,
            excluded: self.excluded,
            bad: self.bad.clone(),
            approximate: self.approximate,
            ..Recording::default()
        }
    }

    /// Explains the events that were kept.
    pub(super) fn explain(
        self,
        prepared: &Prepared<'_>,
        clauses: &[RuleClause],
    ) -> Result<Explanation, QueryFailure> {
        let counted = self.counted();
        let SampledEvents {
            numbers,
            events,
            patterns,
        } = SampledEvents::of(self.alike.into_values());
        let context = Context {
            now: START,
            ..Context::default()
        };
        let evaluation = prepared.evaluate(&events, &context)?;
        let labels: Vec<String> = numbers
            .iter()
            .map(|number| format!("event {number}"))
            .collect();
        let labelled = LabelledEvaluation {
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
            labelled.explanation(&blockers, &near, &|id: ClauseId| decided.contains(&id));
        count_stages(&mut explanation, &evaluation, &patterns);
        for row in &mut explanation.stages {
            row.seen = self.events - self.unrouted - self.excluded;
        }
        let labelled = |found: &Match| {
            let events = found.stages.iter().flatten();
            events.map(|event| labelled.label(*event)).collect()
        };
        let matches = evaluation.matches();
        explanation.recording = Some(Recording {
            matches: matches.iter().take(LISTED).map(labelled).collect(),
            matched: matches.len(),
            ..counted
        });
        Ok(explanation)
    }
}

/// The events that were kept of a recording, in its order.
struct SampledEvents {
    /// Their numbers in the recording.
    numbers: Vec<u64>,
    events: Vec<Event>,
    /// The first event of each pattern, and how many are like it.
    patterns: Vec<(EventId, u64)>,
}

impl SampledEvents {
    fn of(all: impl Iterator<Item = PatternSample>) -> Self {
        let mut kept: Vec<(u64, Event)> = Vec::new();
        let mut patterns: Vec<(u64, u64)> = Vec::new();
        for alike in all {
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
        let patterns = patterns
            .into_iter()
            .filter_map(|(number, count)| Some((place(number)?, count)))
            .filter(|(event, _)| routed(event))
            .collect();
        Self {
            numbers,
            events,
            patterns,
        }
    }
}

/// Computes the facts of some events of a batch, and reduces each event to the fields that the plan
/// reads.
fn facts_of(
    part: &[(u64, Event)],
    prepared: &Prepared<'_>,
    paths: &[String],
) -> Result<Vec<SampledEvent>, QueryFailure> {
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
    let seen = seen.map(|(event, (number, pattern, met, asked))| SampledEvent {
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
        let unmet = near
            .iter()
            .flat_map(|(stage, event)| evaluation.unmet_clauses(*stage, *event));
        let blockers = Blockers {
            together: unmet.collect(),
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
    patterns: &[(EventId, u64)],
) {
    for ((id, _), row) in evaluation.plan().numbered().zip(&mut explanation.stages) {
        let sum = |holds: &dyn Fn(EventId) -> bool| {
            let held = patterns.iter().filter(|(event, _)| holds(*event));
            held.map(|(_, count)| count).sum::<u64>()
        };
        row.category = sum(&|event| evaluation.category(id, event));
        row.matching = sum(&|event| evaluation.stages_met(event).any(|met| met == id));
    }
}
