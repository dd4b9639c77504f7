//! Runs a scenario from memory, exactly as `trapline test` would. Generators use it to verify their
//! output.

use std::fmt;

use super::error::BAD_CAPTURE;
use super::outcome::ScenarioOutcome;
use super::{Options, Subject, Test, run_all, trace};
use crate::data_source::Catalogue;
use crate::diagnostic::replay::BadCapture;
use crate::diagnostic::{Diagnostic, SourceText};
use crate::event::io::{FilesBeside, ReadSeek};
use crate::scenario::{self, Scenario};

/// The file name of a scenario that has no file yet.
pub const NOWHERE: &str = "new.yaml";

/// Where the text will stand, and what it may name there.
#[derive(Clone, Copy)]
pub struct DryRunPlace<'a> {
    /// The scenario file, relative to the project's root.
    pub file: &'a str,
    /// The files beside it.
    pub files: &'a dyn FilesBeside,
}

impl DryRunPlace<'static> {
    /// Nowhere: the text names no files.
    pub const NOWHERE: Self = Self {
        file: NOWHERE,
        files: &NoFiles,
    };
}

impl fmt::Debug for DryRunPlace<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

/// Why a text gives no outcome.
#[derive(Debug, Clone)]
pub enum DryRunError {
    /// The text or its replay has an error.
    Invalid(Box<Diagnostic>),
    /// There is no scenario in it.
    Empty,
}

impl DryRunError {
    fn of(mistake: &Diagnostic) -> Self {
        Self::Invalid(Box::new(mistake.clone()))
    }
}

/// Replays the last scenario of the text, and the scenarios before it of the same rule, in file
/// order. With `observing`, each check comes with what decided it. Fails if the text or its replay
/// has an error.
pub fn run(
    subject: &Subject,
    catalogue: &Catalogue,
    place: DryRunPlace<'_>,
    text: &str,
    observing: bool,
) -> Result<Vec<(ScenarioOutcome, trace::TestTrace)>, DryRunError> {
    let text = SourceText::new(place.file, text);
    let read = scenario::read(&text);
    if let Some(mistake) = read.diagnostics.iter().find(|d| d.is_error()) {
        return Err(DryRunError::of(mistake));
    }
    let rule = |scenario: &Scenario| scenario.rule.as_ref().map(|rule| rule.value.clone());
    let last = read.scenarios.last().map(rule).ok_or(DryRunError::Empty)?;
    let scenarios = read
        .scenarios
        .iter()
        .filter(|scenario| rule(scenario) == last);
    let tests: Vec<Test<'_>> = scenarios
        .map(|scenario| Test {
            scenario_file: place.file,
            scenario,
            subject,
        })
        .collect();
    let options = Options {
        jobs: 1,
        ..Options::default()
    };
    let (replayed, observed) = run_all(&tests, catalogue, place.files, &options, observing);
    if let Some(mistake) = replayed.diagnostics.iter().find(|d| d.is_error()) {
        return Err(DryRunError::of(mistake));
    }
    Ok(replayed.scenarios.into_iter().zip(observed).collect())
}

/// Files for texts that name no files: opening one is an error.
struct NoFiles;

impl FilesBeside for NoFiles {
    fn open_beside(
        &self,
        _: &str,
        path: &str,
    ) -> Result<Box<dyn ReadSeek + Send>, Box<Diagnostic>> {
        let name = path.to_owned();
        let cause = BadCapture::NoFile { name };
        Err(Box::new(Diagnostic::of(&BAD_CAPTURE, &cause)))
    }
}
