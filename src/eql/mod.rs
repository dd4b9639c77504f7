//! EQL, the first language: text → tokens → syntax → checked → plan.

pub mod error;
pub mod format;
mod lexer;
pub mod parser;
pub mod syntax;
mod token;

pub use parser::{Parsed, parse, parse_expression};
