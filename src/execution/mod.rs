//! Simulates the rule in production: which events each execution sees, and which alerts its matches
//! become.
//!
//! `window` turns interval, look-back and the arrival of events into the searches that executions
//! make, and those into what happens in every phase of the schedule. All of it is arithmetic on the
//! times of events: a week of executions costs as much as its few different searches. Called by
//! `replay`, `scan` and `lint`.

pub mod alert;
pub mod esql_row;
pub mod indicator_match;
pub mod new_terms;
pub mod overlap;
pub mod query_rule;
pub mod replayed;
pub mod suppress;
pub mod threshold;
pub mod time_range;
pub mod window;

pub use window::{Arrival, Phase, PhaseOutcome, Search, Windows};
