//! Finds an attack for an ES|QL rule: from the last condition of the pipeline back to the documents.
//!
//! A row of the answer meets the conditions behind the last STATS; the values that its aggregates
//! then have say what the rows of that STATS must be, and so on down to events. What is found is
//! run by the evaluator before anything is written.

mod case;
mod class;
mod demand;
mod document;
mod formula;
mod invert;
mod levels;
mod numbers;
mod options;
mod patterns;
mod population;
mod probe;
mod row;
mod spread;
mod texts;
mod undecided;
mod wish;

use std::collections::BTreeMap;

use super::attack::label;
use super::unsolved::{UnmetCondition, UnsolvedReason};
use super::{Request, free_name};
use crate::data_source::{DataSource, IndexPatterns};
use crate::evaluate::pipeline::Program;
use crate::scenario::write::{Expect, Sketch, SketchCopies, SketchEvent};
use class::{Missing, Template};
use levels::Levels;
use population::Builder;
pub(super) use undecided::{WrittenAttack, targets};

/// How many times a search begins anew, each time with another way first.
pub(super) const ATTEMPTS: usize = 4;
/// The events of a row stand within this many milliseconds where they can, by attempt: groups may be of
/// short spans of time.
const WITHIN: [usize; ATTEMPTS] = [40_000, 8_000, 800, 200];

/// The attack that an attempt finds.
pub(super) fn attack(
    request: &Request<'_>,
    source: &DataSource,
    patterns: &IndexPatterns,
    program: &Program<'_>,
    attempt: usize,
) -> Result<Sketch, UnsolvedReason> {
    let levels = Levels::new(program.pipeline());
    let builder = Builder {
        levels: &levels,
        program,
        source,
        patterns,
        attempt,
    };
    let top = levels.all.len().saturating_sub(1);
    let templates = builder.build(top, &[], None).map_err(missing)?;
    let within = WITHIN.get(attempt).copied().unwrap_or(1_000);
    let events = labelled(&templates);
    Ok(sketch(request, source, &events, within))
}

fn missing(missing: Missing) -> UnsolvedReason {
    let together = |parts: Vec<String>| {
        let missing = match parts.as_slice() {
            [one] => UnmetCondition::Part {
                text: one.clone(),
                pin: None,
            },
            _ => UnmetCondition::Together,
        };
        UnsolvedReason::NoEvent {
            stage: None,
            missing,
        }
    };
    match missing {
        Missing::Document(parts) => together(parts),
        Missing::Row(parts) => UnsolvedReason::NoGroup(parts.join(" and ")),
        Missing::Values(field) => UnsolvedReason::NoValue(field),
        Missing::TooManyEvents(count) => UnsolvedReason::TooManyEvents(count),
    }
}

/// The events with their labels, in the order of time.
fn labelled<'t, 's>(templates: &'t [Template<'s>]) -> Vec<(String, &'t Template<'s>)> {
    let mut labels = BTreeMap::new();
    let mut ordered: Vec<&Template<'_>> = templates.iter().collect();
    ordered.sort_by_key(|template| template.state.at);
    let labelled = ordered.into_iter().filter_map(|template| {
        let builder = template.state.draft.as_ref()?;
        Some((label(builder.kind, &mut labels), template))
    });
    labelled.collect()
}

/// The time from one to the next of so many events: a round number of milliseconds.
fn every(within: usize, times: usize) -> i64 {
    let most = within / times.max(1);
    let round = [1_000, 500, 200, 100, 50, 20, 10, 5, 2];
    round
        .into_iter()
        .find(|every| usize::try_from(*every).is_ok_and(|every| every <= most))
        .unwrap_or(1)
}

fn sketch(
    request: &Request<'_>,
    source: &DataSource,
    events: &[(String, &Template<'_>)],
    within: usize,
) -> Sketch {
    let answer = events.iter().find_map(|(_, own)| own.state.answer.clone());
    let events = events.iter().filter_map(|(label, template)| {
        let builder = template.state.draft.as_ref()?;
        let copies = (template.times > 1).then(|| SketchCopies {
            times: template.times,
            every: every(within, template.times),
            varied: template.varied.clone(),
        });
        Some(SketchEvent {
            label: label.clone(),
            kind: builder.kind_name(),
            at: template.state.at,
            fields: builder.fields.clone().into_iter().collect(),
            copies,
        })
    });
    Sketch {
        sources: vec![source.name.clone()],
        name: free_name(&request.subject.rule.name, &mut Vec::new()),
        events: events.collect(),
        completions: answer,
        expect: Expect::SomeAlert,
        ..Sketch::default()
    }
}
