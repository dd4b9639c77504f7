//! EQL, the first language: text → tokens → syntax → checked → plan.
//!
//! [`parse`] never stops at an error; [`check()`] refuses what Elasticsearch would refuse on one
//! mapping; only a [`Checked`] query can be [`lower`]ed to a plan.

pub mod check;
pub mod error;
pub mod format;
pub mod lower;
pub mod syntax;

pub use check::{Checked, Settings, check, codes};
pub use error::EqlError;
pub use lower::{OptionalFields, lower};
