//! What a scan says at its end: in words on standard error, and in figures for `--stats`.

use std::fmt::Write as _;

use serde_json::json;

use super::super::settings::{ScanOutput, ScanSettings};
use super::scan_rules::{NotRun, Rules};
use crate::diagnostic::escape;
use crate::engine::Misfit;
use crate::event::Timestamp;
use crate::scan::Stats;
use crate::scan::noise::{Budget, Span};

/// The number of events, and the rate.
#[expect(
    clippy::cast_precision_loss,
    reason = "a rate for people has three digits"
)]
pub(super) fn rate(stats: &Stats, seconds: f64) -> String {
    format!(
        "{} events, {:.1} MB in {seconds:.1} s ({:.0} events/s, {:.0} MB/s)",
        stats.events,
        stats.bytes as f64 / 1e6,
        stats.events as f64 / seconds,
        stats.bytes as f64 / 1e6 / seconds,
    )
}

/// What `--stats` writes.
pub(super) fn figures(
    stats: &Stats,
    rules: &Rules,
    names: &[String],
    seconds: f64,
) -> serde_json::Value {
    let misfit = |((place, _), misfit): (&((u32, u64), usize), &Misfit)| {
        json!({
            "file": names.get(place.0 as usize), "line": place.1, "field": misfit.field,
            "type": misfit.field_type, "value": misfit.value,
        })
    };
    let misfits = stats.first_misfits.iter().map(misfit);
    let not_run = |rule: &NotRun| {
        json!({
            "rule_id": rule.id, "file": rule.file, "reason": rule.reason,
            "cause": rule.cause, "details": rule.details,
        })
    };
    let unsupported = rules.not_run.iter().map(not_run);
    let failed = stats.failed.iter().map(|(rule, (place, reason))| {
        json!({
            "rule_id": rules.run.get(*rule as usize).map(|rule| &rule.rule.id),
            "file": names.get(place.0 as usize), "line": place.1, "reason": reason.to_string(),
        })
    });
    json!({
        "events": stats.events,
        "bytes": stats.bytes,
        "bad_lines": stats.bad_lines,
        "misfits": {"count": stats.misfits, "first": misfits.collect::<serde_json::Value>()},
        "late": stats.late,
        "untimed": stats.untimed,
        "outliers": stats.outliers,
        "unrouted": stats.unrouted_count(),
        "evicted": stats.evicted_count(),
        "dropped": stats.dropped_count(),
        "beyond_max_signals": stats.cut.values().sum::<u64>(),
        "suppressed": stats.suppressed.values().sum::<u64>(),
        "alerts": stats.alert_count(),
        "rules": rules.run.len(),
        "unsupported": unsupported.collect::<serde_json::Value>(),
        "failed": failed.collect::<serde_json::Value>(),
        "exception_lists": {"applied": rules.applied, "missing": rules.missing_lists()},
        "seconds": seconds,
    })
}

pub(super) fn summary(
    stats: &Stats,
    rules: &Rules,
    names: &[String],
    seconds: f64,
    asked: &ScanSettings,
) -> String {
    let mut text = String::new();
    if stats.interrupted {
        let _ = writeln!(text, "interrupted: this is what was found so far");
    }
    let (run, alerts) = (rules.run.len(), stats.alert_count());
    let _ = writeln!(
        text,
        "{}; {run} rule{} run; {alerts} alert{}",
        rate(stats, seconds.max(0.001)),
        if run == 1 { "" } else { "s" },
        if alerts == 1 { "" } else { "s" },
    );
    if matches!(asked.output, ScanOutput::Alerts(_)) {
        by_rule(stats, rules, &mut text);
    }
    rules.describe(&mut text);
    if let Some(budget) = asked.budget {
        for (rule, alerts) in over(stats, budget) {
            let name = rules
                .run
                .get(rule as usize)
                .map_or("", |rule| &rule.rule.name);
            let a_day = Span::new(stats.span).a_day(alerts);
            let _ = writeln!(
                text,
                "over --budget {budget}: {name}, {a_day:.1} alerts a day"
            );
        }
    }
    trouble(stats, rules, names, &mut text);
    text
}

fn by_rule(stats: &Stats, rules: &Rules, text: &mut String) {
    let mut by_count: Vec<(u64, &str)> = stats
        .alerts
        .iter()
        .filter_map(|(rule, count)| {
            Some((*count, rules.run.get(*rule as usize)?.rule.name.as_str()))
        })
        .collect();
    by_count.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    for (count, name) in by_count {
        let _ = writeln!(text, "{count:>8}  {name}");
    }
}

fn misfit_words(misfit: &Misfit) -> String {
    let Misfit {
        field,
        field_type,
        value,
    } = misfit;
    escape::line(&format!("`{value}` in `{field}` is not a {field_type}")).into_owned()
}

/// Everything that was not read, not in order, not kept or not searched.
fn trouble(stats: &Stats, rules: &Rules, names: &[String], text: &mut String) {
    unread(stats, rules, names, text);
    out_of_order(stats, names, text);
    dropped(stats, rules, text);
    unrouted(stats, text);
}

fn file_name(names: &[String], file: u32) -> String {
    let name = names.get(file as usize).map_or("", String::as_str);
    escape::line(name).into_owned()
}

fn place(names: &[String], (file, line): (u32, u64)) -> String {
    format!("{}:{line}", file_name(names, file))
}

fn unread(stats: &Stats, rules: &Rules, names: &[String], text: &mut String) {
    let at = |own: (u32, u64)| place(names, own);
    for (rule, (place, reason)) in &stats.failed {
        let name = rules
            .run
            .get(*rule as usize)
            .map_or("", |rule| &rule.rule.name);
        let _ = writeln!(
            text,
            "`{name}` failed on an event, {}: {reason}",
            at(*place)
        );
    }
    if stats.misfits > 0 {
        let _ = writeln!(
            text,
            "{} values do not fit their fields and count as missing:",
            stats.misfits
        );
        for ((place, _), misfit) in &stats.first_misfits {
            let _ = writeln!(text, "    {}: {}", at(*place), misfit_words(misfit));
        }
    }
    if stats.bad_lines > 0 {
        let _ = writeln!(text, "{} lines are no events:", stats.bad_lines);
        for (place, reason) in &stats.bad {
            let _ = writeln!(
                text,
                "    {}: {}",
                at(*place),
                escape::line(&reason.to_string())
            );
        }
    }
    for (file, reason) in &stats.broken {
        let (name, reason) = (file_name(names, *file), reason.to_string());
        let reason = escape::line(&reason);
        let _ = writeln!(text, "not read to its end: {name}: {reason}");
    }
}

fn out_of_order(stats: &Stats, names: &[String], text: &mut String) {
    let at = |own: (u32, u64)| place(names, own);
    if stats.late > 0 {
        let first = stats
            .first_late
            .map(|place| format!(" (the first of use: {})", at(place)));
        let _ = writeln!(
            text,
            "{} events came too late to be sorted; sequences did not see them{}",
            stats.late,
            first.unwrap_or_default()
        );
    }
    if stats.untimed > 0 {
        let first = stats
            .first_untimed
            .map(|place| format!(" (the first: {})", at(place)));
        let _ = writeln!(
            text,
            "{} events have no time that can be read: only samples and rules with another time field see them{}",
            stats.untimed,
            first.unwrap_or_default()
        );
    }
    if let Some((place, time)) = stats.first_outlier {
        let (first, time) = (at(place), Timestamp::from_millis(time));
        let _ = writeln!(
            text,
            "{} dated far from all others (the first: {first}, {time})",
            match stats.outliers {
                1 => "1 event is".to_owned(),
                many => format!("{many} events are"),
            }
        );
    }
    if let Some(reason) = &stats.unsorted {
        let _ = writeln!(text, "the events could not be sorted: {reason}");
    }
}

fn dropped(stats: &Stats, rules: &Rules, text: &mut String) {
    let name_of = |rule: &u32| {
        let rule = rules.run.get(*rule as usize);
        rule.map_or("", |rule| &rule.rule.name)
    };
    for (rule, count) in &stats.evicted {
        let _ = writeln!(
            text,
            "{count} partial sequences of `{}` were dropped: --max-partials",
            name_of(rule)
        );
    }
    for (rule, count) in &stats.dropped {
        let _ = writeln!(
            text,
            "{count} events were dropped from the windows or the history of `{}`: --max-documents",
            name_of(rule)
        );
    }
    for (rule, count) in &stats.suppressed {
        let _ = writeln!(
            text,
            "{count} alerts of `{}` went under an earlier one of their group (alert_suppression)",
            name_of(rule)
        );
    }
    for (rule, count) in &stats.cut {
        let _ = writeln!(
            text,
            "{count} alerts of `{}` were beyond max_signals in their executions",
            name_of(rule)
        );
    }
}

fn unrouted(stats: &Stats, text: &mut String) {
    let unrouted = stats.unrouted_count();
    if unrouted > 0 {
        let mut indices: Vec<(u64, &str)> = stats
            .unrouted
            .iter()
            .map(|(index, count)| (*count, index.as_str()))
            .collect();
        indices.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        let names: Vec<&str> = indices.iter().take(3).map(|(_, name)| *name).collect();
        let most = if unrouted * 2 > stats.events {
            "more than half of the events, "
        } else {
            ""
        };
        let _ = writeln!(
            text,
            "{most}{unrouted} events are of an index that no rule searches ({})",
            escape::line(&names.join(", "))
        );
    }
}

/// The rules that spend more than the budget, and their alerts.
pub(super) fn over(stats: &Stats, budget: Budget) -> impl Iterator<Item = (u32, u64)> {
    let span = Span::new(stats.span);
    let alerts = stats.alerts.iter().map(|(rule, alerts)| (*rule, *alerts));
    alerts.filter(move |(_, alerts)| budget.is_exceeded(*alerts, span))
}
