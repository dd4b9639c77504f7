//! Runs one test on one whole document. The engine uses it for what no column holds: nested
//! objects, all keys of a flattened field, fields whose names match a pattern.

use super::QueryFailure;
use super::test::{Test, WholeDocument};
use crate::event::Event;
use crate::plan::{Filter, Plan, Predicate};

/// A predicate, compiled, with the fields that it reads.
#[derive(Debug)]
pub struct DocumentTest(WholeDocument);

impl DocumentTest {
    /// Compiles a predicate of a plan.
    pub fn new(plan: &Plan, predicate: &Predicate) -> Result<Self, QueryFailure> {
        let test = Test::new(&plan.fields, predicate)?;
        Ok(Self(WholeDocument::of(test, &plan.fields)))
    }

    /// Compiles a condition that stands by itself.
    pub fn of_filter(filter: &Filter) -> Result<Self, QueryFailure> {
        if let Some(obstacle) = filter.unreadable_field() {
            return Err(obstacle.into());
        }
        let test = Test::new(&filter.fields, &filter.predicate)?;
        Ok(Self(WholeDocument::of(test, &filter.fields)))
    }

    /// Whether the document meets it.
    pub fn holds(&self, event: &Event) -> Result<bool, QueryFailure> {
        self.0.holds(event)
    }
}
