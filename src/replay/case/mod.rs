//! The documents of a case as one data source stores them: its events, the indicators of a threat
//! rule, what the scenario gives beside them, and the filters and exceptions that hide some.

pub(crate) mod capture;
pub(in crate::replay) mod case_events;
pub(in crate::replay) mod exclusions;
pub(in crate::replay) mod given;
pub(in crate::replay) mod indicators;
