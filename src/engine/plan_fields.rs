//! How the engine reads the fields of one plan while it is compiled.

use super::numbers::ColumnId;
use crate::plan::FieldId;

/// The fields of a plan.
pub(super) struct Fields {
    /// The column of each; `None` where no mapping knows it.
    pub(super) columns: Vec<Option<ColumnId>>,
    /// Those that are read from the whole document.
    pub(super) beside: Vec<FieldId>,
}

impl Fields {
    /// The column of a field.
    pub(super) fn column(&self, field: FieldId) -> Option<ColumnId> {
        self.columns.get(field.index()).copied().flatten()
    }
}
