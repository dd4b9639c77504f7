//! Scenarios: YAML files with an attack, and cases that are the attack plus one change.
//!
//! text -> located YAML values -> [`Scenario`] -> the events of one case on one data source. A
//! scenario knows nothing of rules and evaluators: a test cannot depend on what it tests.

pub mod check;
mod draft;
pub mod error;
pub mod expand;
mod expanded;
mod known_types;
pub mod model;
mod parse;
mod problem;
pub mod schema;
mod shape;
mod time;
mod value;
pub mod write;
mod yaml;

pub use check::{Checked, check};
pub use expand::{Effect, Expanded, ExpandedCase, ExpandedEvent, Expander, Skipped};
pub use model::{Case, Scenario};
pub use parse::{ScenarioFile, read};

use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{Diagnostic, Names};

/// The number of errors of a file that are shown.
const MAX_SHOWN: usize = 100;

/// In the order of the text, and no more than people read: a file that is no scenario at all may
/// have an error on each of its lines.
fn sort_and_limit(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    let more = diagnostics.len().saturating_sub(MAX_SHOWN);
    diagnostics.truncate(MAX_SHOWN);
    if let Some(last) = diagnostics.last_mut().filter(|_| more > 0) {
        last.add_not_shown(more);
    }
    diagnostics
}

/// The known name that an unknown one was probably meant to be, or else all that are known.
fn near_or_all(name: &str, known: &[&str]) -> (Option<String>, Names) {
    match nearest(name, known.iter().copied()) {
        Some(near) => (Some(near.to_owned()), Names::default()),
        None => (None, known.iter().copied().collect()),
    }
}

#[cfg(test)]
mod tests;
