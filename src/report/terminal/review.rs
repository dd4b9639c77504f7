//! Pending snapshot changes: the list, and one change with its case.

use std::fmt::Write as _;

use super::change::lines;
use super::style::{BAD, DIM, NAME, Painter, WARN, clean, quote};
use crate::snapshot::{Change, Class};

/// One change as a reviewer looks at it.
pub struct ReviewStep<'a> {
    /// The change.
    pub change: &'a Change,
    /// The lines of the scenario that make its case, with their numbers.
    pub context: Vec<(usize, String)>,
    /// Which one it is, from 1.
    pub number: usize,
    /// Of how many.
    pub total: usize,
}

/// A line a change, worst first, and what to do.
pub fn write_review_list(changes: &[&Change], colour: bool) -> String {
    let painter = Painter { colour };
    let mut text = String::new();
    for change in changes {
        let _ = writeln!(text, "{}", headline(change, painter));
    }
    if let Some(first) = changes.first() {
        let key = quote(&first.key.to_string());
        let label = painter.key(DIM, "show");
        let _ = writeln!(text, "\n{label}trapline review --show {key}");
        let label = painter.key(DIM, "accept");
        let _ = writeln!(text, "{label}trapline review --accept {key}");
    } else {
        text.push_str("nothing waits for a review\n");
    }
    text
}

/// The change, the case, and the keys.
pub fn write_review(step: &ReviewStep<'_>, colour: bool) -> String {
    let painter = Painter { colour };
    let mut text = format!("{}\n\n", headline(step.change, painter));
    let width = step
        .context
        .last()
        .map_or(0, |(number, _)| number.to_string().len());
    for (number, line) in &step.context {
        let gutter = painter.paint(DIM, &format!("  {number:>width$} │"));
        let _ = writeln!(text, "{gutter} {}", clean(line));
    }
    if !step.context.is_empty() {
        text.push('\n');
    }
    lines(step.change, painter, &mut text);
    text.push('\n');
    text.push_str(&write_review_keys(step, colour));
    text
}

/// The keys, where the change itself stands above already.
pub fn write_review_keys(step: &ReviewStep<'_>, colour: bool) -> String {
    let painter = Painter { colour };
    let keys = "[a]ccept [r]eject [s]kip [e]xplain [d]iff [u]ndo [q]uit";
    format!(
        "{}  {} of {}\n",
        painter.paint(DIM, keys),
        step.number,
        step.total
    )
}

fn headline(change: &Change, painter: Painter) -> String {
    let style = if change.class <= Class::New {
        BAD
    } else {
        WARN
    };
    let class = painter.key(style, &change.class.word().to_uppercase());
    let name = if change.header {
        change.key.scenario.clone()
    } else {
        change.key.to_string()
    };
    format!("{class}{}", painter.paint(NAME, &name))
}
