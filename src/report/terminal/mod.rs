//! `--format human`: the report for people. Prints little if everything passes; failures come last,
//! once each, then a summary.
//!
//! The sections in order: warnings (`warning`), changes (`change`), failures (`failure`), counts
//! (`summary`).

pub(super) mod change;
mod comparison;
mod coverage;
mod excerpt;
mod explain;
mod failure;
pub(super) mod group;
mod mutation;
mod review;
mod rules;
mod share;
mod style;
mod summary;
mod timeline;
mod warning;

#[cfg(test)]
mod tests;

use std::io::{self, Write};

use super::View;
pub use comparison::write_comparison;
pub use coverage::{CoverageOptions, coverage_line, write_coverage};
pub use explain::{write_explanation, write_explanations};
pub use mutation::{MutationOptions, write_mutation};
pub use review::{
    REVIEW_HELP, ReviewStep, failing_lines, groups_of_changes, write_review, write_review_keys,
    write_review_list,
};
pub use rules::{counts_of_rules, list_of_rules};
use style::Painter;
pub use style::clean;
pub(super) use style::quote;
pub use summary::verdict_line;
pub use timeline::write_timeline;

/// How the report is to look.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Whether to write ANSI colours.
    pub colour: bool,
    /// How many columns there are, where that is known.
    pub width: Option<usize>,
    /// Whether to leave out everything but failures and the summary.
    pub failures_only: bool,
}

/// Writes the report.
pub fn write(view: &View<'_>, options: Options, out: &mut impl Write) -> io::Result<()> {
    let painter = Painter {
        colour: options.colour,
    };
    let mut text = String::new();
    if !options.failures_only {
        warning::write(view, options, &mut text);
        change::write(view, painter, &mut text);
    }
    failure::write(view, options, &mut text);
    summary::write(view, options, &mut text);
    out.write_all(text.as_bytes())
}
