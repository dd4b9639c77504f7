//! Which files the outcome of a scenario file depends on: for `--watch`, `--changed` and editors.

use std::collections::{BTreeMap, BTreeSet};

/// For each scenario file the files that its outcome depends on: itself, its snapshot, its rules,
/// captures and exception lists. All by name, whether they exist or not.
#[derive(Debug, Clone, Default)]
pub struct Dependencies(BTreeMap<String, BTreeSet<String>>);

impl Dependencies {
    /// The scenario files that a change of these files touches.
    pub fn touched(&self, changed: &BTreeSet<String>) -> Vec<String> {
        let touched = self
            .0
            .iter()
            .filter(|(_, files)| !files.is_disjoint(changed));
        touched.map(|(scenario, _)| scenario.clone()).collect()
    }

    /// Whether some scenario file depends on the file.
    pub fn knows(&self, name: &str) -> bool {
        self.0.values().any(|files| files.contains(name))
    }

    /// The files, some of them several times.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.values().flatten().map(String::as_str)
    }

    /// How many scenario files there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Adds the dependencies of other scenario files, and replaces those of the same ones.
    pub fn extend(&mut self, other: &Self) {
        let others = other.0.iter();
        self.0
            .extend(others.map(|(name, files)| (name.clone(), files.clone())));
    }

    /// Removes a scenario file.
    pub fn forget(&mut self, scenario: &str) {
        self.0.remove(scenario);
    }

    /// Sets the dependencies of a scenario file.
    pub(super) fn insert(&mut self, scenario: &str, files: BTreeSet<String>) {
        self.0.insert(scenario.to_owned(), files);
    }
}
