//! Lints of what a rule has beside its query: thresholds, new terms, indicators, schedule.

pub(in crate::lint) mod indicator_many_values;
pub(in crate::lint) mod indicator_no_age_limit;
pub(in crate::lint) mod indicator_type_mismatch;
pub(in crate::lint) mod indicator_unreachable_group;
pub(in crate::lint) mod max_signals;
pub(in crate::lint) mod maxspan_schedule;
pub(in crate::lint) mod new_terms_exception_hides_past;
pub(in crate::lint) mod new_terms_missing_field;
pub(in crate::lint) mod new_terms_time_in_query;
pub(in crate::lint) mod new_terms_volatile_field;
pub(in crate::lint) mod new_terms_window;
pub(in crate::lint) mod schedule_gap;
pub(in crate::lint) mod subject;
pub(in crate::lint) mod threshold_group_missing;
pub(in crate::lint) mod threshold_redundant;
pub(in crate::lint) mod threshold_split;
pub(in crate::lint) mod threshold_unreachable;
pub(in crate::lint) mod threshold_window;
pub(in crate::lint) mod window_beyond_look_back;
