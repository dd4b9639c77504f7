//! Lucene query strings: text → syntax tree → Query DSL → plan. What a rule of language `lucene`
//! and a `query_string` query hold; KQL's wildcards become query strings as well.

pub mod error;
mod lexer;
mod lower;
pub mod parser;
pub mod query;
pub mod syntax;
#[cfg(test)]
mod tests;

pub use lower::lower;
pub use parser::parse;
pub use query::{Meaning, query};
