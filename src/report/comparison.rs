//! `trapline diff` as Markdown, for one comment in a pull request that is kept up to date, and as
//! JSON.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::decider::{decider_entry, decider_words};
use super::markdown::{code, diff_block, html, plain};
use super::recorded;
use super::share::rounded;
use super::terminal::change::marked;
use super::terminal::group::{alike_changes, groups, name};
use crate::rule_diff::{Comparison, Difference, Measure, RuleChange, RuleChangeKind};
use crate::snapshot::Class;
use crate::snapshot::diff::diff;

/// Code hosts refuse comments above 64 KiB; what is said at the end has to fit, too.
const MOST: usize = 60 * 1024;
/// By which a bot finds its comment again.
pub const MARK: &str = "<!-- trapline diff -->";

/// Writes the comment, worst first; what does not fit is counted.
pub fn markdown(found: &Comparison, out: &mut impl Write) -> io::Result<()> {
    let mut text = format!("{MARK}\n## Trapline: {}\n\n", headline(found));
    let _ = writeln!(
        text,
        "{} → {}, {} checks run with the rules of both.",
        code(&found.old),
        code(&found.new),
        found.checks
    );
    if let Some(recordings) = &found.recordings {
        let _ = writeln!(text, "\n{}", plain(&recorded::summary(recordings)));
    }
    measures(found, &mut text);
    let differences = grouped(found);
    let differences = differences
        .iter()
        .filter_map(|group| Some((difference(group)?, group.len())));
    let untested = found.untested().map(|change| (untested(change), 1));
    let rules = found
        .rules
        .iter()
        .filter(|change| change.tested || change.kind == RuleChangeKind::Removed);
    let rules = rules.map(|change| (rule(change), 1));
    let alerts = found.recordings.iter().flat_map(recorded::sections);
    let mut left_out = 0_usize;
    for (section, tells) in untested.chain(differences).chain(alerts).chain(rules) {
        if left_out > 0 || text.len() + section.len() > MOST {
            left_out += tells;
        } else {
            text.push_str(&section);
        }
    }
    if left_out > 0 {
        let _ = writeln!(
            text,
            "\nand {left_out} more: {} shows them",
            code(&format!("trapline diff {} {}", found.old, found.new))
        );
    }
    out.write_all(text.as_bytes())
}

/// `1 lost, 2 new`, or that nothing is; what cases do first, then the recordings.
pub fn headline(found: &Comparison) -> String {
    let mut cases = of_cases(found);
    match found.untested().count() {
        0 => {}
        1 => cases = format!("1 rule changed without a test; {cases}"),
        many => cases = format!("{many} rules changed without a test; {cases}"),
    }
    match found.recordings.as_ref().and_then(recorded::counts) {
        Some(counts) => format!("{cases}; recordings: {counts}"),
        None => cases,
    }
}

fn of_cases(found: &Comparison) -> String {
    let counts = Class::ALL.map(|class| (found.count(class), class));
    let counts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, class)| format!("{count} {}", class.word()))
        .collect();
    if !counts.is_empty() {
        return counts.join(", ");
    }
    let words = match found.rules.len() {
        0 => "no rule differs",
        1 => "1 rule differs, no case behaves otherwise",
        many => return format!("{many} rules differ, no case behaves otherwise"),
    };
    words.to_owned()
}

fn measures(found: &Comparison, text: &mut String) {
    let mut rows = String::new();
    for (name, measure) in [("coverage", found.coverage), ("mutation", found.mutation)] {
        if let Some((before, after)) = measure.and_then(shares) {
            let _ = writeln!(rows, "| {name} | {before} | {after} |");
        }
    }
    if !rows.is_empty() {
        text.push_str("\n| of the rules that differ | before | after |\n|---|---:|---:|\n");
        text.push_str(&rows);
    }
}

/// `98.0 % (50 of 51)` before and after; `None` where there is nothing on either side.
pub fn shares(measure: Measure) -> Option<(String, String)> {
    let words = |share: crate::coverage::Share| match share.all {
        0 => "none".to_owned(),
        all => format!("{:.1} % ({} of {all})", rounded(share), share.good),
    };
    let (before, after) = (measure.before, measure.after);
    (before.all + after.all > 0).then(|| (words(before), words(after)))
}

/// The differences, those of a case that are the same on several sources together.
pub(super) fn grouped(found: &Comparison) -> Vec<Vec<&Difference>> {
    let alike = |one: &&Difference, other: &&Difference| {
        alike_changes(&one.change, &other.change)
            && one.change.contradicts == other.change.contradicts
            && one.decided == other.decided
            && lines(one) == lines(other)
    };
    groups(&found.differences, alike)
}

fn difference(group: &[&Difference]) -> Option<String> {
    let one = *group.first()?;
    let change = &one.change;
    let mut text = format!(
        "\n### {} {}\n\n{}\n",
        change.class.word().to_uppercase(),
        code(&name(group.iter().map(|one| &one.change.key))),
        plain(&one.rule_name)
    );
    for decider in &one.decided {
        let _ = writeln!(text, "\n- {}", decider_words(decider));
    }
    if change.contradicts {
        let fail = match group.len() {
            1 => "this check fails",
            _ => "these checks fail",
        };
        let _ = writeln!(text, "\nThe scenario expects otherwise: {fail}.");
    }
    let lines = lines(one);
    let block = diff_block(&lines);
    let open = if change.class <= Class::New {
        " open"
    } else {
        ""
    };
    let _ = writeln!(
        text,
        "\n<details{open}><summary>before and after</summary>\n\n{block}\n\n</details>"
    );
    Some(text)
}

/// The entries before and after, line by line with their signs.
pub fn lines(one: &Difference) -> String {
    let (before, after) = (one.change.before.as_ref(), one.change.after.as_ref());
    signed(&diff(&marked(before), &marked(after)))
}

fn signed(lines: &[(crate::snapshot::diff::Tag, String)]) -> String {
    let mut text = String::new();
    for (tag, line) in lines {
        let _ = writeln!(text, "{} {line}", tag.sign());
    }
    text
}

/// A rule that changed and that no check runs, its change open.
fn untested(change: &RuleChange) -> String {
    format!(
        "\n### UNTESTED {}\n\n{}\n\nIt {} and no scenario tests it. Do now: {}\n{}",
        code(&change.file),
        plain(&change.name),
        match change.kind {
            RuleChangeKind::Added => "is new",
            _ => "changed",
        },
        code(&format!("trapline new {}", change.file)),
        rule(change).replace("<details>", "<details open>"),
    )
}

fn rule(change: &RuleChange) -> String {
    let mut text = format!(
        "\n<details><summary>rule {}: {}, <code>{}</code></summary>\n\n",
        change.kind.word(),
        html(&change.name),
        html(&change.file)
    );
    for setting in &change.settings {
        let value = |text: &str| match text {
            "" => "none".to_owned(),
            text => code(&clipped(text)),
        };
        let (before, after) = (value(&setting.before), value(&setting.after));
        let _ = writeln!(text, "- {}: {before} → {after}", code(&setting.key));
    }
    if !change.query.is_empty() {
        let lines = signed(&change.query);
        let _ = writeln!(text, "\n{}", diff_block(&lines));
    }
    text.push_str("\n</details>\n");
    text
}

/// A long value, such as an exception of a whole list of values, is cut for people.
pub(super) fn clipped(text: &str) -> String {
    const MOST: usize = 200;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

/// Writes one JSON object and a line break.
pub fn json(found: &Comparison, out: &mut impl Write) -> io::Result<()> {
    let mut summary = serde_json::Map::new();
    summary.insert("checks".to_owned(), json!(found.checks));
    summary.insert("rules".to_owned(), json!(found.rules.len()));
    let untested = found.untested().count();
    summary.insert("untested_rules".to_owned(), json!(untested));
    for class in Class::ALL {
        summary.insert(class.word().to_owned(), json!(found.count(class)));
    }
    let report = json!({
        "old": found.old,
        "new": found.new,
        "summary": summary,
        "rules": found.rules.iter().map(rule_entry).collect::<Vec<_>>(),
        "differences": found.differences.iter().map(entry).collect::<Vec<_>>(),
        "coverage": found.coverage.map(measure_entry),
        "mutation": found.mutation.map(measure_entry),
        "recordings": found.recordings.as_ref().map(recorded::entry),
    });
    serde_json::to_writer_pretty(&mut *out, &report)?;
    out.write_all(b"\n")
}

fn rule_entry(change: &RuleChange) -> Value {
    let settings = change.settings.iter().map(
        |setting| json!({"key": setting.key, "before": setting.before, "after": setting.after}),
    );
    json!({
        "rule_id": change.id,
        "rule": change.name,
        "file": change.file,
        "change": change.kind.word(),
        "metadata": settings.collect::<Vec<_>>(),
        "query_changed": !change.query.is_empty(),
        "tested": change.tested,
    })
}

fn entry(one: &Difference) -> Value {
    let decided = one.decided.iter().map(decider_entry);
    json!({
        "key": one.change.key.to_string(),
        "rule_id": one.rule_id,
        "class": one.change.class.word(),
        "contradicts": one.change.contradicts,
        "before": one.change.before,
        "after": one.change.after,
        "decided": decided.collect::<Vec<_>>(),
    })
}

fn measure_entry(measure: Measure) -> Value {
    let share = |share: crate::coverage::Share| json!({"good": share.good, "all": share.all});
    json!({"before": share(measure.before), "after": share(measure.after)})
}
