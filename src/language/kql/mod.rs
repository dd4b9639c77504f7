//! KQL, Kibana's query language: text → syntax tree → Query DSL for a data view → plan.

pub mod error;
mod failure;
mod literal;
pub mod parser;
pub mod syntax;
#[cfg(test)]
mod tests;
pub mod tree;

pub use error::KqlError;
pub use parser::parse;
