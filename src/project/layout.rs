//! Where a project keeps its rules and scenarios, and which scenario file mirrors which rule file.

use super::files::{ProjectFiles, below, join, with_extension, without_extension};
use super::rule_files::{EXTENSIONS, apart, file_of, is_rule};

/// Rules and the scenarios that belong to them; directories by name, relative to the root.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Layout {
    /// Directories with rules; a directory may be absent.
    pub rules: Vec<String>,
    /// The directory with scenarios; it may be absent.
    pub scenarios: String,
    /// Exception lists, or directories with such; they may be absent.
    pub exceptions: Vec<String>,
    /// Directories with data sources of the project; they may be absent.
    pub sources: Vec<String>,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            rules: vec!["rules".to_owned()],
            scenarios: "scenarios".to_owned(),
            exceptions: vec!["exceptions".to_owned()],
            sources: vec!["sources".to_owned()],
        }
    }
}

impl Layout {
    /// The same with these directories of rules.
    #[must_use]
    pub fn with_rules(self, rules: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            rules: rules.into_iter().map(Into::into).collect(),
            ..self
        }
    }

    /// The same with this directory of scenarios.
    #[must_use]
    pub fn with_scenarios(self, scenarios: impl Into<String>) -> Self {
        Self {
            scenarios: scenarios.into(),
            ..self
        }
    }

    /// The same with these exception lists, or directories of them.
    #[must_use]
    pub fn with_exceptions(self, lists: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            exceptions: lists.into_iter().map(Into::into).collect(),
            ..self
        }
    }

    /// The same with these directories of data sources.
    #[must_use]
    pub fn with_sources(self, sources: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            sources: sources.into_iter().map(Into::into).collect(),
            ..self
        }
    }

    /// `rules/windows/a.toml` → `scenarios/windows/a.yaml`, of a rule in a file of many
    /// `rules/a.ndjson#ID` → `scenarios/a/ID.yaml`, and likewise for a directory; `None` for a name
    /// that is not below the rules.
    pub(crate) fn scenario_of(&self, rule: &str) -> Option<String> {
        let rest = self.rules.iter().find_map(|rules| below(rule, rules))?;
        let mirrored = join(&self.scenarios, rest);
        Some(match apart(&mirrored) {
            (file, Some(id)) => format!("{}/{id}.yaml", without_extension(file)),
            (file, None) if is_rule(file) => with_extension(file, "yaml"),
            _ => mirrored,
        })
    }

    /// `scenarios/windows/a.yaml` → `rules/windows/a.toml`, `.ndjson` or `.json`, or the rule `a` of
    /// `rules/windows.ndjson`, in the first rules directory that has such a file; else of TOML in
    /// the first.
    pub(crate) fn rule_of(&self, scenario: &str, files: &dyn ProjectFiles) -> String {
        let rest = below(scenario, &self.scenarios).unwrap_or(scenario);
        let stem = without_extension(rest);
        let own = |rules: &String, extension: &str| format!("{}.{extension}", join(rules, stem));
        let of_many = |rules: &String, extension: &str| {
            let (file, id) = stem.rsplit_once('/')?;
            Some(format!("{}.{extension}#{id}", join(rules, file)))
        };
        let candidates = self.rules.iter().flat_map(|rules| {
            let many = EXTENSIONS.iter().skip(1);
            let many = many.filter_map(move |extension| of_many(rules, extension));
            let single = EXTENSIONS
                .iter()
                .map(move |extension| own(rules, extension));
            single.chain(many)
        });
        let mut existing = candidates.filter(|name| files.exists(file_of(name)));
        let first = || self.rules.first().map(|rules| own(rules, "toml"));
        let found = existing.next().or_else(first);
        found.unwrap_or_else(|| with_extension(scenario, "toml"))
    }
}

/// A layout without directories, for a project that has none.
pub(super) static NONE: Layout = Layout {
    rules: Vec::new(),
    scenarios: String::new(),
    exceptions: Vec::new(),
    sources: Vec::new(),
};
