//! Trapline.
pub mod data_source;
pub mod diagnostic;
pub mod eql;
pub mod evaluate;
pub mod event;
pub mod import;
pub mod plan;
pub mod replay;
