//! The list of findings, worst first, each with a link to its details.

use std::fmt::Write as _;

use super::super::finding::{
    Next, RANK_OF_GATE, meaning, next_of_change, next_of_gate, rank_of_change, what,
};
use super::super::markup::escaped;
use super::super::reason::message;
use super::super::rules;
use super::super::terminal::group::groups;
use super::blocks::{Block, Report, Rule, change_tone, sign, tone};
use super::{at, case, count, rule};

/// Cases that tell nothing come after the attack that fails.
const RANK_OF_FOLLOWERS: u8 = 3;
/// A rule that alerts louder, or at other times, before other values of an alert.
const RANK_OF_RULES: u8 = 5;
/// More findings that say the same are folded.
const NAMED: usize = 5;

/// The entries so far, each with how soon it must be seen.
#[derive(Default)]
struct Entries {
    entries: Vec<(u8, String)>,
    /// How many things there are to look at.
    shown: usize,
}

/// Writes the section, the worst of all rules first; nothing where all is as it was expected and
/// recorded.
pub(super) fn write(report: &Report<'_>, text: &mut String) {
    let mut found = Entries {
        shown: report.view.problems.len() + report.view.gates.len(),
        ..Entries::default()
    };
    problems(report, &mut found.entries);
    for rule in report.worst_first() {
        of_rule(report, rule, &mut found);
    }
    changed_rules(report, &mut found);
    let new: usize = report.rules.iter().map(Rule::added).sum();
    if new > 0 {
        let entry = format!(
            "<li><span class=\"badge warn\">added</span> {} not in the snapshot yet; \
             <code>trapline test --accept</code> records what it finds</li>\n",
            count(new, "check"),
        );
        found.entries.push((u8::MAX, entry));
    }
    if found.entries.is_empty() {
        return;
    }
    // The sort is stable: what weighs the same stays in the order of the rules.
    found.entries.sort_by_key(|(urgency, _)| *urgency);
    let entries: String = found.entries.into_iter().map(|(_, entry)| entry).collect();
    let _ = write!(
        text,
        "<section aria-labelledby=\"look\">\n<h2 id=\"look\">To look at{}</h2>\n\
         <ul class=\"findings\">\n{entries}</ul>\n</section>\n",
        if found.shown > 0 {
            format!(" <span class=\"number\">{}</span>", found.shown)
        } else {
            String::new()
        },
    );
}

/// What needs a look about one rule.
fn of_rule(report: &Report<'_>, rule: &Rule<'_>, found: &mut Entries) {
    let blocks = sorted(rule);
    found.shown += blocks.len() + rule.orphans.len();
    let alike = |one: &&Block<'_>, other: &&Block<'_>| {
        tone_and_words(report, one) == tone_and_words(report, other)
    };
    for group in groups(blocks, alike) {
        let mut text = String::new();
        entries_of(report, rule, &group, &mut text);
        let urgency = group.first().map_or(u8::MAX, |block| block.urgency());
        found.entries.push((urgency, text));
    }
    for (number, change) in rule.orphans.iter().enumerate() {
        let name_of = if change.header {
            change.key.scenario.clone()
        } else {
            change.key.to_string()
        };
        let entry = format!(
            "<li><a href=\"#{}-o{}\"><span class=\"badge warn\">\
             <span aria-hidden=\"true\">Δ</span> {}</span> {}</a>\
             <p><span class=\"of\">{}:</span> {}</p>{}</li>\n",
            rule.id,
            number + 1,
            change.class.word(),
            escaped(&name_of),
            name(rule),
            escaped(&what(change)),
            next(Some(&next_of_change(change))),
        );
        found.entries.push((rank_of_change(change), entry));
    }
    let mut text = String::new();
    followers(rule, &mut text);
    if !text.is_empty() {
        found.entries.push((RANK_OF_FOLLOWERS, text));
    }
}

/// The rules whose severity, risk or other settings differ, and those that differ and are on no
/// page of their own, for no check runs them.
fn changed_rules(report: &Report<'_>, found: &mut Entries) {
    for change in report.view.rules {
        let own = report.rules.iter().find(|rule| {
            let known = report.change_of(rule);
            known.is_some_and(|known| std::ptr::eq(known, change))
        });
        if change.settings.is_empty() && own.is_some() {
            continue;
        }
        let title = match own {
            Some(rule) => format!("<a href=\"#{}\">{}</a>", rule.id, escaped(&change.name)),
            None => escaped(&change.name),
        };
        let mut entry = format!(
            "<li><span class=\"badge warn\"><span aria-hidden=\"true\">Δ</span> rule {}</span> \
             {title} {}",
            change.kind.word(),
            at(report, &change.file, None),
        );
        rule::settings(change, &mut entry);
        if own.is_none() && !change.query.is_empty() {
            case::signed("The query before and after", &change.query, &mut entry);
        }
        entry.push_str("</li>\n");
        found.shown += 1;
        found.entries.push((RANK_OF_RULES, entry));
    }
}

/// What to do about it, in a line.
fn next(next: Option<&Next>) -> String {
    next.map_or_else(String::new, |next| {
        format!("<p class=\"next\">Do now: {}</p>", case::do_now(next))
    })
}

/// What could not be loaded, and the gates that are missed.
fn problems(report: &Report<'_>, entries: &mut Vec<(u8, String)>) {
    for problem in report.view.problems {
        let place = problem.labels.first().map(|label| {
            let line = label.source.line_column(label.span.start).0;
            at(report, label.source.name(), Some(line))
        });
        let help = problem.help.iter().map(|help| format!("; {help}"));
        let entry = format!(
            "<li><span class=\"badge bad\"><span aria-hidden=\"true\">✗</span> not loaded</span> \
             {}<p>{} <span class=\"of\">({})</span>{}</p></li>\n",
            place.as_deref().unwrap_or("<code>trapline</code>"),
            escaped(&problem.message),
            problem.code.number,
            escaped(&help.collect::<String>()),
        );
        entries.push((0, entry));
    }
    for missed in report.view.gates {
        let entry = format!(
            "<li><span class=\"badge bad\"><span aria-hidden=\"true\">✗</span> gate</span> \
             {}<p>{} <span class=\"of\">(--{})</span></p>{}</li>\n",
            at(report, &missed.rule_file, None),
            escaped(&rules::missing(&missed.missing)),
            missed.gate,
            next(Some(&next_of_gate(missed))),
        );
        entries.push((RANK_OF_GATE, entry));
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
fn tone_and_words(
    report: &Report<'_>,
    block: &Block<'_>,
) -> (&'static str, char, &'static str, String) {
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
            message(check),
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
    let (tone, sign, word, message) = tone_and_words(report, block);
    let class = block.change.filter(|_| block.fails);
    let class = class.map(|change| format!("{}: ", change.class.word().to_uppercase()));
    let _ = writeln!(
        text,
        "<li><a href=\"#{}\"><span class=\"badge {tone}\"><span aria-hidden=\"true\">{sign}</span> \
         {word}</span> {}</a> <span class=\"sources\">{}</span>\
         <p><span class=\"of\">{}:</span> {}{}</p>{}</li>",
        block.id,
        escaped(&block.first.key.case),
        escaped(&block.sources()),
        name(rule),
        class.unwrap_or_default(),
        escaped(&message),
        next(block.next().as_ref()),
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
