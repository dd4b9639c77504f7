//! Trapline.
pub mod data_source;
pub mod diagnostic;
pub mod engine;
pub mod eql;
pub mod evaluate;
pub mod event;
pub mod plan;
pub mod replay;
pub mod search;
