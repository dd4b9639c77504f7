//! Pairs a snapshot with its pending change for `review`. It reads and writes no file.

use std::collections::BTreeSet;

use super::{Accept, Change, Current, Resolution, Scope, Snapshot, compare, resolve};

/// A snapshot and what would replace it.
#[derive(Debug)]
pub struct Pending {
    old: Option<Snapshot>,
    current: Current,
    changes: Vec<Change>,
}

impl Pending {
    /// What `new` would change; `old` is `None` where nothing is recorded yet.
    pub fn new(old: Option<Snapshot>, new: Snapshot) -> Self {
        let current = Current {
            snapshot: new,
            failing: BTreeSet::new(),
        };
        let changes = compare(old.as_ref(), &current, Scope::All);
        Self {
            old,
            current,
            changes,
        }
    }

    /// The changes that wait, worst first.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The texts after these changes are taken.
    pub fn accept(&self, accept: &Accept) -> Resolution {
        resolve(
            self.old.as_ref(),
            &self.current,
            &self.changes,
            Some(accept),
        )
    }

    /// The texts after these changes are put aside: the snapshot stays as it is.
    pub fn reject(&self, reject: &Accept) -> Resolution {
        let rest: Vec<Change> = self
            .changes
            .iter()
            .filter(|change| !reject.takes(change))
            .cloned()
            .collect();
        resolve(self.old.as_ref(), &self.current, &rest, None)
    }
}
