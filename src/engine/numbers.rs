//! Index types of the engine's vectors. An index that is not there is an internal error, never an
//! event without alerts.

use crate::plan::index_vec::numbers;

numbers! {
    /// A column of a [`super::RuleSet`].
    pub(super) ColumnId(u32);
    /// A test of a column.
    pub(super) TestId(u32);
    /// An atom of a column.
    pub(super) AtomId(u32);
    /// A witness: a test of a column that makes conditions candidates.
    pub(super) WitnessId(u32);
    /// A condition, which may be that of several stages.
    pub(super) ConditionId(u32);
    /// A stage of any rule.
    pub(super) StageNumber(u32);
    /// A rule, by its place in the set.
    pub(super) RuleNumber(u32);
    /// A script.
    pub(super) ScriptId(u32);
    /// A key tuple that stages ask for.
    pub(super) KeySetId(u32);
    /// A class of events.
    pub(super) ClassId(u32);
}
