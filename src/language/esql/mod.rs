//! ES|QL: text → tokens → syntax → checked → pipeline.
//!
//! [`parse`] never stops at an error. [`check()`] resolves names and types against the mappings of
//! one request, refuses what Elasticsearch would refuse, and lowers the query to a
//! [`crate::plan::pipeline::Pipeline`]: resolving a name and numbering its column are one act.

pub mod check;
pub mod error;
mod infer;
mod lexer;
mod names;
pub mod parser;
mod patterns;
mod selection;
pub mod syntax;
mod token;

pub use check::{CheckContext, check};
pub use infer::infer;
pub use names::{before_stats, names, searches};
pub use parser::{Parsed, parse};
pub use patterns::index_patterns;
pub use selection::selection;
