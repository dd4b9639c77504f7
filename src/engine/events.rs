//! Runs many plans over events in memory, in any order. Used by `mutation`, which runs hundreds of
//! queries over one recording.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::compile::RuleSet;
use super::correlate::{Correlator, EventHits};
use super::found_match::Match;
use super::matcher::{LineHits, Matcher};
use super::routing::Everywhere;
use super::whole_documents::asks_documents;
use crate::event::schema::MappingId;
use crate::event::{Event, Raw, Timestamp};
use crate::plan::Plan;

/// The matches of a plan in order, each with the numbers of its events, a missing one as `None`.
pub type Matches = Vec<Vec<Option<u32>>>;

/// An event's time, its number, and the stages that it meets with their keys.
type Met = (Option<Timestamp>, u32, Vec<(u32, Vec<u8>)>);

/// Returns the matches of each plan by number, equal to those of [`crate::evaluate`]. Plans that
/// the engine refuses, that fail on some event, or whose fields some mapping reads differently are
/// left out.
pub fn over_events(
    plans: &[(u32, &Plan)],
    clock: &str,
    events: &[Event],
) -> BTreeMap<u32, Matches> {
    if events
        .iter()
        .any(|event| event.mapping != MappingId::default())
    {
        return BTreeMap::new();
    }
    let of_one_mapping = |plan: &Plan| plan.fields.iter().all(|field| field.readers.len() < 2);
    // The lines written here do not keep which object of an array a value belongs to.
    let runs = |plan: &Plan| of_one_mapping(plan) && !asks_documents(plan);
    let plans = plans.iter().filter(|(_, plan)| runs(plan));
    let plans: Vec<(u32, &Plan)> = plans.copied().collect();
    let (set, refused) = RuleSet::compile(plans.iter().copied(), clock);
    let mut matcher = Matcher::new(&set, &Everywhere, false);
    let Some(met) = meet(&mut matcher, &set, events) else {
        return BTreeMap::new();
    };
    let failed = matcher.take_failures();
    let failed: BTreeSet<u32> = failed.into_iter().map(|(rule, _)| rule).collect();
    let refused: BTreeSet<u32> = refused.into_iter().map(|refused| refused.rule).collect();
    let numbers = plans.iter().map(|(number, _)| *number);
    let run = numbers.filter(|number| !failed.contains(number) && !refused.contains(number));
    let mut matches: BTreeMap<u32, Matches> = run.map(|number| (number, Vec::new())).collect();
    let mut sink = |found: Match<u32>| {
        if let Some(matches) = matches.get_mut(&found.rule) {
            matches.push(found.stages);
        }
    };
    let mut correlator: Correlator<'_, u32> = Correlator::new(&set, usize::MAX);
    for (time, number, hits) in &met {
        let hits: Vec<(u32, &[u8])> = hits.iter().map(|(stage, key)| (*stage, &**key)).collect();
        let occurrence = EventHits {
            time: *time,
            position: u64::from(*number),
            hits: &hits,
            is_late: false,
        };
        correlator.take(&occurrence, &mut || *number, &mut sink);
    }
    correlator.finish(&mut sink);
    matches
}

/// The events that meet some stage, in order; `None` where one cannot be written as a line.
fn meet(matcher: &mut Matcher<'_>, set: &RuleSet, events: &[Event]) -> Option<Vec<Met>> {
    let mut met = Vec::new();
    let (mut found, mut line) = (LineHits::default(), String::new());
    for (number, event) in (0u32..).zip(events) {
        if event.unrouted {
            continue;
        }
        write_line(event, set, &mut line);
        matcher.line(&line, &mut found).ok()?;
        if !found.is_empty() {
            let hits = found.hits().map(|(stage, key)| (stage, key.to_vec()));
            met.push((found.time, number, hits.collect()));
        }
    }
    met.sort_by_key(|(time, number, _)| (*time, *number));
    Some(met)
}

/// The event as a document of what the plans read.
fn write_line(event: &Event, set: &RuleSet, line: &mut String) {
    line.clear();
    line.push('{');
    for path in set.slots().paths() {
        let values = event.values(path);
        if values.is_empty() {
            continue;
        }
        if line.len() > 1 {
            line.push(',');
        }
        let _ = write!(line, "{}:[", serde_json::Value::from(path));
        for (at, value) in values.iter().enumerate() {
            if at > 0 {
                line.push(',');
            }
            // Writing to memory does not fail.
            let _ = match value.raw() {
                Raw::Text(text) => write!(line, "{}", serde_json::Value::from(text)),
                Raw::Number(text) => write!(line, "{text}"),
                Raw::Bool(value) => write!(line, "{value}"),
            };
        }
        line.push(']');
    }
    line.push('}');
}
