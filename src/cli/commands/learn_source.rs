//! `trapline sources learn FILE`: writes a data source for `sources/` from a recording.

use super::super::console::Stream;
use super::super::error::{self, Problem};
use super::super::settings::{Input, LearnSettings, Settings};
use super::super::{Console, ExitCode};
use super::query_input::{open_all, read_all};
use crate::data_source::own::learn::Learnt;
use crate::diagnostic::Diagnostic;
use crate::event::Event;
use crate::event::json::BadDocument;
use crate::search::AddedDocument;

/// Runs the verb.
pub(super) fn run(
    settings: &Settings,
    asked: &LearnSettings,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let learnt = learn(settings, &asked.input, console)?;
    let text = learnt.file(&asked.name, &asked.recording);
    match &asked.output {
        None => console.write(Stream::Out, &text),
        Some(path) => {
            let written = settings.files.write(path, &text);
            written.map_err(|mistake| Problem::usage(*mistake))?;
            let name = settings.files.name(path);
            console.write(Stream::Err, &format!("wrote    {name}\n"));
        }
    }
    Ok(ExitCode::Passed)
}

/// Reads the recording.
fn learn(
    settings: &Settings,
    input: &Input,
    console: &mut Console,
) -> Result<Learnt, Box<Problem>> {
    let opened = open_all(&settings.files, std::slice::from_ref(input))?;
    let name = opened.first().map_or("", |(name, _)| name).to_owned();
    let mut learnt = Learnt::default();
    let mut full = None;
    let mut add = |_: &str, line: &str| -> Result<AddedDocument, BadDocument> {
        let event = Event::from_json_line(line)?;
        if full.is_none() {
            full = learnt.add(&event).err();
        }
        Ok(AddedDocument::default())
    };
    read_all(opened, &mut add, console)?;
    if let Some(full) = full {
        let diagnostic = Diagnostic::error(&error::TOO_MUCH_TO_LEARN, format!("`{name}`: {full}"));
        let help =
            "learn from a part of the recording, or take the types from `GET INDEX/_mapping`";
        return Err(Problem::new(ExitCode::NotLoaded, diagnostic.help(help)));
    }
    if learnt.is_empty() {
        let message = format!("`{name}` has no event to learn from");
        let diagnostic = Diagnostic::error(&error::NOTHING_SELECTED, message);
        return Err(Problem::new(ExitCode::NothingSelected, diagnostic));
    }
    Ok(learnt)
}
