//! Checked → plan: what Elasticsearch's optimizer and query translator do.
//!
//! Every part of the query that can decide becomes a clause here. A leaf is the unit that
//! Elasticsearch turns into one index query or script (class `QueryTranslator`).

mod builder;
mod condition;
mod constant;
mod optional;
mod pattern_test;
mod script;
mod stages;

pub use constant::cidr_block;
pub(super) use constant::{constant_count, constant_fits};

use self::builder::Builder;
use super::check::Checked;
use super::error::EqlError;
#[cfg(feature = "internals")]
use super::syntax::Expr;
use crate::event::Timestamp;
use crate::plan::Plan;
#[cfg(feature = "internals")]
use crate::plan::ScriptExpr;

/// What an optional field is that no mapping has. The choice lives here and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OptionalFields {
    /// A field without a value in any document: tests on it are false, so their `not` is true.
    #[default]
    Missing,
    /// The literal null, folded as Elasticsearch's optimizer folds it:
    /// a null under `and` makes the whole conjunction null.
    Folded,
}

/// Lowers a checked query. `now` is what date math in constants counts from.
///
/// Fails only for a query with more than 65,535 clauses, which Elasticsearch refuses as well.
pub fn lower(
    checked: &Checked<'_>,
    optional: OptionalFields,
    now: Timestamp,
) -> Result<Plan, EqlError> {
    stages::plan(checked, Builder::new(checked, optional, now))
}

/// Lowers without the texts of parts and clauses, for callers that only need the matching events.
pub fn lower_wordless(checked: &Checked<'_>, now: Timestamp) -> Result<Plan, EqlError> {
    let builder = Builder::new(checked, OptionalFields::Missing, now);
    stages::plan(checked, builder.wordless())
}

/// Lowers a constant expression, one that reads no field, for folding.
#[cfg(feature = "internals")]
pub fn lower_constant(expr: &Expr) -> ScriptExpr {
    script::constant(expr)
}
