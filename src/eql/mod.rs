//! EQL, the first language: text → tokens → syntax → checked → plan.

pub mod error;
pub mod syntax;
