//! Warnings: open or unproven outcomes, and the warnings of single checks.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use indexmap::IndexMap;

use super::View;
use super::group::groups;
use super::style::{COLUMN, NAME, Painter, WARN, clean, wrap};
use crate::replay::outcome::{Check, Verdict};

/// The word for a check that is as it should be but for a warning.
const WARNING: &str = "warning";

/// How wide a list of cases may be.
const WIDTH: usize = 88;

/// Writes one short block for each; checks with the same to say share one.
pub(super) fn write(view: &View<'_>, painter: Painter, text: &mut String) {
    let open = |check: &&Check| {
        let warns = matches!(
            check.verdict,
            Verdict::Uncertain | Verdict::Vacuous | Verdict::Blind
        );
        !view.fails(check) && (warns || !check.warnings.is_empty())
    };
    let checks = view.outcome.checks().filter(open);
    let same = |one: &&Check, other: &&Check| {
        one.key.scenario == other.key.scenario
            && word(one) == word(other)
            && one.reason == other.reason
            && one.warnings == other.warnings
    };
    let mut repeated: IndexMap<&str, BTreeSet<&str>> = IndexMap::new();
    for group in groups(checks, same) {
        let Some(first) = group.first() else { continue };
        if word(first) == WARNING {
            for line in &first.warnings {
                let scenarios = repeated.entry(line).or_default();
                scenarios.insert(&first.key.scenario);
            }
            continue;
        }
        let mut cases: Vec<&str> = group.iter().map(|check| check.key.case.as_str()).collect();
        cases.dedup();
        let name = match cases.as_slice() {
            [_] => super::group::name(group.iter().map(|check| &check.key)),
            _ => format!("{}: {} checks", first.key.scenario, group.len()),
        };
        let key = painter.key(WARN, word(first));
        let _ = writeln!(text, "{key}{}", painter.paint(NAME, &name));
        let reason = first.reason.as_ref().map(ToString::to_string);
        for line in reason.iter().chain(&first.warnings) {
            let _ = writeln!(text, "  {}", clean(line));
        }
        if cases.len() > 1 {
            for line in wrap(cases, WIDTH) {
                let _ = writeln!(text, "  {:COLUMN$}{}", "", clean(&line));
            }
        }
        text.push('\n');
    }
    for (line, scenarios) in repeated {
        let times = match scenarios.len() {
            1 => String::new(),
            many => format!(" ({many} scenarios)"),
        };
        let key = painter.key(WARN, WARNING);
        let _ = writeln!(text, "{key}{}{times}", clean(line));
    }
}

fn word(check: &Check) -> &'static str {
    match check.verdict {
        Verdict::Uncertain | Verdict::Vacuous | Verdict::Blind => check.verdict.word(),
        _ => WARNING,
    }
}
