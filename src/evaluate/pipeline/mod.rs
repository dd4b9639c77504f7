//! Runs pipelines (ES|QL) over documents.
//!
//! Rows are pushed through the steps one by one; a step that needs all rows (grouping, sorting)
//! keeps them until its input ends. Every row knows the documents that it comes from, every null
//! knows its reason, and every order is fixed: documents in file order, groups and distinct values
//! by first occurrence, stable sorts.
//!
//! `pipeline -> Program (patterns compiled, constants folded) -> run -> Outcome`

mod aggregate;
mod compile;
mod dissect;
mod expression;
mod functions;
mod grok;
mod group;
mod held;
mod key;
mod load;
mod lookup;
mod node;
mod probe;
mod row;
mod run;
mod warning;

pub use compile::Program;
pub use probe::{Probe, ProbeExpr, ProbeRow};

use super::QueryFailure;
use crate::diagnostic::esql_warning::EsqlWarning;
use crate::event::io::RowMemory;
use crate::event::{Event, EventId, Timestamp};
use crate::plan::pipeline::{Cell, DataType, LocationId};

/// The inputs of a run besides the pipeline.
#[derive(Debug, Clone, Copy, Default)]
pub struct Input<'a> {
    /// The documents.
    pub events: &'a [Event],
    /// The documents as JSON, where they are at hand; else `_source` is built from the fields.
    pub sources: &'a [Box<str>],
    /// The value of NOW().
    pub now: Timestamp,
    /// The answers of COMPLETION.
    pub answers: &'a [CompletionAnswer],
    /// The rows of the tables that rows are joined with.
    pub tables: &'a [TableRows],
    /// Record for each row that a filter drops which condition dropped it.
    pub trace: bool,
    /// A clause whose outcome is given rather than computed.
    pub forced: Option<ForcedOutcome>,
    /// The most that its groups and rows take.
    pub memory: RowMemory,
}

/// The outcome that a clause is given, whatever its row holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForcedOutcome {
    /// The clause, by its place.
    pub location: LocationId,
    /// Its outcome.
    pub outcome: bool,
    /// Only on rows that are this document; else on every row.
    pub event: Option<EventId>,
}

/// The answer of a language model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletionAnswer {
    /// A part of the prompts that get this answer; every prompt where it is empty.
    pub prompt: String,
    /// The answer.
    pub answer: String,
}

/// What a request brings beside the documents.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RequestData {
    /// The answers of COMPLETION.
    pub answers: Vec<CompletionAnswer>,
    /// The tables that rows are joined with.
    pub tables: Vec<TableRows>,
    /// The most that its groups and rows take.
    pub memory: RowMemory,
}

/// The rows of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableRows {
    /// The table's name.
    pub name: String,
    /// The column that an enrich policy matches; none of a lookup index.
    pub match_field: Option<String>,
    /// The names of its columns.
    pub columns: Vec<String>,
    /// Their types.
    pub types: Vec<DataType>,
    /// Its rows.
    pub rows: Vec<Vec<Cell>>,
}

/// The result of a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// The rows, with the cells of the pipeline's outputs.
    pub rows: Vec<OutputRow>,
    /// Warnings, as Elasticsearch gives them.
    pub warnings: Vec<EsqlWarning>,
    /// Statistics of each step.
    pub steps: Vec<StepCount>,
    /// The rows that filters dropped, if they were asked for.
    pub dropped: Vec<DroppedRow>,
}

/// A row of the answer.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputRow {
    /// The cells, in the order of the outputs.
    pub cells: Vec<Cell>,
    /// The documents that it comes from, in order.
    pub events: Vec<EventId>,
}

/// How many rows went through a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StepCount {
    /// Rows in.
    pub rows_in: u64,
    /// Rows out.
    pub rows_out: u64,
}

/// A row that a filter dropped.
#[derive(Debug, Clone, PartialEq)]
pub struct DroppedRow {
    /// The number of the step.
    pub step: usize,
    /// The documents that the row comes from.
    pub events: Vec<EventId>,
    /// The conditions that were not true.
    pub conditions: Vec<FailedCondition>,
}

/// A condition that was not true of a row.
#[derive(Debug, Clone, PartialEq)]
pub struct FailedCondition {
    /// Where it stands.
    pub location: LocationId,
    /// False, or a null and its reason.
    pub outcome: Cell,
    /// The columns that it reads, each with its cell.
    pub inputs: Vec<(String, Cell)>,
}
