//! `trapline mutate` on the terminal: one line per rule, each survivor at its place, and the sum.

use std::fmt::Write as _;

use super::style::{BAD, CAME, DIM, GONE, GOOD, Painter, clean, width};
use super::{excerpt, share};
use crate::mutation::{MissingCase, MutantStatus, Mutation, RuleMutation, TriedMutant};

/// How much of a clause is shown in the words for a case.
const CLAUSE: usize = 60;

/// How the report of `mutate` is to look.
#[derive(Debug, Clone, Copy, Default)]
pub struct MutationOptions {
    /// Whether to write ANSI colours.
    pub colour: bool,
    /// How many columns there are, where that is known.
    pub width: Option<usize>,
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
            missing_case(case, options, painter, text);
        }
        let rest: usize = rest.iter().map(MissingCase::mutants_of_kind).sum();
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
    let (name, file) = (&rule.rule_name, &rule.rule_file);
    share::rule_line(rule.share(), name, file, painter, text);
    let count = |status: &MutantStatus| {
        rule.mutants
            .iter()
            .filter(|one| one.status == *status)
            .count()
    };
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

/// The first of the mutants that one case would catch, and the case.
fn missing_case(
    case: &MissingCase<'_>,
    options: MutationOptions,
    painter: Painter,
    text: &mut String,
) {
    let Some(mutant) = case.mutants.first() else {
        return;
    };
    let room = excerpt::room(options.width);
    change(mutant, room, options, painter, text);
    let add = format!("add {}", clean(&short_clauses(&mutant.case)));
    let more = case.words_for_others();
    let _ = write!(text, "          {add}");
    if !more.is_empty() {
        let gap = if width(&add) + width(&more) + 3 <= room {
            " "
        } else {
            "\n          "
        };
        let _ = write!(text, "{gap}{}", painter.paint(DIM, &format!("({more})")));
    }
    text.push('\n');
}

/// The place of a change with its word, and what it changes: beside the carets where that is short
/// and the carets show what goes.
fn change(
    mutant: &TriedMutant,
    room: usize,
    options: MutationOptions,
    painter: Painter,
    text: &mut String,
) {
    let range = mutant.place.span.range();
    let marked = mutant.place.source.text().get(range).unwrap_or_default();
    let is_short = !marked.contains('\n') && mutant.after.len() <= CLAUSE;
    let words = match mutant.after.as_str() {
        after if is_short && !after.is_empty() => format!("{} → {after}", mutant.operator.word()),
        _ => mutant.operator.word().to_owned(),
    };
    excerpt::draw(&mutant.place, &words, options.width, painter, text);
    if is_short {
        return;
    }
    for (sign, style, change) in [('-', GONE, &mutant.before), ('+', CAME, &mutant.after)] {
        if !change.is_empty() {
            let words = format!("{sign} {}", excerpt::cut_to(change, room.saturating_sub(2)));
            let _ = writeln!(text, "          {}", painter.paint(style, &words));
        }
    }
}

/// The words for a case, with long clauses cut.
fn short_clauses(case: &str) -> String {
    let parts = case.split('`').enumerate();
    let parts = parts.map(|(number, part)| match number % 2 {
        1 => excerpt::cut_to(part, CLAUSE),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<String>>().join("`")
}

fn listed(mutant: &TriedMutant, painter: Painter, text: &mut String) {
    let (word, style, by) = match &mutant.status {
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
    let words = format!("mutants of {} caught", share::rules(mutation.rules.len()));
    share::total("mutation", &words, mutation.share(), min, painter, text);
}
