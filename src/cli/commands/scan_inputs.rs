//! The inputs of a scan from the disk, object storage and standard input.

use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use camino::Utf8Path;

use super::super::files::Files;
use super::super::interrupt::Interruptible;
use super::super::objects::{Fetch, Object, OpenObject};
use super::super::settings::ScanInput;
use super::event_log;
use crate::diagnostic::Diagnostic;
use crate::event::FieldSelection;
use crate::event::io::{RowMemory, Stop, TemporaryFile};
use crate::import::parquet_file::{ParquetFile, RowTimes};
use crate::scan::Inputs;

/// The files and objects that were typed.
pub(super) struct CliInputs<'s> {
    files: &'s Files,
    inputs: Vec<ScannedInput>,
    stop: &'static Stop,
    ahead: Mutex<Ahead>,
}

/// The object that is read ahead of its turn.
#[derive(Default)]
struct Ahead {
    /// The object and its number.
    ready: Option<(usize, Fetch)>,
    /// The object that was opened last.
    last: Option<usize>,
}

/// What the footer of a Parquet file states.
pub(super) struct StatedRows {
    /// The size of the columns, decompressed.
    pub(super) bytes: u64,
    /// The times of the rows, where the statistics tell them.
    pub(super) times: Option<RowTimes>,
}

struct ScannedInput {
    input: ScanInput,
    size: u64,
    read: Arc<AtomicU64>,
}

impl<'s> CliInputs<'s> {
    pub(super) fn new(files: &'s Files, inputs: &[ScanInput], stop: &'static Stop) -> Self {
        let inputs = inputs.iter().map(|input| ScannedInput {
            size: match input {
                ScanInput::Standard => 0,
                ScanInput::File(path) => files.size(path),
                ScanInput::Object(object) => object.size(),
            },
            input: input.clone(),
            read: Arc::default(),
        });
        Self {
            files,
            inputs: inputs.collect(),
            stop,
            ahead: Mutex::default(),
        }
    }

    /// The most that the groups and rows of a query take.
    pub(super) fn row_memory(&self) -> RowMemory {
        self.files.limits.rows
    }

    /// How many bytes all files have where they are stored, if that is known.
    pub(super) fn size(&self) -> Option<u64> {
        let mut inputs = self.inputs.iter();
        let is_known = inputs.all(|own| !matches!(own.input, ScanInput::Standard));
        is_known.then(|| self.inputs.iter().map(|input| input.size).sum())
    }

    /// How many of them were read.
    pub(super) fn read(&self) -> u64 {
        let read = self.inputs.iter();
        read.map(|input| input.read.load(Ordering::Relaxed)).sum()
    }

    fn input(&self, file: usize) -> Option<(&ScanInput, &Arc<AtomicU64>)> {
        self.inputs.get(file).map(|own| (&own.input, &own.read))
    }

    /// What the footer of a Parquet file states; `None` for other files.
    pub(super) fn stated(&self, file: usize) -> Option<StatedRows> {
        let parquet = self.parquet(file).ok()??;
        Some(StatedRows {
            bytes: parquet.unpacked_size(),
            times: parquet.times(),
        })
    }

    /// A Parquet file, opened for a look at parts of it; `None` if the file is none.
    fn parquet(&self, file: usize) -> io::Result<Option<ParquetFile>> {
        let opened = match self.input(file) {
            Some((ScanInput::File(path), read)) => self.files.open_parquet(path, read),
            Some((ScanInput::Object(object), _)) if is_named(object.name().into(), "parquet") => {
                self.files
                    .parquet_of(object.name(), object.ranged())
                    .map(Some)
            }
            _ => Ok(None),
        };
        opened.map_err(|mistake| failed(&mistake))
    }

    fn open_file(
        &self,
        path: &Utf8Path,
        read: &Arc<AtomicU64>,
        fields: &FieldSelection,
    ) -> Result<Box<dyn Read + Send>, Box<Diagnostic>> {
        if is_named(path, "evtx") {
            let bytes = self.files.open_raw(path, read)?;
            return Ok(event_log::as_lines(&self.files.name(path), bytes));
        }
        match self.files.open_parquet(path, read)? {
            Some(parquet) => {
                let name = self.files.name(path);
                // Columns that are not read are done with.
                read.fetch_add(parquet.left_out(fields), Ordering::Relaxed);
                self.rows(&name, (parquet, fields), self.files.size(path))
            }
            None => self.files.open_counted(path, read),
        }
    }

    /// Opens an object, and begins to read the one after it.
    fn open_object(
        &self,
        file: usize,
        (object, read): (&Object, &Arc<AtomicU64>),
        fields: &FieldSelection,
    ) -> io::Result<Box<dyn Read + Send>> {
        let opened = self.fetch(file)?.open()?;
        let name = object.name();
        let opened = match opened {
            OpenObject::Stream(stream) => self.files.unpacked(name, stream, read),
            OpenObject::Copy(copy) if is_named(name.into(), "evtx") => {
                Ok(event_log::as_lines(name, copy))
            }
            OpenObject::Copy(copy) => self
                .files
                .parquet_of(name, Box::new(copy))
                .and_then(|parquet| self.rows(name, (parquet, fields), object.size())),
        };
        opened.map_err(|mistake| failed(&mistake))
    }

    /// Rows are read on a thread of their own, beside those that match lines.
    fn rows(
        &self,
        name: &str,
        parquet: (ParquetFile, &FieldSelection),
        size: u64,
    ) -> Result<Box<dyn Read + Send>, Box<Diagnostic>> {
        let lines = self.files.parquet_lines(name, parquet, size)?;
        Ok(Box::new(Interruptible::new(lines, self.stop)))
    }

    /// The object that was read ahead, if it is this one. One other is read ahead in its place: what
    /// waits to be read is at most a piece of an object, or a copy of one in a temporary file.
    fn fetch(&self, file: usize) -> io::Result<Fetch> {
        let begin = |file: usize| match self.input(file) {
            Some((ScanInput::Object(object), read)) => {
                let name = object.name();
                let whole = ["parquet", "evtx"].map(|extension| is_named(name.into(), extension));
                Some(Fetch::new(object, whole.contains(&true), read, self.stop))
            }
            _ => None,
        };
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let ready = ahead.ready.take_if(|(number, _)| *number == file);
        let fetch = ready.map(|(_, fetch)| fetch).or_else(|| begin(file));
        let next = file + 1;
        let in_turn = ahead.last.map_or(file == 0, |last| last + 1 == file);
        // Files are opened by their times: the next by name may have been read.
        let is_unread = self
            .inputs
            .get(next)
            .is_some_and(|input| input.read.load(Ordering::Relaxed) == 0);
        if ahead.ready.is_none() && (in_turn || is_unread) {
            ahead.ready = begin(next).map(|fetch| (next, fetch));
        }
        ahead.last = Some(file);
        fetch.ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

fn is_named(path: &Utf8Path, wanted: &str) -> bool {
    let extension = path.extension();
    extension.is_some_and(|extension| extension.eq_ignore_ascii_case(wanted))
}

fn failed(mistake: &Diagnostic) -> io::Error {
    let help = mistake.help.iter().map(|help| format!("; {help}"));
    io::Error::other(format!("{}{}", mistake.message, help.collect::<String>()))
}

impl Inputs for CliInputs<'_> {
    fn count(&self) -> usize {
        self.inputs.len()
    }

    fn name(&self, file: usize) -> String {
        match self.input(file).map(|(input, _)| input) {
            Some(ScanInput::File(path)) => self.files.name(path),
            Some(ScanInput::Object(object)) => object.name().to_owned(),
            Some(ScanInput::Standard) | None => "-".to_owned(),
        }
    }

    fn open(&self, file: usize) -> io::Result<Box<dyn Read + Send>> {
        self.open_fields(file, &FieldSelection::Whole)
    }

    fn open_fields(
        &self,
        file: usize,
        fields: &FieldSelection,
    ) -> io::Result<Box<dyn Read + Send>> {
        match self.input(file) {
            Some((ScanInput::File(path), read)) => {
                let opened = self.open_file(path, read, fields);
                opened.map_err(|mistake| failed(&mistake))
            }
            Some((ScanInput::Object(object), read)) => {
                self.open_object(file, (object, read), fields)
            }
            Some((ScanInput::Standard, _)) | None => Ok(Box::new(Interruptible::new(
                Files::standard_input(),
                self.stop,
            ))),
        }
    }

    fn open_first(&self, file: usize) -> io::Result<Box<dyn Read + Send>> {
        if let Some(parquet) = self.parquet(file)? {
            return parquet.first_times().map_err(io::Error::other);
        }
        match self.input(file).map(|(input, _)| input) {
            Some(ScanInput::Object(object)) if !is_named(object.name().into(), "evtx") => {
                let first = io::Cursor::new(object.first_piece()?);
                // What is cut off here is read later.
                let opened = self.files.unpacked(object.name(), first, &Arc::default());
                opened.map_err(|mistake| failed(&mistake))
            }
            _ => self.open(file),
        }
    }

    fn is_reopened(&self, file: usize) -> bool {
        match self.input(file).map(|(input, _)| input) {
            Some(ScanInput::File(path)) => self.files.is_reread(path),
            Some(ScanInput::Object(_)) => true,
            Some(ScanInput::Standard) | None => false,
        }
    }

    fn temporary(&self) -> io::Result<Box<dyn TemporaryFile>> {
        Files::temporary()
    }
}
