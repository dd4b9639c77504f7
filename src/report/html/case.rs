//! One case on the page: its change, its events over time, and the clause that decided; a failed or
//! changed case also has its difference, its places and the command to run it again.

use std::fmt::Write as _;

use super::super::finding::Next;
use super::super::markup::escaped;
use super::super::reason::{diagnostics, sentence, warnings};
use super::super::terminal::change::marked;
use super::super::terminal::group::argument;
use super::blocks::{Block, Report, Rule, change_tone, sign, tone};
use super::{at, link, timeline, with_code};
use crate::diagnostic::render::render;
use crate::explain::{self, ClauseRow, Explanation};
use crate::plan::ClauseName;
use crate::replay::outcome::{Observed, Place};
use crate::snapshot::diff::{Tag, diff};
use crate::snapshot::{Change, record};

/// More clauses that hold an alert are folded.
const MOST: usize = 4;

/// Writes a case.
pub(super) fn write(
    report: &Report<'_>,
    rule: &Rule<'_>,
    block: &Block<'_>,
    open: bool,
    text: &mut String,
) {
    summary(report, block, open, text);
    let check = block.first;
    if let Some(reason) = &check.reason {
        let _ = writeln!(
            text,
            "<p class=\"message\">{}</p>",
            escaped(&sentence(reason))
        );
    }
    if let Some(details) = block.details {
        timeline::write(&details.timeline, text);
    }
    if block.fails {
        for diagnostic in &diagnostics(check) {
            let _ = writeln!(
                text,
                "<pre class=\"scroll\" tabindex=\"0\" role=\"region\" \
                 aria-label=\"Where\">{}</pre>",
                escaped(render(diagnostic, false).trim_end())
            );
        }
    }
    if let Some(change) = block.change {
        difference(change, text);
    }
    facts(report, rule, block, text);
    let explanation = block
        .details
        .and_then(|details| details.explanation.as_ref());
    if let Some(explanation) = explanation.filter(|_| block.fails) {
        clauses(rule, explanation, text);
    }
    text.push_str("</details>\n");
}

/// Opens a case with its line: verdict, change, name and sources.
fn summary(report: &Report<'_>, block: &Block<'_>, open: bool, text: &mut String) {
    let check = block.first;
    let open = if open { " open=\"open\"" } else { "" };
    let _ = write!(
        text,
        "<details class=\"case\" id=\"{}\" data-verdict=\"{}\"{open}>\n\
         <summary><span class=\"badge {}\"><span aria-hidden=\"true\">{}</span> {1}</span> ",
        block.id,
        check.verdict,
        tone(check.verdict, report.view.strict),
        sign(check.verdict),
    );
    if let Some(change) = block.change {
        let tone = change_tone(change.class);
        let word = change.class.word();
        let _ = write!(text, "<span class=\"badge {tone}\">{word}</span> ");
    }
    let attack = if check.attack {
        " <span class=\"attack\">attack</span>"
    } else {
        ""
    };
    let _ = writeln!(
        text,
        "<span class=\"name\">{}</span>{attack} <span class=\"sources\">{}</span></summary>",
        escaped(&check.key.case),
        escaped(&block.sources()),
    );
}

/// A change of what is no check of this run.
pub(super) fn orphan(id: &str, change: &Change, text: &mut String) {
    let name = if change.header {
        change.key.scenario.clone()
    } else {
        change.key.to_string()
    };
    let _ = write!(
        text,
        "<details class=\"case\" id=\"{id}\" data-verdict=\"\" open=\"open\">\n<summary>\
         <span class=\"badge warn\">{}</span> <span class=\"name\">{}</span></summary>\n",
        change.class.word(),
        escaped(&name),
    );
    difference(change, text);
    text.push_str("</details>\n");
}

/// What it was to do, what it did, and what decided.
fn facts(report: &Report<'_>, rule: &Rule<'_>, block: &Block<'_>, text: &mut String) {
    let check = block.first;
    text.push_str("<dl>\n");
    row("expected", [escaped(&check.expected)], text);
    // A difference says what it did, and what it did before.
    let found = record(check).filter(|_| block.change.is_none());
    for fact in found.iter().flat_map(|record| &record.facts) {
        row(&escaped(&fact.key), [escaped(&fact.value)], text);
    }
    decided(rule, block, text);
    row(
        "change",
        check.change.iter().map(|line| escaped(line)),
        text,
    );
    if let Some(pin) = &check.pin {
        row(pin.kind.word(), [escaped(&pin.reason)], text);
    }
    row(
        "waived",
        check.waived.iter().map(|clause| escaped(clause)),
        text,
    );
    row(
        "warning",
        warnings(check).iter().map(|line| escaped(line)),
        text,
    );
    if let Some(explanation) = block
        .details
        .and_then(|details| details.explanation.as_ref())
    {
        let (alone, together) = (&explanation.would, &explanation.together);
        let texts = |changes: &[explain::Change]| {
            let texts = changes.iter().map(ToString::to_string);
            texts.collect::<Vec<_>>()
        };
        let together = (!together.is_empty()).then(|| texts(together).join(", and "));
        let all = texts(alone).into_iter().chain(together);
        row("would alert if", all.map(|words| escaped(&words)), text);
    }
    let place = |place: &Place| at(report, place.source.name(), Some(place.line()));
    row("case", check.place.iter().map(place), text);
    let expectation = check.expectation.iter().filter(|_| block.fails);
    row("expect", expectation.map(place), text);
    row("do now", block.next().map(|next| do_now(&next)), text);
    if block.fails || block.change.is_some() {
        let keys: Vec<_> = block.checks.iter().map(|check| &check.key).collect();
        let again = format!("trapline test {}", argument(&keys, block.all));
        row("again", [code(&again)], text);
    }
    text.push_str("</dl>\n");
}

/// What a reviewer does about a finding.
pub(super) fn do_now(next: &Next) -> String {
    let command = next.command.as_deref().map(code).unwrap_or_default();
    format!("{} {command}", with_code(next.words))
}

/// A key with its values, in markup; nothing where there is no value.
fn row(key: &str, values: impl IntoIterator<Item = String>, text: &mut String) {
    let mut values = values.into_iter().peekable();
    if values.peek().is_none() {
        return;
    }
    let _ = write!(text, "<div><dt>{key}</dt>");
    for value in values {
        let _ = write!(text, "<dd>{value}</dd>");
    }
    text.push_str("</div>\n");
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", escaped(text))
}

/// The clauses that decided, each a link to its place in the query.
fn decided(rule: &Rule<'_>, block: &Block<'_>, text: &mut String) {
    let clauses = block
        .details
        .map_or(&[][..], |details| details.decided.as_slice());
    if clauses.is_empty() {
        return;
    }
    let links: Vec<String> = clauses.iter().map(|name| clause(rule, name)).collect();
    let links = links.join("<br/>");
    let alerts = matches!(block.first.observed, Observed::Alert(_));
    let key = if alerts { "held by" } else { "decided by" };
    let value = if clauses.len() > MOST {
        format!(
            "<details><summary>{} clauses</summary>{links}</details>",
            clauses.len()
        )
    } else {
        links
    };
    row(key, [value], text);
}

fn clause(rule: &Rule<'_>, name: &ClauseName) -> String {
    let target = rule.clause(|clause| clause.name == *name);
    let stage = name.stage.map(|stage| format!("stage {stage}: "));
    format!(
        "{}<code>{}</code>",
        stage.unwrap_or_default(),
        link(target.as_deref(), &name.to_string())
    )
}

/// Each clause with the value that it saw, those that decide first.
fn clauses(rule: &Rule<'_>, explanation: &Explanation, text: &mut String) {
    let mut rows: Vec<&ClauseRow> = explanation.clauses.iter().collect();
    if rows.is_empty() {
        return;
    }
    rows.sort_by_key(|row| !row.decisive);
    text.push_str(
        "<details class=\"clauses\"><summary>What each clause saw</summary>\n\
         <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"What each clause saw\">\n\
         <table>\n<thead><tr><th scope=\"col\">stage</th><th scope=\"col\">clause</th>\
         <th scope=\"col\">is</th><th scope=\"col\">value</th></tr></thead>\n<tbody>\n",
    );
    for one in rows {
        let target = rule.clause(|clause| clause.place.span == one.place.span);
        let class = if one.decisive {
            " class=\"decisive\""
        } else {
            ""
        };
        let _ = writeln!(
            text,
            "<tr{class}><td>{}</td><th scope=\"row\"><code>{}</code></th><td>{}</td>\
             <td><code>{}</code></td></tr>",
            one.stage
                .map_or_else(String::new, |stage| stage.to_string()),
            link(target.as_deref(), &one.text),
            one.outcome,
            escaped(&one.value),
        );
    }
    text.push_str("</tbody>\n</table>\n</div>\n</details>\n");
}

/// Recorded and found.
fn difference(change: &Change, text: &mut String) {
    let side = |entry: &Option<String>| match (entry, change.header) {
        (Some(entry), true) => entry.clone(),
        (entry, _) => marked(entry.as_ref()),
    };
    let lines = diff(&side(&change.before), &side(&change.after));
    signed("Recorded and found", &lines, text);
}

/// Lines with their signs.
pub(super) fn signed(label: &str, lines: &[(Tag, String)], text: &mut String) {
    let _ = write!(
        text,
        "<pre class=\"diff scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{label}\">"
    );
    for (tag, line) in lines {
        let line = format!("{} {line}", tag.sign());
        let line = escaped(line.trim_end());
        let _ = match tag {
            Tag::Same => writeln!(text, "{line}"),
            Tag::Gone => writeln!(text, "<del>{line}</del>"),
            Tag::Came => writeln!(text, "<ins>{line}</ins>"),
        };
    }
    text.push_str("</pre>\n");
}
