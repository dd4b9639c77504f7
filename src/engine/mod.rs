//! Many rules, fast: plans compiled into one, lines into matches. What `scan` runs; the results
//! are those of the reference evaluator, which a law holds it to.
//!
//! `line -> extract (the slots that some rule reads) -> bucket (what kind of event) -> witnesses
//! (conditions worth a look) -> program (conditions) -> hits -> correlate (sequences) -> matches`

mod candidate;
mod clock;
mod column;
mod compile;
mod correlate;
mod course;
mod deferred;
mod draft;
mod events;
pub mod extract;
mod guess;
mod keys;
mod matcher;
mod program;
mod row;
mod same;
mod scene;
mod sequence;
pub mod slots;
mod value_table;

pub use compile::{Refused, RuleSet};
pub use correlate::{Correlator, Match, Occurrence};
pub use events::{Matches, over_events};
pub use matcher::{Everywhere, Found, Matcher, Routing};
pub use row::Row;
pub use slots::SlotId;
