//! A rule on the documents of a case under its schedule: the facts that its query reads from them,
//! the phases of the schedule, and the alerts that come of it.

pub(in crate::replay) mod case_run;
pub(in crate::replay) mod schedule;
pub(in crate::replay) mod suppressed_alert;
pub mod timeline;
