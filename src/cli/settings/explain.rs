//! The settings of `explain`: of a word, a case, or a recording.

use camino::Utf8PathBuf;

use super::super::args::{ExplainArgs, ExplainFormat};
use super::super::error::{self, Problem};
use super::super::word_page;
use super::Settings;
use crate::diagnostic::Diagnostic;
use crate::project::Target;

/// The settings of `explain`.
#[derive(Debug, Clone)]
pub enum ExplainSettings {
    /// The page of a word, a code or a lint.
    Word(String),
    /// A case of a scenario.
    Case(ExplainCase),
    /// A recording.
    Recording(ExplainRecording),
}

/// A case to explain.
#[derive(Debug, Clone)]
pub struct ExplainCase {
    /// The rule or its scenario.
    pub targets: Vec<Target>,
    /// The rule or its scenario, as it was typed.
    pub typed: String,
    /// The case by its name; the attack without.
    pub case: Option<String>,
    /// Only on this data source.
    pub source: Option<String>,
    /// Draw the executions on a timeline instead.
    pub schedule: bool,
    /// List every clause.
    pub all_clauses: bool,
    /// How to report.
    pub format: ExplainFormat,
}

/// A recording to explain.
#[derive(Debug, Clone)]
pub struct ExplainRecording {
    /// The rule or its scenario, by name.
    pub rule: String,
    /// The recording; absolute.
    pub file: Utf8PathBuf,
    /// The recording, as it was typed.
    pub typed: String,
    /// The data source whose field types apply.
    pub source: Option<String>,
    /// Exception lists beside those of the project; absolute.
    pub exceptions: Vec<Utf8PathBuf>,
    /// List every clause.
    pub all_clauses: bool,
    /// How to report.
    pub format: ExplainFormat,
}

impl Settings {
    /// What the options of `explain` mean.
    pub fn explain(&self, args: &ExplainArgs) -> Result<ExplainSettings, Box<Problem>> {
        let is_file = self.files.exists(&self.working_directory.join(&args.rule));
        if !is_file && let Some(text) = word_page::of(&args.rule) {
            return Ok(ExplainSettings::Word(text));
        }
        let targets = self.targets(std::slice::from_ref(&args.rule))?;
        let Some(events) = &args.events else {
            return Ok(ExplainSettings::Case(ExplainCase {
                targets,
                typed: args.rule.clone(),
                case: args.case.clone(),
                source: args.source.clone(),
                schedule: args.schedule && args.format == ExplainFormat::Human,
                all_clauses: args.all_clauses,
                format: args.format,
            }));
        };
        let Some(Target::Path(rule)) = targets.into_iter().next() else {
            let message = "`--events` needs a rule, not a KEY";
            let diagnostic = Diagnostic::error(&error::NOTHING_SELECTED, message);
            return Err(Problem::usage(diagnostic));
        };
        Ok(ExplainSettings::Recording(ExplainRecording {
            rule,
            file: self.typed(events),
            typed: events.clone(),
            source: args.source.clone(),
            exceptions: self.all_typed(&args.exceptions),
            all_clauses: args.all_clauses,
            format: args.format,
        }))
    }
}
