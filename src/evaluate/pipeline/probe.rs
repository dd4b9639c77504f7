//! Computes the columns of one row as if no step dropped it: what a search for events that meet a
//! query asks after each change of an event.

use std::cell::RefCell;
use std::ops::Range;

use super::compile::{Program, Step, node};
use super::expression::Environment;
use super::held::Held;
use super::node::Node;
use super::row::{Provenance, Row};
use super::warning::Warnings;
use super::{Input, dissect, load, lookup};
use crate::evaluate::QueryFailure;
use crate::event::{EventId, Value};
use crate::plan::pipeline::{Cell, ColumnId, Expr};

/// Some steps of a program.
#[derive(Debug, Clone)]
pub struct Probe<'a, 'p> {
    program: &'a Program<'p>,
    steps: Range<usize>,
}

/// An expression, compiled.
#[derive(Debug)]
pub struct ProbeExpr(Node);

impl ProbeExpr {
    /// The value of the expression on a row.
    pub fn value(&self, row: &ProbeRow, input: &Input<'_>) -> Cell {
        with_environment(input, |env| self.0.eval(&row.0, env).into_owned())
    }

    /// Compiles an expression. A pattern that this evaluator cannot run is a failure.
    pub fn new(expr: &Expr) -> Result<Self, QueryFailure> {
        node(expr).map(Self)
    }
}

/// The cells of a row.
#[derive(Debug, Clone)]
pub struct ProbeRow(Row);

impl ProbeRow {
    /// The cell of a column.
    pub fn get(&self, column: ColumnId) -> &Cell {
        self.0.get(column)
    }
}

impl<'a, 'p> Probe<'a, 'p> {
    /// The steps of this range.
    pub fn new(program: &'a Program<'p>, steps: Range<usize>) -> Self {
        Self { program, steps }
    }

    /// The row of the first event of the input with these cells, behind the steps. Steps that drop,
    /// group or order rows do nothing; of several rows that come of one the first counts.
    pub fn row(&self, input: &Input<'_>, given: &[(ColumnId, Cell)]) -> ProbeRow {
        let pipeline = self.program.pipeline;
        let provenance = match input.events {
            [] => Provenance::Several([].into()),
            _ => Provenance::One(EventId(0)),
        };
        let mut row = Row::new(pipeline.columns.len(), provenance);
        for (column, cell) in given {
            row.set(*column, cell.clone());
        }
        let steps = self.program.steps.get(self.steps.clone());
        let steps = steps.unwrap_or_default().iter();
        ProbeRow(with_environment(input, |env| {
            steps.fold(row, |row, step| self.stepped(step, row, input, env))
        }))
    }

    fn stepped(&self, step: &Step, mut row: Row, input: &Input<'_>, env: &Environment<'_>) -> Row {
        match step {
            Step::Load(columns) => {
                let document = row.events.document().filter(|_| !input.events.is_empty());
                for id in columns {
                    let column = self.program.pipeline.column(*id);
                    if let (Some(event), Some(column)) = (document, column) {
                        row.set(*id, load::read(column, event, input, env));
                    }
                }
            }
            Step::Compute(fields) => {
                for (column, node) in fields {
                    let cell = node.eval(&row, env).into_owned();
                    row.set(*column, cell);
                }
            }
            Step::Expand { from, into } => {
                let first = row.get(*from).values().first().cloned();
                row.set(*into, Cell::from(first));
            }
            Step::Dissect {
                input: text,
                pattern,
                into,
            } => {
                let cells = dissect::cells(pattern, &text.eval(&row, env));
                for (column, cell) in into.iter().zip(cells) {
                    row.set(*column, cell);
                }
            }
            Step::Grok(spec) => {
                let cells = spec.cells(&spec.input.eval(&row, env));
                for (column, cell) in cells {
                    row.set(column, cell);
                }
            }
            Step::Complete { into, .. } => {
                let answer = input.answers.first();
                row.set(
                    *into,
                    Cell::from(answer.map(|own| Value::text(&own.answer))),
                );
            }
            Step::Lookup(lookup) => {
                let mut rows = lookup::rows(lookup, row.clone(), input.tables).into_iter();
                return rows.next().unwrap_or(row);
            }
            Step::Filter(_)
            | Step::Group(_)
            | Step::GroupJoin(_)
            | Step::Sort(_)
            | Step::Limit(_) => {}
        }
        row
    }
}

fn with_environment<T>(input: &Input<'_>, run: impl FnOnce(&Environment<'_>) -> T) -> T {
    let warnings = RefCell::new(Warnings::default());
    let failure = RefCell::new(None);
    run(&Environment {
        now: input.now,
        warnings: &warnings,
        events: input.events,
        failure: &failure,
        forced: None,
        held: &Held::new(input.memory),
    })
}
