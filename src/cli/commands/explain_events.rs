//! `trapline explain --events`: finds the rule and the data source, and reads the recording batch
//! by batch, whatever its format.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::super::error::{self, Problem};
use super::super::settings::{ExplainRecording, Settings};
use super::super::{Console, ExitCode};
use super::exception_lists;
use crate::data_source::error::UNKNOWN_SOURCE;
use crate::data_source::{Catalogue, DataSource};
use crate::diagnostic::Diagnostic;
use crate::event::Event;
use crate::explain::Explanation;
use crate::explain::recording::{
    self, BATCH, Batch, Batches, NotExplained, RecordedEvent, RecordingRequest,
};
use crate::import::{Import, Options};
use crate::replay::error::BAD_CAPTURE;

/// The longest line that is read.
const LONGEST: u64 = 64 << 20;

/// Explains a recording with a rule.
pub fn explain(
    settings: &Settings,
    asked: &ExplainRecording,
    console: &mut Console,
) -> Result<Explanation, Box<Problem>> {
    let name = &asked.rule;
    let (subject, diagnostics) = settings.project().load_rule(name);
    console.diagnostics(&diagnostics);
    let Some(subject) = subject else {
        let message = format!("`{name}` gives no rule that can be explained");
        let diagnostic = Diagnostic::error(&error::NOTHING_SELECTED, message);
        return Err(Problem::new(ExitCode::NotLoaded, diagnostic));
    };
    let catalogue = settings.catalogue()?;
    let lists = exception_lists::of_rule(&subject.rule, settings, &asked.exceptions, console)?;
    let source = asked.source.as_deref();
    let question = RecordingRequest {
        subject: &subject,
        linked: lists.of(&subject.rule),
        catalogue: &catalogue,
        source: source.map(|name| known(&catalogue, name)).transpose()?,
        name: &asked.typed,
        limits: settings.files.limits,
    };
    let mut open = || open(settings, &asked.file);
    recording::explain_recording(&question, &mut open)
        .map_err(|stopped| Box::new(problem(stopped, &asked.typed)))
}

fn known<'c>(catalogue: &'c Catalogue, name: &str) -> Result<&'c DataSource, Box<Problem>> {
    catalogue.get(name).ok_or_else(|| {
        let message = format!("there is no data source `{name}`");
        let diagnostic = Diagnostic::error(&UNKNOWN_SOURCE, message);
        Problem::usage(match catalogue.suggest(name) {
            Some(near) => diagnostic.suggest(near),
            None => diagnostic.help("`trapline sources` lists them"),
        })
    })
}

fn problem(stopped: NotExplained, events: &str) -> Problem {
    let not_loaded = |code, message: String| Problem {
        exit: ExitCode::NotLoaded,
        diagnostics: vec![Diagnostic::error(code, message)],
    };
    match stopped {
        NotExplained::Bad(diagnostics) => {
            let of_path = [&error::MISSING, &error::DIRECTORY, &error::UNREADABLE];
            let usage = diagnostics.iter().all(|one| of_path.contains(&one.code));
            let exit = if usage {
                ExitCode::Usage
            } else {
                ExitCode::NotLoaded
            };
            Problem { exit, diagnostics }
        }
        NotExplained::Failed(failure) => {
            let message = format!("the query fails on `{events}`: {failure}");
            not_loaded(&error::QUERY_FAILED, message)
        }
        NotExplained::Unsupported(what) => not_loaded(
            &error::NOTHING_SELECTED,
            format!("{what} are not explained"),
        ),
        NotExplained::TooLarge(most, key) => {
            let message = format!("`{events}` holds more than {most} that the rule sees");
            let help = format!(
                "cut the recording, run `trapline scan` on it, or raise `{key}` under `[limits]` in \
                 trapline.toml"
            );
            Problem {
                exit: ExitCode::NotLoaded,
                diagnostics: vec![Diagnostic::error(&BAD_CAPTURE, message).help(help)],
            }
        }
        NotExplained::Empty => not_loaded(
            &error::BAD_EVENT,
            format!("there is no event in `{events}`"),
        ),
    }
}

fn open(settings: &Settings, path: &Utf8PathBuf) -> Result<Batches<'static>, Box<Diagnostic>> {
    let name = settings.files.name(path);
    if is_imported(path) {
        let bytes = settings.files.open_raw(path, &Arc::default())?;
        let options = Options {
            limits: settings.files.limits.into(),
            ..Options::default()
        };
        return Ok(Box::new(Documents {
            import: Import::open(&name, bytes, options),
            name,
            number: 0,
        }));
    }
    let reader = settings.files.open(path)?;
    Ok(Box::new(Lines {
        reader: BufReader::with_capacity(1 << 18, reader),
        name,
        number: 0,
    }))
}

/// Whether the file holds something else than documents, one a line.
fn is_imported(path: &Utf8Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    matches!(extension.as_str(), "evtx" | "zip" | "json")
}

/// A batch; none at the end.
fn some(batch: Batch) -> Option<Result<Batch, Box<Diagnostic>>> {
    (!batch.is_empty()).then_some(Ok(batch))
}

/// NDJSON, numbered by its lines.
struct Lines<R> {
    reader: BufReader<R>,
    name: String,
    number: u64,
}

impl<R: Read> Lines<R> {
    /// The next line; `None` at the end.
    fn line(&mut self) -> io::Result<Option<String>> {
        let mut bytes = Vec::new();
        let read = (&mut self.reader)
            .take(LONGEST)
            .read_until(b'\n', &mut bytes)?;
        if read == 0 {
            return Ok(None);
        }
        if bytes.len() as u64 >= LONGEST {
            return Err(io::Error::other("a line is longer than 64 MiB"));
        }
        let line = String::from_utf8(bytes);
        // What is no UTF-8 is no JSON either: the line is counted as unreadable.
        Ok(Some(line.unwrap_or_else(|error| {
            String::from_utf8_lossy(error.as_bytes()).into_owned()
        })))
    }
}

impl<R: Read> Iterator for Lines<R> {
    type Item = Result<Batch, Box<Diagnostic>>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut batch = Batch::new();
        while batch.len() < BATCH {
            match self.line() {
                Ok(None) => break,
                Ok(Some(line)) => {
                    self.number += 1;
                    let text = line.trim();
                    if !text.is_empty() {
                        batch.push((self.number, RecordedEvent::Line(line)));
                    }
                }
                Err(reason) => {
                    let message = format!("{}:{}: {reason}", self.name, self.number + 1);
                    let diagnostic = Diagnostic::error(&error::BAD_EVENT, message);
                    return Some(Err(Box::new(diagnostic)));
                }
            }
        }
        some(batch)
    }
}

/// A recording in another form, numbered by its events.
struct Documents {
    import: Import<'static>,
    name: String,
    number: u64,
}

impl Iterator for Documents {
    type Item = Result<Batch, Box<Diagnostic>>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut batch = Batch::new();
        while batch.len() < BATCH {
            match self.import.next() {
                None => break,
                Some(Ok(document)) => {
                    self.number += 1;
                    let event = Event::from_document(&document.source);
                    batch.push((self.number, RecordedEvent::Event(event)));
                }
                Some(Err(fault)) => {
                    let message = format!("{}: {fault}", self.name);
                    let diagnostic = Diagnostic::error(&error::BAD_EVENT, message);
                    return Some(Err(Box::new(diagnostic)));
                }
            }
        }
        some(batch)
    }
}
