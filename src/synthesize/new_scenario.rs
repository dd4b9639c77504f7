//! Generates the first scenario of a rule: for each source an attack of its own or a shared one,
//! then the cases.

use super::attack::{self, AttackEvent, RuleOnSource, attack};
use super::coverage_fill::{CoverageFiller, Destination};
use super::rule_on_source::{on_pipeline, on_plan, sources};
use super::rule_type::{Extras, complete};
use super::unsolved::{AttackResult, PinnedValue, Unsolved, UnsolvedReason};
use super::{NewScenarios, Request, SynthesizeError, esql, free_name};
use crate::data_source::{DataSource, IndexPatterns};
use crate::evaluate::pipeline::Program;
use crate::replay::dry_run::{self, DryRunPlace};
use crate::replay::outcome::{Check, Observed, Verdict};
use crate::rule::RuleType;
use crate::scenario::write::{Expect, Sketch, SketchEvent};

/// Makes scenarios for a rule that has none.
pub fn new(request: &Request<'_>) -> Result<NewScenarios, SynthesizeError> {
    let patterns = request.subject.patterns();
    let sources = sources(request, &patterns)?;
    let mut made = NewScenarios::default();
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
        let mut filler = CoverageFiller::new(
            request,
            &patterns,
            Destination::Sketch(Box::new(sketch.clone())),
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
        if passes(request, &attack_only(sketch, source)).is_ok() {
            sketch.sources.push(source.name.clone());
            return Ok(());
        }
    }
    let own = if request.subject.rule.kind.rule_type() == RuleType::Esql {
        esql_attack(request, source, patterns, sketches)
    } else {
        on_plan(request, source, patterns, |on_source| {
            let mut parts = attack(on_source)?;
            let extras = complete(request, on_source, &mut parts)?;
            let sketch = sketch(request, source, &parts, extras, sketches);
            passes(request, &sketch)?;
            Ok(sketch)
        })
    };
    let reason = match own {
        Ok(sketch) => {
            sketches.push(sketch);
            return Ok(());
        }
        Err(reason) => reason,
    };
    let is_esql = request.subject.rule.kind.rule_type() == RuleType::Esql;
    for sketch in sketches.iter_mut().filter(|_| !is_esql) {
        let gap = on_plan(request, source, patterns, |on_source| {
            Ok(pinned_away(
                request,
                on_source,
                &attack_only(sketch, source),
            ))
        });
        if let Ok(Some(gap)) = gap {
            sketch.gaps.push((source.name.clone(), gap));
            sketch.sources.push(source.name.clone());
            return Ok(());
        }
    }
    Err(reason)
}

/// The first attack of an ES|QL rule that alerts when it is replayed.
fn esql_attack(
    request: &Request<'_>,
    source: &DataSource,
    patterns: &IndexPatterns,
    others: &[Sketch],
) -> Result<Sketch, UnsolvedReason> {
    on_pipeline(request, source, patterns, |pipeline| {
        let program = Program::new(pipeline)?;
        let mut first = None;
        for attempt in 0..esql::ATTEMPTS {
            let found = esql::attack(request, source, patterns, &program, attempt);
            let alerts = found.and_then(|mut sketch| {
                if !others.is_empty() {
                    sketch.name = format!("{} on {}", sketch.name, source.name);
                }
                passes(request, &sketch)?;
                Ok(sketch)
            });
            match alerts {
                Ok(sketch) => return Ok(sketch),
                Err(why) => {
                    first.get_or_insert(why);
                }
            }
        }
        Err(first.unwrap_or(UnsolvedReason::NoMatch))
    })
}

fn sketch(
    request: &Request<'_>,
    source: &DataSource,
    parts: &[AttackEvent<'_>],
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
    let event = |part: &AttackEvent<'_>| SketchEvent {
        label: part.label.clone(),
        kind: part.partial.builder().kind_name(),
        at: part.at,
        fields: part.partial.builder().fields.clone().into_iter().collect(),
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
fn attack_only(sketch: &Sketch, source: &DataSource) -> Sketch {
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
        (Observed::None(none), _) if !none.blocker.is_empty() => {
            AttackResult::Blocked(none.blocker)
        }
        (Observed::Uncertain(on), _) => AttackResult::Uncertain(on),
        (_, Some(reason)) => AttackResult::Judged(reason),
        _ => AttackResult::Verdict(check.verdict),
    };
    Err(UnsolvedReason::NotAlerting(Box::new(silence)))
}

fn attack_check(request: &Request<'_>, sketch: &Sketch) -> Result<Check, UnsolvedReason> {
    let place = DryRunPlace::NOWHERE;
    let rehearsed = dry_run::run(
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
fn pinned_away(
    request: &Request<'_>,
    on_source: &RuleOnSource<'_>,
    sketch: &Sketch,
) -> Option<String> {
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
    let kind = on_source.source.kind(&part.kind)?;
    let mut clauses = on_source.prepared.plan().clauses.iter();
    let clause = clauses.find(|clause| clause.text == cause.clause)?;
    let pin = attack::pin_of(on_source, kind, clause.leaf?)?;
    Some(format!(
        "{}, which `{}` stops",
        PinnedValue::of(pin),
        cause.clause
    ))
}
