//! The fast engine of `scan`: compiles many plans into one and matches lines of NDJSON. Its results
//! equal those of the reference evaluator, which a property test verifies.
//!
//! `line -> extract (the slots that some rule reads) -> bucket (what kind of event) -> witnesses
//! (conditions worth a look) -> program (conditions) -> hits -> correlate (sequences) -> matches`

mod bytes_eq;
mod candidate;
mod column;
mod column_builder;
mod compile;
mod constants;
mod correlate;
mod end_of_stream;
mod event_class;
mod event_context;
mod events;
pub mod extract;
mod found_match;
mod key_predictor;
pub mod keys;
mod matcher;
mod misfits;
mod numbers;
mod plan_fields;
mod program;
mod refused;
mod routing;
mod row;
mod sequence;
mod sequence_spec;
pub mod slots;
mod timestamp_cache;
mod value_table;
mod whole_documents;

pub use compile::RuleSet;
pub use correlate::{Correlator, EventHits};
pub use events::{Matches, over_events};
pub use found_match::Match;
pub use matcher::{LineHits, Matcher};
pub use misfits::Misfit;
pub use refused::RefusedRule;
#[cfg(feature = "internals")]
pub use routing::Everywhere;
pub use routing::Routing;
pub use slots::SlotId;
pub use whole_documents::asks_documents;
