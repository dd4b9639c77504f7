//! Snapshot changes that contradict no scenario, and how to accept them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::View;
use super::group::{alike_changes, facts, groups, name};
use super::style::{BAD, CAME, DIM, GONE, NAME, Painter, WARN, clean, quote};
use crate::snapshot::diff::{Tag, diff};
use crate::snapshot::{Accept, Change, Class};

/// How many new entries are named.
const NAMED: usize = 12;

/// Writes a block for each change, one for all additions, and the commands that accept them.
pub(super) fn write(view: &View<'_>, painter: Painter, text: &mut String) {
    let (added, changed): (Vec<&Change>, Vec<&Change>) = view
        .reviewable()
        .partition(|change| change.class == Class::Added);
    let same = |one: &&Change, other: &&Change| alike_changes(one, other);
    for group in groups(changed.iter().copied(), same) {
        let Some(first) = group.first() else { continue };
        let style = if first.class <= Class::New { BAD } else { WARN };
        let key = painter.key(style, &first.class.word().to_uppercase());
        let name = if first.header {
            first.key.scenario.clone()
        } else {
            name(group.iter().map(|change| &change.key))
        };
        let _ = writeln!(text, "{key}{}", painter.paint(NAME, &name));
        lines(first, painter, text);
        text.push('\n');
    }
    additions(&added, painter, text);
    commands(view, painter, text);
}

/// The difference of one change, line by line.
pub(super) fn lines(change: &Change, painter: Painter, text: &mut String) {
    let side = |entry: &Option<String>| match (entry, change.header) {
        (Some(entry), true) => entry.clone(),
        (entry, _) => marked(entry.as_ref()),
    };
    for (tag, line) in diff(&side(&change.before), &side(&change.after)) {
        let line = format!("{} {}", tag.sign(), clean(&line));
        let line = match tag {
            Tag::Same => line,
            Tag::Gone => painter.paint(GONE, &line),
            Tag::Came => painter.paint(CAME, &line),
        };
        let _ = writeln!(text, "  {}", line.trim_end());
    }
}

/// The facts of an entry, and what its first line says beside the source.
pub(in crate::report) fn marked(entry: Option<&String>) -> String {
    let Some(entry) = entry else {
        return String::new();
    };
    let head = entry.lines().next().unwrap_or("");
    let mut text = String::new();
    if head.starts_with("but for the gap: ") {
        text.push_str("(but for the gap)\n");
    }
    if let Some((_, pin)) = head.rsplit_once("  (") {
        let _ = writeln!(text, "({pin}");
    }
    for fact in facts(Some(entry)).unwrap_or("").lines() {
        let _ = writeln!(text, "{}", fact.strip_prefix("  ").unwrap_or(fact));
    }
    text
}

fn additions(added: &[&Change], painter: Painter, text: &mut String) {
    if added.is_empty() {
        return;
    }
    let (count, plural) = (added.len(), if added.len() == 1 { "y" } else { "ies" });
    let _ = writeln!(
        text,
        "{}{count} entr{plural} not in the snapshot yet",
        painter.key(WARN, "ADDED")
    );
    let same_case = |one: &&Change, other: &&Change| {
        (&one.key.scenario, &one.key.case) == (&other.key.scenario, &other.key.case)
    };
    let cases = groups(added.iter().copied(), same_case);
    for group in cases.iter().take(NAMED) {
        let name = name(group.iter().map(|change| &change.key));
        let _ = writeln!(text, "  {}", clean(&name));
    }
    if cases.len() > NAMED {
        let _ = writeln!(text, "  and {} more cases", cases.len() - NAMED);
    }
    text.push('\n');
}

/// One command a scenario file; one for all of them when there are many.
fn commands(view: &View<'_>, painter: Painter, text: &mut String) {
    let files: BTreeSet<&str> = view
        .reviewable()
        .map(|change| change.key.scenario.as_str())
        .collect();
    if files.is_empty() {
        return;
    }
    let targets: Vec<Option<&str>> = if files.len() > 3 {
        vec![None]
    } else {
        files.into_iter().map(Some).collect()
    };
    for target in targets {
        let classes: BTreeSet<Class> = view
            .reviewable()
            .filter(|change| target.is_none_or(|target| change.key.scenario == target))
            .map(|change| change.class)
            .collect();
        let path = target.map_or(String::new(), |target| format!(" {}", quote(target)));
        let key = painter.key(DIM, "accept");
        let _ = writeln!(text, "{key}trapline test{path} {}", option(&classes));
    }
    text.push('\n');
}

/// `--accept`, with a list where the classes have to be named.
fn option(classes: &BTreeSet<Class>) -> String {
    let harmless = Accept::harmless();
    if classes.iter().all(|class| harmless.takes_class(*class)) {
        return "--accept".to_owned();
    }
    let words: Vec<&str> = classes.iter().map(|class| class.word()).collect();
    format!("--accept={}", words.join(","))
}
