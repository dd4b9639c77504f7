//! Lints of a rule's filters and exceptions.

pub(in crate::lint) mod exception_creates_alert;
pub(in crate::lint) mod exception_hides_attack;
pub(in crate::lint) mod exception_never_matches;
pub(in crate::lint) mod filter_backslash;
