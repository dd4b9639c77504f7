//! The list of findings, worst first, each with a link to its details.

use std::fmt::Write as _;

use super::super::finding::meaning;
use super::super::markup::escaped;
use super::super::terminal::group::groups;
use super::blocks::{Block, Report, Rule, change_tone, sign, tone};
use super::count;

/// More findings that say the same are folded.
const NAMED: usize = 5;

/// Writes the section; nothing where all is as it was expected and recorded.
pub(super) fn write(report: &Report<'_>, text: &mut String) {
    let mut entries = String::new();
    let mut shown = report.view.problems.len() + report.view.gates.len();
    problems(report, &mut entries);
    for rule in report.worst_first() {
        let blocks = sorted(rule);
        shown += blocks.len();
        let alike = |one: &&Block<'_>, other: &&Block<'_>| said(report, one) == said(report, other);
        for group in groups(blocks, alike) {
            entries_of(report, rule, &group, &mut entries);
        }
        shown += rule.orphans.len();
        for (number, change) in rule.orphans.iter().enumerate() {
            let what = if change.header {
                change.key.scenario.clone()
            } else {
                change.key.to_string()
            };
            let _ = writeln!(
                entries,
                "<li><a href=\"#{}-o{}\"><span class=\"badge warn\">\
                 <span aria-hidden=\"true\">Δ</span> {}</span> {}</a>\
                 <p><span class=\"of\">{}:</span> {}</p></li>",
                rule.id,
                number + 1,
                change.class.word(),
                escaped(&what),
                name(rule),
                meaning(change.class).1,
            );
        }
        followers(rule, &mut entries);
    }
    let new: usize = report.rules.iter().map(Rule::added).sum();
    if new > 0 {
        let _ = writeln!(
            entries,
            "<li><span class=\"badge warn\">added</span> {} not in the snapshot yet; \
             <code>trapline test --accept</code> records what it finds</li>",
            count(new, "check"),
        );
    }
    if entries.is_empty() {
        return;
    }
    let _ = write!(
        text,
        "<section aria-labelledby=\"look\">\n<h2 id=\"look\">To look at{}</h2>\n\
         <ul class=\"findings\">\n{entries}</ul>\n</section>\n",
        if shown > 0 {
            format!(" <span class=\"number\">{shown}</span>")
        } else {
            String::new()
        },
    );
}

/// Load errors and missed gates.
fn problems(report: &Report<'_>, text: &mut String) {
    for problem in report.view.problems {
        let place = problem.labels.first().map(|label| {
            let (line, column) = label.source.line_column(label.span.start);
            format!("{}:{line}:{column}", label.source.name())
        });
        let help = problem.help.iter().map(|help| format!("; {help}"));
        let _ = writeln!(
            text,
            "<li><span class=\"badge bad\"><span aria-hidden=\"true\">✗</span> not loaded</span> \
             <code>{}</code><p>{} <span class=\"of\">({})</span>{}</p></li>",
            escaped(place.as_deref().unwrap_or("trapline")),
            escaped(&problem.message),
            problem.code.number,
            escaped(&help.collect::<String>()),
        );
    }
    for missed in report.view.gates {
        let _ = writeln!(
            text,
            "<li><span class=\"badge bad\"><span aria-hidden=\"true\">✗</span> gate</span> \
             <code>{}</code><p>{} <span class=\"of\">(--{})</span></p></li>",
            escaped(&missed.rule_file),
            escaped(&missed.message),
            missed.gate,
        );
    }
}

/// The blocks that need a look: failures in file order, then changes, worst first.
fn sorted<'r, 'a>(rule: &'r Rule<'a>) -> Vec<&'r Block<'a>> {
    let mut blocks: Vec<&Block<'a>> = rule.blocks().filter(|block| block.needs_a_look()).collect();
    blocks.sort_by_key(|block| match block.change {
        Some(change) if !block.fails => (1, Some(change.class)),
        _ => (0, None),
    });
    blocks
}

/// How a finding is coloured and signed, its word, and what it is.
fn said(report: &Report<'_>, block: &Block<'_>) -> (&'static str, char, &'static str, String) {
    let check = block.first;
    match block.change {
        Some(change) if !block.fails => {
            let what = meaning(change.class).1;
            let tone = change_tone(change.class);
            (tone, 'Δ', change.class.word(), what.to_owned())
        }
        _ => (
            tone(check.verdict, report.view.strict),
            sign(check.verdict),
            check.verdict.word(),
            check.message(),
        ),
    }
}

/// Findings that say the same: the first of them, the others folded.
fn entries_of(report: &Report<'_>, rule: &Rule<'_>, group: &[&Block<'_>], text: &mut String) {
    let (named, rest) = group.split_at(group.len().min(NAMED));
    for block in named {
        entry(report, rule, block, text);
    }
    if rest.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "<li><details><summary>and {} more of this kind</summary>\n<ul class=\"findings\">",
        rest.len()
    );
    for block in rest {
        entry(report, rule, block, text);
    }
    text.push_str("</ul></details></li>\n");
}

fn entry(report: &Report<'_>, rule: &Rule<'_>, block: &Block<'_>, text: &mut String) {
    let (tone, sign, word, message) = said(report, block);
    let _ = writeln!(
        text,
        "<li><a href=\"#{}\"><span class=\"badge {tone}\"><span aria-hidden=\"true\">{sign}</span> \
         {word}</span> {}</a> <span class=\"sources\">{}</span>\
         <p><span class=\"of\">{}:</span> {}</p></li>",
        block.id,
        escaped(&block.first.key.case),
        escaped(&block.sources()),
        name(rule),
        escaped(&message),
    );
}

fn name(rule: &Rule<'_>) -> String {
    let outcome = rule.outcome();
    outcome.map_or_else(String::new, |outcome| escaped(&outcome.rule_name))
}

/// The cases that tell nothing because their attack fails.
fn followers(rule: &Rule<'_>, text: &mut String) {
    let followers = rule.blocks().filter(|block| block.follows).count();
    if followers > 0 {
        let tell = if followers == 1 { "tells" } else { "tell" };
        let _ = writeln!(
            text,
            "<li class=\"also\">{} of <a href=\"#{}\">{}</a> {tell} nothing until the attack alerts</li>",
            count(followers, "case"),
            rule.id,
            name(rule),
        );
    }
}
