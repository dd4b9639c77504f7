//! Clauses: every part of a query that can decide a verdict, with its identity, place and canonical
//! text. Verdicts, snapshots, explain, coverage and mutation refer to clauses.

use std::fmt;

use super::index_vec::numbers;
use super::{LeafId, StageId};
use crate::diagnostic::Span;

numbers! {
    /// The number of a clause in one plan, in the order of the text.
    pub ClauseId(u16);
    /// The number of a part in one plan.
    pub PartId(u16);
}

/// The smallest part of a query that can decide.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    /// The list comparison that a list item belongs to.
    pub parent: Option<ClauseId>,
    /// The stage it stands in; `None` for what belongs to the whole sequence.
    pub stage: Option<StageId>,
    /// What it is.
    pub kind: ClauseKind,
    /// The bit that holds its outcome; `None` for structural clauses and for the parent of list
    /// items.
    pub leaf: Option<LeafId>,
    /// The outcome as written is the leaf's bit inverted: `a != b` is `not (a == b)`.
    pub negated: bool,
    /// Its place in the query, as a part.
    pub part: PartId,
    /// Its place in the query's text.
    pub span: Span,
    /// Its canonical text: of a list item as though it stood alone (`f : "a"`), of a structural
    /// clause its word (`maxspan`, `join host.id`, `order`, `until`, `missing event`, `category`).
    pub text: String,
}

/// The kind of a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClauseKind {
    /// A comparison, a pattern, a null check, a bare boolean field.
    Comparison,
    /// A boolean function call.
    Function,
    /// One item of a list.
    ListItem,
    /// A constant: `true`, `false`, or what folds to one. It never decides.
    Constant,
    /// `category where`.
    Category,
    /// One position of the key tuple.
    JoinKey,
    /// `with maxspan=…`.
    Maxspan,
    /// That the stages come in this order.
    Order,
    /// `until [ … ]`.
    Until,
    /// `![ … ]`.
    Missing,
}

impl ClauseKind {
    /// Whether the clause (or its list items) has a fact of its own on each event; structural
    /// clauses relate events to each other.
    pub fn is_condition(self) -> bool {
        matches!(
            self,
            Self::Comparison | Self::Function | Self::ListItem | Self::Constant
        )
    }
}

/// A part of the query's text that clauses stand in: a clause, a list, a parenthesis, a whole
/// condition, a stage, the query.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The next larger part.
    pub parent: Option<PartId>,
    /// Its place in the query's text.
    pub span: Span,
    /// Its canonical text; empty in a plan without words.
    pub text: String,
}

/// A clause as it is known across versions of a rule: only this goes into snapshots, JSON and
/// SARIF.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClauseName {
    /// The stage, counted from 1; `None` for what belongs to the whole sequence.
    pub stage: Option<u16>,
    /// The canonical text.
    pub text: String,
    /// How many clauses of the same stage and text stand before it.
    pub occurrence: u16,
}

impl fmt::Display for ClauseName {
    /// The canonical text, with `(2nd)`, `(3rd)` … where the text occurs before in the stage.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        match self.occurrence {
            0 => Ok(()),
            1 => f.write_str(" (2nd)"),
            2 => f.write_str(" (3rd)"),
            more => write!(f, " ({}th)", more + 1),
        }
    }
}
