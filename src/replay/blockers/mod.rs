//! What kept a case from alerting: the values that the query did not meet, and the causes outside
//! the query.

pub(in crate::replay) mod esql_blockers;
pub(in crate::replay) mod indicator_blockers;
pub(in crate::replay) mod look_back;
pub(in crate::replay) mod near_miss;
pub(in crate::replay) mod production_blockers;
