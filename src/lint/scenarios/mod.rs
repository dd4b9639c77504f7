//! Lints that need the scenarios of a rule.

pub(in crate::lint) mod history_does_not_meet_query;
pub(in crate::lint) mod scenario;
pub(in crate::lint) mod vacuous_case;
