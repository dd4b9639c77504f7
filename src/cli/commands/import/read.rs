//! Reads recordings one after another and names what cannot be read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::super::super::Console;
use super::super::super::error;
use super::super::super::files::Files;
use super::super::super::interrupt::{self, Interruptible};
use super::super::super::progress::Bar;
use super::super::super::settings::{Input, RecordingSettings, Settings};
use crate::diagnostic::Diagnostic;
use crate::event::io::Stop;
use crate::import::{Alerted, Document, Import, ImportStats, Options, RecordError};

/// Of the faults of a run this many are named one by one.
const NAMED: usize = 20;

/// The bar moves once in this many documents.
const OFTEN: u64 = 512;

/// The recordings that were typed.
pub(super) struct Recordings<'s> {
    files: &'s Files,
    inputs: &'s [Input],
    options: Options,
}

/// What reading gave beside the documents.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Of all files together.
    pub(super) counts: ImportStats,
    /// How many files there were.
    pub(super) files: usize,
    /// Whether Ctrl-C ended it.
    pub(super) interrupted: bool,
}

impl<'s> Recordings<'s> {
    /// Those that the settings name.
    pub(super) fn new(settings: &'s Settings, recordings: &'s RecordingSettings) -> Self {
        Self {
            files: &settings.files,
            inputs: &recordings.inputs,
            options: recordings.options,
        }
    }

    /// Whether all of them have an end: standard input and pipes may have none.
    pub(super) fn is_finite(&self) -> bool {
        let mut paths = self.inputs.iter().map(Input::path);
        paths.all(|path| path.is_some_and(|path| self.files.is_reread(path)))
    }

    /// Reads all of them; `take` gets every document and says whether to go on.
    pub(super) fn read(
        &self,
        console: &mut Console,
        mut take: impl FnMut(Document, &mut Console) -> bool,
    ) -> Seen {
        let stop = interrupt::stop();
        let bar = Bar::new(self.size(), console.err_terminal());
        let read: Arc<AtomicU64> = Arc::default();
        let (mut seen, mut named, mut before) = (Seen::default(), 0, 0);
        let mut alerted = Alerted::default();
        'files: for input in self.inputs {
            seen.files += 1;
            let mut import = match self.open(input, &read, stop) {
                Ok(import) => import.after(std::mem::take(&mut alerted)),
                Err(mistake) => {
                    bar.aside(|| console.diagnostics([&*mistake]));
                    *seen.counts.faults.entry("files not opened").or_default() += 1;
                    continue;
                }
            };
            while let Some(document) = import.next() {
                let on = match document {
                    Ok(document) => take(document, console),
                    Err(fault) => {
                        named += 1;
                        bar.aside(|| name(&fault, named, console));
                        true
                    }
                };
                let documents = seen.counts.documents + import.counts().documents;
                if documents.is_multiple_of(OFTEN) {
                    let done = before + read.load(Ordering::Relaxed);
                    bar.set(done, |_| format!("{documents} events"));
                }
                seen.interrupted = stop.is_requested();
                if seen.interrupted || !on {
                    seen.counts.add(import.counts());
                    break 'files;
                }
            }
            seen.counts.add(import.counts());
            alerted = import.into_alerted();
            before += read.load(Ordering::Relaxed);
        }
        bar.clear();
        seen.interrupted |= stop.is_requested();
        seen
    }

    /// How many bytes all files have, if that is known.
    fn size(&self) -> Option<u64> {
        let paths = self.inputs.iter().map(Input::path);
        paths.map(|path| Some(self.files.size(path?))).sum()
    }

    fn open(
        &self,
        input: &Input,
        read: &Arc<AtomicU64>,
        stop: &'static Stop,
    ) -> Result<Import<'static>, Box<Diagnostic>> {
        let Input::File(path) = input else {
            let input = Interruptible::new(Files::standard_input(), stop);
            return Ok(Import::stream("-", input, self.options));
        };
        let bytes = self.files.open_raw(path, read)?;
        Ok(Import::open(&self.files.name(path), bytes, self.options))
    }
}

/// Says what could not be read, until that is more than anybody reads.
fn name(fault: &RecordError, number: usize, console: &mut Console) {
    if number > NAMED {
        return;
    }
    let mut diagnostic = Diagnostic::of(&error::BAD_RECORDING, &fault.problem);
    diagnostic.message = fault.to_string();
    if number == NAMED {
        diagnostic = diagnostic.help("what else cannot be read is only counted");
    }
    console.diagnostics([&diagnostic]);
}
