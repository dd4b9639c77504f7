//! What comes of expanding an attack or a case on a data source.

use std::collections::BTreeSet;

use super::model::{EventRole, EventsFrom};
use crate::diagnostic::scenario_source::PinEvidence;
use crate::event::{Event, Scalar};

/// The start of every case, 2024-01-01T00:00:00Z, in milliseconds since 1970.
pub(super) const START_MILLIS: i64 = 1_704_067_200_000;

/// A case expanded on one source.
#[derive(Debug, Clone, PartialEq)]
pub enum Expanded {
    /// Nothing, for a reason: the scenario says so, or the source has no such events.
    Skipped(Skipped),
    /// The events of a capture, which the caller reads and hands to [`expand_captured`].
    Capture(EventsFrom),
    /// These events.
    Events(ExpandedCase),
}

/// Why a case is not run on a data source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Skipped {
    /// The scenario leaves it out; its reason.
    Stated(String),
    /// The source has no events of a kind.
    NoKind {
        /// The source's title.
        source: String,
        /// The kind.
        kind: String,
    },
}

impl Skipped {
    /// The word for it, as in JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Stated(_) => "stated",
            Self::NoKind { .. } => "no-such-events",
        }
    }
}

/// A case as events.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpandedCase {
    /// In the order of the file: those of the attack, then those that the case adds.
    pub events: Vec<ExpandedEvent>,
    /// What the case changes against the attack on this source.
    pub effect: Effect,
    /// The fields that override what the sensor pins.
    pub forced: Vec<String>,
}

/// One event of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpandedEvent {
    /// The label; `None` for an event of a capture that has none.
    pub label: Option<String>,
    /// Its role for the rule.
    pub role: EventRole,
    /// Milliseconds from the start of the case.
    pub at_millis: i64,
    /// Milliseconds from its time to when it can be found, where the scenario says so.
    pub ingested: Option<i64>,
    /// The kind, as the source names it; `None` for an event of a capture.
    pub kind: Option<String>,
    /// The document; its `_id` is the label.
    pub event: Event,
    /// The fields that the scenario sets or removes.
    pub set_fields: BTreeSet<String>,
    /// The fields of those that the sensor has otherwise.
    pub pinned: Vec<PinnedField>,
}

/// A field that the scenario sets and the sensor has otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct PinnedField {
    /// The field.
    pub field: String,
    /// What the scenario says.
    pub wanted: Vec<Scalar>,
    /// What the sensor reports; empty: the field is missing.
    pub pinned: Vec<Scalar>,
    /// How that is known.
    pub evidence: PinEvidence,
}

/// The effect of a case's changes, compared with the attack on a source.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// The events differ.
    Changed,
    /// They are the attack's.
    Equal,
    /// They are the attack's because the sensor has these fields otherwise, whatever the case says.
    PinnedAway(Vec<PinnedField>),
}

/// An event of a capture, as the caller read it.
#[derive(Debug, Clone, PartialEq)]
pub struct CapturedEvent {
    /// The document.
    pub event: Event,
    /// The label whose query finds it first.
    pub label: Option<String>,
    /// Milliseconds from the first event of the capture.
    pub at_millis: i64,
}
