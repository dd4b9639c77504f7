//! Where a project keeps its rules and scenarios, and which scenario file mirrors which rule file.

use super::files::{ProjectFiles, below, join, with_extension};

/// Rules and the scenarios that belong to them; directories by name, relative to the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Directories with rules; a directory may be absent.
    pub rules: Vec<String>,
    /// The directory with scenarios; it may be absent.
    pub scenarios: String,
    /// Exception lists, or directories with such; they may be absent.
    pub exceptions: Vec<String>,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            rules: vec!["rules".to_owned()],
            scenarios: "scenarios".to_owned(),
            exceptions: vec!["exceptions".to_owned()],
        }
    }
}

impl Layout {
    /// `rules/windows/a.toml` → `scenarios/windows/a.yaml`, and likewise for a directory; `None`
    /// for a name that is not below the rules.
    pub(crate) fn scenario_of(&self, rule: &str) -> Option<String> {
        let rest = self.rules.iter().find_map(|rules| below(rule, rules))?;
        let mirrored = join(&self.scenarios, rest);
        Some(if super::files::extension(rule) == Some("toml") {
            with_extension(&mirrored, "yaml")
        } else {
            mirrored
        })
    }

    /// `scenarios/windows/a.yaml` → `rules/windows/a.toml`, in the first rules directory that has
    /// such a file; else in the first.
    pub(crate) fn rule_of(&self, scenario: &str, files: &dyn ProjectFiles) -> String {
        let rest = below(scenario, &self.scenarios).unwrap_or(scenario);
        let mut candidates = self
            .rules
            .iter()
            .map(|rules| with_extension(&join(rules, rest), "toml"));
        let first = candidates.clone().next();
        let found = candidates.find(|name| files.exists(name)).or(first);
        found.unwrap_or_else(|| with_extension(scenario, "toml"))
    }
}

/// A layout without directories, for a project that has none.
pub(super) static NONE: Layout = Layout {
    rules: Vec::new(),
    scenarios: String::new(),
    exceptions: Vec::new(),
};
