//! EQL: text → tokens → syntax → checked → plan.
//!
//! [`parse`] never stops at an error; [`check()`] refuses what Elasticsearch would refuse on one
//! mapping; only a [`Checked`] query can be [`lower()`]ed to a plan.

pub mod check;
pub mod error;
mod fields;
pub mod format;
pub mod infer;
mod lexer;
pub mod lower;
pub mod parser;
pub mod syntax;
mod token;
mod walk;

pub use check::{RequestFieldNames, check, codes, is_constant};
pub use error::EqlError;
pub use fields::{compared_optional, fields, mentions};
pub use lower::{OptionalFields, lower, lower_wordless};
#[cfg(feature = "internals")]
pub use parser::parse_expression;
pub use parser::{Parsed, parse};
pub use walk::every;
