//! The settings of `new`.

use camino::Utf8PathBuf;

use super::super::args::NewArgs;
use super::super::error::{self, Problem};
use super::Settings;
use crate::diagnostic::Diagnostic;
use crate::project::Target;

/// The settings of `new`.
#[derive(Debug, Clone)]
pub struct NewSettings {
    /// The rules that get a scenario.
    pub rules: NewRules,
    /// Append missing cases instead.
    pub fill_coverage: bool,
    /// Only for these data sources; all of them when empty.
    pub sources: Vec<String>,
}

/// The rules that get a scenario; paths are absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewRules {
    /// One rule file, and where its scenario goes.
    One(Utf8PathBuf, ScenarioOutput),
    /// Every one of these that has no scenario.
    Several(Vec<Utf8PathBuf>),
}

/// Where a generated scenario goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScenarioOutput {
    /// The file that mirrors the rule's.
    Mirrored,
    /// This file; absolute.
    File(Utf8PathBuf),
    /// Standard output.
    Standard,
}

impl Settings {
    /// What the options of `new` mean.
    pub fn new_scenarios(&self, args: &NewArgs) -> Result<NewSettings, Box<Problem>> {
        let mut rules = Vec::new();
        let mut is_several = args.paths.len() > 1;
        for target in self.targets(&args.paths)? {
            let Target::Path(name) = target else {
                return Err(usage("a KEY names no rule file"));
            };
            let path = self.files.path(&name);
            if self.files.is_directory(&path) {
                is_several = true;
                let found = self.files.find(&path, &["toml"]);
                rules.extend(found.map_err(|mistake| Problem::usage(*mistake))?);
            } else {
                rules.push(path);
            }
        }
        let rules = match rules.as_slice() {
            [rule] if !is_several => {
                NewRules::One(rule.clone(), self.scenario_output(args.output.as_ref()))
            }
            _ if args.output.is_none() => NewRules::Several(rules),
            _ => return Err(usage("`--output` needs exactly one rule file")),
        };
        Ok(NewSettings {
            rules,
            fill_coverage: args.fill_coverage,
            sources: args.sources.clone(),
        })
    }

    /// Where a scenario goes by the option `--output`.
    pub(super) fn scenario_output(&self, typed: Option<&Utf8PathBuf>) -> ScenarioOutput {
        match typed {
            None => ScenarioOutput::Mirrored,
            Some(path) if path == "-" => ScenarioOutput::Standard,
            Some(path) => ScenarioOutput::File(self.typed(path)),
        }
    }
}

fn usage(message: &str) -> Box<Problem> {
    Problem::usage(Diagnostic::error(&error::NOTHING_SELECTED, message))
}
