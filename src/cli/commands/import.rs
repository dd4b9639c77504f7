//! `trapline import FILE…`: converts recordings to ECS documents, one a line; `--minimise` writes
//! the smallest scenario instead.

mod minimise;
mod ordered;
mod read;
mod summary;

use std::io::{self, Write};

use camino::Utf8Path;

use super::super::console::Stream;
use super::super::error::Problem;
use super::super::files::Unfinished;
use super::super::settings::{ImportSettings, ImportTarget, RecordingSettings, Settings};
use super::super::{Console, ExitCode};
use crate::diagnostic::{Diagnostic, escape};
use ordered::Ordered;
use read::{Recordings, Seen};

/// Runs the verb.
pub fn run(
    settings: &Settings,
    asked: &ImportSettings,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    match &asked.target {
        ImportTarget::Documents(file) => {
            documents(settings, &asked.recordings, file.as_deref(), console)
        }
        ImportTarget::Scenario(target) => {
            minimise::run(settings, &asked.recordings, target, console)
        }
    }
}

/// Writes the documents to the file, or else to standard output.
fn documents(
    settings: &Settings,
    recordings: &RecordingSettings,
    file: Option<&Utf8Path>,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let recordings = Recordings::new(settings, recordings);
    let mut out = Output::new(settings, file)?;
    // A stream may never end; only what can be read to its end is sorted.
    let mut ordered = recordings.is_finite().then(Ordered::new);
    let read = recordings.read(console, |document, console| {
        let mut line = serde_json::to_string(&document.source).unwrap_or_default();
        line.push('\n');
        match &mut ordered {
            Some(ordered) => ordered.push(&document, &line),
            None => out.write(&line, console),
        }
    });
    if read.interrupted && file.is_some() {
        // A part of a file would look like the whole.
        console.write(Stream::Err, "interrupted: nothing was written\n");
        return Ok(ExitCode::Interrupted);
    }
    if let Some(ordered) = ordered {
        let written = ordered.finish(|line| out.write(line, console));
        written.map_err(|error| {
            let message = "there is no place for temporary files";
            let diagnostic = Diagnostic::error(&super::super::error::UNWRITABLE, message);
            Problem::usage(diagnostic.help(error.to_string()))
        })?;
    }
    out.finish(settings, console)?;
    console.write(Stream::Err, &summary::summary(&read));
    Ok(exit_code(&read))
}

/// What could not be read makes the run end with 3, although the rest was written.
fn exit_code(seen: &Seen) -> ExitCode {
    if seen.interrupted {
        ExitCode::Interrupted
    } else if seen.counts.faulty() > 0 {
        ExitCode::NotLoaded
    } else {
        ExitCode::Passed
    }
}

/// Where documents go: standard output, or a file that appears when it is whole.
struct Output {
    file: Option<Unfinished>,
    failed: Option<io::Error>,
    waiting: String,
}

/// So much text is written at once.
const AT_ONCE: usize = 1 << 16;

impl Output {
    fn new(settings: &Settings, file: Option<&Utf8Path>) -> Result<Self, Box<Problem>> {
        let file = file.map(|path| settings.files.create(path)).transpose();
        Ok(Self {
            file: file.map_err(|mistake| Problem::usage(*mistake))?,
            failed: None,
            waiting: String::new(),
        })
    }

    /// False when there is no use in going on: nobody reads, or the disk is full.
    fn write(&mut self, line: &str, console: &mut Console) -> bool {
        self.waiting.push_str(line);
        self.waiting.len() < AT_ONCE || self.flush(console)
    }

    fn flush(&mut self, console: &mut Console) -> bool {
        let done = match &mut self.file {
            Some(file) => file.write_all(self.waiting.as_bytes()),
            None => console
                .stream(Stream::Out)
                .write_all(escape::json(&self.waiting).as_bytes()),
        };
        self.waiting.clear();
        match done {
            Ok(()) => true,
            Err(error) => {
                self.failed = Some(error);
                false
            }
        }
    }

    fn finish(mut self, settings: &Settings, console: &mut Console) -> Result<(), Box<Problem>> {
        if self.failed.is_none() {
            self.flush(console);
        }
        match (self.file, self.failed) {
            (Some(file), None) => settings
                .files
                .finish(file)
                .map_err(|mistake| Problem::usage(*mistake)),
            (Some(_), Some(error)) => Err(Problem::usage(
                Diagnostic::error(
                    &super::super::error::UNWRITABLE,
                    "the output cannot be written",
                )
                .help(error.to_string()),
            )),
            // A closed pipe (`trapline … | head`) is not an error.
            (None, _) => {
                let _ = console.stream(Stream::Out).flush();
                Ok(())
            }
        }
    }
}
