//! Where an event is stored and as what: the data sources, their indices, field types, kinds of
//! event and sensor facts.
//!
//! A source is data: `builtin/` holds those that ship with Trapline, a project may add its own.

pub mod profile;
pub mod route;

pub use profile::{DataSource, FieldList, Index, Kind, Pin};
