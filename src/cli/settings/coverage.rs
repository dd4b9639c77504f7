//! The settings of `coverage`.

use super::super::args::{CoverageArgs, TableFormat};
use super::super::error::Problem;
use super::Settings;
use crate::project::Target;

/// The settings of `coverage`.
#[derive(Debug, Clone)]
pub struct CoverageSettings {
    /// What to run; everything when empty.
    pub targets: Vec<Target>,
    /// The least share of covered clauses, in percent.
    pub min: Option<f64>,
    /// Show only rules with an uncovered clause.
    pub uncovered: bool,
    /// How to report.
    pub format: TableFormat,
}

impl Settings {
    /// What the options of `coverage` mean.
    pub fn coverage(&self, args: &CoverageArgs) -> Result<CoverageSettings, Box<Problem>> {
        Ok(CoverageSettings {
            targets: self.targets(&args.paths)?,
            min: args.min.or(self.defaults.least_coverage),
            uncovered: args.uncovered,
            format: args.format,
        })
    }
}
