//! Generates scenarios from a query: an attack on which the rule alerts, and a case for each clause
//! that no case decides. Called by `trapline new`.
//!
//! `plan -> attack (search finds values, realistic makes them look real) -> one case per clause ->
//! dry run`. Only scenarios that a dry run confirms are returned, so `trapline test` passes on each
//! of them.

mod attack;
mod case;
mod coverage_fill;
mod coverage_target;
mod esql;
mod event_builder;
mod new_scenario;
mod realistic;
mod rule_on_source;
mod rule_type;
mod sample_values;
mod scenario_file;
mod script;
mod search;
mod setting_case;
mod unsolved;
mod value;
mod wildcards;

use crate::data_source::Catalogue;
use crate::replay::Subject;
use crate::scenario::write::{Sketch, SketchCase};

pub use coverage_fill::fill;
pub use new_scenario::new;
pub use scenario_file::{AppendableScenario, NotExtended};
pub use unsolved::{AttackResult, PinnedValue, UnmetCondition, Unsolved, UnsolvedReason};

/// The request for generated scenarios.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The rule.
    pub subject: &'a Subject,
    /// The data sources.
    pub catalogue: &'a Catalogue,
    /// The sources to write for; all that the rule claims when empty.
    pub sources: &'a [String],
}

/// Scenarios that were made.
#[derive(Debug, Default)]
pub struct NewScenarios {
    /// One for each group of sources that one attack serves.
    pub sketches: Vec<Sketch>,
    /// The goals that were not reached.
    pub unsolved: Vec<Unsolved>,
}

/// Cases that were made for a scenario that is there already.
#[derive(Debug, Default)]
pub struct NewCases {
    /// The cases, to append to those of the last scenario of the file.
    pub cases: Vec<SketchCase>,
    /// The goals that were not reached.
    pub unsolved: Vec<Unsolved>,
}

/// Why no scenario can be generated for a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SynthesizeError {
    /// The rule is of a kind that is not run.
    Unsupported(String),
    /// No source serves the rule.
    NoSource,
    /// There is no source of this name, or the rule does not claim it.
    UnknownSource(String),
}

/// The most that the words of a clause may take in a case's name, in characters.
const NAME: usize = 72;

/// A name that nothing has yet, cut to a length at which it can be read.
fn free_name(name: &str, taken: &mut Vec<String>) -> String {
    let short: String = if name.chars().count() > NAME {
        name.chars().take(NAME - 1).chain(['…']).collect()
    } else {
        name.to_owned()
    };
    let numbered = (2..).map(|number| format!("{short} ({number})"));
    let mut names = std::iter::once(short.clone()).chain(numbered);
    let free = names.find(|name| !taken.contains(name)).unwrap_or(short);
    taken.push(free.clone());
    free
}
