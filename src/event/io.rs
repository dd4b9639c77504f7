//! The interfaces through which modules below `cli` reach files, progress and cancellation. `cli`
//! implements them for the disk and the terminal, tests for memory.

use std::io::{Read, Seek, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::diagnostic::Diagnostic;

/// A file's bytes, in which one can go back and forth: the list of a zip stands at its end.
pub trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

/// A file for what does not fit into memory; it is gone once it is closed.
pub trait TemporaryFile: Read + Write + Seek + Send {}

impl<T: Read + Write + Seek + Send> TemporaryFile for T {}

/// Bounds on what a file may hold; `[limits]` of `trapline.toml` sets them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most events of one `events_from`, all of which are held in memory.
    pub events: usize,
    /// The most bytes that the events of one `events_from` take ([`crate::event::Event::memory`]).
    pub memory: u64,
    /// The most bytes that one packed file unpacks to.
    pub unpacked: u64,
    /// The most times its size that a packed file unpacks to.
    pub ratio: u64,
    /// The most that the groups and rows of one ES|QL query take.
    pub rows: RowMemory,
}

/// The most bytes that the groups and rows take which a query holds at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowMemory(pub u64);

impl Default for RowMemory {
    fn default() -> Self {
        Self(512 << 20)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            events: 1_000_000,
            memory: 256 << 20,
            unpacked: 64 << 30,
            ratio: 300,
            rows: RowMemory::default(),
        }
    }
}

/// Opens the files that a scenario or an exception list names, beside the file that names them;
/// `ProjectFiles` adds all files of a project by name, and writes them.
pub trait FilesBeside: Sync {
    /// What the files may hold.
    fn limits(&self) -> Limits {
        Limits::default()
    }

    /// Opens `path`, written relative to the directory of the file `beside`; its bytes as they are.
    fn open_beside(
        &self,
        beside: &str,
        path: &str,
    ) -> Result<Box<dyn ReadSeek + Send>, Box<Diagnostic>>;
}

/// Is told how far long work has come, from any thread.
pub trait Progress: Sync {
    /// Reports that this many more units are done.
    fn advance(&self, units: u64);
}

/// Nobody looks.
#[derive(Debug, Clone, Copy)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn advance(&self, _: u64) {}
}

/// A request to end long work, checked once per chunk. The work then returns what it has found so
/// far.
#[derive(Debug, Default)]
pub struct Stop(AtomicBool);

impl Stop {
    /// Nobody wants it to end yet.
    pub const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Asks the work to end.
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it should end.
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
