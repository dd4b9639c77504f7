//! A project as a whole: load its rules, scenarios and configuration through [`ProjectFiles`], run
//! them, compare with the snapshots, and decide how the run ended.
//!
//! `Layout -> Project::load -> Loaded -> Project::run -> TestRun -> ExitCode`
//!
//! The verbs of the command line, `--watch`, an editor and users of the library call the same.

mod census;
mod conclusion;
pub mod config;
mod dependencies;
pub mod error;
mod exit_code;
mod files;
mod gates;
mod layout;
mod load;
mod memory;
pub mod rule_files;
mod run;
pub mod schema;
mod snapshot_files;
mod sources;
mod target;

pub use conclusion::Conclusion;
#[cfg(test)]
pub(crate) use conclusion::ConclusionInputs;
pub use dependencies::Dependencies;
pub use exit_code::ExitCode;
pub use files::ProjectFiles;
pub use gates::{Gates, MissedGate, Missing, RequireTested};
pub use layout::Layout;
pub use load::Loaded;
pub use memory::MemoryFiles;
pub use run::{Listed, RunRequest, TestRun};
pub use snapshot_files::SnapshotPolicy;
pub use sources::LoadedCatalogue;
pub use target::Target;

/// Where a project's files are and how they are laid out.
#[derive(Clone, Copy)]
pub struct Project<'p> {
    files: &'p dyn ProjectFiles,
    layouts: &'p [Layout],
}

impl<'p> Project<'p> {
    /// A project with these files; several layouts make one project of a monorepo.
    pub fn new(files: &'p dyn ProjectFiles, layouts: &'p [Layout]) -> Self {
        Self { files, layouts }
    }

    /// The scenario file that mirrors a rule file of the project.
    pub fn mirrored(&self, rule: &str) -> Option<String> {
        self.layouts
            .iter()
            .find_map(|layout| layout.scenario_of(rule))
    }

    /// The rule file that mirrors a scenario file.
    pub fn mirrored_rule(&self, scenario: &str) -> String {
        self.layout_of(scenario).rule_of(scenario, self.files)
    }

    /// Whether a file lies below the scenarios of a layout.
    pub fn holds_scenario(&self, name: &str) -> bool {
        let mut layouts = self.layouts.iter();
        layouts.any(|layout| files::below(name, &layout.scenarios).is_some())
    }

    /// Whether a file lies below the rules of a layout.
    pub fn holds_rule(&self, name: &str) -> bool {
        let mut rules = self.layouts.iter().flat_map(|layout| &layout.rules);
        rules.any(|rules| files::below(name, rules).is_some())
    }

    /// The layout whose scenarios hold a file; the first one for a file outside of all.
    fn layout_of(&self, name: &str) -> &'p Layout {
        let holds = |layout: &&Layout| files::below(name, &layout.scenarios).is_some();
        let first = self.layouts.first();
        let found = self.layouts.iter().find(holds).or(first);
        found.unwrap_or(&layout::NONE)
    }
}
