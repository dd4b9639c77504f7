//! The last lines of a run: the number of checks by verdict, and what was not tested.

use std::fmt::Write as _;

use indexmap::IndexMap;

use super::super::headline::headline;
use super::super::rules::{self, counts, reasons};
use super::style::{BAD, COLUMN, DIM, GOOD, Painter, Style, WARN, clean, list_width, wrap};
use super::{Options, View};
use crate::project::Conclusion;
use crate::replay::census::RuleCensus;
use crate::replay::outcome::{ScenarioOutcome, Verdict};
use crate::snapshot::{Change, Class};

/// The words in front of the first line of a list.
const WORDS: usize = 10;
/// The number of sources or indices that are named.
const NAMED: usize = 8;

/// Writes the summary.
pub(super) fn write(view: &View<'_>, options: Options, text: &mut String) {
    let painter = Painter {
        colour: options.colour,
    };
    let width = list_width(options.width);
    if !view.accepted.is_empty() {
        let key = painter.key(GOOD, "accepted");
        let _ = writeln!(text, "{key}{}", by_class(view.accepted));
    }
    write_rules(&view.outcome.rules, width, painter, text);
    let sources = |list: fn(&ScenarioOutcome) -> &[String]| {
        names_with_scenarios(&view.outcome.scenarios, width, list)
    };
    for (key, words, list) in [
        (
            "sources",
            "untested: ",
            sources(|scenario| &scenario.untested),
        ),
        (
            "indices",
            "no data source serves ",
            sources(|scenario| &scenario.unshaped),
        ),
    ] {
        for (index, line) in list.iter().enumerate() {
            let (key, words) = if index == 0 { (key, words) } else { ("", "") };
            let _ = writeln!(text, "{}{words}{}", painter.key(DIM, key), clean(line));
        }
    }
    for missed in view.gates {
        let line = format!("{}: {}", missed.rule_file, rules::missing(&missed.missing));
        let key = painter.key(BAD, "gate");
        let _ = writeln!(text, "{key}{} (--{})", clean(&line), missed.gate);
    }
    text.push_str(&verdict_line(view, options.colour));
}

/// The last line of a run: its verdict, and the number of checks by theirs.
pub fn verdict_line(view: &View<'_>, colour: bool) -> String {
    let (word, style) = verdict(view.conclusion);
    format!("{}{}\n", Painter { colour }.key(style, word), last(view))
}

/// The word of the last line.
fn verdict(conclusion: Conclusion) -> (&'static str, Style) {
    match conclusion {
        Conclusion::Interrupted => ("STOPPED", BAD),
        Conclusion::NothingSelected => ("NOTHING", BAD),
        Conclusion::NotLoaded => ("BROKEN", BAD),
        Conclusion::Failed => ("FAILED", BAD),
        Conclusion::Changed => ("CHANGED", BAD),
        Conclusion::GateMissed => ("GATE", BAD),
        Conclusion::Added => ("ADDED", WARN),
        Conclusion::Passed => ("ok", GOOD),
    }
}

/// The last line: what the verdict of the whole comes from, then the checks.
fn last(view: &View<'_>) -> String {
    match view.conclusion {
        Conclusion::NotLoaded | Conclusion::GateMissed | Conclusion::NothingSelected => {
            let (_, words) = headline(view);
            format!("{}; {}", lower(&words), checks(view))
        }
        _ => checks(view),
    }
}

fn lower(words: &str) -> String {
    let mut characters = words.chars();
    let first = characters.next().map(char::to_lowercase);
    first.into_iter().flatten().chain(characters).collect()
}

/// How many rules are tested, and why others are not.
pub(super) fn write_rules(rules: &RuleCensus, width: usize, painter: Painter, text: &mut String) {
    let key = painter.key(DIM, "rules");
    let _ = writeln!(text, "{key}{}", counts(rules));
    for (word, reasons) in reasons(rules) {
        // The word stands in front of the first.
        let first = format!("{word}: {}", reasons.first().map_or("", String::as_str));
        let rest = reasons.iter().skip(1).map(String::as_str);
        for line in wrap(std::iter::once(first.as_str()).chain(rest), width) {
            let _ = writeln!(text, "{:COLUMN$}{}", "", clean(&line));
        }
    }
}

/// `85 checks in 1 scenario: 61 passed, 24 pinned; 2 lost`.
fn checks(view: &View<'_>) -> String {
    let outcome = view.outcome;
    let total = outcome.checks().count();
    let counts: Vec<String> = order(view.strict)
        .map(|verdict| (verdict, outcome.count(verdict)))
        .filter(|(_, count)| *count > 0)
        .map(|(verdict, count)| format!("{count} {verdict}"))
        .collect();
    let counts = match outcome.count(Verdict::Passed) {
        passed if passed == total && total > 0 => ": all passed".to_owned(),
        _ if total == 0 => String::new(),
        _ => format!(": {}", counts.join(", ")),
    };
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let mut text = format!(
        "{total} check{} in {} scenario{}{counts}",
        plural(total),
        outcome.scenarios.len(),
        plural(outcome.scenarios.len())
    );
    if !view.changes.is_empty() {
        let _ = write!(text, "; snapshot: {}", by_class(view.changes));
    }
    text
}

/// The verdicts that fail first, `passed` last.
fn order(strict: bool) -> impl Iterator<Item = Verdict> {
    let failing = move |verdict: &Verdict| verdict.fails_run(strict);
    Verdict::ALL.into_iter().filter(failing).chain(
        Verdict::ALL
            .into_iter()
            .filter(move |verdict| !failing(verdict)),
    )
}

/// `1 lost, 2 reason`.
fn by_class(changes: &[Change]) -> String {
    let counts: Vec<String> = Class::ALL
        .into_iter()
        .map(|class| {
            let count = changes
                .iter()
                .filter(|change| change.class == class)
                .count();
            (class, count)
        })
        .filter(|(_, count)| *count > 0)
        .map(|(class, count)| format!("{count} {}", class.word()))
        .collect();
    counts.join(", ")
}

/// `sysmon (scenarios/a.yaml)`: each name once for the scenarios that it concerns.
fn names_with_scenarios(
    scenarios: &[ScenarioOutcome],
    width: usize,
    list: fn(&ScenarioOutcome) -> &[String],
) -> Vec<String> {
    let mut items: IndexMap<&str, Vec<&str>> = IndexMap::new();
    for scenario in scenarios {
        for name in list(scenario) {
            items.entry(name).or_default().push(&scenario.scenario);
        }
    }
    let more = items.len().saturating_sub(NAMED);
    let mut texts: Vec<String> = items
        .into_iter()
        .take(NAMED)
        .map(|(name, files)| match files.as_slice() {
            [_] if scenarios.len() == 1 => name.to_owned(),
            [file] => format!("{name} ({file})"),
            several => format!("{name} ({} scenarios)", several.len()),
        })
        .collect();
    if texts.is_empty() {
        return Vec::new();
    }
    if more > 0 {
        texts.push(format!("and {more} more"));
    }
    wrap(
        texts.iter().map(String::as_str),
        width.saturating_sub(WORDS),
    )
}
