//! The time range of a request.

use crate::event::Timestamp;

/// The time range of a request, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeRange {
    /// The start.
    pub from: Timestamp,
    /// The end.
    pub to: Timestamp,
}
