//! `trapline mutate` on the terminal: one line per rule, each survivor at its place, and the sum.

use std::fmt::Write as _;

use super::excerpt;
use super::style::{BAD, CAME, DIM, GONE, GOOD, NAME, Painter, WARN, clean};
use crate::mutation::{MutantStatus, Mutation, RuleMutation, Tried};

use super::coverage::percent;

/// More mutants that one case would catch are counted, not shown.
const SAME_CASE: usize = 3;

/// How the report of `mutate` is to look.
#[derive(Debug, Clone, Copy, Default)]
pub struct MutationOptions {
    /// Whether to write ANSI colours.
    pub colour: bool,
    /// Whether to list every mutant.
    pub list: bool,
    /// How many survivors of a rule are shown; all when 0.
    pub survivors: usize,
    /// The least share that is wanted, in per cent.
    pub min: Option<f64>,
}

/// Writes the report.
pub fn write_mutation(mutation: &Mutation, options: MutationOptions, text: &mut String) {
    let painter = Painter {
        colour: options.colour,
    };
    for rule in &mutation.rules {
        rule_line(rule, painter, text);
        if options.list {
            for mutant in &rule.mutants {
                listed(mutant, painter, text);
            }
        }
        let cases = rule.missing_cases();
        let shown = match options.survivors {
            0 => cases.len(),
            most => most.min(cases.len()),
        };
        let (shown, rest) = cases.split_at(shown);
        for case in shown {
            survivors(case, painter, text);
        }
        let rest: usize = rest.iter().map(Vec::len).sum();
        if rest > 0 {
            let line = format!("and {rest} more that no case notices; `--survivors 0` shows all");
            let _ = writeln!(text, "          {}", painter.paint(DIM, &line));
        }
        if options.list || rule.survivors().next().is_some() {
            text.push('\n');
        }
    }
    total(mutation, options.min, painter, text);
}

fn rule_line(rule: &RuleMutation, painter: Painter, text: &mut String) {
    let share = rule.share();
    let style = if share.good == share.all { GOOD } else { WARN };
    let _ = writeln!(
        text,
        "{}  {:<10} {}  {}",
        painter.paint(style, &percent(share)),
        format!("{} of {}", share.good, share.all),
        painter.paint(NAME, &rule.rule_name),
        painter.paint(DIM, &rule.rule_file)
    );
    let count = |fate: &MutantStatus| rule.mutants.iter().filter(|one| one.fate == *fate).count();
    let notes = [
        (count(&MutantStatus::Equivalent), "change nothing"),
        (count(&MutantStatus::Refused), "would be refused"),
    ];
    let notes: Vec<String> = notes
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect();
    if !notes.is_empty() {
        let words = format!("not counted: {}", notes.join(", "));
        let _ = writeln!(text, "         {}", painter.paint(DIM, &words));
    }
}

/// The mutants that one case would catch.
fn survivors(case: &[&Tried], painter: Painter, text: &mut String) {
    for mutant in case.iter().take(SAME_CASE) {
        survivor(mutant, painter, text);
    }
    let rest = case.len().saturating_sub(SAME_CASE);
    let all = match rest {
        0 => String::new(),
        rest => format!("; it catches {rest} more"),
    };
    if let Some(first) = case.first() {
        let _ = writeln!(text, "          add {}{all}", clean(&first.case));
    }
}

fn survivor(mutant: &Tried, painter: Painter, text: &mut String) {
    excerpt::draw(&mutant.place, mutant.operator.word(), painter, text);
    let mut line = |sign: char, style, change: &str| {
        if !change.is_empty() {
            let words = format!("{sign} {}", excerpt::cut(change));
            let _ = writeln!(text, "          {}", painter.paint(style, &words));
        }
    };
    line('-', GONE, &mutant.before);
    line('+', CAME, &mutant.after);
}

fn listed(mutant: &Tried, painter: Painter, text: &mut String) {
    let (word, style, by) = match &mutant.fate {
        MutantStatus::Caught(key) => ("caught", GOOD, format!("  {key}")),
        MutantStatus::Survived => ("SURVIVED", BAD, String::new()),
        MutantStatus::Equivalent => ("same", DIM, String::new()),
        MutantStatus::Refused => ("refused", DIM, String::new()),
    };
    let change = if mutant.after.is_empty() {
        mutant.before.clone()
    } else {
        format!("{} → {}", mutant.before, mutant.after)
    };
    let _ = writeln!(
        text,
        "  {:>5} {}{:<12} {}{}",
        mutant.place.line(),
        painter.key(style, word),
        mutant.operator.word(),
        clean(&change),
        painter.paint(DIM, &by)
    );
}

fn total(mutation: &Mutation, min: Option<f64>, painter: Painter, text: &mut String) {
    let share = mutation.share();
    let missed = min.is_some_and(|min| share.percent() < min);
    let style = if missed {
        BAD
    } else if share.good == share.all {
        GOOD
    } else {
        WARN
    };
    let rules = mutation.rules.len();
    let plural = if rules == 1 { "" } else { "s" };
    let gate = match min {
        Some(min) if missed => format!(", below --min {min}"),
        _ => String::new(),
    };
    let _ = writeln!(
        text,
        "{}{} of {} mutants of {rules} rule{plural} caught: {}{gate}",
        painter.key(style, "mutation"),
        share.good,
        share.all,
        percent(share).trim_start(),
    );
}
