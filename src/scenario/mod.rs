//! A test as its author wrote it: one YAML file, with an attack and cases that are the attack plus
//! one change. Called by the rooms that run, check and write scenarios.
//!
//! text -> located YAML values -> [`Scenario`] -> the events of one case on one data source. A
//! scenario knows nothing of rules and evaluators: a test cannot depend on what it tests.

pub mod check;
pub mod error;
pub mod expand;
pub mod model;
mod parse;
mod problem;
mod shape;
mod time;
mod value;
mod yaml;

pub use check::check;
pub use expand::{Effect, Expanded, ExpandedCase, ExpandedEvent, PinnedField, expand};
pub use model::{Attack, Case, Scenario};
pub use parse::{ScenarioFile, read};
pub use yaml::MAX_BYTES;

/// `a`, `b` and `c`, each in backticks.
fn listed<'a>(words: impl IntoIterator<Item = &'a &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

#[cfg(test)]
mod tests;
