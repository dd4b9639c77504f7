//! What the rooms below `cli` are given instead of a disk: `cli` implements it, tests give memory.

use std::io::Read;

use crate::diagnostic::Diagnostic;

/// Opens files that a scenario names.
pub trait Files: Sync {
    /// Opens `path`, written relative to the directory of the file `beside`; compressed files
    /// come unpacked.
    fn open_beside(
        &self,
        beside: &str,
        path: &str,
    ) -> Result<Box<dyn Read + Send>, Box<Diagnostic>>;
}
