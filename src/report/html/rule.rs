//! One rule on the page: its metadata, its checks by source, its query and its cases.

use std::fmt::Write as _;

use super::super::markup::escaped;
use super::super::rule_change;
use super::super::share::rounded;
use super::blocks::{Report, Rule, Tested, sign, tone};
use super::{at, case, count, query};
use crate::replay::outcome::Check;
use crate::rule_diff::RuleChange;

/// The number of a rule's cases needing attention that are shown unfolded.
const OPEN: usize = 8;

/// Writes a rule; it stands open where something needs a look.
pub(super) fn write(report: &Report<'_>, rule: &Rule<'_>, text: &mut String) {
    let Some(outcome) = rule.outcome() else {
        return;
    };
    let open = if rule.rank() < 2 {
        " open=\"open\""
    } else {
        ""
    };
    let _ = write!(
        text,
        "<details class=\"rule\" id=\"{}\"{open}>\n<summary><h3>{}</h3>{}</summary>\n",
        rule.id,
        escaped(&outcome.rule_name),
        figures(rule),
    );
    let _ = writeln!(
        text,
        "<p class=\"meta\"><span class=\"severity\">{} {}</span> {} \
         <code>{}</code></p>",
        escaped(&outcome.severity),
        outcome.risk_score,
        at(report, &outcome.rule_file, None),
        escaped(&outcome.rule_id),
    );
    if let Some(change) = report.change_of(rule) {
        differs(change, text);
    }
    to_look_at(report, rule, text);
    if let Some(coverage) = rule.coverage {
        query::write(report, rule, coverage, text);
    }
    for tested in &rule.scenarios {
        scenario(report, rule, tested, text);
    }
    text.push_str("</details>\n");
}

/// What differs about the rule itself.
fn differs(change: &RuleChange, text: &mut String) {
    text.push_str("<section>\n<h4>What differs about the rule</h4>\n");
    settings(change, text);
    if !change.query.is_empty() {
        case::signed("The query before and after", &change.query, text);
    }
    text.push_str("</section>\n");
}

/// The changed settings of a rule, severity and schedule first; nothing where there are none.
pub(super) fn settings(change: &RuleChange, text: &mut String) {
    if change.settings.is_empty() {
        return;
    }
    text.push_str("<ul class=\"settings\">\n");
    for setting in rule_change::settings(change) {
        let value = |text: &str| escaped(&rule_change::value(text));
        let _ = writeln!(
            text,
            "<li><code>{}</code>: <del>{}</del> → <ins>{}</ins></li>",
            escaped(&setting.key),
            value(&setting.before),
            value(&setting.after),
        );
    }
    text.push_str("</ul>\n");
}

/// The cases that need a look, before anything else about the rule.
fn to_look_at(report: &Report<'_>, rule: &Rule<'_>, text: &mut String) {
    if rule.rank() == 2 {
        return;
    }
    text.push_str("<section>\n<h4>To look at</h4>\n<div class=\"cases\">\n");
    let blocks = rule.blocks().filter(|block| block.needs_a_look());
    for (number, block) in blocks.enumerate() {
        case::write(report, rule, block, number < OPEN, text);
    }
    for (number, change) in rule.orphans.iter().enumerate() {
        let id = format!("{}-o{}", rule.id, number + 1);
        case::orphan(&id, change, text);
    }
    text.push_str("</div>\n</section>\n");
}

/// The summary line of a rule: checks, failures, changes, coverage.
fn figures(rule: &Rule<'_>) -> String {
    let checks: usize = rule.blocks().map(|block| block.checks.len()).sum();
    let mut text = format!(" <span class=\"figures\">{}", count(checks, "check"));
    for (number, tone, word) in [
        (rule.failing(), "bad", "failing"),
        (rule.changed(), "warn", "changed"),
        (rule.added(), "warn", "added"),
    ] {
        if number > 0 {
            let _ = write!(text, " <span class=\"badge {tone}\">{number} {word}</span>");
        }
    }
    if let Some(coverage) = rule.coverage {
        let share = coverage.share();
        let _ = write!(
            text,
            " <span class=\"share\"><svg width=\"60\" height=\"6\" aria-hidden=\"true\">\
             <rect class=\"all\" width=\"60\" height=\"6\"/>\
             <rect class=\"part\" width=\"{}\" height=\"6\"/></svg> {:.0} % covered</span>",
            (share.good * 60).checked_div(share.all).unwrap_or(60),
            rounded(share).floor(),
        );
    }
    text.push_str("</span>");
    text
}

fn scenario(report: &Report<'_>, rule: &Rule<'_>, tested: &Tested<'_>, text: &mut String) {
    let outcome = tested.outcome;
    let _ = write!(
        text,
        "<section>\n<h4>Checks by source <code>{}</code></h4>\n",
        escaped(&outcome.scenario)
    );
    for (words, names) in [
        ("Not tested on", &outcome.untested),
        ("No source serves", &outcome.unshaped),
    ] {
        if !names.is_empty() {
            let names = escaped(&names.join(", "));
            let _ = writeln!(text, "<p class=\"note\">{words} {names}</p>");
        }
    }
    matrix(report, tested, text);
    text.push_str("<div class=\"cases\">\n");
    for block in tested.blocks.iter().filter(|block| !block.needs_a_look()) {
        case::write(report, rule, block, false, text);
    }
    text.push_str("</div>\n</section>\n");
}

/// A row a case, a column a source.
fn matrix(report: &Report<'_>, tested: &Tested<'_>, text: &mut String) {
    let checks = &tested.outcome.checks;
    let mut sources: Vec<&str> = Vec::new();
    let mut cases: Vec<(&str, Vec<&Check>)> = Vec::new();
    for check in checks {
        if !sources.contains(&check.key.source.as_str()) {
            sources.push(&check.key.source);
        }
        match cases.last_mut() {
            Some((case, row)) if *case == check.key.case => row.push(check),
            _ => cases.push((&check.key.case, vec![check])),
        }
    }
    text.push_str(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Checks by source\">\n\
         <table class=\"matrix\">\n<thead><tr><th scope=\"col\">case</th>",
    );
    for source in &sources {
        let _ = write!(text, "<th scope=\"col\">{}</th>", escaped(source));
    }
    text.push_str("</tr></thead>\n<tbody>\n");
    for (case, row) in cases {
        let _ = write!(text, "<tr><th scope=\"row\">{}</th>", escaped(case));
        for source in &sources {
            match row.iter().find(|check| check.key.source == *source) {
                Some(check) => cell(report, check, text),
                None => text.push_str("<td></td>"),
            }
        }
        text.push_str("</tr>\n");
    }
    text.push_str("</tbody>\n</table>\n</div>\n");
}

fn cell(report: &Report<'_>, check: &Check, text: &mut String) {
    let _ = write!(
        text,
        "<td><a class=\"{}\" href=\"#{}\"><span aria-hidden=\"true\">{}</span>\
         <span class=\"word\">{}</span></a></td>",
        tone(check.verdict, report.view.strict),
        report.block_of(&check.key).unwrap_or_default(),
        sign(check.verdict),
        check.verdict,
    );
}
