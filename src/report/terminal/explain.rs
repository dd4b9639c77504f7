//! `trapline explain` for people: the stages, the clauses that decided at their places, and what
//! would change it.

use std::fmt::Write as _;

use super::excerpt;
use super::style::{BAD, DIM, GOOD, NAME, Painter, clean};
use crate::explain::Explanation;

/// Writes one explanation; with `all` every clause is listed.
pub fn write_explanation(one: &Explanation, colour: bool, all: bool, text: &mut String) {
    let painter = Painter { colour };
    let (word, style) = if one.alerted {
        ("alert", BAD)
    } else {
        ("none", GOOD)
    };
    let name = painter.paint(NAME, &one.key);
    let _ = writeln!(text, "{}{name}", painter.key(style, word));
    let header = "  stage       seen  category  matching  shown on";
    let _ = writeln!(text, "{}", painter.paint(DIM, header));
    for stage in &one.stages {
        let role = format!("{} {}", stage.number, stage.role);
        let event = stage.event.as_deref().unwrap_or("-");
        let _ = writeln!(
            text,
            "  {role:<10} {:>5} {:>9} {:>9}  {}",
            stage.seen,
            stage.category,
            stage.matching,
            clean(event)
        );
    }
    for clause in one.clauses.iter().filter(|clause| clause.decisive) {
        let words = format!("{}: {}", clause.outcome, clause.value);
        excerpt::draw(&clause.place, &words, painter, text);
    }
    if all {
        for clause in &one.clauses {
            let mark = if clause.decisive { '*' } else { ' ' };
            let _ = writeln!(
                text,
                "  {:>5} {mark} {:<5} {}  {}",
                clause.place.line(),
                clause.outcome,
                clean(&clause.text),
                painter.paint(DIM, &clause.value)
            );
        }
    }
    for (key, words) in [
        ("would alert but for", &one.would),
        ("stopped together by", &one.together),
    ] {
        if !words.is_empty() {
            let _ = writeln!(text, "  {key}: {}", clean(&words.join("; ")));
        }
    }
    text.push('\n');
}
