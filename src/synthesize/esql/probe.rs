//! A row that is being made: what it holds, and what comes of that in the steps of its level.

use std::rc::Rc;

use super::document;
use super::formula::Goal;
use super::levels::{Definition, Levels};
use crate::data_source::DataSource;
use crate::evaluate::pipeline::{CompletionAnswer, Input, Probe, ProbeExpr, ProbeRow};
use crate::event::{Event, Scalar, Timestamp};
use crate::plan::pipeline::{Cell, ColumnId, ColumnOrigin, Expr, ExprKind, Metadata};
use crate::replay::START;
use crate::synthesize::event_builder::EventBuilder;

/// The executions start so long after the first event.
const LATER: i64 = 1_000;
/// No event is further than this from the start.
const SPAN: i64 = 24 * 3_600_000;

/// A row on the way to its goals.
#[derive(Debug, Clone)]
pub(super) struct State<'s> {
    /// The event of a document; none of a row of groups.
    pub(super) draft: Option<EventBuilder<'s>>,
    /// Its time from the start, in milliseconds.
    pub(super) at: i64,
    /// The values of a row of groups.
    pub(super) cells: Vec<(ColumnId, Cell)>,
    /// What COMPLETION answers.
    pub(super) answer: Option<String>,
    /// What the rows below must meet.
    pub(super) below: Vec<Goal>,
    /// The tests that it has been made to meet.
    pub(super) settled: Vec<Rc<Goal>>,
}

/// The rows of one level.
#[derive(Clone)]
pub(super) struct RowProbe<'a, 'p> {
    pub(super) levels: &'a Levels<'p>,
    pub(super) level: usize,
    pub(super) source: &'a DataSource,
    pub(super) probe: Probe<'a, 'p>,
    /// How many rows were computed.
    pub(super) work: std::cell::Cell<usize>,
}

impl RowProbe<'_, '_> {
    /// The event as it is stored.
    pub(super) fn event(&self, state: &State<'_>) -> Option<Event> {
        let builder = state.draft.as_ref()?;
        let mut event = builder.event();
        let time = Timestamp::from_millis(START.millis() + state.at);
        event.set("@timestamp", vec![Scalar::text(time.to_string())]);
        let index = self.source.indices.get(builder.kind.index);
        event.index = index.map(|index| index.name.clone());
        event.id = Some("id".to_owned());
        Some(event)
    }

    fn with_input<T>(&self, state: &State<'_>, run: impl FnOnce(&Input<'_>) -> T) -> T {
        let events: Vec<Event> = self.event(state).into_iter().collect();
        let answers: Vec<CompletionAnswer> = state
            .answer
            .iter()
            .map(|answer| CompletionAnswer {
                prompt: String::new(),
                answer: answer.clone(),
            })
            .collect();
        run(&Input {
            events: &events,
            now: Timestamp::from_millis(START.millis() + LATER),
            answers: &answers,
            ..Input::default()
        })
    }

    /// The row's cells.
    pub(super) fn row(&self, state: &State<'_>) -> ProbeRow {
        self.work.set(self.work.get() + 1);
        self.with_input(state, |input| self.probe.row(input, &state.cells))
    }

    /// The value of an expression on the row.
    pub(super) fn cell(&self, expr: &Expr, row: &ProbeRow, state: &State<'_>) -> Cell {
        match &expr.kind {
            ExprKind::Constant(cell) => return cell.clone(),
            ExprKind::Column(column) => return row.get(*column).clone(),
            _ => {}
        }
        let Ok(test) = ProbeExpr::new(expr) else {
            return Cell::NULL;
        };
        self.with_input(state, |input| test.value(row, input))
    }

    /// The value of a compiled expression on the row.
    pub(super) fn tested(&self, test: &ProbeExpr, row: &ProbeRow, state: &State<'_>) -> Cell {
        self.with_input(state, |input| test.value(row, input))
    }

    /// Whether a goal is met on the row.
    pub(super) fn meets(&self, goal: &Goal, row: &ProbeRow, state: &State<'_>) -> bool {
        let test = goal.test();
        let cell = test.map_or(Cell::NULL, |test| self.tested(test, row, state));
        goal.want.is(&cell)
    }

    /// The first settled test that does not come out as it was settled.
    pub(super) fn broken(&self, state: &State<'_>) -> Option<Rc<Goal>> {
        let row = self.row(state);
        self.with_input(state, |input| {
            let mut settled = state.settled.iter().rev();
            let broken = settled.find(|goal| {
                let value = |test: &ProbeExpr| test.value(&row, input);
                !goal.want.is(&goal.test().map_or(Cell::NULL, value))
            });
            broken.cloned()
        })
    }

    /// Where a document holds the values of a column.
    pub(super) fn path(&self, column: ColumnId) -> Option<String> {
        self.levels.path(column)
    }

    /// The row with another value of a column; `None` where it cannot have any.
    pub(super) fn set<'s>(
        &self,
        state: &State<'s>,
        column: ColumnId,
        cell: &Cell,
    ) -> Option<State<'s>> {
        let mut changed = state.clone();
        if matches!(self.levels.definition(column), Definition::Completed) {
            changed.answer = (!cell.is_null()).then(|| cell.text());
            return Some(changed);
        }
        let Some(builder) = &mut changed.draft else {
            match changed.cells.iter_mut().find(|(own, _)| *own == column) {
                Some((_, own)) => *own = cell.clone(),
                None => changed.cells.push((column, cell.clone())),
            }
            return Some(changed);
        };
        match self.levels.pipeline.column(column).map(|own| &own.origin) {
            Some(ColumnOrigin::Metadata(Metadata::Source)) => {
                document::with_members(builder, &cell.text())?;
                return Some(changed);
            }
            Some(ColumnOrigin::Ignored(fields)) => {
                let (_, readers) = fields.iter().find(|(name, _)| *name == cell.text())?;
                let reader = readers.iter().flatten().next()?;
                document::lengthen(builder, &reader.read_from)?;
                return Some(changed);
            }
            _ => {}
        }
        let path = self.path(column)?;
        if path == "@timestamp" {
            let Cell::One(crate::event::Value::Date(date)) = cell else {
                return None;
            };
            changed.at = date.millis().checked_sub(START.millis())?;
            return (-SPAN..=SPAN).contains(&changed.at).then_some(changed);
        }
        if !builder.can_set(&path) {
            return None;
        }
        let values: Vec<Scalar> = cell.values().iter().map(document::scalar).collect();
        builder.fields.remove(&path);
        if builder.event().values(&path) != values.as_slice() {
            builder.fields.insert(path, values);
        }
        Some(changed)
    }
}
