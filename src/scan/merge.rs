//! Chooses the file to read next. A file is opened when the merge has come near its first event, so
//! that a month of hourly files is one open file at a time.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::atomic::{AtomicI64, Ordering};

use super::chunk::{Chunk, Lines};
use crate::diagnostic::document::BrokenFile;
use crate::event::FieldSelection;
use crate::event::io::TemporaryFile;

/// The files of a scan.
pub trait Inputs: Sync {
    /// How many there are.
    fn count(&self) -> usize;
    /// The name of one.
    fn name(&self, file: usize) -> String;
    /// Opens one; compressed files come unpacked.
    fn open(&self, file: usize) -> io::Result<Box<dyn Read + Send>>;
    /// Opens one for a reader of these fields: its documents may lack all others.
    fn open_fields(&self, file: usize, _: &FieldSelection) -> io::Result<Box<dyn Read + Send>> {
        self.open(file)
    }
    /// Opens one for a look at when its events begin: lines with the times of the first of them.
    fn open_first(&self, file: usize) -> io::Result<Box<dyn Read + Send>> {
        self.open(file)
    }
    /// Whether it can be opened a second time: standard input cannot.
    fn is_reopened(&self, file: usize) -> bool;
    /// A file for events that must be sorted and do not fit into memory.
    fn temporary(&self) -> io::Result<Box<dyn TemporaryFile>>;
}

/// The state of a file before it is read.
pub(super) enum FileState {
    /// It can be opened later; no event in order lies before this time.
    Closed(i64),
    /// It is open.
    Open(Lines),
}

/// Reads the files.
pub(super) struct Merge<'i> {
    inputs: &'i dyn Inputs,
    fields: &'i FieldSelection,
    size: usize,
    /// Files not opened yet, by their first time.
    closed: VecDeque<(i64, u32)>,
    open: Vec<(u32, Lines)>,
    /// Chunks handed out so far.
    handed_out: u64,
}

/// A chunk and its number in the order of reading.
pub(super) struct Numbered {
    pub(super) number: u64,
    pub(super) chunk: Chunk,
}

impl<'i> Merge<'i> {
    pub(super) fn new(
        (inputs, fields): (&'i dyn Inputs, &'i FieldSelection),
        files: Vec<FileState>,
        size: usize,
    ) -> Self {
        let (mut closed, mut open) = (Vec::new(), Vec::new());
        for (file, ahead) in (0u32..).zip(files) {
            match ahead {
                FileState::Closed(first) => closed.push((first, file)),
                FileState::Open(lines) => open.push((file, lines)),
            }
        }
        closed.sort_unstable();
        Self {
            inputs,
            fields,
            size,
            closed: closed.into(),
            open,
            handed_out: 0,
        }
    }

    /// The next chunk, of the file that is furthest behind; `watermarks` says how far each is.
    /// The buffer is one that is not needed any more.
    pub(super) fn next(&mut self, watermarks: &[AtomicI64], spare: Vec<u8>) -> Option<Numbered> {
        let behind = |open: &[(u32, Lines)]| {
            let files = open.iter().enumerate();
            files
                .map(|(place, (file, _))| {
                    let watermark = watermarks.get(*file as usize);
                    let watermark = watermark.map_or(i64::MIN, |mark| mark.load(Ordering::Relaxed));
                    (watermark, place)
                })
                .min()
        };
        let furthest = behind(&self.open);
        let chunk = match (furthest, self.closed.front().copied()) {
            (Some((watermark, place)), Some((first, _))) if watermark < first => {
                self.read(place, spare)
            }
            (_, Some((_, file))) => {
                self.closed.pop_front();
                match self.inputs.open_fields(file as usize, self.fields) {
                    Ok(input) => {
                        self.open.push((file, Lines::new(input)));
                        self.read(self.open.len() - 1, spare)
                    }
                    Err(error) => Some(Chunk {
                        file,
                        is_first: true,
                        bytes: Vec::new(),
                        is_last: true,
                        error: Some(BrokenFile::Unreadable(error.to_string())),
                    }),
                }
            }
            (Some((_, place)), None) => self.read(place, spare),
            (None, None) => None,
        }?;
        self.handed_out += 1;
        Some(Numbered {
            number: self.handed_out - 1,
            chunk,
        })
    }

    fn read(&mut self, place: usize, spare: Vec<u8>) -> Option<Chunk> {
        let (file, lines) = self.open.get_mut(place)?;
        let chunk = lines.next(*file, self.size, spare);
        if chunk.is_last {
            self.open.swap_remove(place);
        }
        Some(chunk)
    }
}
