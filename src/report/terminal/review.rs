//! Pending snapshot changes: the list, and one change with its case.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::super::rule_change;
use super::change::lines;
use super::group::{alike, alike_changes, groups, name};
use super::style::{BAD, CAME, DIM, GONE, NAME, Painter, WARN, clean, quote};
use crate::replay::outcome::Check;
use crate::rule_diff::RuleChange;
use crate::snapshot::diff::Tag;
use crate::snapshot::{Change, Class};

/// Changes that are alike, as a reviewer looks at them.
pub struct ReviewStep<'a> {
    /// The changes, which differ in nothing but their source.
    pub changes: Vec<&'a Change>,
    /// The lines of the scenario that make its case, with their numbers.
    pub context: Vec<(usize, String)>,
    /// What differs about the rules that the scenario tests.
    pub rules: Vec<&'a RuleChange>,
    /// The checks of the scenario that fail, each with its message.
    pub failing: Vec<&'a str>,
    /// Which one it is, from 1.
    pub number: usize,
    /// Of how many.
    pub total: usize,
}

/// What the keys do.
pub const REVIEW_HELP: &str = "\
a  accept: the snapshot records what was found
A  accept all that is left of this class
r  reject: the snapshot stays as it is, and the change waits no longer
s  skip: the change waits on
S  skip all that is left of this class
e  explain: what each clause saw
d  show the change and the rule's diff again
u  undo the last decision
q  quit; what is not decided waits on";

/// More checks that fail are counted.
const FAILING: usize = 8;

/// The changes that differ in nothing but their source, worst first.
pub fn groups_of_changes<'c>(
    changes: impl IntoIterator<Item = &'c Change>,
) -> Vec<Vec<&'c Change>> {
    let alike = |one: &&Change, other: &&Change| alike_changes(one, other);
    groups(changes, alike)
}

/// A line for each check of a scenario that fails; those that differ in nothing but their source
/// share one, and those that fail with their attack are counted.
pub fn failing_lines(checks: &[Check]) -> Vec<String> {
    let fails = |check: &&Check| check.verdict.fails();
    let attacks = checks.iter().filter(fails).filter(|check| check.attack);
    let lost: BTreeSet<&str> = attacks.map(|check| check.key.source.as_str()).collect();
    let follows = |check: &Check| !check.attack && lost.contains(check.key.source.as_str());
    let own = checks.iter().filter(fails).filter(|check| !follows(check));
    let alike = |one: &&Check, other: &&Check| alike(one, other);
    let lines = groups(own, alike).into_iter().filter_map(|group| {
        let first = group.first()?;
        let name = name(group.iter().map(|check| &check.key));
        Some(format!(
            "{name}: {} {}",
            first.verdict.word(),
            first.message()
        ))
    });
    let mut lines: Vec<String> = lines.collect();
    let followers = checks.iter().filter(fails).filter(|check| follows(check));
    let followers: BTreeSet<&str> = followers.map(|check| check.key.case.as_str()).collect();
    if let (Some(first), count @ 1..) = (checks.first(), followers.len()) {
        let tell = if count == 1 {
            "case tells"
        } else {
            "cases tell"
        };
        let scenario = &first.key.scenario;
        lines.push(format!(
            "{scenario}: {count} {tell} nothing until the attack alerts"
        ));
    }
    lines
}

/// A line a change, worst first, the checks that fail beside them, and what to do.
pub fn write_review_list(groups: &[Vec<&Change>], failing: &[&str], colour: bool) -> String {
    let painter = Painter { colour };
    let mut text = String::new();
    for group in groups {
        let _ = writeln!(text, "{}", headline(group, painter));
    }
    if !failing.is_empty() {
        text.push('\n');
        fails(failing, painter, &mut text);
    }
    if let Some(first) = groups.first().and_then(|group| group.first()) {
        let key = quote(&first.key.to_string());
        let label = painter.key(DIM, "show");
        let _ = writeln!(text, "\n{label}trapline review --show {key}");
        let label = painter.key(DIM, "accept");
        let _ = writeln!(text, "{label}trapline review --accept {key}");
    } else {
        text.push_str("no changes to review\n");
    }
    text
}

/// The change, what differs about the rule, the case, the checks that fail beside it, and the keys.
pub fn write_review(step: &ReviewStep<'_>, colour: bool) -> String {
    let painter = Painter { colour };
    let mut text = format!("{}\n\n", headline(&step.changes, painter));
    let width = step
        .context
        .last()
        .map_or(0, |(number, _)| number.to_string().len());
    for (number, line) in &step.context {
        let gutter = painter.paint(DIM, &format!("  {number:>width$} │"));
        let _ = writeln!(text, "{gutter} {}", clean(line));
    }
    if !step.context.is_empty() {
        text.push('\n');
    }
    if let Some(first) = step.changes.first() {
        lines(first, painter, &mut text);
    }
    text.push('\n');
    for rule in &step.rules {
        write_rule(rule, painter, &mut text);
    }
    if !step.failing.is_empty() {
        fails(&step.failing, painter, &mut text);
        text.push('\n');
    }
    text.push_str(&write_review_keys(step, colour));
    text
}

/// What differs about a rule: its settings, then its query around the lines that differ.
fn write_rule(change: &RuleChange, painter: Painter, text: &mut String) {
    let head = format!("{}: {}", change.file, change.name);
    let _ = writeln!(text, "{}{}", painter.key(DIM, "rule"), clean(&head));
    for setting in rule_change::settings(change) {
        let before = rule_change::value(&setting.before);
        let after = rule_change::value(&setting.after);
        let (before, after) = (painter.paint(GONE, &before), painter.paint(CAME, &after));
        let _ = writeln!(text, "  {}: {before} → {after}", clean(&setting.key));
    }
    for (tag, line) in around(&change.query) {
        let line = format!("{} {line}", tag.sign());
        let line = match tag {
            Tag::Same => clean(&line),
            Tag::Gone => painter.paint(GONE, &line),
            Tag::Came => painter.paint(CAME, &line),
        };
        let _ = writeln!(text, "  {}", line.trim_end());
    }
    text.push('\n');
}

/// The lines that differ with two of those around them.
fn around(lines: &[(Tag, String)]) -> impl Iterator<Item = &(Tag, String)> {
    const BESIDE: usize = 2;
    let differ: Vec<usize> = lines
        .iter()
        .enumerate()
        .filter(|(_, (tag, _))| *tag != Tag::Same)
        .map(|(number, _)| number)
        .collect();
    let near = move |number: usize| differ.iter().any(|one| one.abs_diff(number) <= BESIDE);
    let numbered = lines.iter().enumerate();
    numbered
        .filter(move |(number, _)| near(*number))
        .map(|(_, line)| line)
}

/// The failing checks, which accepting does not fix.
fn fails(failing: &[&str], painter: Painter, text: &mut String) {
    for line in failing.iter().take(FAILING) {
        let _ = writeln!(text, "{}{}", painter.key(BAD, "FAILS"), clean(line));
    }
    if failing.len() > FAILING {
        let _ = writeln!(text, "         and {} more", failing.len() - FAILING);
    }
    let _ = writeln!(
        text,
        "         accepting does not fix failing checks: fix the rule or its `expect`"
    );
}

/// The keys, where the change itself stands above already.
pub fn write_review_keys(step: &ReviewStep<'_>, colour: bool) -> String {
    let painter = Painter { colour };
    // With the count less than 80 columns.
    let keys = "[a]ccept [r]eject [s]kip [AS] all [e]xplain [d]iff [u]ndo [q]uit [?]";
    format!(
        "{}  {} of {}\n",
        painter.paint(DIM, keys),
        step.number,
        step.total
    )
}

fn headline(group: &[&Change], painter: Painter) -> String {
    let Some(change) = group.first() else {
        return String::new();
    };
    let style = if change.class <= Class::New {
        BAD
    } else {
        WARN
    };
    let class = painter.key(style, &change.class.word().to_uppercase());
    let name = if change.header {
        change.key.scenario.clone()
    } else {
        name(group.iter().map(|change| &change.key))
    };
    format!("{class}{}", painter.paint(NAME, &name))
}
