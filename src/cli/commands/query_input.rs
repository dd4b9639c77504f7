//! What a query is asked of: its mappings and documents, what there is to say about them, and why
//! the query is refused. Called by `query.rs`, `query_rows.rs` and `learn_source.rs`.

use std::io::{BufRead, BufReader, Read};

use camino::Utf8Path;

use super::super::error::{self, Problem};
use super::super::files::{Files, LARGEST};
use super::super::settings::Input;
use super::super::{Console, ExitCode};
use crate::diagnostic::{Diagnostic, SourceText};
use crate::event::json::BadDocument;
use crate::event::mapping::{self, IndexMapping};
use crate::search::{AddedDocument, Refusal};

/// How many lines of one kind are named; the rest is counted.
const NAMED: usize = 10;

pub(super) fn mappings<P: AsRef<Utf8Path>>(
    files: &Files,
    paths: &[P],
) -> Result<Vec<IndexMapping>, Box<Problem>> {
    let mut mappings = Vec::new();
    for path in paths {
        let source = files
            .read(path.as_ref())
            .map_err(|reason| Problem::new(exit_of(&reason), *reason))?;
        let found = mapping::parse(source.text()).map_err(|reason| {
            let message = format!("`{}` is no mapping: {reason}", source.name());
            let diagnostic = Diagnostic::error(&error::BAD_MAPPING, message)
                .help("save what Elasticsearch answers to `GET INDEX/_mapping`");
            Problem::new(ExitCode::NotLoaded, diagnostic)
        })?;
        mappings.extend(found);
    }
    Ok(mappings)
}

/// A file that is open, with its name.
pub(super) type Opened = (String, Box<dyn Read + Send>);

/// Takes a line of a file, given the file's name.
pub(super) type AddLine<'a> = dyn FnMut(&str, &str) -> Result<AddedDocument, BadDocument> + 'a;

/// Opens all inputs before anything is read, so that a wrong path is said at once.
pub(super) fn open_all(files: &Files, inputs: &[Input]) -> Result<Vec<Opened>, Box<Problem>> {
    inputs.iter().map(|input| open(files, input)).collect()
}

/// Reads the files line by line and prints warnings about the lines. A line that is no event is an
/// error.
pub(super) fn read_all(
    opened: Vec<Opened>,
    add: &mut AddLine<'_>,
    console: &mut Console,
) -> Result<(), Box<Problem>> {
    let mut notes = Notes::default();
    for (name, reader) in opened {
        read(&name, reader, add, &mut notes)?;
    }
    console.diagnostics(&notes.warnings());
    let errors = notes.errors();
    if errors.is_empty() {
        return Ok(());
    }
    Err(Box::new(Problem {
        exit: ExitCode::NotLoaded,
        diagnostics: errors,
    }))
}

fn open(files: &Files, input: &Input) -> Result<Opened, Box<Problem>> {
    match input {
        Input::Standard => Ok(("-".to_owned(), Files::standard_input())),
        Input::File(path) => Ok((
            files.name(path),
            files
                .open(path)
                .map_err(|reason| Problem::new(exit_of(&reason), *reason))?,
        )),
    }
}

/// A wrong path is a mistake of the command line; what a file holds is not.
fn exit_of(diagnostic: &Diagnostic) -> ExitCode {
    let of_path = [&error::MISSING, &error::DIRECTORY, &error::UNREADABLE];
    if of_path.contains(&diagnostic.code) {
        ExitCode::Usage
    } else {
        ExitCode::NotLoaded
    }
}

/// Takes the lines of one file.
fn read(
    name: &str,
    reader: impl Read,
    add: &mut AddLine<'_>,
    notes: &mut Notes,
) -> Result<(), Box<Problem>> {
    let mut reader = BufReader::with_capacity(1 << 16, reader);
    let mut bytes = Vec::new();
    for number in 1_usize.. {
        bytes.clear();
        let broken = |reason: std::io::Error| {
            let message = format!("`{name}` breaks off at line {number}: {reason}");
            let diagnostic = Diagnostic::error(&error::BROKEN_ARCHIVE, message);
            Problem::new(ExitCode::NotLoaded, diagnostic)
        };
        let mut limited = reader.by_ref().take(LARGEST);
        if limited.read_until(b'\n', &mut bytes).map_err(broken)? == 0 {
            break;
        }
        let place = || format!("{name}:{number}");
        if bytes.len() as u64 == LARGEST && bytes.last() != Some(&b'\n') {
            notes.bad(&place(), "the line is longer than 16 MiB");
            reader.skip_until(b'\n').map_err(broken)?;
            continue;
        }
        let Ok(text) = std::str::from_utf8(&bytes) else {
            let is_wide = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
            let reason = if number == 1 && is_wide {
                "the line is not UTF-8: the file is UTF-16"
            } else {
                "the line is not UTF-8"
            };
            notes.bad(&place(), reason);
            continue;
        };
        let text = if number == 1 {
            text.trim_start_matches('\u{feff}').trim()
        } else {
            text.trim()
        };
        if text.is_empty() {
            continue;
        }
        match add(name, text) {
            Ok(taken) => notes.count_malformed(&place, &taken),
            // The line is ours to name, serde's is always 1.
            Err(reason) => {
                let reason = reason
                    .to_string()
                    .replace(" at line 1 column", " at column");
                notes.bad(&place(), &reason);
            }
        }
    }
    Ok(())
}

/// What there is to say about lines.
#[derive(Default)]
struct Notes {
    bad: Named,
    malformed: Named,
    unknown_index: Named,
    untimed: Named,
}

/// The first few, and how many there are.
#[derive(Default)]
struct Named {
    named: Vec<String>,
    count: usize,
}

impl Named {
    fn add(&mut self, message: impl FnOnce() -> String) {
        self.count += 1;
        if self.named.len() < NAMED {
            self.named.push(message());
        }
    }

    fn diagnostics(&self, make: impl Fn(String) -> Diagnostic, what: &str) -> Vec<Diagnostic> {
        let mut messages: Vec<Diagnostic> = self.named.iter().cloned().map(&make).collect();
        let more = self.count - self.named.len();
        if more > 0 {
            messages.push(make(format!("{more} more {what}")));
        }
        messages
    }
}

impl Notes {
    fn bad(&mut self, place: &str, reason: &str) {
        self.bad.add(|| format!("{place}: {reason}"));
    }

    fn count_malformed(&mut self, place: &impl Fn() -> String, taken: &AddedDocument) {
        for value in &taken.malformed {
            self.malformed.add(|| {
                format!(
                    "{}: [{}] of type [{}] does not take `{}`; {}",
                    place(),
                    value.field,
                    value.field_type,
                    value.value,
                    if taken.refused {
                        "Elasticsearch refuses the document, so no search finds it"
                    } else {
                        "the value is left out"
                    }
                )
            });
        }
        if let Some(index) = &taken.unknown_index {
            self.unknown_index
                .add(|| format!("{}: no mapping describes the index [{index}]", place()));
        }
        if taken.untimed {
            self.untimed.add(|| {
                let place = place();
                format!("{place}: the event has no time that can be read; no search finds it")
            });
        }
    }

    fn errors(&self) -> Vec<Diagnostic> {
        let make = |message| Diagnostic::error(&error::BAD_EVENT, message);
        self.bad.diagnostics(make, "lines are no events")
    }

    fn warnings(&self) -> Vec<Diagnostic> {
        let malformed = |message| Diagnostic::warning(&error::MALFORMED_VALUE, message);
        let unknown = |message| Diagnostic::warning(&error::UNKNOWN_INDEX, message);
        let mut warnings = self
            .malformed
            .diagnostics(malformed, "values do not fit their fields");
        warnings.extend(
            self.unknown_index
                .diagnostics(unknown, "events are of an index without a mapping"),
        );
        let untimed = |message| Diagnostic::warning(&error::UNTIMED_EVENT, message);
        warnings.extend(self.untimed.diagnostics(untimed, "events have no time"));
        warnings
    }
}

pub(super) fn refused(query: &str, refusal: Refusal) -> Problem {
    let diagnostics = match refusal {
        Refusal::Query(diagnostics) => diagnostics,
        Refusal::Failure {
            message,
            span,
            unsupported,
        } => {
            let mut diagnostic = Diagnostic::error(&error::QUERY_FAILED, message);
            if let Some(span) = span {
                diagnostic = diagnostic.at(&SourceText::new("query", query), span, "");
            }
            if unsupported {
                diagnostic = diagnostic.help("Elasticsearch may run this; Trapline cannot");
            }
            vec![diagnostic]
        }
    };
    Problem {
        exit: ExitCode::NotLoaded,
        diagnostics,
    }
}
