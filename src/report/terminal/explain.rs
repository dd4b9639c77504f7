//! `trapline explain` on the terminal: what the nearest miss lacks, the stages, the deciding
//! clauses at their places, and what would change the outcome.

use std::fmt::Write as _;

use indexmap::IndexMap;

use super::excerpt;
use super::style::{BAD, DIM, GOOD, NAME, Painter, clean, width};
use crate::explain::{Explanation, Recording, StageRow};
use crate::replay::trace::StepRecord;

/// How wide the column of clauses is at most.
const WIDEST: usize = 60;

/// How many lacks and changes are listed each.
const LISTED: usize = 8;

/// Writes the explanations; checks that differ in nothing but their source share one.
pub fn write_explanations(found: &[Explanation], colour: bool, all: bool, text: &mut String) {
    let painter = Painter { colour };
    let apart = |key: &str| match key.strip_suffix(']').and_then(|key| key.rsplit_once('[')) {
        Some((name, source)) => (name.to_owned(), source.to_owned()),
        None => (key.to_owned(), String::new()),
    };
    let mut blocks: IndexMap<(String, bool, String), Vec<String>> = IndexMap::new();
    for one in found {
        let (name, source) = apart(&one.key);
        let mut body = String::new();
        write_body(one, painter, all, &mut body);
        let block = blocks.entry((name, one.alerted, body));
        block.or_default().push(source);
    }
    for ((name, alerted, body), sources) in blocks {
        let sources = sources.join(", ");
        let key = match sources.as_str() {
            "" => name,
            sources => format!("{name}[{sources}]"),
        };
        write_name(&key, alerted, painter, text);
        text.push_str(&body);
    }
}

/// Writes one explanation; with `all` every clause is listed.
pub fn write_explanation(one: &Explanation, colour: bool, all: bool, text: &mut String) {
    let painter = Painter { colour };
    write_name(&one.key, one.alerted, painter, text);
    write_body(one, painter, all, text);
}

fn write_name(key: &str, alerted: bool, painter: Painter, text: &mut String) {
    let (word, style) = if alerted {
        ("alert", BAD)
    } else {
        ("none", GOOD)
    };
    let name = painter.paint(NAME, key);
    let _ = writeln!(text, "{}{name}", painter.key(style, word));
}

fn write_body(one: &Explanation, painter: Painter, all: bool, text: &mut String) {
    if let Some(recording) = &one.recording {
        of_recording(recording, painter, text);
    }
    unmet_clauses(one, painter, text);
    if let Some(prefix) = &one.longest_prefix {
        let words = format!(
            "{} of {} ({}), then {}",
            prefix.events.len(),
            prefix.of,
            prefix.events.join(", "),
            prefix.ended
        );
        key_line("reached", &words, painter, text);
    }
    text.push('\n');
    if one.steps.is_empty() {
        table(&one.stages, painter, text);
    } else {
        steps(&one.steps, painter, text);
    }
    if !one.alerted {
        for clause in one.clauses.iter().filter(|clause| clause.decisive) {
            let words = format!("{}: {}", clause.outcome, clause.value);
            excerpt::draw(&clause.place, &words, None, painter, text);
        }
    }
    // An alert depends on nearly every clause, so a list is shorter than marks in the query.
    if all || one.alerted {
        list(one, all, painter, text);
    }
    changes(one, painter, text);
    for note in &one.notes {
        let _ = writeln!(text, "  {} {}", painter.paint(NAME, "note:"), clean(note));
    }
    text.push('\n');
}

/// A key in its column, and what it says.
fn key_line(key: &str, words: &str, painter: Painter, text: &mut String) {
    let _ = writeln!(text, "{}{}", painter.key(DIM, key), clean(words));
}

fn of_recording(recording: &Recording, painter: Painter, text: &mut String) {
    if recording.matched > 0 {
        let plural = if recording.matched == 1 { "" } else { "es" };
        let of = format!("{} match{plural}", number(recording.matched as u64));
        let listed: Vec<String> = recording
            .matches
            .iter()
            .map(|events| events.join(" + "))
            .collect();
        let more = recording.matched.saturating_sub(listed.len());
        let more = if more > 0 {
            format!("; and {} more", number(more as u64))
        } else {
            String::new()
        };
        let words = format!("{of}: {}{more}", listed.join("; "));
        key_line("found", &words, painter, text);
    }
    let mut read = format!("{} events", number(recording.events));
    if recording.unrouted > 0 {
        let _ = write!(
            read,
            ", {} of them in indices that the rule does not search",
            number(recording.unrouted)
        );
    }
    if recording.excluded > 0 {
        let _ = write!(
            read,
            ", {} of them left out by the rule's {}",
            number(recording.excluded),
            if recording.lists_applied.is_empty() {
                "filters"
            } else {
                "filters and exceptions"
            }
        );
    }
    if let Some((lines, first)) = &recording.bad {
        let plural = if *lines == 1 { "" } else { "s" };
        let _ = write!(
            read,
            "; {} unreadable line{plural}, {first}",
            number(*lines)
        );
    }
    if recording.approximate {
        read.push_str("; too many to keep, so the nearest miss is approximate");
    }
    key_line("read", &read, painter, text);
    if let Some(shown) = &recording.execution {
        let plural = if shown.events == 1 { "" } else { "s" };
        let events = number(shown.events as u64);
        let words = format!(
            "the execution of {}, which sees {events} event{plural}",
            shown.start
        );
        key_line("shown", &words, painter, text);
    }
    if !recording.lists_missing.is_empty() {
        let lists = recording.lists_missing.join(", ");
        let words = format!("exception lists that were not applied: {lists} (--exceptions PATH)");
        key_line("without", &words, painter, text);
    }
}

/// The unmet clauses, which come first.
fn unmet_clauses(one: &Explanation, painter: Painter, text: &mut String) {
    let mut key = "lacks";
    for stage in &one.stages {
        let empty = stage.role == "stage" && stage.matching == 0 && one.stages.len() > 1;
        if empty && one.recording.is_some() {
            let words = if stage.category == 0 {
                let category = &stage.asks;
                format!("stage {}: there is no {category} event", stage.number)
            } else {
                format!("stage {}: no event meets it", stage.number)
            };
            key_line(key, &words, painter, text);
            key = "";
        }
    }
    for (index, unmet) in one.unmet.iter().take(LISTED).enumerate() {
        let joined = match (index, one.alone) {
            (0, _) => "",
            (_, true) => "or ",
            (_, false) => "and ",
        };
        key_line(key, &format!("{joined}{}", unmet.words()), painter, text);
        key = "";
    }
    more(one.unmet.len(), painter, text);
}

fn more(all: usize, painter: Painter, text: &mut String) {
    if all > LISTED {
        let words = format!("and {} more", all - LISTED);
        key_line("", &words, painter, text);
    }
}

fn table(stages: &[StageRow], painter: Painter, text: &mut String) {
    let figure = |number_of: fn(&StageRow) -> u64| {
        let widths = stages.iter().map(|row| width(&number(number_of(row))));
        widths.max().unwrap_or(0)
    };
    let name = |row: &StageRow| match row.role {
        "stage" => format!("{} {}", row.number, row.asks),
        role => format!("{} {role} {}", row.number, row.asks),
    };
    let names = stages
        .iter()
        .map(|row| width(&name(row)))
        .max()
        .unwrap_or(0)
        .max(5);
    let seen = figure(|row| row.seen).max(6);
    let category = figure(|row| row.category).max(8);
    let matching = figure(|row| row.matching).max(8);
    let header = format!(
        "  {:<names$}  {:>seen$}  {:>category$}  {:>matching$}  shown on",
        "stage", "events", "category", "matching"
    );
    let _ = writeln!(text, "{}", painter.paint(DIM, &header));
    for row in stages {
        let time = row.time.as_deref().map_or_else(String::new, |time| {
            format!("  {}", painter.paint(DIM, time))
        });
        let _ = writeln!(
            text,
            "  {:<names$}  {:>seen$}  {:>category$}  {:>matching$}  {}{time}",
            clean(&name(row)),
            number(row.seen),
            number(row.category),
            number(row.matching),
            clean(row.event.as_deref().unwrap_or("-"))
        );
    }
}

/// The rows in and out of each step of a pipeline, and the rows that stopped there.
fn steps(steps: &[StepRecord], painter: Painter, text: &mut String) {
    let header = format!("  {:>8}  {:>8}  step", "rows in", "rows out");
    let _ = writeln!(text, "{}", painter.paint(DIM, &header));
    for step in steps {
        let words = clean(&excerpt::cut(&step.text));
        let (rows_in, rows_out) = (number(step.rows_in), number(step.rows_out));
        let _ = writeln!(text, "  {rows_in:>8}  {rows_out:>8}  {words}");
        for row in step.stopped.iter().take(LISTED) {
            let events = match row.events.as_slice() {
                [first, .., last] if row.events.len() > LISTED => {
                    format!("{} events {first} … {last}", row.events.len())
                }
                events => events.join(", "),
            };
            for (clause, value) in &row.conditions {
                let words = format!("{events} stopped: {clause}: {value}");
                let _ = writeln!(text, "{:22}{}", "", painter.paint(DIM, &clean(&words)));
            }
        }
        more(step.stopped.len(), painter, text);
    }
}

/// The clauses one a line: all of them, those that decide marked, or only those.
fn list(one: &Explanation, all: bool, painter: Painter, text: &mut String) {
    let shown: Vec<_> = one
        .clauses
        .iter()
        .filter(|clause| all || clause.decisive)
        .collect();
    let longest = shown
        .iter()
        .map(|clause| width(&excerpt::cut(&clause.text)))
        .max();
    let longest = longest.unwrap_or(0).min(WIDEST);
    let header = "     line stage         clause";
    let _ = writeln!(text, "\n{}", painter.paint(DIM, header));
    for clause in shown {
        let mark = if clause.decisive { '*' } else { ' ' };
        let stage = clause
            .stage
            .map_or_else(String::new, |stage| stage.to_string());
        let _ = writeln!(
            text,
            "  {mark} {:>5} {stage:>5}  {:<5}  {:<longest$}  {}",
            clause.place.line(),
            clause.outcome,
            clean(&excerpt::cut(&clause.text)),
            painter.paint(DIM, &excerpt::cut(&clause.value))
        );
    }
    if !all {
        let words = "each of these, inverted alone, would lose the alert";
        let _ = writeln!(text, "  {}", painter.paint(DIM, words));
    }
}

fn changes(one: &Explanation, painter: Painter, text: &mut String) {
    if one.would.is_empty() && one.together.is_empty() {
        return;
    }
    text.push('\n');
    let (changes, joined) = if one.would.is_empty() {
        (&one.together, "and if ")
    } else {
        (&one.would, "or if ")
    };
    for (index, change) in changes.iter().take(LISTED).enumerate() {
        let start = if index == 0 {
            "would alert if ".to_owned()
        } else {
            format!("{joined:>15}")
        };
        let _ = writeln!(
            text,
            "  {}{}",
            painter.paint(NAME, &start),
            clean(&change.to_string())
        );
    }
    more(changes.len(), painter, text);
}

/// A number with its thousands apart.
fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
