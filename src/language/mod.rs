//! Query languages. Each folder takes query text to a [`crate::plan`]: parse, check, lower.

pub mod eql;
pub mod error;
pub mod kql;

pub use error::QueryError;
