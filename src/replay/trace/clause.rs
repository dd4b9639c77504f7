//! The clauses of a rule as coverage, mutation and explain speak of them, in whatever language.

use super::setting::Setting;
use crate::plan::{ClauseKind, ClauseName};
use crate::replay::outcome::Place;

/// A clause of a rule, whatever the data source.
#[derive(Debug, Clone)]
pub struct RuleClause {
    /// Its name, by which checks speak of it.
    pub name: ClauseName,
    /// What it is.
    pub kind: ClauseKind,
    /// The list that it is an item of has others; it is no clause that decides by itself.
    pub list: bool,
    /// Its place in the rule file.
    pub place: Place,
    /// The outcome that a match needs of it: `false` for an exclusion.
    pub wanted: bool,
    /// The fields that it reads.
    pub fields: Vec<String>,
    /// Some tested source maps a field that it reads, or it reads none.
    pub testable: bool,
    /// The setting that it is, where it is no part of the query.
    pub setting: Option<Setting>,
}

/// A clause decided a check.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decided {
    /// The clause.
    pub clause: ClauseName,
    /// The check matched, and the clause inverted alone loses the match; otherwise it did not, and
    /// the clause is a cause.
    pub matched: bool,
}
