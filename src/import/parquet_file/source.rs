//! The bytes of a Parquet file, for the reader, which asks for any part of them. No part reaches
//! beyond the end of the file, so a wrong length costs no memory.

use std::io::{BufReader, Read, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

use super::{Damage, Fault};
use crate::event::io::ReadSeek;

/// How much is read at once for the head of a page.
const PAGE_HEAD: usize = 1 << 12;

/// A file, shared by the readers of its columns.
#[derive(Clone)]
pub(super) struct Source {
    file: Arc<Mutex<Box<dyn ReadSeek + Send>>>,
    length: u64,
}

impl Source {
    /// Asks the file for its length.
    pub(super) fn new(mut file: Box<dyn ReadSeek + Send>) -> std::io::Result<Self> {
        let length = file.seek(SeekFrom::End(0))?;
        let file = Arc::new(Mutex::new(file));
        Ok(Self { file, length })
    }

    /// The last bytes of the file, or all if there are fewer.
    pub(super) fn tail(&self, length: u64) -> std::result::Result<Bytes, Fault> {
        let length = length.min(self.length);
        let part = self.part(self.length - length, length);
        part.map_err(|error| Damage::Library(error.to_string()).into())
    }

    fn part(&self, start: u64, length: u64) -> Result<Bytes> {
        let end = start.checked_add(length);
        if end.is_none_or(|end| end > self.length) {
            let message = format!("{length} bytes at {start} lie beyond the end of the file");
            return Err(ParquetError::EOF(message));
        }
        let mut part = Vec::with_capacity(usize::try_from(length)?);
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(start))?;
        (&mut *file).take(length).read_to_end(&mut part)?;
        if part.len() as u64 != length {
            return Err(ParquetError::EOF("the file became shorter".to_owned()));
        }
        Ok(part.into())
    }
}

impl Length for Source {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for Source {
    type T = BufReader<From>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        let source = self.clone();
        let from = From { source, at: start };
        Ok(BufReader::with_capacity(PAGE_HEAD, from))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        self.part(start, length as u64)
    }
}

/// The file from one place on.
pub(super) struct From {
    source: Source,
    at: u64,
}

impl Read for From {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let file = &self.source.file;
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.at))?;
        let read = file.read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}
