//! The events that are found for the rows of a group: templates, and classes of rows that meet the
//! same demands.

use super::demand::Need;
use super::formula::Goal;
use super::probe::State;
use crate::event::Scalar;
use crate::plan::pipeline::Expr;

/// Events of one kind that differ in the varied fields only.
#[derive(Debug, Clone)]
pub(super) struct Template<'s> {
    pub(super) state: State<'s>,
    /// What it meets.
    pub(super) goals: Vec<Goal>,
    pub(super) times: usize,
    pub(super) varied: Vec<(String, Vec<Scalar>)>,
}

/// Why there are no events.
#[derive(Debug, Clone)]
pub(super) enum Missing {
    /// No document meets these conditions.
    Document(Vec<String>),
    /// No values of the aggregates meet the conditions on a row of groups.
    Row(Vec<String>),
    /// Fewer different values than a row needs.
    Values(String),
    /// More events than a scenario is written with: this many.
    TooManyEvents(usize),
}

/// Rows that meet the same demands.
pub(super) struct Class<'s> {
    pub(super) goals: Vec<Goal>,
    pub(super) rows: Vec<Template<'s>>,
    pub(super) times: usize,
    /// What must differ, how often, and how many goals that takes.
    pub(super) distinct: Vec<(Expr, usize, usize)>,
}

impl Class<'_> {
    /// The values that its first document is given in a field.
    pub(super) fn values(&self, field: &str) -> Vec<Scalar> {
        let builder = self.rows.first().and_then(|row| row.state.draft.as_ref());
        builder.map_or_else(Vec::new, |builder| builder.event().values(field).to_vec())
    }

    pub(super) fn take(&mut self, need: &Need, goals: usize) {
        match need {
            Need::Rows(count) => self.times = self.times.max(*count),
            Need::Different(expr, count) => self.distinct.push((expr.clone(), *count, goals)),
            Need::Never => {}
        }
    }
}
