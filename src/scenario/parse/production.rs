//! `schedule`, `exceptions` and `repeat`: the keys that say how production runs the rule.

use super::Parser;
use crate::diagnostic::scenario_part::Counted;
use crate::diagnostic::scenario_part::ScenarioPart::Key;
use crate::diagnostic::scenario_structure::ScenarioStructure;
use crate::diagnostic::scenario_time::ScenarioTime;
use crate::event::time::milliseconds_back;
use crate::scenario::error::{BAD_TIME, LIMIT, WRONG_SHAPE};
use crate::scenario::model::{FoundIn, Located, Repeat, ScheduleSpec};
use crate::scenario::time;
use crate::scenario::yaml::Node;

pub(in crate::scenario) const SCHEDULE_KEYS: &[&str] =
    &["interval", "from", "to", "phase", "found"];
pub(in crate::scenario) const REPEAT_KEYS: &[&str] = &["times", "every"];

/// How many events `repeat` may make of one event, at least and at most.
const LEAST_TIMES: usize = 2;
const MOST_TIMES: usize = 10_000;

/// `schedule`: what differs from the rule's own, and which phases are asked for.
pub(super) fn schedule(parser: &mut Parser<'_>, node: &Node) -> Option<ScheduleSpec> {
    let mut entries = parser.map(node, &Key("schedule"))?;
    let mut schedule = ScheduleSpec {
        span: node.span,
        ..ScheduleSpec::default()
    };
    if let Some(node) = entries.take("interval") {
        schedule.interval = positive(parser, node, "interval");
    }
    if let Some(node) = entries.take("from") {
        schedule.from = back(parser, node, "from");
    }
    if let Some(node) = entries.take("to") {
        schedule.to = back(parser, node, "to");
    }
    if let Some(node) = entries.take("phase") {
        schedule.phase = span(parser, node, "phase");
    }
    if let Some(node) = entries.take("found") {
        schedule.found = found(parser, node);
    }
    parser.rest(&entries, &Key("schedule"), SCHEDULE_KEYS);
    if let (Some(from), Some(to)) = (&schedule.from, &schedule.to)
        && to.value >= from.value
    {
        parser.error(&BAD_TIME, to.span, &ScenarioTime::ReversedRange);
    }
    if let (Some(_), Some(phase)) = (&schedule.found, &schedule.phase) {
        parser.error(&WRONG_SHAPE, phase.span, &ScenarioStructure::PhaseAndFound);
    }
    Some(schedule)
}

fn found(parser: &mut Parser<'_>, node: &Node) -> Option<Located<FoundIn>> {
    let text = parser.text(node, &Key("found"))?;
    let found = match text.value.as_str() {
        "every phase" => FoundIn::EveryPhase,
        "some phase" => FoundIn::SomePhase,
        other => {
            let found = other.to_owned();
            let cause = ScenarioStructure::UnknownPhases { found };
            parser.error(&WRONG_SHAPE, text.span, &cause);
            return None;
        }
    };
    Some(Located::new(found, text.span))
}

/// `now` or `now-9m`, in milliseconds back.
fn back(parser: &mut Parser<'_>, node: &Node, name: &'static str) -> Option<Located<i64>> {
    let text = parser.text(node, &Key(name))?;
    // `now-1m30s` beside what date math has.
    let span = || time::parse(text.value.strip_prefix("now-")?).ok();
    let back = milliseconds_back(&text.value).or_else(span);
    let back = back.filter(|millis| *millis >= 0);
    if back.is_none() {
        let found = text.value.clone();
        let cause = ScenarioTime::NotDateMath { name, found };
        parser.error(&BAD_TIME, text.span, &cause);
    }
    Some(Located::new(back?, text.span))
}

fn positive(parser: &mut Parser<'_>, node: &Node, name: &'static str) -> Option<Located<i64>> {
    let span = span(parser, node, name)?;
    if span.value == 0 {
        parser.error(&BAD_TIME, span.span, &ScenarioTime::NotPositive { name });
        return None;
    }
    Some(span)
}

/// A length of time, such as `5m`.
pub(super) fn span(
    parser: &mut Parser<'_>,
    node: &Node,
    name: &'static str,
) -> Option<Located<i64>> {
    let text = parser.text(node, &Key(name))?;
    match time::parse(&text.value) {
        Ok(millis) if millis >= 0 => Some(Located::new(millis, text.span)),
        _ => {
            let found = text.value.clone();
            let cause = ScenarioTime::NotALength { name, found };
            parser.error(&BAD_TIME, text.span, &cause);
            None
        }
    }
}

/// `exceptions`: files with exception lists.
pub(super) fn exceptions(parser: &mut Parser<'_>, node: &Node) -> Vec<Located<String>> {
    let files = parser.texts(node, &Key("exceptions"));
    if parser.few(node.span, files.len(), 100, Counted::ExceptionFiles) {
        files
    } else {
        Vec::new()
    }
}

/// `repeat`: the events again and again.
pub(super) fn repeat(parser: &mut Parser<'_>, node: &Node) -> Option<Repeat> {
    let mut entries = parser.map(node, &Key("repeat"))?;
    let times = entries.take("times");
    let every = entries.take("every");
    parser.rest(&entries, &Key("repeat"), REPEAT_KEYS);
    let (Some(times), Some(every)) = (times, every) else {
        parser.missing(node.span, &ScenarioStructure::IncompleteRepeat);
        return None;
    };
    let every = positive(parser, every, "every")?;
    Some(Repeat {
        times: times_of(parser, times)?,
        every: every.value,
        span: node.span,
    })
}

fn times_of(parser: &mut Parser<'_>, node: &Node) -> Option<usize> {
    let text = parser.text(node, &Key("times"))?;
    match text.value.parse::<usize>() {
        Ok(times) if (LEAST_TIMES..=MOST_TIMES).contains(&times) => Some(times),
        _ => {
            let cause = ScenarioStructure::RepeatTimes {
                found: text.value,
                least: LEAST_TIMES,
                most: MOST_TIMES,
            };
            parser.error(&LIMIT, text.span, &cause);
            None
        }
    }
}
