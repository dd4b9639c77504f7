//! Documents in memory as the one input of a scan.

use std::io::{self, Cursor, Read};
use std::sync::Arc;

use super::Inputs;
use crate::event::documents::Documents;
use crate::event::io::TemporaryFile;

/// A file in memory.
pub struct InMemory(Arc<[u8]>);

impl InMemory {
    /// The file with this text.
    pub fn new(text: &str) -> Self {
        Self(text.as_bytes().into())
    }
}

impl Inputs for InMemory {
    fn count(&self) -> usize {
        1
    }

    fn name(&self, _: usize) -> String {
        "documents".to_owned()
    }

    fn open(&self, _: usize) -> io::Result<Box<dyn Read + Send>> {
        let bytes = Cursor::new(Arc::clone(&self.0));
        Ok(Box::new(Documents::new(Box::new(bytes))))
    }

    fn is_reopened(&self, _: usize) -> bool {
        true
    }

    fn temporary(&self) -> io::Result<Box<dyn TemporaryFile>> {
        Ok(Box::new(Cursor::new(Vec::new())))
    }
}
