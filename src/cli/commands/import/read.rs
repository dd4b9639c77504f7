//! Reads recordings one after another and names what cannot be read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use camino::Utf8PathBuf;

use super::super::super::Console;
use super::super::super::args::{As, ImportArgs};
use super::super::super::error::{self, Problem};
use super::super::super::files::Files;
use super::super::super::interrupt::{self, Interruptible};
use super::super::super::progress::Bar;
use super::super::super::settings::Settings;
use super::super::scan_inputs::paths;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::suggest::nearest;
use crate::event::io::Stop;
use crate::import::{
    Alerted, Document, EventForm, Import, ImportStats, Options, RecordError, Shipper,
};

/// What is read from a directory.
const EXTENSIONS: &[&str] = &["evtx", "ndjson", "jsonl", "json", "zip", "gz", "zst"];

/// Of the faults of a run this many are named one by one.
const NAMED: usize = 20;

/// The bar moves once in this many documents.
const OFTEN: u64 = 512;

/// The recordings that were typed.
pub(super) struct Recordings<'s> {
    files: &'s Files,
    /// `None` is standard input.
    paths: Vec<Option<Utf8PathBuf>>,
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
    /// Finds the files.
    pub(super) fn new(settings: &'s Settings, args: &ImportArgs) -> Result<Self, Box<Problem>> {
        let form = args.source.as_deref().map(form).transpose()?;
        let shipper = shipper(args)?;
        let paths = paths(settings, &args.files, EXTENSIONS)?;
        if paths.is_empty() {
            let nothing =
                Diagnostic::error(&error::NOTHING_SELECTED, "no recordings were found").help(
                    format!("of a directory are read: .{}", EXTENSIONS.join(", .")),
                );
            return Err(Problem::new(super::ExitCode::NothingSelected, nothing));
        }
        Ok(Self {
            files: &settings.files,
            paths,
            options: Options {
                form,
                shipper,
                limits: settings.files.limits.into(),
            },
        })
    }

    /// The name of the first one, without directory and endings.
    pub(super) fn stem(&self) -> &str {
        let first = self.paths.first().and_then(Option::as_ref);
        let name = first.and_then(|path| path.file_name()).unwrap_or("");
        name.split('.').next().unwrap_or(name)
    }

    /// Whether all of them have an end: standard input and pipes may have none.
    pub(super) fn is_finite(&self) -> bool {
        let mut paths = self.paths.iter();
        paths.all(|path| path.as_ref().is_some_and(|path| self.files.is_reread(path)))
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
        'files: for path in &self.paths {
            seen.files += 1;
            let mut import = match self.open(path.as_ref(), &read, stop) {
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
        let sizes = self.paths.iter().map(|path| {
            let path = path.as_ref()?;
            Some(self.files.size(path))
        });
        sizes.sum()
    }

    fn open(
        &self,
        path: Option<&Utf8PathBuf>,
        read: &Arc<AtomicU64>,
        stop: &'static Stop,
    ) -> Result<Import<'static>, Box<Diagnostic>> {
        let Some(path) = path else {
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
    let mut diagnostic = Diagnostic::error(&error::BAD_RECORDING, fault.to_string());
    diagnostic = diagnostic.help(fault.help());
    if number == NAMED {
        diagnostic = diagnostic.help("what else cannot be read is only counted");
    }
    console.diagnostics([&diagnostic]);
}

/// Whose documents to make; what else `--as` chooses belongs to `--minimise`.
fn shipper(args: &ImportArgs) -> Result<Option<Shipper>, Box<Problem>> {
    let chosen = |what: As| args.what.contains(&what);
    let both = |a: As, b: As| chosen(a) && chosen(b);
    let wrong = |message: &str, help: &str| {
        Problem::usage(Diagnostic::error(&error::CHOICES_EXCLUDE, message).help(help))
    };
    if (chosen(As::Attack) || chosen(As::Benign)) && !args.minimise {
        let message = "`--as attack` and `--as benign` choose what a scenario shows";
        return Err(wrong(message, "add `--minimise --rule RULE`"));
    }
    if both(As::Attack, As::Benign) || both(As::Integration, As::Winlogbeat) {
        return Err(wrong(
            "`--as` chooses two that exclude each other",
            "leave one out",
        ));
    }
    Ok(if chosen(As::Winlogbeat) {
        Some(Shipper::Winlogbeat)
    } else if chosen(As::Integration) {
        Some(Shipper::Integration)
    } else {
        None
    })
}

/// The form of this name.
fn form(name: &str) -> Result<EventForm, Box<Problem>> {
    let known = EventForm::NAMES.iter().find(|(known, _)| *known == name);
    known.map(|(_, form)| *form).ok_or_else(|| {
        let names: Vec<&str> = EventForm::NAMES.iter().map(|(name, _)| *name).collect();
        let message = format!("there is no form `{name}`");
        let diagnostic = Diagnostic::error(&error::UNKNOWN_FORM, message);
        Problem::usage(match nearest(name, names.iter().copied()) {
            Some(near) => diagnostic.suggest(near),
            None => diagnostic.help(format!("the forms are {}", names.join(", "))),
        })
    })
}
