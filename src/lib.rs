//! Trapline.
pub mod diagnostic;
pub mod eql;
