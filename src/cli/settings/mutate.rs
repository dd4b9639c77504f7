//! The settings of `mutate`.

use super::super::args::{MutateArgs, TableFormat};
use super::super::error::Problem;
use super::Settings;
use crate::mutation::Operator;
use crate::project::Target;

/// The settings of `mutate`.
#[derive(Debug, Clone)]
pub struct MutateSettings {
    /// What to run; everything when empty.
    pub targets: Vec<Target>,
    /// The least share of mutants that are caught, in percent.
    pub min: Option<f64>,
    /// The kinds of change to try; all when empty.
    pub operators: Vec<Operator>,
    /// How many missing cases to show per rule; all when 0.
    pub survivors: usize,
    /// List every mutant.
    pub list: bool,
    /// Only mutate lines that differ from this git revision.
    pub revision: Option<String>,
    /// How many threads; as many as there are cores when 0.
    pub jobs: usize,
    /// How to report.
    pub format: TableFormat,
}

impl MutateSettings {
    /// Whether mutants of this operator are tried.
    pub fn has_operator(&self, operator: Operator) -> bool {
        self.operators.is_empty() || self.operators.contains(&operator)
    }
}

impl Settings {
    /// What the options of `mutate` mean.
    pub fn mutate(&self, args: &MutateArgs) -> Result<MutateSettings, Box<Problem>> {
        let operators = match args.operators.as_slice() {
            [] => self.defaults.operators.clone(),
            typed => typed.to_vec(),
        };
        Ok(MutateSettings {
            targets: self.targets(&args.paths)?,
            min: args.min.or(self.defaults.least_caught),
            operators,
            survivors: args.survivors,
            list: args.list,
            revision: args.in_diff.clone(),
            jobs: args.jobs.map_or(0, usize::from),
            format: args.format,
        })
    }
}
