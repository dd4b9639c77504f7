//! The text of a scenario that nobody has written yet, replayed as `trapline test` replays it once
//! it is: for the rooms that make scenarios, which show nothing that they have not seen happen.

use super::error::BAD_CAPTURE;
use super::outcome::ScenarioOutcome;
use super::{Options, Subject, Test, observe, run_all};
use crate::data_source::Catalogue;
use crate::diagnostic::{Diagnostic, SourceText};
use crate::event::io::{Files, ReadSeek};
use crate::scenario;

/// The file that a scenario is said to stand in while it stands nowhere.
pub const NOWHERE: &str = "new.yaml";

/// Replays the last scenario of the text; the error is what is wrong with it. With `observing`
/// every check comes with what decided it.
pub fn rehearse(
    subject: &Subject,
    catalogue: &Catalogue,
    text: &str,
    observing: bool,
) -> Result<(ScenarioOutcome, observe::Observed), String> {
    let text = SourceText::new(NOWHERE, text);
    let mut read = scenario::read(&text);
    if let Some(mistake) = read.diagnostics.iter().find(|d| d.is_error()) {
        return Err(mistake.message.clone());
    }
    let Some(scenario) = read.scenarios.pop() else {
        return Err("nothing was written".to_owned());
    };
    let test = Test {
        scenario_file: NOWHERE,
        scenario: &scenario,
        subject,
    };
    let options = Options {
        jobs: 1,
        ..Options::default()
    };
    let (mut replayed, mut observed) = run_all(&[test], catalogue, &NoFiles, &options, observing);
    if let Some(mistake) = replayed.diagnostics.iter().find(|d| d.is_error()) {
        return Err(mistake.message.clone());
    }
    match (replayed.scenarios.pop(), observed.pop()) {
        (Some(outcome), Some(observed)) => Ok((outcome, observed)),
        _ => Err("nothing was replayed".to_owned()),
    }
}

/// What is made to order names no files.
struct NoFiles;

impl Files for NoFiles {
    fn open_beside(
        &self,
        _: &str,
        path: &str,
    ) -> Result<Box<dyn ReadSeek + Send>, Box<Diagnostic>> {
        let message = format!("`{path}` is not there");
        Err(Box::new(Diagnostic::error(&BAD_CAPTURE, message)))
    }
}
