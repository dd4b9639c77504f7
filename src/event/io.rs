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

/// Opens files that a scenario names.
pub trait Files: Sync {
    /// Opens `path`, written relative to the directory of the file `beside`; its bytes as they are.
    fn open_beside(
        &self,
        beside: &str,
        path: &str,
    ) -> Result<Box<dyn ReadSeek + Send>, Box<Diagnostic>>;
}

/// Is told how far long work has come, from any thread.
pub trait Progress: Sync {
    /// So many more units of the whole are done.
    fn advance(&self, units: u64);
}

/// Nobody looks.
#[derive(Debug, Clone, Copy)]
pub struct Unwatched;

impl Progress for Unwatched {
    fn advance(&self, _: u64) {}
}

/// Whether somebody wants long work to end; asked once a chunk. The work then ends with what it
/// has found so far.
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
