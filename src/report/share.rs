//! Shares of clauses and mutants in percent, as `coverage`, `mutate` and the page show them.

use std::fmt::Write as _;

use super::markdown::plain;
use crate::replay::trace::Share;

/// The share in percent, to a tenth and never rounded up.
pub(super) fn rounded(share: Share) -> f64 {
    (share.percent() * 10.0).floor() / 10.0
}

/// A table in Markdown with a row for each rule and one for all; `good` and `all` are the heads of
/// the two counts.
pub(super) fn table<'r>(
    (good, all): (&str, &str),
    rules: impl Iterator<Item = (&'r str, Share)>,
    total: Share,
) -> String {
    let mut text = format!("| rule | {good} | {all} | |\n|---|---:|---:|---:|\n");
    let rules = rules.map(|(name, share)| (plain(name), share));
    for (name, share) in rules.chain([("**total**".to_owned(), total)]) {
        let percent = rounded(share);
        let _ = writeln!(
            text,
            "| {name} | {} | {} | {percent:.1} % |",
            share.good, share.all
        );
    }
    text
}
