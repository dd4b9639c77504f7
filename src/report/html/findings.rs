//! What needs a look, worst first, one line each with a link to the whole of it.

use std::fmt::Write as _;

use super::super::finding::{Level, meaning};
use super::super::markup::escaped;
use super::blocks::{Block, Report, Rule, sign, tone};
use super::count;

/// Writes the section; nothing where all is as it was expected and recorded.
pub(super) fn write(report: &Report<'_>, text: &mut String) {
    let mut entries = String::new();
    let mut shown = 0;
    for rule in report.worst_first() {
        for block in sorted(rule) {
            entry(report, rule, block, &mut entries);
            shown += 1;
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

/// The blocks that need a look: failures in file order, then changes, worst first.
fn sorted<'r, 'a>(rule: &'r Rule<'a>) -> Vec<&'r Block<'a>> {
    let mut blocks: Vec<&Block<'a>> = rule.blocks().filter(|block| block.needs_a_look()).collect();
    blocks.sort_by_key(|block| match block.change {
        Some(change) if !block.fails => (1, Some(change.class)),
        _ => (0, None),
    });
    blocks
}

fn entry(report: &Report<'_>, rule: &Rule<'_>, block: &Block<'_>, text: &mut String) {
    let check = block.first;
    let (tone, sign, word, message) = match block.change {
        Some(change) if !block.fails => {
            let (level, what) = meaning(change.class);
            let tone = if level == Level::Error { "bad" } else { "warn" };
            (tone, 'Δ', change.class.word(), what)
        }
        _ => (
            tone(check.verdict, report.view.strict),
            sign(check.verdict),
            check.verdict.word(),
            check.message.as_deref().unwrap_or_default(),
        ),
    };
    let _ = writeln!(
        text,
        "<li><a href=\"#{}\"><span class=\"badge {tone}\"><span aria-hidden=\"true\">{sign}</span> \
         {word}</span> {}</a> <span class=\"sources\">{}</span>\
         <p><span class=\"of\">{}:</span> {}</p></li>",
        block.id,
        escaped(&check.key.case),
        escaped(&block.sources()),
        name(rule),
        escaped(message),
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
