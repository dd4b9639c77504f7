//! Rule files in the editor.

pub(super) mod clauses;
pub(super) mod hints;
pub(super) mod query;
pub(super) mod text;
