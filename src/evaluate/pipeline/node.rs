//! An expression of a pipeline, compiled: patterns are prepared and constants folded.

use super::functions::Call;
use crate::evaluate::Patterns;
use crate::evaluate::pattern::Pattern;
use crate::plan::Plan;
use crate::plan::pipeline::{Cell, ColumnId, DataType, LocationId, Operator, Timespan};

/// An expression, compiled.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: NodeKind,
    pub(super) data_type: DataType,
    pub(super) location: LocationId,
}

#[derive(Debug)]
pub(super) enum NodeKind {
    Constant(Cell),
    Column(ColumnId),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    IsNull(Box<Node>),
    Compare(Compare, Box<Node>, Box<Node>),
    Arithmetic(Operator, Box<Node>, Box<Node>),
    MoveDate(Box<Node>, Timespan),
    Negate(Box<Node>),
    In(Box<Node>, Vec<Node>),
    Matches(Box<Node>, Vec<Pattern>),
    Case(Vec<Node>),
    Coalesce(Vec<Node>),
    Call(Box<Call>),
    Search(Box<Search>),
}

/// A search condition with its patterns compiled.
#[derive(Debug)]
pub(super) struct Search {
    pub(super) plan: Plan,
    pub(super) patterns: Patterns,
}

/// A comparison.
#[derive(Debug, Clone, Copy)]
pub(super) struct Compare(pub(super) Operator);
