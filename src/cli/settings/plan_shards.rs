//! The settings of `plan-shards`.

use camino::Utf8PathBuf;

use super::super::args::PlanShardsArgs;
use super::super::error::Problem;
use super::{ScanInput, Settings};

/// The settings of `plan-shards`.
#[derive(Debug, Clone)]
pub struct PlanShardsSettings {
    /// The files whose time ranges are listed.
    pub inputs: Vec<ScanInput>,
    /// The longest neighbourhood of a slice, in milliseconds; the longest span of a rule without.
    pub window: Option<i64>,
    /// Exception lists beside those of the project; absolute.
    pub exceptions: Vec<Utf8PathBuf>,
}

impl Settings {
    /// What the options of `plan-shards` mean.
    pub fn plan_shards(&self, args: &PlanShardsArgs) -> Result<PlanShardsSettings, Box<Problem>> {
        Ok(PlanShardsSettings {
            inputs: self.scan_inputs(&args.files)?,
            window: args.window.map(|window| window.0),
            exceptions: self.all_typed(&args.exceptions),
        })
    }
}
