//! The checks of a scenario on one data source: each case is prepared, run, judged and described.

mod check;
mod deployment;
mod failure_places;
mod history;
mod misfits;
mod prepare_case;
pub(in crate::replay) mod source_runner;
mod unset_fields;
