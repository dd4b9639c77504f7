//! `schedule`, `exceptions` and `repeat`: the keys that say how production runs the rule.

use super::Parser;
use crate::diagnostic::Span;
use crate::event::time::milliseconds_back;
use crate::scenario::error::{BAD_TIME, LIMIT, WRONG_SHAPE};
use crate::scenario::model::{FoundIn, Located, Repeat, ScheduleSpec};
use crate::scenario::time;
use crate::scenario::yaml::Node;

pub(in crate::scenario) const SCHEDULE_KEYS: &[&str] =
    &["interval", "from", "to", "phase", "found"];
pub(in crate::scenario) const REPEAT_KEYS: &[&str] = &["times", "every"];

/// The most events that `repeat` makes of one.
const MOST_TIMES: usize = 10_000;

/// `schedule`: what differs from the rule's own, and which phases are asked for.
pub(super) fn schedule(parser: &mut Parser<'_>, node: &Node) -> Option<ScheduleSpec> {
    let mut entries = parser.map(node, "`schedule`")?;
    let mut schedule = ScheduleSpec {
        span: node.span,
        ..ScheduleSpec::default()
    };
    if let Some(node) = entries.take("interval") {
        schedule.interval = positive(parser, node, "`interval`");
    }
    if let Some(node) = entries.take("from") {
        schedule.from = back(parser, node, "`from`");
    }
    if let Some(node) = entries.take("to") {
        schedule.to = back(parser, node, "`to`");
    }
    if let Some(node) = entries.take("phase") {
        schedule.phase = span(parser, node, "`phase`");
    }
    if let Some(node) = entries.take("found") {
        schedule.found = found(parser, node);
    }
    parser.rest(&entries, "`schedule`", SCHEDULE_KEYS);
    if let (Some(from), Some(to)) = (&schedule.from, &schedule.to)
        && to.value >= from.value
    {
        let help = "the range runs from the longer ago to the nearer: `{from: now-9m, to: now}`";
        let message = "`to` is not after `from`";
        parser.error(&BAD_TIME, to.span, message, "", &[help]);
    }
    if let (Some(_), Some(phase)) = (&schedule.found, &schedule.phase) {
        let help = "`found` is for a case that is held against every phase; leave one of them out";
        let message = "`phase` and `found` exclude each other";
        parser.error(&WRONG_SHAPE, phase.span, message, "", &[help]);
    }
    Some(schedule)
}

fn found(parser: &mut Parser<'_>, node: &Node) -> Option<Located<FoundIn>> {
    let text = parser.text(node, "`found`")?;
    let found = match text.value.as_str() {
        "every phase" => FoundIn::EveryPhase,
        "some phase" => FoundIn::SomePhase,
        other => {
            let message =
                format!("`found` is `{other}`, but must be `every phase` or `some phase`");
            parser.error(&WRONG_SHAPE, text.span, message, "", &[]);
            return None;
        }
    };
    Some(Located::new(found, text.span))
}

/// `now` or `now-9m`, in milliseconds back.
fn back(parser: &mut Parser<'_>, node: &Node, what: &str) -> Option<Located<i64>> {
    let text = parser.text(node, what)?;
    // `now-1m30s` beside what date math has.
    let span = || time::parse(text.value.strip_prefix("now-")?).ok();
    let back = milliseconds_back(&text.value).or_else(span);
    let back = back.filter(|millis| *millis >= 0);
    if back.is_none() {
        let message = format!("{what} is `{}`, but must be date math", text.value);
        parser.error(&BAD_TIME, text.span, message, "", &["such as `now-9m`"]);
    }
    Some(Located::new(back?, text.span))
}

fn positive(parser: &mut Parser<'_>, node: &Node, what: &str) -> Option<Located<i64>> {
    let span = span(parser, node, what)?;
    if span.value == 0 {
        let message = format!("{what} must be longer than 0");
        parser.error(&BAD_TIME, span.span, message, "", &[]);
        return None;
    }
    Some(span)
}

/// A length of time, such as `5m`.
pub(super) fn span(parser: &mut Parser<'_>, node: &Node, what: &str) -> Option<Located<i64>> {
    let text = parser.text(node, what)?;
    match time::parse(&text.value) {
        Ok(millis) if millis >= 0 => Some(Located::new(millis, text.span)),
        _ => {
            let message = format!("{what} is `{}`, which is no length of time", text.value);
            let help = "a number with a unit: `5m`, `1m30s`, `500ms`";
            parser.error(&BAD_TIME, text.span, message, "", &[help]);
            None
        }
    }
}

/// `exceptions`: files with exception lists.
pub(super) fn exceptions(parser: &mut Parser<'_>, node: &Node) -> Vec<Located<String>> {
    let files = parser.texts(node, "`exceptions`");
    if parser.few(node.span, files.len(), 100, "files with exceptions") {
        files
    } else {
        Vec::new()
    }
}

/// `repeat`: the events again and again.
pub(super) fn repeat(parser: &mut Parser<'_>, node: &Node) -> Option<Repeat> {
    let mut entries = parser.map(node, "`repeat`")?;
    let times = entries.take("times");
    let every = entries.take("every");
    parser.rest(&entries, "`repeat`", REPEAT_KEYS);
    let (Some(times), Some(every)) = (times, every) else {
        let help = "`repeat: {times: 120, every: 1s}`";
        parser.missing(node.span, "`repeat` says `times` and `every`", help);
        return None;
    };
    let every = positive(parser, every, "`every`")?;
    Some(Repeat {
        times: times_of(parser, times)?,
        every: every.value,
        span: node.span,
    })
}

fn times_of(parser: &mut Parser<'_>, node: &Node) -> Option<usize> {
    let text = parser.text(node, "`times`")?;
    let bad = |parser: &mut Parser<'_>, span: Span| {
        let message = format!("`times` must be 2 to {MOST_TIMES}");
        let help = "more events belong in a capture";
        parser.error(&LIMIT, span, message, "", &[help]);
    };
    match text.value.parse::<usize>() {
        Ok(times) if (2..=MOST_TIMES).contains(&times) => Some(times),
        _ => {
            bad(parser, text.span);
            None
        }
    }
}
