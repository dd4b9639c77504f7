//! The inputs of a scan from the disk and standard input.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use camino::Utf8Path;

use super::super::files::Files;
use super::super::interrupt::Interruptible;
use super::super::settings::Input;
use super::event_log;
use crate::event::io::{RowMemory, Stop, TemporaryFile};
use crate::scan::Inputs;

/// The files that were typed.
pub(super) struct CliInputs<'s> {
    files: &'s Files,
    inputs: Vec<ScannedInput>,
    stop: &'static Stop,
}

struct ScannedInput {
    input: Input,
    size: u64,
    read: Arc<AtomicU64>,
}

impl<'s> CliInputs<'s> {
    pub(super) fn new(files: &'s Files, inputs: &[Input], stop: &'static Stop) -> Self {
        let inputs = inputs.iter().map(|input| ScannedInput {
            size: input.path().map_or(0, |path| files.size(path)),
            input: input.clone(),
            read: Arc::default(),
        });
        Self {
            files,
            inputs: inputs.collect(),
            stop,
        }
    }

    /// The most that the groups and rows of a query take.
    pub(super) fn row_memory(&self) -> RowMemory {
        self.files.limits.rows
    }

    /// How many bytes all files have on disk, if that is known.
    pub(super) fn size(&self) -> Option<u64> {
        let is_known = self.inputs.iter().all(|own| own.input != Input::Standard);
        is_known.then(|| self.inputs.iter().map(|input| input.size).sum())
    }

    /// How many of them were read.
    pub(super) fn read(&self) -> u64 {
        let read = self.inputs.iter();
        read.map(|input| input.read.load(Ordering::Relaxed)).sum()
    }

    /// The path of a file; `None` for standard input.
    fn path(&self, file: usize) -> Option<&Utf8Path> {
        self.inputs.get(file).and_then(|own| own.input.path())
    }
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
        self.path(file)
            .map_or_else(|| "-".to_owned(), |path| self.files.name(path))
    }

    fn open(&self, file: usize) -> io::Result<Box<dyn Read + Send>> {
        let input = self.inputs.get(file);
        match input.and_then(|own| Some((own.input.path()?, &own.read))) {
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
        self.path(file)
            .is_some_and(|path| self.files.is_reread(path))
    }

    fn temporary(&self) -> io::Result<Box<dyn TemporaryFile>> {
        Files::temporary()
    }
}
