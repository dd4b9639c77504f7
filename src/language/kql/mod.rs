//! KQL, Kibana's query language: text → syntax tree → Query DSL for a data view → plan.

pub mod data_view;
pub mod error;
mod failure;
mod infer;
mod literal;
mod lower;
pub mod parser;
pub mod syntax;
#[cfg(test)]
mod tests;
pub mod translate;
#[cfg(feature = "internals")]
pub mod tree;

pub use infer::infer;
pub use lower::{lower, lower_in_function, lower_in_view};
pub use parser::parse;
pub use translate::{Options, translate};
