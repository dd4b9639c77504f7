//! Pushes rows through the steps of a program.

use std::cell::RefCell;
use std::cmp::Ordering;

use super::compile::{Program, SortSpec, Step};
use super::expression::{Environment, is_true};
use super::group::Groups;
use super::held::{self, Held};
use super::row::{Provenance, Row};
use super::warning::Warnings;
use super::{
    DroppedRow, FailedCondition, Input, Outcome, OutputRow, StepCount, dissect, load, lookup,
};
use crate::evaluate::QueryFailure;
use crate::event::{EventId, Value};
use crate::plan::pipeline::cell::order;
use crate::plan::pipeline::{Cell, ColumnId, Operation};

/// So many rows beyond twice those that a limit lets through are sorted before some are left out.
const SPARE: usize = 1_000;

/// The state of a step between rows.
enum State {
    Nothing,
    Groups(Groups),
    GroupJoin(Groups, Vec<Row>),
    Sort(Sorting),
    Limit(u64),
}

/// The rows that a step sorts.
#[derive(Default)]
struct Sorting {
    rows: Vec<Row>,
    /// How many rows were left out, which a limit behind the step would leave out.
    cut: u64,
}

struct Run<'r, 'p> {
    program: &'r Program<'p>,
    input: &'r Input<'r>,
    env: Environment<'r>,
    states: Vec<State>,
    counts: Vec<StepCount>,
    out: Vec<Row>,
    dropped: Vec<DroppedRow>,
}

impl Program<'_> {
    /// Runs the program over documents. A search that fails makes the whole query fail.
    pub fn run(&self, input: &Input<'_>) -> Result<Outcome, QueryFailure> {
        let warnings = RefCell::new(Warnings::default());
        let failure = RefCell::new(None);
        let held = Held::new(input.memory);
        let mut run = Run {
            program: self,
            input,
            env: Environment {
                now: input.now,
                warnings: &warnings,
                events: input.events,
                failure: &failure,
                forced: input.forced,
                held: &held,
            },
            states: self.steps.iter().map(State::new).collect(),
            counts: vec![StepCount::default(); self.steps.len()],
            out: Vec::new(),
            dropped: Vec::new(),
        };
        run.feed();
        if let Some(failure) = failure.borrow_mut().take() {
            return Err(failure);
        }
        let outputs = &self.pipeline.outputs;
        let rows = run.out.iter().map(|row| OutputRow {
            cells: outputs
                .iter()
                .map(|output| {
                    output
                        .column
                        .map_or(Cell::NULL, |column| row.get(column).clone())
                })
                .collect(),
            events: row.events.events().to_vec(),
        });
        Ok(Outcome {
            rows: rows.collect(),
            warnings: warnings.borrow().all(self.pipeline),
            steps: run.counts,
            dropped: run.dropped,
        })
    }
}

impl State {
    fn new(step: &Step) -> Self {
        match step {
            Step::Group(_) => Self::Groups(Groups::default()),
            Step::GroupJoin(_) => Self::GroupJoin(Groups::default(), Vec::new()),
            Step::Sort(_) => Self::Sort(Sorting::default()),
            Step::Limit(_) => Self::Limit(0),
            _ => Self::Nothing,
        }
    }
}

impl Run<'_, '_> {
    fn width(&self) -> usize {
        self.program.pipeline.columns.len()
    }

    /// All rows of the source, then the end of each step's input.
    fn feed(&mut self) {
        let program = self.program;
        if let Some(fields) = &program.source {
            let mut row = Row::new(self.width(), Provenance::Several([].into()));
            for (column, node) in fields {
                let cell = node.eval(&row, &self.env).into_owned();
                row.set(*column, cell);
            }
            self.push(0, row);
        } else {
            for index in 0..self.input.events.len() {
                if self.env.is_failed() {
                    return;
                }
                let event = EventId(u32::try_from(index).unwrap_or(u32::MAX));
                self.push(0, Row::new(self.width(), Provenance::One(event)));
            }
        }
        for (index, step) in program.steps.iter().enumerate() {
            for row in self.end(index, step) {
                if self.env.is_failed() {
                    return;
                }
                self.pass(index, row);
            }
        }
    }

    /// Hands a row to the step behind this one.
    fn pass(&mut self, index: usize, row: Row) {
        if let Some(count) = self.counts.get_mut(index) {
            count.rows_out += 1;
        }
        self.push(index + 1, row);
    }

    /// Hands a row to a step.
    fn push(&mut self, index: usize, mut row: Row) {
        let program = self.program;
        let (Some(step), Some(count)) = (program.steps.get(index), self.counts.get_mut(index))
        else {
            self.env.hold(row.memory());
            self.out.push(row);
            return;
        };
        count.rows_in += 1;
        match step {
            Step::Load(columns) => {
                self.load(&mut row, columns);
                self.pass(index, row);
            }
            Step::Filter(conditions) => {
                if self.keeps(index, conditions, &row) {
                    self.pass(index, row);
                }
            }
            Step::Compute(fields) => {
                for (column, node) in fields {
                    let cell = node.eval(&row, &self.env).into_owned();
                    self.expect_room(&cell);
                    row.set(*column, cell);
                }
                if !self.env.is_failed() {
                    self.pass(index, row);
                }
            }
            Step::Expand { from, into } => self.expand(index, row, *from, *into),
            Step::Dissect {
                input,
                pattern,
                into,
            } => {
                let cells = dissect::cells(pattern, &input.eval(&row, &self.env));
                for (column, cell) in into.iter().zip(cells) {
                    row.set(*column, cell);
                }
                self.pass(index, row);
            }
            Step::Grok(spec) => {
                let cells = spec.cells(&spec.input.eval(&row, &self.env));
                for (column, cell) in cells {
                    row.set(column, cell);
                }
                self.pass(index, row);
            }
            Step::Complete { prompt, into } => {
                let answer = self.answer(&prompt.eval(&row, &self.env));
                row.set(*into, answer);
                self.pass(index, row);
            }
            Step::Lookup(lookup) => {
                for row in lookup::rows(lookup, row, self.input.tables) {
                    if self.env.is_failed() {
                        return;
                    }
                    self.pass(index, row);
                }
            }
            Step::Group(_) | Step::GroupJoin(_) | Step::Sort(_) | Step::Limit(_) => {
                self.keep(index, step, row);
            }
        }
    }

    /// Steps that remember rows.
    fn keep(&mut self, index: usize, step: &Step, row: Row) {
        match (step, self.states.get_mut(index)) {
            (Step::Group(spec), Some(State::Groups(groups))) => groups.add(spec, &row, &self.env),
            (Step::GroupJoin(spec), Some(State::GroupJoin(groups, rows))) => {
                groups.add(spec, &row, &self.env);
                self.env.hold(row.memory());
                rows.push(row);
            }
            (Step::Sort(keys), Some(State::Sort(sorting))) => {
                self.env.hold(row.memory());
                sorting.rows.push(row);
                if let Some(Step::Limit(most)) = self.program.steps.get(index + 1) {
                    let most = usize::try_from(*most).unwrap_or(usize::MAX);
                    sorting.keep_first(most, keys, &self.env);
                }
            }
            (Step::Limit(most), Some(State::Limit(count))) if *count < *most => {
                *count += 1;
                self.pass(index, row);
            }
            _ => {}
        }
    }

    /// The rows that a step gives when its input has ended.
    fn end(&mut self, index: usize, step: &Step) -> Vec<Row> {
        let width = self.width();
        let Some(state) = self.states.get_mut(index) else {
            return Vec::new();
        };
        match (step, std::mem::replace(state, State::Nothing)) {
            (Step::Group(spec), State::Groups(groups)) => groups.rows(spec, width, &self.env),
            (Step::GroupJoin(spec), State::GroupJoin(groups, rows)) => {
                groups.join(spec, rows, width, &self.env)
            }
            (Step::Sort(keys), State::Sort(sorting)) => {
                // What was left out went in and out of the step, and stopped at the next.
                if let Some(count) = self.counts.get_mut(index) {
                    count.rows_out += sorting.cut;
                }
                if let Some(count) = self.counts.get_mut(index + 1) {
                    count.rows_in += sorting.cut;
                }
                sorted(keys, sorting.rows, &self.env)
            }
            (_, state) => {
                if let Some(place) = self.states.get_mut(index) {
                    *place = state;
                }
                Vec::new()
            }
        }
    }

    fn load(&self, row: &mut Row, columns: &[ColumnId]) {
        let Some(event) = row.events.document() else {
            return;
        };
        for id in columns {
            if let Some(column) = self.program.pipeline.column(*id) {
                row.set(*id, load::read(column, event, self.input, &self.env));
            }
        }
    }

    /// Whether every condition is true; with a trace all are computed, for their reasons.
    fn keeps(&mut self, index: usize, conditions: &[super::node::Node], row: &Row) -> bool {
        let mut failed = Vec::new();
        for (number, condition) in conditions.iter().enumerate() {
            let cell = condition.eval(row, &self.env);
            if is_true(&cell) {
                continue;
            }
            if !self.input.trace {
                return false;
            }
            failed.push(FailedCondition {
                location: condition.location,
                outcome: cell.into_owned(),
                inputs: self.inputs(index, number, row),
            });
        }
        if failed.is_empty() {
            return true;
        }
        self.dropped.push(DroppedRow {
            step: index,
            events: row.events.events().to_vec(),
            conditions: failed,
        });
        false
    }

    /// The columns that a condition of a filter reads, each with its cell.
    fn inputs(&self, index: usize, number: usize, row: &Row) -> Vec<(String, Cell)> {
        let pipeline = self.program.pipeline;
        let condition = match pipeline.steps.get(index).map(|step| &step.operation) {
            Some(Operation::Filter(conditions)) => conditions.get(number),
            _ => None,
        };
        let mut columns = Vec::new();
        if let Some(condition) = condition {
            condition.add_columns(&mut columns);
        }
        let named = columns.into_iter().filter_map(|id| {
            let column = pipeline.column(id)?;
            Some((column.name.clone(), row.get(id).clone()))
        });
        named.collect()
    }

    fn expand(&mut self, index: usize, mut row: Row, from: ColumnId, into: ColumnId) {
        let cell = row.get(from).clone();
        let Cell::Many(values) = cell else {
            row.set(into, cell);
            self.pass(index, row);
            return;
        };
        for value in values {
            if self.env.is_failed() {
                return;
            }
            let mut one = row.clone();
            one.set(into, Cell::One(value));
            self.pass(index, one);
        }
    }

    /// A cell of more values than the memory of a query may hold fails it.
    fn expect_room(&self, cell: &Cell) {
        if let Cell::Many(_) = cell {
            let bytes = held::of_cell(cell);
            self.env.hold(bytes);
            self.env.held.release(bytes);
        }
    }

    fn answer(&self, prompt: &Cell) -> Cell {
        let Cell::One(Value::Text(prompt)) = prompt else {
            return Cell::NULL;
        };
        let mut answers = self.input.answers.iter();
        let answer = answers.find(|answer| prompt.contains(answer.prompt.as_str()));
        Cell::from(answer.map(|answer| Value::text(&answer.answer)))
    }
}

impl Sorting {
    /// Leaves out what cannot be among the first `most` rows, once there is much of it.
    fn keep_first(&mut self, most: usize, keys: &[SortSpec], env: &Environment<'_>) {
        if self.rows.len() < most.saturating_mul(2).saturating_add(SPARE) {
            return;
        }
        self.rows = sorted(keys, std::mem::take(&mut self.rows), env);
        let cut = self.rows.split_off(most);
        env.held.release(cut.iter().map(Row::memory).sum());
        self.cut += cut.len() as u64;
    }
}

/// Stable, so that rows that compare equal keep their order.
fn sorted(keys: &[SortSpec], rows: Vec<Row>, env: &Environment<'_>) -> Vec<Row> {
    let mut rows: Vec<(Vec<Option<Value>>, Row)> = rows
        .into_iter()
        .map(|row| {
            let sort_values = keys.iter().map(|key| {
                let cell = key.node.eval(&row, env);
                // Several values sort by the one that comes first in the order asked for.
                let value = if key.descending {
                    cell.greatest()
                } else {
                    cell.least()
                };
                value.cloned()
            });
            (sort_values.collect(), row)
        })
        .collect();
    rows.sort_by(|(a, _), (b, _)| {
        let mut pairs = keys.iter().zip(a.iter().zip(b));
        pairs
            .find_map(|(key, (a, b))| {
                let order = compare(key, a.as_ref(), b.as_ref());
                order.is_ne().then_some(order)
            })
            .unwrap_or(Ordering::Equal)
    });
    rows.into_iter().map(|(_, row)| row).collect()
}

fn compare(key: &SortSpec, a: Option<&Value>, b: Option<&Value>) -> Ordering {
    let null_order = if key.nulls_first {
        Ordering::Less
    } else {
        Ordering::Greater
    };
    match (a, b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => null_order,
        (Some(_), None) => null_order.reverse(),
        (Some(a), Some(b)) if key.descending => order(b, a),
        (Some(a), Some(b)) => order(a, b),
    }
}
