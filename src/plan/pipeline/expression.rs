//! Expressions over the columns of one row.

use super::cell::Cell;
use super::function::Function;
use super::timespan::Timespan;
use super::types::DataType;
use super::{ColumnId, LocationId};
use crate::plan::Plan;
use crate::plan::predicate::WildcardPattern;

/// A typed expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its type.
    pub data_type: DataType,
    /// Where it stands in the query.
    pub location: LocationId,
}

/// The kind of an expression.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// A constant.
    Constant(Cell),
    /// A timespan; `None` is a null of that type.
    Timespan(Option<Timespan>),
    /// A column.
    Column(ColumnId),
    /// A function.
    Call(Function, Vec<Expr>),
    /// An operator between two values.
    Binary(Operator, Box<Expr>, Box<Expr>),
    /// `-`
    Negate(Box<Expr>),
    /// `not`
    Not(Box<Expr>),
    /// `and` of two or more
    And(Vec<Expr>),
    /// `or` of two or more
    Or(Vec<Expr>),
    /// Whether there is no value.
    IsNull(Box<Expr>),
    /// Whether a value equals one of several.
    In(Box<Expr>, Vec<Expr>),
    /// Whether the whole text matches one of several wildcard patterns.
    Like(Box<Expr>, Vec<WildcardPattern>),
    /// Whether the document meets a search condition, one that has a single stage. Never null; of a
    /// field with several values any will do.
    Search(Box<Plan>),
    /// Whether the whole text matches one of several regular expressions of Lucene's dialect.
    Regex {
        /// The text.
        value: Box<Expr>,
        /// The expressions.
        patterns: Vec<String>,
        /// Without regard to case.
        insensitive: bool,
    },
}

/// An operator between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
}

impl Operator {
    /// Whether it compares; the others compute.
    pub fn is_comparison(self) -> bool {
        matches!(
            self,
            Self::Equal
                | Self::NotEqual
                | Self::Less
                | Self::LessOrEqual
                | Self::Greater
                | Self::GreaterOrEqual
        )
    }

    /// As it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }
}

impl Expr {
    /// The expressions directly below, in the order of the text.
    pub fn children(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Constant(_)
            | ExprKind::Timespan(_)
            | ExprKind::Column(_)
            | ExprKind::Search(_) => Vec::new(),
            ExprKind::Call(_, parts) | ExprKind::And(parts) | ExprKind::Or(parts) => {
                parts.iter().collect()
            }
            ExprKind::Binary(_, left, right) => vec![left, right],
            ExprKind::Negate(inner)
            | ExprKind::Not(inner)
            | ExprKind::IsNull(inner)
            | ExprKind::Like(inner, _)
            | ExprKind::Regex { value: inner, .. } => vec![inner],
            ExprKind::In(value, items) => std::iter::once(&**value).chain(items).collect(),
        }
    }

    /// The same, to change.
    pub fn children_mut(&mut self) -> Vec<&mut Self> {
        match &mut self.kind {
            ExprKind::Constant(_)
            | ExprKind::Timespan(_)
            | ExprKind::Column(_)
            | ExprKind::Search(_) => Vec::new(),
            ExprKind::Call(_, parts) | ExprKind::And(parts) | ExprKind::Or(parts) => {
                parts.iter_mut().collect()
            }
            ExprKind::Binary(_, left, right) => vec![left, right],
            ExprKind::Negate(inner)
            | ExprKind::Not(inner)
            | ExprKind::IsNull(inner)
            | ExprKind::Like(inner, _)
            | ExprKind::Regex { value: inner, .. } => vec![inner],
            ExprKind::In(value, items) => std::iter::once(&mut **value).chain(items).collect(),
        }
    }

    /// Whether no column takes part, so that the value is the same for every row.
    pub fn is_constant(&self) -> bool {
        !matches!(self.kind, ExprKind::Column(_) | ExprKind::Search(_))
            && self.children().iter().all(|child| child.is_constant())
    }

    /// Adds the columns that it reads.
    pub fn add_columns(&self, columns: &mut Vec<ColumnId>) {
        if let ExprKind::Column(column) = self.kind
            && !columns.contains(&column)
        {
            columns.push(column);
        }
        for child in self.children() {
            child.add_columns(columns);
        }
    }
}
