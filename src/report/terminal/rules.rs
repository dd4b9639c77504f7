//! The end of `trapline test --list`: the rules without a check, each with the reason.

use std::fmt::Write as _;

use super::style::{DIM, Painter, clean, list_width};
use super::summary::write_rules;
use crate::replay::census::RuleCensus;
use crate::report::rules;

/// Lists the rules that no check tests, one a line: untested, unshaped, unsupported, and those that
/// cannot be loaded.
pub fn list_of_rules(census: &RuleCensus, colour: bool) -> String {
    let painter = Painter { colour };
    let mut text = String::new();
    for word in ["untested", "unshaped", "unsupported", "not loaded"] {
        for rule in census.of(word) {
            let reason = rules::reason(&rule.standing).map(|reason| format!("  ({reason})"));
            let reason = painter.paint(DIM, &reason.unwrap_or_default());
            let _ = writeln!(text, "{word:11}  {}{reason}", clean(&rule.file));
        }
    }
    text
}

/// Counts the rules, and says why some cannot be run.
pub fn counts_of_rules(rules: &RuleCensus, width: Option<usize>, colour: bool) -> String {
    let mut text = String::new();
    write_rules(rules, list_width(width), Painter { colour }, &mut text);
    text
}
