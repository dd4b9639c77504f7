//! Runs one test on one whole document. The engine uses it for what no column holds: nested
//! objects, all keys of a flattened field, fields whose names match a pattern.

use super::QueryFailure;
use super::slots::Slots;
use super::test::{Fields, Test};
use crate::event::Event;
use crate::plan::{FieldId, Filter, Plan, PlanField, Predicate};

/// A predicate, compiled, with the fields that it reads.
#[derive(Debug)]
pub struct DocumentTest {
    test: Box<Test>,
    /// Each with its number, and whether its case is folded.
    fields: Vec<(FieldId, PlanField, bool)>,
}

impl DocumentTest {
    /// Compiles a predicate of a plan.
    pub fn new(plan: &Plan, predicate: &Predicate) -> Result<Self, QueryFailure> {
        Ok(Self::of(Test::new(&plan.fields, predicate)?, &plan.fields))
    }

    /// Compiles a condition that stands by itself.
    pub fn of_filter(filter: &Filter) -> Result<Self, QueryFailure> {
        if let Some(obstacle) = filter.obstacle() {
            return Err(QueryFailure::unsupported(obstacle));
        }
        let test = Test::new(&filter.fields, &filter.predicate)?;
        Ok(Self::of(test, &filter.fields))
    }

    pub(super) fn of(test: Test, fields: &Fields) -> Self {
        let (mut reads, mut folds) = (Vec::new(), Vec::new());
        test.reads(&mut reads);
        test.folds(&mut folds);
        reads.sort_unstable();
        reads.dedup();
        let read = |id: FieldId| (id, fields.at(id).clone(), folds.contains(&id));
        Self {
            test: Box::new(test),
            fields: reads.into_iter().map(read).collect(),
        }
    }

    /// Whether the document meets it.
    pub fn holds(&self, event: &Event) -> Result<bool, QueryFailure> {
        let room = self.fields.iter().map(|(id, ..)| id.index() + 1).max();
        let mut slots = Slots::new(room.unwrap_or(0));
        slots.set_event(event);
        for (id, field, fold) in &self.fields {
            slots.read(*id, field, *fold);
        }
        self.test.holds(&slots)
    }
}
