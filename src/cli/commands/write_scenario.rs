//! Writes generated scenarios and accepts their outcome in the snapshot. Used by `import
//! --minimise` and `new`.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::super::console::Stream;
use super::super::error::{self, Problem};
use super::super::settings::{ScenarioOutput, Settings};
use super::super::{Console, ExitCode};
use crate::diagnostic::{Diagnostic, SourceText};
use crate::project::{SnapshotPolicy, Target};
use crate::replay::dry_run::NOWHERE;
use crate::replay::outcome::Outcome;
use crate::replay::{self, Options, Subject};
use crate::scenario;
use crate::snapshot::{Accept, Scope};

/// The rule, if it can be run.
pub(super) fn subject(
    settings: &Settings,
    rule: &Utf8Path,
    console: &mut Console,
) -> Result<Subject, Box<Problem>> {
    let name = settings.files.name(rule);
    let (subject, diagnostics) = settings.project().load_rule(&name);
    console.diagnostics(&diagnostics);
    subject.ok_or_else(|| {
        let message = format!("`{name}` gives no rule that can be run");
        let diagnostic = Diagnostic::error(&error::NO_SCENARIO, message);
        Problem::new(ExitCode::NotLoaded, diagnostic)
    })
}

/// Where the scenario goes.
pub(super) struct Place {
    /// `None` is standard output.
    pub(super) path: Option<Utf8PathBuf>,
    /// What `rule:` says there; `None` where the rule is the mirrored one.
    pub(super) rule: Option<String>,
    /// What stands there already.
    pub(super) before: String,
    /// The file that paths in the scenario are relative to: that of standard output is the one that
    /// mirrors the rule's.
    pub(super) file: Utf8PathBuf,
}

impl Place {
    /// The place of the scenario of a rule.
    pub(super) fn new(
        settings: &Settings,
        output: &ScenarioOutput,
        rule: &Utf8Path,
    ) -> Result<Self, Box<Problem>> {
        let mirrored = mirrored(settings, rule);
        let path = match output {
            ScenarioOutput::Standard => None,
            ScenarioOutput::File(path) => Some(path.clone()),
            ScenarioOutput::Mirrored => mirrored.clone(),
        };
        let below = path.as_ref().and_then(|path| path.parent());
        let relative = below.map(|below| relative(below, rule));
        let rule = if path == mirrored { None } else { relative };
        let before = match &path {
            Some(path) if settings.files.exists(path) => {
                let text = settings.files.read(path);
                let text = text.map_err(|mistake| Problem::usage(*mistake))?;
                text.text().to_owned()
            }
            _ => String::new(),
        };
        let file = path.clone().or(mirrored);
        Ok(Self {
            file: file.unwrap_or_else(|| settings.working_directory.join(NOWHERE)),
            path,
            rule,
            before,
        })
    }

    /// The way from the scenario to a file of the project, by its name.
    pub(super) fn relative(&self, settings: &Settings, name: &str) -> String {
        let below = self.file.parent().unwrap_or(&self.file);
        relative(below, &settings.files.path(name))
    }

    /// The name, with a number where the file has it already.
    pub(super) fn free_name(&self, name: &str) -> String {
        let read = scenario::read(&SourceText::new("before", self.before.as_str()));
        let mut taken = Vec::new();
        for scenario in &read.scenarios {
            taken.push(scenario.attack.name.value.as_str());
            taken.extend(scenario.cases.iter().map(|case| case.name.as_str()));
        }
        let mut free = name.to_owned();
        let mut number = 2;
        while taken.contains(&free.as_str()) {
            free = format!("{name} {number}");
            number += 1;
        }
        free
    }

    /// What stands there and the new scenario behind it.
    pub(super) fn with(&self, text: &str) -> String {
        if self.before.trim().is_empty() {
            return text.to_owned();
        }
        let newline = if self.before.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        format!("{}{newline}---\n{text}", self.before)
    }
}

/// The scenario file of a rule in one of the projects.
fn mirrored(settings: &Settings, rule: &Utf8Path) -> Option<Utf8PathBuf> {
    let mirrored = settings.project().mirrored(&settings.files.name(rule))?;
    Some(settings.files.path(&mirrored))
}

/// The way from a directory to a file, with `/`.
fn relative(from: &Utf8Path, to: &Utf8Path) -> String {
    let from: Vec<&str> = from.components().map(|part| part.as_str()).collect();
    let to: Vec<&str> = to.components().map(|part| part.as_str()).collect();
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", from.len() - shared);
    let way: Vec<&str> = up.chain(to.into_iter().skip(shared)).collect();
    way.join("/")
}

/// Writes the whole text of a scenario file, and what the named cases do into its snapshot; with no
/// file, `text` alone to standard output.
pub(super) fn write(
    settings: &Settings,
    place: &Place,
    whole: &str,
    text: &str,
    names: &BTreeSet<&str>,
    console: &mut Console,
) -> Result<(), Box<Problem>> {
    let Some(path) = &place.path else {
        console.write(Stream::Out, text);
        return Ok(());
    };
    let read = scenario::read(&SourceText::new(settings.files.name(path), whole));
    if read.diagnostics.iter().any(Diagnostic::is_error) {
        return Err(Box::new(Problem {
            exit: ExitCode::NotLoaded,
            diagnostics: read.diagnostics,
        }));
    }
    let written = settings.files.write(path, whole);
    written.map_err(|mistake| Problem::usage(*mistake))?;
    if !settings.ci {
        record(settings, path, names, console)?;
    }
    Ok(())
}

/// Takes what the named cases do into the snapshot, and nothing else.
fn record(
    settings: &Settings,
    path: &Utf8Path,
    names: &BTreeSet<&str>,
    console: &mut Console,
) -> Result<(), Box<Problem>> {
    let project = settings.project();
    let loaded = project.load(&[Target::Path(settings.files.name(path))]);
    let catalogue = settings.catalogue()?;
    let tests = loaded.tests();
    let replayed = replay::run(&tests, &catalogue, &settings.files, &Options::default());
    let outcome = Outcome {
        scenarios: replayed.scenarios,
        ..Outcome::default()
    };
    let made = outcome
        .checks()
        .filter(|check| names.contains(check.key.case.as_str()));
    let made = made.map(|check| check.key.to_string());
    let policy = SnapshotPolicy::accepting(Accept::keys(made));
    let compared = project.compare(&outcome, &policy, |_| Scope::All);
    console.diagnostics(&compared.diagnostics);
    Ok(())
}
