//! Exception lists by their ids, and what of them applies to a rule.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::rule::{ExceptionItem, Rule};

/// Exception items by the list that they are in.
#[derive(Debug, Clone, Default)]
pub struct ExceptionLists(BTreeMap<String, Vec<Arc<ExceptionItem>>>);

/// What applies to one rule of the lists that it refers to.
#[derive(Debug, Clone, Default)]
pub struct LinkedLists {
    /// The items, but for those that the rule's own file holds.
    pub items: Vec<Arc<ExceptionItem>>,
    /// The ids of the lists that apply.
    pub applied: Vec<String>,
    /// The ids of the lists that are not known.
    pub missing: Vec<String>,
}

impl ExceptionLists {
    /// Adds items, each to its list.
    pub fn add(&mut self, items: impl IntoIterator<Item = ExceptionItem>) {
        for item in items {
            let list = self.0.entry(item.list_id.clone()).or_default();
            list.push(Arc::new(item));
        }
    }

    /// Adds the items of other lists.
    pub fn extend(&mut self, other: &Self) {
        for (id, items) in &other.0 {
            let list = self.0.entry(id.clone()).or_default();
            list.extend(items.iter().cloned());
        }
    }

    /// Whether there is a list of this id.
    pub fn has(&self, list_id: &str) -> bool {
        self.0.contains_key(list_id)
    }

    /// The items of the lists that a rule refers to, and the lists that are not here.
    pub fn of(&self, rule: &Rule) -> LinkedLists {
        let mut linked = LinkedLists::default();
        for list in &rule.production.exception_lists {
            let id = &list.list_id;
            let is_own = rule.exceptions.iter().any(|item| item.list_id == *id);
            let items = self.0.get(id);
            linked.items.extend(items.into_iter().flatten().cloned());
            if is_own || items.is_some() {
                linked.applied.push(id.clone());
            } else {
                linked.missing.push(id.clone());
            }
        }
        linked
    }
}
