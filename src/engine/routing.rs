//! The interface through which the matcher asks about an event's index. `scan` implements it.

use std::sync::Arc;

/// Fields with the value that each has in every document of an index.
pub(super) type Constants = Arc<[(Box<str>, Box<str>)]>;

/// What an event's index says of it. The index is named as the events have it.
pub trait Routing: Sync {
    /// Whether the rule of this number sees events of this index.
    fn sees(&self, rule: u32, index: &str) -> bool;

    /// The fields that have one value in every document of this index, with those values.
    fn constants(&self, _: &str) -> Constants {
        Constants::default()
    }
}

/// Every rule sees every event.
#[derive(Debug, Clone, Copy)]
pub struct Everywhere;

impl Routing for Everywhere {
    fn sees(&self, _: u32, _: &str) -> bool {
        true
    }
}
