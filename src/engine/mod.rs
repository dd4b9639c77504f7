//! Many rules, fast.

pub mod extract;
mod row;
pub mod slots;

pub use row::Row;
