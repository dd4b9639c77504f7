//! `trapline diff` on the terminal: the cases with a different outcome, worst first, then the rules
//! that differ.

use std::fmt::Write as _;

use super::group::name;
use super::style::{BAD, CAME, DIM, GONE, GOOD, NAME, Painter, WARN, clean};
use crate::report::comparison::{clipped, grouped, headline, lines, shares};
use crate::report::recorded;
use crate::rule_diff::recordings::AlertDifference;
use crate::rule_diff::{Comparison, Decider, Difference, RuleChange, RuleChangeKind};
use crate::snapshot::Class;

/// Writes the report.
pub fn write_comparison(found: &Comparison, colour: bool, text: &mut String) {
    let painter = Painter { colour };
    for change in found.untested() {
        let _ = writeln!(
            text,
            "{}{}  no scenario tests it",
            painter.key(BAD, "UNTESTED"),
            painter.paint(NAME, &change.file)
        );
        rule(change, painter, text);
        let command = format!("trapline new {}", super::style::quote(&change.file));
        let _ = writeln!(text, "{}{command}\n", painter.key(DIM, "next"));
    }
    for group in grouped(found) {
        difference(&group, painter, text);
    }
    for one in found.recordings.iter().flat_map(|found| &found.differences) {
        over_recordings(one, painter, text);
    }
    let tested = |change: &&RuleChange| change.tested || change.kind == RuleChangeKind::Removed;
    for change in found.rules.iter().filter(tested) {
        rule(change, painter, text);
    }
    for (name, measure) in [("coverage", found.coverage), ("mutation", found.mutation)] {
        if let Some((before, after)) = measure.and_then(shares) {
            let _ = writeln!(text, "{}{before} → {after}", painter.key(DIM, name));
        }
    }
    if let Some(recordings) = &found.recordings {
        let words = recorded::summary(recordings);
        let words = words.trim_end_matches('.');
        let _ = writeln!(text, "{}{words}", painter.key(DIM, "captures"));
    }
    if found.untested().next().is_some() && found.recordings.is_none() {
        let words = "--captures FILE… compares the alerts of both versions over recordings";
        let _ = writeln!(text, "{}{words}", painter.key(DIM, "or"));
    }
    let untested = found.untested().next().is_some();
    let style = if untested || found.has(Class::Lost) || found.has(Class::New) {
        BAD
    } else {
        GOOD
    };
    let _ = writeln!(
        text,
        "{}{}, {} → {}, {} checks with the rules of both",
        painter.key(NAME, "diff"),
        painter.paint(style, &headline(found)),
        painter.paint(NAME, &found.old),
        painter.paint(NAME, &found.new),
        found.checks
    );
}

fn difference(group: &[&Difference], painter: Painter, text: &mut String) {
    let Some(one) = group.first() else { return };
    let style = if one.change.class <= Class::New {
        BAD
    } else {
        WARN
    };
    let word = one.change.class.word().to_uppercase();
    let key = name(group.iter().map(|one| &one.change.key));
    let key = painter.paint(NAME, &key);
    let _ = writeln!(text, "{}{key}", painter.key(style, &word));
    for decider in &one.decided {
        write_decider(decider, painter, text);
    }
    if one.change.contradicts {
        let _ = writeln!(
            text,
            "{}the scenario expects otherwise",
            painter.key(BAD, "fails")
        );
    }
    signed(&lines(one), painter, text);
}

/// The clause that stopped it, on which side, and where it stands.
fn write_decider(decider: &Decider, painter: Painter, text: &mut String) {
    let line = decider.line.map(|line| format!(":{line}"));
    let at = format!("{}{}", decider.file, line.unwrap_or_default());
    let when = if decider.before { "before" } else { "now" };
    let _ = writeln!(
        text,
        "{}{}  {}",
        painter.key(DIM, when),
        painter.paint(NAME, &decider.clause),
        painter.paint(DIM, &at)
    );
}

/// Alerts of a rule that only one version gives.
fn over_recordings(one: &AlertDifference, painter: Painter, text: &mut String) {
    let word = one.class.word().to_uppercase();
    let _ = writeln!(
        text,
        "{}{} of {}  {}",
        painter.key(BAD, &word),
        recorded::how_many(one),
        painter.paint(NAME, &one.rule_name),
        painter.paint(DIM, &one.file)
    );
    let (alerts, more) = recorded::shown_alerts(one);
    for (alert, next) in recorded::with_next(alerts) {
        let _ = writeln!(
            text,
            "{}{}  {}",
            painter.key(DIM, "alert"),
            clean(&recorded::places(alert)),
            painter.paint(DIM, recorded::time(alert).unwrap_or_default())
        );
        for decider in recorded::newly_decided(alert, next) {
            write_decider(decider, painter, text);
        }
        if let Some(instead) = recorded::instead(alert, one.class) {
            let _ = writeln!(text, "{}{}", painter.key(DIM, ""), clean(&instead));
        }
    }
    if more > 0 {
        let _ = writeln!(text, "{}and {more} more", painter.key(DIM, ""));
    }
    text.push('\n');
}

fn rule(change: &RuleChange, painter: Painter, text: &mut String) {
    let _ = writeln!(
        text,
        "{}{}  {}",
        painter.key(WARN, change.kind.word()),
        painter.paint(NAME, &change.name),
        painter.paint(DIM, &change.file)
    );
    for setting in &change.settings {
        let value = |text: &str| match text {
            "" => "none".to_owned(),
            text => clean(&clipped(text)),
        };
        let (before, after) = (value(&setting.before), value(&setting.after));
        let words = format!("{}: {before} → {after}", setting.key);
        let _ = writeln!(text, "         {}", painter.paint(DIM, &words));
    }
    let mut query = String::new();
    for (tag, line) in &change.query {
        let _ = writeln!(query, "{} {line}", tag.sign());
    }
    signed(&query, painter, text);
}

/// Lines that begin with their sign.
fn signed(lines: &str, painter: Painter, text: &mut String) {
    for line in lines.lines() {
        let style = match line.chars().next() {
            Some('-') => GONE,
            Some('+') => CAME,
            _ => DIM,
        };
        let _ = writeln!(text, "    {}", painter.paint(style, line));
    }
    text.push('\n');
}
