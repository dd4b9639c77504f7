//! The settings of `import`.

use camino::Utf8PathBuf;

use super::super::ExitCode;
use super::super::args::{As, ImportArgs};
use super::super::error::{self, Problem};
use super::{Input, ScenarioOutput, Settings};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::suggest::nearest;
use crate::import::{EventForm, Options, Shipper};
use crate::project::Target;

/// What is read from a directory.
const EXTENSIONS: &[&str] = &["evtx", "ndjson", "jsonl", "json", "zip", "gz", "zst"];

/// The settings of `import`.
#[derive(Debug, Clone)]
pub struct ImportSettings {
    /// What is read.
    pub recordings: RecordingSettings,
    /// What is made of it.
    pub target: ImportTarget,
}

/// The recordings of an import.
#[derive(Debug, Clone)]
pub struct RecordingSettings {
    /// At least one.
    pub inputs: Vec<Input>,
    /// How they are read.
    pub options: Options,
}

/// What an import makes.
#[derive(Debug, Clone)]
pub enum ImportTarget {
    /// Documents, to this file or to standard output.
    Documents(Option<Utf8PathBuf>),
    /// The smallest scenario.
    Scenario(MinimiseSettings),
}

/// The settings of `import --minimise`.
#[derive(Debug, Clone)]
pub struct MinimiseSettings {
    /// The rule to minimise for; absolute.
    pub rule: Utf8PathBuf,
    /// Where the scenario goes.
    pub output: ScenarioOutput,
    /// A scenario in which the rule does not alert.
    pub is_benign: bool,
    /// The name of the scenario's attack.
    pub name: String,
    /// The data source of the scenario; the one that serves most events without.
    pub source: Option<String>,
    /// Exception lists beside those of the project; absolute.
    pub exceptions: Vec<Utf8PathBuf>,
    /// Replace names by pseudonyms.
    pub redact: bool,
}

impl Settings {
    /// What the options of `import` mean.
    pub fn import(&self, args: &ImportArgs) -> Result<ImportSettings, Box<Problem>> {
        let recordings = self.recording_settings(args)?;
        // Each of `--rule` and `--minimise` requires the other.
        let target = match args.rule.as_deref().filter(|_| args.minimise) {
            None => ImportTarget::Documents(self.output(args.output.as_ref())),
            Some(rule) => ImportTarget::Scenario(MinimiseSettings {
                rule: self.rule_file(rule)?,
                output: self.scenario_output(args.output.as_ref()),
                is_benign: args.what.contains(&As::Benign),
                name: name(args, &recordings.inputs),
                source: args.shape.clone(),
                exceptions: self.all_typed(&args.exceptions),
                redact: !args.no_scrub,
            }),
        };
        Ok(ImportSettings { recordings, target })
    }

    fn recording_settings(&self, args: &ImportArgs) -> Result<RecordingSettings, Box<Problem>> {
        let form = args.source.as_deref().map(form).transpose()?;
        let shipper = shipper(args)?;
        let inputs = self.recordings(&args.files, EXTENSIONS)?;
        if inputs.is_empty() {
            let nothing =
                Diagnostic::error(&error::NOTHING_SELECTED, "no recordings were found").help(
                    format!("of a directory are read: .{}", EXTENSIONS.join(", .")),
                );
            return Err(Problem::new(ExitCode::NothingSelected, nothing));
        }
        Ok(RecordingSettings {
            inputs,
            options: Options {
                form,
                shipper,
                limits: self.files.limits.into(),
            },
        })
    }

    /// The rule file that was typed.
    fn rule_file(&self, typed: &str) -> Result<Utf8PathBuf, Box<Problem>> {
        let targets = self.targets(std::slice::from_ref(&typed.to_owned()))?;
        match targets.into_iter().next() {
            Some(Target::Path(name)) => Ok(self.files.path(&name)),
            _ => {
                let message = format!("`{typed}` is no rule file");
                let diagnostic = Diagnostic::error(&error::NOTHING_SELECTED, message);
                Err(Problem::usage(diagnostic))
            }
        }
    }
}

/// The name that was typed, or that of the first recording without directory and endings.
fn name(args: &ImportArgs, inputs: &[Input]) -> String {
    let stem = || {
        let first = inputs.first().and_then(Input::path);
        let name = first.and_then(|path| path.file_name()).unwrap_or("");
        let stem = name.split('.').next().unwrap_or(name);
        stem.replace(['_', '-'], " ").trim().to_owned()
    };
    let name = args.name.clone().unwrap_or_else(stem);
    if name.is_empty() {
        "recorded".to_owned()
    } else {
        name
    }
}

/// Whose documents to make; what else `--as` chooses belongs to `--minimise`.
fn shipper(args: &ImportArgs) -> Result<Option<Shipper>, Box<Problem>> {
    let chosen = |what: As| args.what.contains(&what);
    let both = |a: As, b: As| chosen(a) && chosen(b);
    let wrong = |message: &str, help: &str| {
        Problem::usage(Diagnostic::error(&error::CHOICES_EXCLUDE, message).help(help))
    };
    if (chosen(As::Attack) || chosen(As::Benign)) && !args.minimise {
        let message = "`--as attack` and `--as benign` choose what a scenario shows";
        return Err(wrong(message, "add `--minimise --rule RULE`"));
    }
    if both(As::Attack, As::Benign) || both(As::Integration, As::Winlogbeat) {
        return Err(wrong(
            "`--as` chooses two that exclude each other",
            "leave one out",
        ));
    }
    Ok(if chosen(As::Winlogbeat) {
        Some(Shipper::Winlogbeat)
    } else if chosen(As::Integration) {
        Some(Shipper::Integration)
    } else {
        None
    })
}

/// The form of this name.
fn form(name: &str) -> Result<EventForm, Box<Problem>> {
    let known = EventForm::NAMES.iter().find(|(known, _)| *known == name);
    known.map(|(_, form)| *form).ok_or_else(|| {
        let names: Vec<&str> = EventForm::NAMES.iter().map(|(name, _)| *name).collect();
        let message = format!("there is no form `{name}`");
        let diagnostic = Diagnostic::error(&error::UNKNOWN_FORM, message);
        Problem::usage(match nearest(name, names.iter().copied()) {
            Some(near) => diagnostic.suggest(near),
            None => diagnostic.help(format!("the forms are {}", names.join(", "))),
        })
    })
}
