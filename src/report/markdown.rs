//! `--format markdown`: the summary of a CI job, which GitHub shows up to 1 MB of.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::finding::{Finding, findings};
use super::markup::escaped;
use super::sarif::uri;
use super::{View, glossary, headline, rules};
use crate::diagnostic::escape;
use crate::project::Conclusion;
use crate::replay::outcome::Verdict;

/// Above this many bytes the rest is counted, not shown.
const MOST: usize = 900_000;

/// Writes a headline, a table of the verdicts by scenario, and a section a finding, worst first.
pub fn write(view: &View<'_>, links: Option<&Links>, out: &mut impl Write) -> io::Result<()> {
    let findings = findings(view);
    let mut text = String::new();
    head(view, &mut text);
    table(view, &mut text);
    let mut rest = findings.iter();
    while let Some(finding) = rest.next() {
        let section = section(finding, links);
        if text.len() + section.len() > MOST {
            let _ = writeln!(text, "\nand {} more", rest.len() + 1);
            break;
        }
        text.push_str(&section);
    }
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
}

fn table(view: &View<'_>, text: &mut String) {
    text.push_str("\n| rule | checks | failing | changed |\n|---|---:|---:|---:|\n");
    for scenario in &view.outcome.scenarios {
        let failing = scenario.checks.iter().filter(|check| view.fails(check));
        let changed = view.reviewable().filter(|change| {
            let mut checks = scenario.checks.iter();
            checks.any(|check| check.key == change.key)
        });
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            plain(&scenario.rule_name),
            scenario.checks.len(),
            failing.count(),
            changed.count()
        );
    }
}

/// Where a code host shows the files of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links {
    /// The address of the project's root at the commit, without a slash at its end.
    pub base: String,
}

impl Links {
    fn to(&self, file: &str, line: Option<usize>) -> String {
        let line = line.map_or_else(String::new, |line| format!("#L{line}"));
        format!("{}/{}{line}", self.base, uri(file))
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
        let line = place.start.map(|(line, _)| format!(":{line}"));
        let at = format!("{}{}", place.file, line.unwrap_or_default());
        let line = place.start.map(|(line, _)| line);
        let at = match links {
            Some(links) => format!("[{}]({})", code(&at), links.to(place.file, line)),
            None => code(&at),
        };
        let _ = writeln!(text, "\n- {at} {}", plain(place.label));
    }
    let (words, command) = &finding.next;
    let command = command.as_deref().map(code).unwrap_or_default();
    let _ = writeln!(text, "\nDo now: {words} {command}");
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
