//! The settings of `diff`.

use camino::Utf8PathBuf;

use super::super::args::{DiffArgs, Required, TableFormat};
use super::super::error::{self, Problem};
use super::{ScanInput, Settings};
use crate::diagnostic::Diagnostic;
use crate::snapshot::Class;

/// The settings of `diff`.
#[derive(Debug, Clone)]
pub struct DiffSettings {
    /// The older side: a git revision, or the root of a project.
    pub old: String,
    /// The newer side; the work tree without.
    pub new: Option<String>,
    /// The classes of change that fail the comparison.
    pub fail_on: Vec<Class>,
    /// Whether a changed or new rule without a test misses a gate.
    pub require_tested: bool,
    /// The recordings over which changed rules run, if any.
    pub captures: Option<DiffCaptures>,
    /// How to report.
    pub format: TableFormat,
}

/// The recordings of a comparison.
#[derive(Debug, Clone)]
pub struct DiffCaptures {
    /// Files; never standard input, which is read once.
    pub inputs: Vec<ScanInput>,
    /// Exception lists beside those of each side's project; absolute.
    pub exceptions: Vec<Utf8PathBuf>,
}

impl Settings {
    /// What the options of `diff` mean.
    pub fn diff(&self, args: &DiffArgs) -> Result<DiffSettings, Box<Problem>> {
        Ok(DiffSettings {
            old: args.old.clone(),
            new: args.new.clone(),
            fail_on: args.fail_on.clone(),
            require_tested: args.require_tested || self.defaults.require_tested != Required::None,
            captures: self.captures(args)?,
            format: args.format,
        })
    }

    fn captures(&self, args: &DiffArgs) -> Result<Option<DiffCaptures>, Box<Problem>> {
        if args.captures.is_empty() {
            return Ok(None);
        }
        if args.captures.iter().any(|typed| typed == "-") {
            let message =
                "`--captures` reads a recording more than once, which standard input is not";
            let diagnostic = Diagnostic::error(&error::MISSING, message);
            return Err(Problem::usage(
                diagnostic.help("write it to a file, and name the file"),
            ));
        }
        Ok(Some(DiffCaptures {
            inputs: self.scan_inputs(&args.captures)?,
            exceptions: self.all_typed(&args.exceptions),
        }))
    }
}
