//! The lines of `coverage` and `mutate` that show a share: one for each rule, and one for all.

use std::fmt::Write as _;

use super::super::share::rounded;
use super::style::{BAD, DIM, GOOD, NAME, Painter, WARN};
use crate::replay::trace::Share;

/// The share of a rule.
pub(super) fn rule_line(share: Share, name: &str, file: &str, painter: Painter, text: &mut String) {
    let style = if share.good == share.all { GOOD } else { WARN };
    let _ = writeln!(
        text,
        "{}  {:<10} {}  {}",
        painter.paint(style, &percent(share)),
        format!("{} of {}", share.good, share.all),
        painter.paint(NAME, name),
        painter.paint(DIM, file)
    );
}

/// The share of all rules below a `key`; `words` stand between the counts and the percentage.
pub(super) fn total(
    key: &str,
    words: &str,
    share: Share,
    min: Option<f64>,
    painter: Painter,
    text: &mut String,
) {
    let missed = min.filter(|min| share.percent() < *min);
    let style = if missed.is_some() {
        BAD
    } else if share.good == share.all {
        GOOD
    } else {
        WARN
    };
    let gate = missed.map_or_else(String::new, |min| format!(", below --min {min}"));
    let _ = writeln!(
        text,
        "{}{} of {} {words}: {}{gate}",
        painter.key(style, key),
        share.good,
        share.all,
        percent(share).trim_start(),
    );
}

/// `1 rule`, `2 rules`.
pub(super) fn rules(count: usize) -> String {
    format!("{count} rule{}", if count == 1 { "" } else { "s" })
}

/// Seven columns; never rounded up to a hundred.
fn percent(share: Share) -> String {
    format!("{:>5.1} %", rounded(share))
}
