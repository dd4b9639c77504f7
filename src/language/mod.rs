//! Query languages. Each folder takes query text to a [`crate::plan`]: parse, check, lower.

pub mod dsl;
pub mod eql;
pub mod error;
pub mod esql;
pub mod kql;
pub mod lucene;
mod plan_builder;
pub mod values;

pub use error::QueryError;
pub use plan_builder::RequestFields;
