//! Run the tests: cases × data sources, results in file order.

pub mod outcome;
pub mod select;

pub use outcome::{Check, Observed, Outcome, Verdict};

#[cfg(test)]
pub(crate) mod sample;
