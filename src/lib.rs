//! Trapline.

pub mod diagnostic;
pub mod event;
pub mod plan;
pub mod eql;
pub mod evaluate;
pub mod data_source;
pub mod search;
pub mod scenario;
pub mod replay;
