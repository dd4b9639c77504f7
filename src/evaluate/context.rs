//! The inputs of a search besides query and events.

use crate::event::Timestamp;

/// The inputs of a search besides query and events.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Context {
    /// `now` of date math; fixed for the whole search.
    pub now: Timestamp,
    /// The request's parameters.
    pub request: Request,
}

/// The request parameters of Elasticsearch's EQL search API that change results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// How many events, sequences or samples are returned; `None` for all of them.
    pub size: Option<usize>,
    /// Which end of the results is returned when there are more.
    pub position: ResultPosition,
    /// How many samples a key may give.
    pub max_samples_per_key: usize,
}

/// `result_position`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ResultPosition {
    /// The earliest.
    Head,
    /// The most recent.
    #[default]
    Tail,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            size: None,
            position: ResultPosition::default(),
            max_samples_per_key: 1,
        }
    }
}
