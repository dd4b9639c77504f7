//! Warnings: open or unproven outcomes, and the warnings of single checks.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use indexmap::IndexMap;

use super::group::groups;
use super::style::{COLUMN, NAME, Painter, WARN, clean, list_width, wrap};
use super::{Options, View};
use crate::replay::outcome::{Check, Verdict};
use crate::report::reason::{sentence, warnings};
use crate::snapshot::words;

/// The word for a check that is as it should be but for a warning.
const WARNING: &str = "warning";

/// The number of warnings of one kind that are shown.
const SHOWN: usize = 3;

/// Writes one short block for each; checks with the same to say share one.
pub(super) fn write(view: &View<'_>, options: Options, text: &mut String) {
    let painter = Painter {
        colour: options.colour,
    };
    let open = |check: &&Check| {
        let warns = matches!(
            check.verdict,
            Verdict::Uncertain | Verdict::Vacuous | Verdict::Blind | Verdict::Unsupported
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
    let mut repeated: IndexMap<String, BTreeSet<&str>> = IndexMap::new();
    for group in groups(checks, same) {
        let Some(first) = group.first() else { continue };
        if word(first) == WARNING {
            for line in warnings(first) {
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
        let reason = first.reason.as_ref().map(sentence);
        let reason = reason.or_else(|| first.unsupported().map(words::not_run));
        for line in reason.iter().chain(&warnings(first)) {
            let _ = writeln!(text, "  {}", clean(line));
        }
        if cases.len() > 1 {
            for line in wrap(cases, list_width(options.width)) {
                let _ = writeln!(text, "  {:COLUMN$}{}", "", clean(&line));
            }
        }
        text.push('\n');
    }
    write_repeated(&repeated, painter, text);
}

/// Warnings without a failing check, each once. Of warnings with the same prefix before the colon
/// only a few are shown.
fn write_repeated(
    repeated: &IndexMap<String, BTreeSet<&str>>,
    painter: Painter,
    text: &mut String,
) {
    let mut kinds: IndexMap<&str, Vec<(&str, &BTreeSet<&str>)>> = IndexMap::new();
    for (line, scenarios) in repeated {
        let kind = line
            .split_once(": ")
            .map_or(line.as_str(), |(kind, _)| kind);
        kinds.entry(kind).or_default().push((line, scenarios));
    }
    let mut write = |line: &str, scenarios: usize| {
        let times = match scenarios {
            1 => String::new(),
            many => format!(" ({many} scenarios)"),
        };
        let key = painter.key(WARN, WARNING);
        let _ = writeln!(text, "{key}{}{times}", clean(line));
    };
    for (kind, mut lines) in kinds {
        // What most scenarios have comes first; the sort keeps the order of the others.
        lines.sort_by_key(|(_, scenarios)| std::cmp::Reverse(scenarios.len()));
        let shown = if lines.len() > SHOWN + 1 {
            SHOWN
        } else {
            lines.len()
        };
        let (shown, rest) = lines.split_at(shown);
        for (line, scenarios) in shown {
            write(line, scenarios.len());
        }
        if !rest.is_empty() {
            let all: BTreeSet<&str> = rest
                .iter()
                .flat_map(|(_, some)| some.iter().copied())
                .collect();
            let line = format!(
                "{kind}: {} more like these; the JSON report has all",
                rest.len()
            );
            write(&line, all.len());
        }
    }
}

fn word(check: &Check) -> &'static str {
    match check.verdict {
        Verdict::Uncertain | Verdict::Vacuous | Verdict::Blind | Verdict::Unsupported => {
            check.verdict.word()
        }
        _ => WARNING,
    }
}
