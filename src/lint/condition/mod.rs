//! What lints know about a condition: the values that meet a part of it, and which part implies which.

pub(in crate::lint) mod facts;
pub(in crate::lint) mod logic;
pub(in crate::lint) mod pattern;
pub(in crate::lint) mod piece_index;
pub(in crate::lint) mod test;
pub(in crate::lint) mod walk;
