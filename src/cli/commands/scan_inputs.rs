//! Finds the files named on the command line of `scan`.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use camino::{Utf8Path, Utf8PathBuf};

use super::super::error::{self, Problem};
use super::super::files::Files;
use super::super::interrupt::Interruptible;
use super::super::settings::Settings;
use super::event_log;
use crate::diagnostic::Diagnostic;
use crate::event::io::{Stop, TemporaryFile};
use crate::scan::Inputs;

/// What is read from a directory.
const EXTENSIONS: &[&str] = &["ndjson", "jsonl", "json", "gz", "zst", "evtx"];

/// The files that were typed.
pub(super) struct CliInputs<'s> {
    files: &'s Files,
    inputs: Vec<Input>,
    stop: &'static Stop,
}

struct Input {
    /// `None` is standard input.
    path: Option<Utf8PathBuf>,
    size: u64,
    read: Arc<AtomicU64>,
}

impl<'s> CliInputs<'s> {
    pub(super) fn new(
        settings: &'s Settings,
        typed: &[String],
        stop: &'static Stop,
    ) -> Result<Self, Box<Problem>> {
        let paths = paths(settings, typed, EXTENSIONS)?;
        let inputs = paths.into_iter().map(|path| Input {
            size: path.as_deref().map_or(0, |path| settings.files.size(path)),
            path,
            read: Arc::default(),
        });
        Ok(Self {
            files: &settings.files,
            inputs: inputs.collect(),
            stop,
        })
    }

    /// How many bytes all files have on disk, if that is known.
    pub(super) fn size(&self) -> Option<u64> {
        let is_known = self.inputs.iter().all(|input| input.path.is_some());
        is_known.then(|| self.inputs.iter().map(|input| input.size).sum())
    }

    /// How many of them were read.
    pub(super) fn read(&self) -> u64 {
        let read = self.inputs.iter();
        read.map(|input| input.read.load(Ordering::Relaxed)).sum()
    }
}

/// The files that were typed, directories and patterns opened; `None` is standard input.
pub(super) fn paths(
    settings: &Settings,
    typed: &[String],
    extensions: &[&str],
) -> Result<Vec<Option<Utf8PathBuf>>, Box<Problem>> {
    let mut paths = Vec::new();
    for typed in typed {
        if typed == "-" {
            paths.push(None);
            continue;
        }
        let path = settings.typed(typed);
        if settings.files.is_directory(&path) {
            let found = settings.files.find_recordings(&path, extensions);
            let found = found.map_err(|mistake| Problem::usage(*mistake))?;
            paths.extend(found.into_iter().map(Some));
        } else if settings.files.exists(&path) {
            paths.push(Some(path));
        } else {
            let found = settings.files.glob(&settings.files.name(&path));
            if found.is_empty() {
                let message = format!("`{typed}` does not exist");
                return Err(Problem::usage(Diagnostic::error(&error::MISSING, message)));
            }
            paths.extend(found.into_iter().map(Some));
        }
    }
    Ok(paths)
}

fn is_event_log(path: &Utf8Path) -> bool {
    let extension = path.extension();
    extension.is_some_and(|extension| extension.eq_ignore_ascii_case("evtx"))
}

impl Inputs for CliInputs<'_> {
    fn count(&self) -> usize {
        self.inputs.len()
    }

    fn name(&self, file: usize) -> String {
        let path = self.inputs.get(file).and_then(|input| input.path.as_ref());
        path.map_or_else(|| "-".to_owned(), |path| self.files.name(path))
    }

    fn open(&self, file: usize) -> io::Result<Box<dyn Read + Send>> {
        let input = self.inputs.get(file);
        match input.and_then(|input| Some((input.path.as_ref()?, &input.read))) {
            Some((path, read)) if is_event_log(path) => self
                .files
                .open_raw(path, read)
                .map(|bytes| event_log::as_lines(&self.files.name(path), bytes))
                .map_err(|mistake| io::Error::other(mistake.message.clone())),
            Some((path, read)) => self
                .files
                .open_counted(path, read)
                .map_err(|mistake| io::Error::other(mistake.message.clone())),
            None => Ok(Box::new(Interruptible::new(
                Files::standard_input(),
                self.stop,
            ))),
        }
    }

    fn is_reopened(&self, file: usize) -> bool {
        let path = self.inputs.get(file).and_then(|input| input.path.as_ref());
        path.is_some_and(|path| self.files.is_reread(path))
    }

    fn temporary(&self) -> io::Result<Box<dyn TemporaryFile>> {
        Files::temporary()
    }
}
