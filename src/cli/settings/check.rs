//! The settings of `check`.

use super::super::args::{CheckArgs, CheckFormat};
use super::super::error::Problem;
use super::super::lint_levels::{Level, Levels, lint};
use super::Settings;
use crate::project::Target;

/// The settings of `check`.
#[derive(Debug, Clone)]
pub struct CheckSettings {
    /// The files and directories to check; everything when empty.
    pub names: Vec<String>,
    /// How to report.
    pub format: CheckFormat,
    /// Draw every finding.
    pub verbose: bool,
    /// The lints of which something is said.
    pub levels: Levels,
}

impl Settings {
    /// What the options of `check` mean.
    pub fn check(&self, args: &CheckArgs) -> Result<CheckSettings, Box<Problem>> {
        let mut targets = Vec::new();
        for path in &args.paths {
            self.target(path, &mut targets)?;
        }
        let names = targets.into_iter().map(|target| match target {
            Target::Path(name) | Target::Key { scenario: name, .. } => name,
        });
        let mut levels = self.lints.clone();
        for (names, level) in [(&args.allow, Level::Allow), (&args.deny, Level::Deny)] {
            for name in names.iter().flat_map(|names| names.split(',')) {
                levels.insert(lint(name.trim(), |diagnostic| diagnostic)?, level);
            }
        }
        Ok(CheckSettings {
            names: names.collect(),
            format: args.format,
            verbose: args.verbose,
            levels,
        })
    }
}
