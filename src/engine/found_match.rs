//! One result of one rule.

use crate::event::Value;

/// One result of one rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Match<E> {
    /// The rule's number, as it was given to [`RuleSet::compile`].
    pub rule: u32,
    /// The key tuple; `None` is a missing optional key.
    pub join: Vec<Option<Value>>,
    /// One entry a position; `None` stands for a missing event.
    pub stages: Vec<Option<E>>,
}
