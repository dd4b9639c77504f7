//! Lints of names, ids and keys of a rule file.

pub(in crate::lint) mod attack_id;
pub(in crate::lint) mod attack_reference;
pub(in crate::lint) mod duplicate_rule_id;
pub(in crate::lint) mod unknown_key;
