//! Generates the first scenario of a rule: for each source an attack of its own or a shared one,
//! then the cases.

use super::attack::{self, Ground, Part, attack};
use super::coverage_fill::{Filler, Writing};
use super::rule_on_source::{on_plan, sources};
use super::rule_type::{Extras, complete};
use super::unsolved::{PinnedValue, Silence, Unsolved, UnsolvedReason};
use super::{Impossible, Made, Request, free_name};
use crate::data_source::{DataSource, IndexPatterns};
use crate::replay::dry_run::{Place, rehearse};
use crate::replay::outcome::{Check, Observed, Verdict};
use crate::scenario::write::{Expect, Sketch, SketchEvent};

/// Makes scenarios for a rule that has none.
pub fn new(request: &Request<'_>) -> Result<Made, Impossible> {
    let patterns = request.subject.patterns();
    let sources = sources(request, &patterns)?;
    let mut made = Made::default();
    for source in sources {
        if let Err(reason) = attack_on(request, source, &patterns, &mut made.sketches) {
            made.unsolved.push(Unsolved {
                source: source.name.clone(),
                clause: None,
                reason,
            });
        }
    }
    let mut taken: Vec<String> = made.sketches.iter().map(|s| s.name.clone()).collect();
    for sketch in &mut made.sketches {
        let mut filler = Filler::new(
            request,
            &patterns,
            Writing::Made(Box::new(sketch.clone())),
            &mut taken,
        );
        filler.fill();
        let filled = filler.filled();
        sketch.cases = filled.cases;
        made.unsolved.extend(filled.unsolved);
    }
    Ok(made)
}

/// Adds the source to a sketch whose attack it has too, or a sketch with an attack of its own, or
/// as a known gap to the sketch that only a sensor's fact keeps from alerting.
fn attack_on(
    request: &Request<'_>,
    source: &DataSource,
    patterns: &IndexPatterns,
    sketches: &mut Vec<Sketch>,
) -> Result<(), UnsolvedReason> {
    for sketch in sketches.iter_mut() {
        if passes(request, &alone(sketch, source)).is_ok() {
            sketch.sources.push(source.name.clone());
            return Ok(());
        }
    }
    let own = on_plan(request, source, patterns, |ground| {
        let mut parts = attack(ground)?;
        let extras = complete(request, ground, &mut parts)?;
        let sketch = sketch(request, source, &parts, extras, sketches);
        passes(request, &sketch)?;
        Ok(sketch)
    });
    let reason = match own {
        Ok(sketch) => {
            sketches.push(sketch);
            return Ok(());
        }
        Err(reason) => reason,
    };
    for sketch in sketches.iter_mut() {
        let gap = on_plan(request, source, patterns, |ground| {
            Ok(pinned_away(request, ground, &alone(sketch, source)))
        });
        if let Ok(Some(gap)) = gap {
            sketch.gaps.push((source.name.clone(), gap));
            sketch.sources.push(source.name.clone());
            return Ok(());
        }
    }
    Err(reason)
}

fn sketch(
    request: &Request<'_>,
    source: &DataSource,
    parts: &[Part<'_>],
    extras: Extras,
    others: &[Sketch],
) -> Sketch {
    let mut taken: Vec<String> = others.iter().map(|other| other.name.clone()).collect();
    let name = &request.subject.rule.name;
    let name = if others.is_empty() {
        name.clone()
    } else {
        format!("{name} on {}", source.name)
    };
    let event = |part: &Part<'_>| SketchEvent {
        label: part.label.clone(),
        kind: part.state.draft().kind_name(),
        at: part.at,
        fields: part.state.draft().fields.clone().into_iter().collect(),
        copies: extras.copies.clone(),
    };
    Sketch {
        sources: vec![source.name.clone()],
        name: free_name(&name, &mut taken),
        events: parts.iter().map(event).collect(),
        indicators: extras.indicators,
        ..Sketch::default()
    }
}

/// The attack on one source.
fn alone(sketch: &Sketch, source: &DataSource) -> Sketch {
    Sketch {
        sources: vec![source.name.clone()],
        gaps: Vec::new(),
        cases: Vec::new(),
        ..sketch.clone()
    }
}

/// Whether the attack alerts; what happens instead otherwise.
fn passes(request: &Request<'_>, sketch: &Sketch) -> Result<(), UnsolvedReason> {
    let check = attack_check(request, sketch)?;
    if check.verdict == Verdict::Passed {
        return Ok(());
    }
    let silence = match (check.observed, check.reason) {
        (Observed::None(none), _) if !none.blocker.is_empty() => Silence::Blocked(none.blocker),
        (Observed::Uncertain(on), _) => Silence::Uncertain(on),
        (_, Some(reason)) => Silence::Judged(reason),
        _ => Silence::Verdict(check.verdict),
    };
    Err(UnsolvedReason::NotAlerting(Box::new(silence)))
}

fn attack_check(request: &Request<'_>, sketch: &Sketch) -> Result<Check, UnsolvedReason> {
    let place = Place::NOWHERE;
    let rehearsed = rehearse(
        request.subject,
        request.catalogue,
        place,
        &sketch.text(),
        false,
    )?;
    let mut checks = rehearsed
        .into_iter()
        .flat_map(|(outcome, _)| outcome.checks);
    checks.next().ok_or(UnsolvedReason::NothingReplayed)
}

/// The one value that the sensor pins and that keeps the attack from an alert, in words.
fn pinned_away(request: &Request<'_>, ground: &Ground<'_>, sketch: &Sketch) -> Option<String> {
    let expect = Expect::None;
    let stopped = Sketch {
        expect,
        ..sketch.clone()
    };
    let check = attack_check(request, &stopped).ok()?;
    let Observed::None(none) = check.observed else {
        return None;
    };
    let [cause] = none.causes.as_slice() else {
        return None;
    };
    let part = sketch
        .events
        .iter()
        .find(|event| Some(&event.label) == cause.event.as_ref())?;
    let kind = ground.source.kind(&part.kind)?;
    let mut clauses = ground.prepared.plan().clauses.iter();
    let clause = clauses.find(|clause| clause.text == cause.clause)?;
    let pin = attack::pin_of(ground, kind, clause.leaf?)?;
    Some(format!(
        "{}, which `{}` stops",
        PinnedValue::of(pin),
        cause.clause
    ))
}
