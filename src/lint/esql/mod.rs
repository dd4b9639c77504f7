//! Lints of ES|QL queries.

pub(in crate::lint) mod array_compared;
pub(in crate::lint) mod case_after_lower;
pub(in crate::lint) mod ecs_type;
pub(in crate::lint) mod explicit_null;
pub(in crate::lint) mod integer_division;
pub(in crate::lint) mod investigation_field;
pub(in crate::lint) mod limit_before_stats;
pub(in crate::lint) mod limit_without_sort;
pub(in crate::lint) mod lost_id;
pub(in crate::lint) mod missing_drops_row;
pub(in crate::lint) mod newer_features;
pub(in crate::lint) mod null_compared;
pub(in crate::lint) mod order_of_array;
pub(in crate::lint) mod repeated_alerts;
pub(in crate::lint) mod result_columns;
pub(in crate::lint) mod suppression_column;
pub(in crate::lint) mod unused_column;
pub(in crate::lint) mod walk;
pub(in crate::lint) mod wide_from;
