//! The differences of two versions of the rules on recordings: phrases for the terminal, sections
//! of the comment, and JSON. Used by the reports of `trapline diff`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::decider::{decider_entry, decider_words};
use super::markdown::{code, plain};
use crate::diagnostic::Cause;
use crate::diagnostic::document::BrokenFile;
use crate::rule_diff::Decider;
use crate::rule_diff::recordings::{AlertDifference, NotCompared, RecordedAlert, Recordings};
use crate::snapshot::Class;

/// How many alerts of a rule and class the comment shows.
const SHOWN: usize = 3;

/// `3 alerts lost, 1 new`; `None` where nothing differs.
pub(super) fn counts(found: &Recordings) -> Option<String> {
    let counts = [Class::Lost, Class::New].map(|class| (found.count(class), class.word()));
    let counts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    (!counts.is_empty()).then(|| counts.join(", "))
}

/// One sentence: what was read, and how many alerts there were on either side.
pub(super) fn summary(found: &Recordings) -> String {
    let (before, after) = found.alerts;
    let mut text = format!(
        "{} of recordings, {}: {} before, {} now",
        many(found.files as u64, "file"),
        many(found.stats.events, "event"),
        many(before, "alert"),
        after
    );
    for note in notes(found) {
        let _ = write!(text, "; {note}");
    }
    text.push('.');
    text
}

fn many(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// Caveats about the figures.
fn notes(found: &Recordings) -> Vec<String> {
    let mut notes = Vec::new();
    if found.stats.interrupted {
        notes.push("interrupted, this is what was found so far".to_owned());
    }
    for (file, reason) in &found.broken {
        let file = broken_name(file.as_deref());
        notes.push(format!("not read to its end: {file}: {reason}"));
    }
    for (file, why) in &found.not_run {
        notes.push(format!("not compared: {file}: {}", not_compared(why)));
    }
    if !found.lists_missing.is_empty() {
        let lists: Vec<&str> = found.lists_missing.iter().map(String::as_str).collect();
        let lists = lists.join(", ");
        notes.push(format!(
            "exception lists that were not applied: {lists} (--exceptions PATH)"
        ));
    }
    if found.stats.bad_lines > 0 {
        notes.push(format!(
            "{} are no events",
            many(found.stats.bad_lines, "line")
        ));
    }
    if found.stats.late > 0 {
        let late = many(found.stats.late, "event");
        notes.push(format!("{late} came too late to be sorted"));
    }
    if found.stats.evicted_count() > 0 {
        let evicted = many(found.stats.evicted_count(), "partial sequence");
        notes.push(format!("{evicted} had to be dropped"));
    }
    if found.is_approximate {
        notes.push("too many alerts differ to pair all of them".to_owned());
    }
    notes
}

/// The alerts shown of a difference, and how many are not.
pub(super) fn shown_alerts(one: &AlertDifference) -> (&[RecordedAlert], u64) {
    let alerts = one.alerts.get(..SHOWN).unwrap_or(&one.alerts);
    (alerts, one.count.saturating_sub(alerts.len() as u64))
}

/// Each alert with the one that is shown after it.
pub(super) fn with_next(
    alerts: &[RecordedAlert],
) -> impl Iterator<Item = (&RecordedAlert, Option<&RecordedAlert>)> {
    alerts
        .iter()
        .enumerate()
        .map(|(place, alert)| (alert, alerts.get(place + 1)))
}

/// The clauses that stopped it; what stopped the next one as well is shown there.
pub(super) fn newly_decided<'a>(
    alert: &'a RecordedAlert,
    next: Option<&RecordedAlert>,
) -> &'a [Decider] {
    let decided =
        |alert: &'_ RecordedAlert| alert.explanation.as_ref().map(|one| one.decided.clone());
    match &alert.explanation {
        Some(answer) if next.is_none_or(|next| decided(next) != decided(alert)) => &answer.decided,
        _ => &[],
    }
}

/// `logs.ndjson:3, logs.ndjson:5`
pub(super) fn places(alert: &RecordedAlert) -> String {
    let events = alert.events.iter().map(|event| match event {
        Some((place, _)) => place.as_str(),
        None => "(missing)",
    });
    events.collect::<Vec<_>>().join(", ")
}

/// When the last event of an alert was.
pub(super) fn time(alert: &RecordedAlert) -> Option<&str> {
    alert.events.iter().flatten().last()?.1.as_deref()
}

/// What is said of a version that alerts on other events instead.
pub(super) fn instead(alert: &RecordedAlert, class: Class) -> Option<String> {
    let answer = alert.explanation.as_ref()?;
    if answer.instead.is_empty() {
        return None;
    }
    let version = if class == Class::Lost {
        "newer"
    } else {
        "older"
    };
    let events = answer.instead.join(", ");
    Some(format!("the {version} rule alerts on {events} instead"))
}

/// `12 alerts`, and on which rule.
pub(super) fn how_many(one: &AlertDifference) -> String {
    many(one.count, "alert")
}

/// The sections of the comment, each with how many differences it tells.
pub(super) fn sections(found: &Recordings) -> impl Iterator<Item = (String, usize)> + '_ {
    found.differences.iter().map(|one| (section(one), 1))
}

fn section(one: &AlertDifference) -> String {
    let mut text = format!(
        "\n### {} {} over recordings\n\n{}, {}\n\n",
        one.class.word().to_uppercase(),
        how_many(one),
        plain(&one.rule_name),
        code(&one.file)
    );
    let (alerts, more) = shown_alerts(one);
    for (alert, next) in with_next(alerts) {
        let _ = write!(text, "- {}", code(&places(alert)));
        if let Some(time) = time(alert) {
            let _ = write!(text, ", {}", plain(time));
        }
        text.push('\n');
        for decider in newly_decided(alert, next) {
            let _ = writeln!(text, "  - {}", decider_words(decider));
        }
        if let Some(instead) = instead(alert, one.class) {
            let _ = writeln!(text, "  - {}", plain(&instead));
        }
    }
    if more > 0 {
        let _ = writeln!(text, "- and {more} more");
    }
    text
}

/// For programs.
pub(super) fn entry(found: &Recordings) -> Value {
    json!({
        "files": found.files,
        "events": found.stats.events,
        "bad_lines": found.stats.bad_lines,
        "late": found.stats.late,
        "evicted": found.stats.evicted_count(),
        "alerts": {"before": found.alerts.0, "after": found.alerts.1},
        "lost": found.count(Class::Lost),
        "new": found.count(Class::New),
        "approximate": found.is_approximate,
        "broken": found.broken.iter().map(broken).collect::<Value>(),
        "not_run": found.not_run.iter().map(not_run).collect::<Value>(),
        "exception_lists": {"applied": found.lists_applied, "missing": found.lists_missing},
        "differences": found.differences.iter().map(difference).collect::<Value>(),
    })
}

/// The name of what could not be read to its end.
fn broken_name(file: Option<&str>) -> &str {
    file.unwrap_or("the recordings, which are out of order")
}

fn broken((file, reason): &(Option<String>, BrokenFile)) -> Value {
    json!({
        "file": broken_name(file.as_deref()), "reason": reason.to_string(),
        "cause": reason.word(), "details": reason.details(),
    })
}

fn not_run((file, why): &(String, NotCompared)) -> Value {
    let (cause, details) = match why {
        NotCompared::Compile(why) => (why.cause(), why.details()),
        NotCompared::Engine(why) => (why.word(), why.details()),
        NotCompared::Fails(why) => (why.word(), why.details()),
    };
    json!({"file": file, "reason": not_compared(why), "cause": cause, "details": details})
}

fn not_compared(why: &NotCompared) -> String {
    match why {
        NotCompared::Compile(why) => why.to_string(),
        NotCompared::Engine(why) => why.to_string(),
        NotCompared::Fails(why) => why.to_string(),
    }
}

fn difference(one: &AlertDifference) -> Value {
    json!({
        "class": one.class.word(),
        "rule_id": one.rule_id,
        "rule": one.rule_name,
        "file": one.file,
        "count": one.count,
        "alerts": one.alerts.iter().map(alert).collect::<Value>(),
    })
}

fn alert(alert: &RecordedAlert) -> Value {
    let events = alert.events.iter().map(|event| match event {
        Some((place, time)) => json!({"at": place, "@timestamp": time}),
        None => json!({"missing": true}),
    });
    let answer = alert.explanation.as_ref();
    json!({
        "join_keys": alert.join,
        "events": events.collect::<Value>(),
        "decided": answer.map(|answer| {
            answer.decided.iter().map(decider_entry).collect::<Value>()
        }),
        "instead": answer.map(|answer| &answer.instead),
    })
}
