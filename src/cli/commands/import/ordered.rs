//! Sorts documents by time, through a temporary file if they exceed memory.

use std::io;

use serde_json::Value as Json;

use super::super::super::files::Files;
use crate::event::Timestamp;
use crate::event::external_sort::{Sorter, time_key};
use crate::event::io::TemporaryFile;
use crate::event::time::DateFormat;
use crate::import::Document;

/// Whether a document has a time, and the time.
const KEY: usize = 1 + 16;

/// Collects documents. Those without a time come first; of equal times the order stays.
pub(super) struct Ordered {
    sorter: Sorter<'static, KEY>,
    failed: Option<io::Error>,
}

fn temporary() -> io::Result<Box<dyn TemporaryFile>> {
    Files::temporary()
}

impl Ordered {
    /// No document yet.
    pub(super) fn new() -> Self {
        Self {
            sorter: Sorter::new(&temporary),
            failed: None,
        }
    }

    /// Takes a document and its line; false if there is no use in going on.
    pub(super) fn push(&mut self, document: &Document, line: &str) -> bool {
        let mut key = [0; KEY];
        if let Some(time) = time(document)
            && let Some((has_time, own)) = key.split_first_mut()
        {
            *has_time = 1;
            own.copy_from_slice(&time_key(time));
        }
        self.failed = self.sorter.push(key, line.as_bytes()).err();
        self.failed.is_none()
    }

    /// Hands over the lines in order, until `take` says that there is no use in going on.
    pub(super) fn finish(self, mut take: impl FnMut(&str) -> bool) -> io::Result<()> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let mut sorted = self.sorter.sort()?;
        while let Some(line) = sorted.next()? {
            if !take(&String::from_utf8_lossy(&line)) {
                break;
            }
        }
        Ok(())
    }
}

fn time(document: &Document) -> Option<Timestamp> {
    match document.source.get("@timestamp")? {
        Json::String(text) => DateFormat::usual().parse(text),
        Json::Number(number) => DateFormat::usual().parse(&number.to_string()),
        _ => None,
    }
}
