//! `trapline mutate` as JSON and as Markdown for a merge request.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde::Serialize;

use super::markdown::{code, plain};
use super::share::{rounded, table};
use crate::mutation::{MissingCase, MutantStatus, Mutation, RuleMutation, TriedMutant};

#[derive(Serialize)]
struct Report<'a> {
    summary: Summary,
    rules: Vec<RuleEntry<'a>>,
}

#[derive(Serialize)]
struct Summary {
    caught: usize,
    mutants: usize,
    percent: f64,
    rules: usize,
}

#[derive(Serialize)]
struct RuleEntry<'a> {
    rule_id: &'a str,
    rule: &'a str,
    file: &'a str,
    caught: usize,
    counted: usize,
    percent: f64,
    mutants: Vec<MutantEntry<'a>>,
}

#[derive(Serialize)]
struct MutantEntry<'a> {
    operator: &'static str,
    line: usize,
    column: usize,
    before: &'a str,
    /// `null` where it is dropped.
    after: Option<&'a str>,
    fate: &'static str,
    caught_by: Option<&'a str>,
    /// The case that would catch a survivor.
    add: Option<&'a str>,
}

/// Writes one JSON object and a line break.
pub fn json(mutation: &Mutation, out: &mut impl Write) -> io::Result<()> {
    let share = mutation.share();
    let report = Report {
        summary: Summary {
            caught: share.good,
            mutants: share.all,
            percent: rounded(share),
            rules: mutation.rules.len(),
        },
        rules: mutation.rules.iter().map(rule_entry).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    out.write_all(b"\n")
}

fn rule_entry(rule: &RuleMutation) -> RuleEntry<'_> {
    let share = rule.share();
    RuleEntry {
        rule_id: &rule.rule_id,
        rule: &rule.rule_name,
        file: &rule.rule_file,
        caught: share.good,
        counted: share.all,
        percent: rounded(share),
        mutants: rule.mutants.iter().map(mutant_entry).collect(),
    }
}

fn mutant_entry(mutant: &TriedMutant) -> MutantEntry<'_> {
    let (line, column) = mutant.place.source.line_column(mutant.place.span.start);
    let (status, caught_by) = match &mutant.status {
        MutantStatus::Caught(key) => ("caught", Some(key.as_str())),
        MutantStatus::Survived => ("survived", None),
        MutantStatus::Equivalent => ("equivalent", None),
        MutantStatus::Refused => ("refused", None),
    };
    MutantEntry {
        operator: mutant.operator.word(),
        line,
        column,
        before: &mutant.before,
        after: (!mutant.after.is_empty()).then_some(mutant.after.as_str()),
        fate: status,
        caught_by,
        add: (mutant.status == MutantStatus::Survived).then_some(mutant.case.as_str()),
    }
}

/// The cases that a rule lacks, this many at most, or all for 0.
fn missing_cases(rule: &RuleMutation, most: usize, text: &mut String) {
    let cases = rule.missing_cases();
    let most = if most == 0 { cases.len() } else { most };
    let (shown, rest) = cases.split_at(most.min(cases.len()));
    for case in shown {
        let Some(mutant) = case.mutants.first() else {
            continue;
        };
        let change = if mutant.after.is_empty() {
            format!("{} dropped", code(&mutant.before))
        } else {
            format!("{} → {}", code(&mutant.before), code(&mutant.after))
        };
        let _ = write!(
            text,
            "\n- {}: {change}; add {}",
            code(&format!("{}:{}", rule.rule_file, mutant.place.line())),
            plain(&mutant.case)
        );
        let more = case.words_for_others();
        if !more.is_empty() {
            let _ = write!(text, " ({more})");
        }
    }
    let rest: usize = rest.iter().map(MissingCase::mutants_of_kind).sum();
    if rest > 0 {
        let file = code(&rule.rule_file);
        let _ = write!(text, "\n- {file}: {rest} more that no case notices");
    }
}

/// Writes a table of the rules and the cases that each lacks, this many at most, or all for 0.
pub fn markdown(mutation: &Mutation, survivors: usize) -> String {
    let rules = mutation.rules.iter();
    let rules = rules.map(|rule| (rule.rule_name.as_str(), rule.share()));
    let mut text = table(("caught", "mutants"), rules, mutation.share());
    for rule in &mutation.rules {
        missing_cases(rule, survivors, &mut text);
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}
