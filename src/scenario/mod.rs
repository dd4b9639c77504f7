//! A test as its author wrote it: scenario files, their expectations, and the events that they
//! stand for on each data source.
//!
//! [`load`] reads a file, [`check`] holds it against data sources, [`expand`] makes events of an
//! attack or a case. Nothing here knows of rules, queries or what an evaluator makes of the
//! events: a test cannot depend on what it tests.

pub mod attack;
pub mod case;
pub mod check;
pub mod effect;
pub mod error;
pub mod event;
pub mod expand;
pub mod expectation;
pub mod model;
pub mod names;
pub mod reader;

mod each;
mod meaning;
mod time;
mod typed;
mod yaml;
mod yaml_error;

use std::collections::HashSet;
use std::sync::Arc;

pub use attack::{Attack, Base, EventsFrom};
pub use case::Case;
pub use check::check;
pub use effect::{Effect, describe_change, effect};
pub use expand::{Expanded, ExpandedEvent, Expansion, PinnedField, Which, change_recorded, expand};
pub use expectation::{Expectation, Expectations, Outcome, Pin, PinKind};
pub use model::Scenario;
pub use reader::Located;

use crate::diagnostic::{Diagnostic, SourceText};

/// What a scenario file holds.
#[derive(Debug)]
pub struct Loaded {
    /// One scenario for each document; documents with an error are left out.
    pub scenarios: Vec<Scenario>,
    /// Everything that is wrong with the file, by place.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a scenario file.
pub fn load(source: &Arc<SourceText>) -> Loaded {
    let mut reader = reader::Reader::new(source);
    let documents = yaml::read(source, &mut reader.diagnostics);
    let before = reader.diagnostics.len();
    let mut scenarios = model::read(&mut reader, &documents);
    if before > 0 {
        // What the parser dropped (the second of two keys) may be what a scenario is about.
        scenarios.clear();
    }
    Loaded {
        scenarios,
        diagnostics: tidy(reader.diagnostics),
    }
}

/// In the order of the file, each once: a case of an `each` is read once for each value.
fn tidy(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    let mut seen = HashSet::new();
    diagnostics.retain(|diagnostic| {
        let span = diagnostic.labels.first().map(|label| label.span);
        seen.insert((diagnostic.code.number, span, diagnostic.message.clone()))
    });
    diagnostics
}
