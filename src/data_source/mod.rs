//! Where an event is stored and as what: the data sources, their indices, field types, kinds of
//! event and sensor facts.
//!
//! A source is data: `builtin/` holds those that ship with Trapline as one TOML file each, with
//! the lists of their field types beside them; `own/` reads those of a project. Nothing in here runs
//! a query or reads a disk.

mod alert_fields;
pub mod apply_shape;
mod builtin;
mod catalogue;
pub mod constants;
mod definition;
pub mod derive;
pub mod detect;
pub mod error;
pub mod field_list;
pub mod known_indices;
pub mod own;
mod profile;
pub mod route;
pub mod source;
pub mod spelling;

pub use alert_fields::{AlertEntry, Misplaced, alert_entry, never_takes, takes};
#[cfg(feature = "internals")]
pub use builtin::field_types;
pub use builtin::{InvalidProfile, listed_type};
pub use catalogue::Catalogue;
pub use route::{IndexPatterns, index_name};
pub use source::{DataSource, EventKind, Index, Pin};
