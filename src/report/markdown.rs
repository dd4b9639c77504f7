//! `--format markdown`: the summary of a CI job, which GitHub shows up to 1 MB of.

use std::fmt::Write as _;
use std::io::{self, Write};

use indexmap::IndexMap;

use super::finding::{Finding, findings};
use super::links::Links;
use super::markup::escaped;
use super::words::counted;
use super::{View, glossary, headline, rule_change, rules};
use crate::diagnostic::escape;
use crate::project::Conclusion;
use crate::replay::outcome::Verdict;

/// Above this many bytes the rest is counted, not shown.
const MOST: usize = 900_000;
/// Above this many bytes the rest of the changed rules is counted.
const MOST_OF_RULES: usize = 200_000;

/// Writes a headline, a section a finding, worst first, then what differs about the rules and a
/// table of the verdicts by rule.
pub fn write(view: &View<'_>, links: Option<&Links>, out: &mut impl Write) -> io::Result<()> {
    let findings = findings(view);
    let mut text = String::new();
    head(view, &mut text);
    let changed = changed_rules(view, links);
    let most = MOST.saturating_sub(changed.len());
    let followers: Vec<&Finding<'_>> = findings.iter().filter(|one| one.follows).collect();
    let findings: Vec<&Finding<'_>> = findings.iter().filter(|one| !one.follows).collect();
    let mut rest = findings.iter();
    while let Some(finding) = rest.next() {
        let section = section(finding, links);
        if text.len() + section.len() > most {
            let _ = writeln!(text, "\nand {} more", rest.len() + 1);
            break;
        }
        text.push_str(&section);
    }
    text.push_str(&following(&followers));
    text.push_str(&changed);
    table(view, &mut text);
    legend(view, &mut text);
    out.write_all(text.as_bytes())
}

/// The words that a reader may not know, folded.
fn legend(view: &View<'_>, text: &mut String) {
    let words = glossary::legend(view);
    if words.is_empty() {
        return;
    }
    text.push_str("\n<details><summary>What the words mean</summary>\n\n");
    for (word, meaning) in words {
        let _ = writeln!(text, "- **{word}**: {}", meaning.replace('\n', " "));
    }
    text.push_str("\n</details>\n");
}

fn head(view: &View<'_>, text: &mut String) {
    let checks = view.outcome.checks().count();
    let sign = match view.conclusion {
        Conclusion::Passed => "✅",
        Conclusion::Added => "🆕",
        Conclusion::Changed => "⚠️",
        _ => "❌",
    };
    let (_, words) = headline::headline(view);
    let _ = writeln!(text, "## {sign} Trapline: {words}\n");
    let counts: Vec<String> = Verdict::ALL
        .into_iter()
        .map(|verdict| (view.outcome.count(verdict), verdict))
        .filter(|(count, _)| *count > 0)
        .map(|(count, verdict)| format!("{count} {verdict}"))
        .collect();
    let _ = writeln!(
        text,
        "{checks} checks: {}. Rules: {}.",
        counts.join(", "),
        rules::counts(&view.outcome.rules)
    );
    for (word, reasons) in rules::reasons(&view.outcome.rules) {
        let _ = writeln!(text, "\n{word}: {}", plain(&reasons.join(", ")));
    }
}

/// A line of the table of rules.
#[derive(Default)]
struct Row<'a> {
    name: &'a str,
    checks: usize,
    failing: usize,
    changed: usize,
}

/// The rules with their checks; many of which nothing is to be said are folded.
fn table(view: &View<'_>, text: &mut String) {
    /// Up to this many rules are listed without a fold.
    const FEW: usize = 8;
    let mut rows: IndexMap<&str, Row<'_>> = IndexMap::new();
    for scenario in &view.outcome.scenarios {
        let row = rows.entry(&scenario.rule_file).or_default();
        row.name = &scenario.rule_name;
        row.checks += scenario.checks.len();
        row.failing += scenario
            .checks
            .iter()
            .filter(|check| view.fails(check))
            .count();
        let changed = view.reviewable().filter(|change| {
            let mut checks = scenario.checks.iter();
            checks.any(|check| check.key == change.key)
        });
        row.changed += changed.count();
    }
    let (loud, quiet): (Vec<&Row<'_>>, Vec<&Row<'_>>) =
        rows.values().partition(|row| row.failing + row.changed > 0);
    if quiet.len() <= FEW {
        write_rows(rows.values(), text);
        return;
    }
    if !loud.is_empty() {
        write_rows(loud, text);
    }
    let quiet_rules = counted(quiet.len(), "rule");
    let _ = writeln!(
        text,
        "\n<details><summary>{quiet_rules} with nothing to decide</summary>"
    );
    write_rows(quiet, text);
    text.push_str("\n</details>\n");
}

fn write_rows<'r>(rows: impl IntoIterator<Item = &'r Row<'r>>, text: &mut String) {
    text.push_str("\n| rule | checks | failing | changed |\n|---|---:|---:|---:|\n");
    for row in rows {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            plain(row.name),
            row.checks,
            row.failing,
            row.changed
        );
    }
}

/// The cases that tell nothing because their attack fails, folded.
fn following(followers: &[&Finding<'_>]) -> String {
    const NAMED: usize = 40;
    if followers.is_empty() {
        return String::new();
    }
    let what = counted(followers.len(), "case");
    let tell = if followers.len() == 1 {
        "tells"
    } else {
        "tell"
    };
    let mut text =
        format!("\n<details><summary>{what} {tell} nothing until the attack alerts</summary>\n\n");
    for finding in followers.iter().take(NAMED) {
        let _ = writeln!(text, "- {}", code(&finding.name));
    }
    if followers.len() > NAMED {
        let _ = writeln!(text, "- and {} more", followers.len() - NAMED);
    }
    text.push_str("\n</details>\n");
    text
}

/// What differs about each rule: its settings openly, its query folded.
fn changed_rules(view: &View<'_>, links: Option<&Links>) -> String {
    let mut text = String::new();
    for (number, change) in view.rules.iter().enumerate() {
        let mut rule = format!("\n**{}** {}", plain(&change.name), change.kind.word());
        let _ = writeln!(rule, " in {}\n", at(&change.file, None, links));
        for setting in rule_change::settings(change) {
            let (before, after) = (
                rule_change::value(&setting.before),
                rule_change::value(&setting.after),
            );
            let (key, before, after) = (code(&setting.key), code(&before), code(&after));
            let _ = writeln!(rule, "- {key}: {before} → {after}");
        }
        let query = rule_change::query(change);
        if !query.is_empty() {
            let block = diff_block(&query);
            let _ = writeln!(
                rule,
                "\n<details open><summary>the rule's query</summary>\n\n{block}\n\n</details>"
            );
        }
        if text.len() + rule.len() > MOST_OF_RULES {
            let _ = writeln!(text, "\nand {} rules more", view.rules.len() - number);
            break;
        }
        if number == 0 {
            text.push_str("\n### What differs about the rules\n");
        }
        text.push_str(&rule);
    }
    text
}

/// A place in a file, as a link where the host is known.
fn at(file: &str, line: Option<usize>, links: Option<&Links>) -> String {
    let colon = line.map_or_else(String::new, |line| format!(":{line}"));
    let words = code(&format!("{file}{colon}"));
    match links {
        Some(links) => format!("[{words}]({})", links.to(file, line)),
        None => words,
    }
}

fn section(finding: &Finding<'_>, links: Option<&Links>) -> String {
    let mut text = format!(
        "\n### {} {}\n\n{}\n",
        finding.kind.to_uppercase(),
        code(&finding.name),
        plain(&finding.message)
    );
    for place in &finding.places {
        let at = at(place.file, place.start.map(|(line, _)| line), links);
        let _ = writeln!(text, "\n- {at} {}", plain(place.label));
    }
    let command = finding.next.command.as_deref().map(code);
    let command = command.unwrap_or_default();
    let _ = writeln!(text, "\nDo now: {} {command}", finding.next.words);
    let is_shown = |file: &str, line: usize| {
        let mut places = finding.places.iter();
        places.any(|place| place.file == file && place.start.is_some_and(|(own, _)| own == line))
    };
    if let Some((file, line)) = &finding.next.expectation
        && !is_shown(file, *line)
    {
        let _ = writeln!(text, "\n`expect` is at {}", at(file, Some(*line), links));
    }
    if !finding.diff.is_empty() {
        let _ = writeln!(
            text,
            "\n<details open><summary>recorded and found</summary>\n\n{}\n\n</details>",
            diff_block(&finding.diff)
        );
    }
    text
}

/// Text in a line that nothing in Markdown or HTML takes for its own: no markup, no mention, no
/// reference and no link.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::new();
    let text = escape::line(text);
    let mut rest = text.as_ref();
    while let Some(character) = rest.chars().next() {
        let after = rest.get(character.len_utf8()..).unwrap_or("");
        match character {
            '&' => plain.push_str("&amp;"),
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            // An empty comment parts what a code host would make a mention or a link of.
            '@' => plain.push_str("@<!-- -->"),
            '#' if after.starts_with(|next: char| next.is_ascii_alphanumeric()) => {
                plain.push_str("#<!-- -->");
            }
            ':' if after.starts_with("//") => plain.push_str(":<!-- -->"),
            '.' if plain.to_ascii_lowercase().ends_with("www") => plain.push_str("<!-- -->."),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' => {
                plain.push('\\');
                plain.push(character);
            }
            _ => plain.push(character),
        }
        rest = after;
    }
    plain
}

/// Code in a line, whatever backticks are in it.
pub(super) fn code(text: &str) -> String {
    let text = escape::line(text);
    let longest = backticks(&text);
    let ticks = "`".repeat(longest + 1);
    let blank = if longest > 0 { " " } else { "" };
    format!("{ticks}{blank}{text}{blank}{ticks}")
}

/// Text within a line of HTML, where Markdown has no say but mentions and links are still made.
pub(super) fn html(text: &str) -> String {
    let text = escaped(&escape::line(text));
    text.replace('@', "@<!-- -->")
        .replace("](", "]&#40;")
        .replace("://", ":<!-- -->//")
        .replace("www.", "www<!-- -->.")
}

/// A block of lines of a diff, which nothing in it ends.
pub(super) fn diff_block(text: &str) -> String {
    let text = escape::lines(text);
    let fence = fence(&text);
    format!("{fence}diff\n{text}{fence}")
}

/// A fence that nothing in the text closes.
fn fence(text: &str) -> String {
    "`".repeat(3.max(backticks(text) + 1))
}

/// The longest run of backticks.
fn backticks(text: &str) -> usize {
    let runs = text.split(|character| character != '`').map(str::len);
    runs.max().unwrap_or(0)
}
