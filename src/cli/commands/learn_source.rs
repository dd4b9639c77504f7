//! `trapline sources learn FILE`: writes a data source for `sources/` from a recording.

use super::super::args::LearnArgs;
use super::super::console::Stream;
use super::super::error::{self, Problem};
use super::super::query_settings::Input;
use super::super::settings::Settings;
use super::super::{Console, ExitCode};
use super::query_input::{Notes, open, read};
use crate::data_source::own::is_name;
use crate::data_source::own::learn::Learnt;
use crate::diagnostic::Diagnostic;
use crate::event::Event;
use crate::event::json::BadDocument;
use crate::search::AddedDocument;

/// Runs the verb.
pub(super) fn run(
    settings: &Settings,
    args: &LearnArgs,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let place = args.output.as_ref().filter(|output| *output != "-");
    let place = place.map(|output| settings.working_directory.join(output));
    if let Some(path) = &place
        && settings.files.exists(path)
        && !args.overwrite
    {
        let message = format!("`{}` exists", settings.files.name(path));
        let diagnostic = Diagnostic::error(&error::FILE_EXISTS, message);
        return Err(Problem::usage(diagnostic.help("`--overwrite` replaces it")));
    }
    let name = name(args)?;
    let recording = match args.file.as_str() {
        "-" => "standard input",
        file => file,
    };
    let text = learn(settings, args, console)?.file(&name, recording);
    match place {
        None => console.write(Stream::Out, &text),
        Some(path) => {
            let written = settings.files.write(&path, &text);
            written.map_err(|mistake| Problem::usage(*mistake))?;
            let name = settings.files.name(&path);
            console.write(Stream::Err, &format!("wrote    {name}\n"));
        }
    }
    Ok(ExitCode::Passed)
}

/// The name of the source: what was typed, or the recording's.
fn name(args: &LearnArgs) -> Result<String, Box<Problem>> {
    if let Some(name) = &args.name {
        if is_name(name) {
            return Ok(name.clone());
        }
        let message = format!("`{name}` is no name of a data source");
        let help = "a name has lower-case letters, digits and `_`: `acme_proxy`";
        return Err(Problem::usage(
            Diagnostic::error(&error::BAD_NAME, message).help(help),
        ));
    }
    let file = args.file.rsplit(['/', '\\']).next().unwrap_or("");
    let stem = file.split('.').next().unwrap_or("").to_lowercase();
    let stem: String = stem
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    let stem = stem.trim_matches('_');
    Ok(if is_name(stem) { stem } else { "learnt" }.to_owned())
}

/// Reads the recording.
fn learn(
    settings: &Settings,
    args: &LearnArgs,
    console: &mut Console,
) -> Result<Learnt, Box<Problem>> {
    let input = match args.file.as_str() {
        "-" => Input::Standard,
        file => Input::File(settings.typed(file)),
    };
    let (name, reader) = open(&settings.files, &input)?;
    let mut learnt = Learnt::default();
    let mut full = None;
    let mut notes = Notes::default();
    let mut add = |line: &str| -> Result<AddedDocument, BadDocument> {
        let event = Event::from_json_line(line)?;
        if full.is_none() {
            full = learnt.add(&event).err();
        }
        Ok(AddedDocument::default())
    };
    read(&name, reader, &mut add, &mut notes)?;
    console.diagnostics(&notes.warnings());
    let not_loaded = |diagnostics| {
        Box::new(Problem {
            exit: ExitCode::NotLoaded,
            diagnostics,
        })
    };
    let errors = notes.errors();
    if !errors.is_empty() {
        return Err(not_loaded(errors));
    }
    if let Some(full) = full {
        let diagnostic = Diagnostic::error(&error::TOO_MUCH_TO_LEARN, format!("`{name}`: {full}"));
        let help =
            "learn from a part of the recording, or take the types from `GET INDEX/_mapping`";
        return Err(not_loaded(vec![diagnostic.help(help)]));
    }
    if learnt.is_empty() {
        let message = format!("`{name}` has no event to learn from");
        let diagnostic = Diagnostic::error(&error::NOTHING_SELECTED, message);
        return Err(Problem::new(ExitCode::NothingSelected, diagnostic));
    }
    Ok(learnt)
}
