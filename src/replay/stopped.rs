//! What kept a rule from alerting although its query matches.

use super::outcome::NoneRecord;
use super::reason::ReasonName;

/// Why there is no alert although the query would match.
pub(super) struct Stopped {
    /// Each of them, lifted alone, makes an alert.
    pub(super) reasons: Vec<ReasonName>,
    /// More that a scenario may give as the reason: a value that was seen, a threshold.
    pub(super) also: Vec<String>,
    /// As it is recorded.
    pub(super) record: NoneRecord,
}
