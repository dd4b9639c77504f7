//! Opens files as streams: as they are, unpacked, or the rows of a Parquet file as lines.

use std::fs;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use camino::Utf8Path;

use super::super::error;
use super::super::pipe::Pipe;
use super::super::unpacked::Unpacked;
use super::super::zstd::ZstdReader;
use super::{Files, clean};
use crate::diagnostic::Diagnostic;
use crate::event::FieldSelection;
use crate::event::io::ReadSeek;
use crate::import::parquet_file::{self, Fault, ParquetFile, is_parquet};

impl Files {
    /// Opens a stream of bytes; `.gz` and `.zst` are unpacked, and the rows of a Parquet file are
    /// lines.
    pub fn open(&self, path: &Utf8Path) -> Result<Box<dyn Read + Send>, Box<Diagnostic>> {
        self.open_counted(path, &Arc::default())
    }

    /// The same; `read` says how many bytes of the file were read.
    pub fn open_counted(
        &self,
        path: &Utf8Path,
        read: &Arc<AtomicU64>,
    ) -> Result<Box<dyn Read + Send>, Box<Diagnostic>> {
        if let Some(parquet) = self.open_parquet(path, read)? {
            let whole = FieldSelection::Whole;
            return self.parquet_lines(&self.name(path), (parquet, &whole), self.size(path));
        }
        let path = clean(&self.root.join(path));
        let file = self.counted(&path, read)?;
        self.unpacked(&self.name(&path), file, read)
    }

    /// A stream as it is, or unpacked if it is packed by its name. `read` counts the packed bytes.
    pub fn unpacked(
        &self,
        name: &str,
        stream: impl Read + Send + 'static,
        read: &Arc<AtomicU64>,
    ) -> Result<Box<dyn Read + Send>, Box<Diagnostic>> {
        let buffered = |stream| BufReader::with_capacity(1 << 16, stream);
        match Utf8Path::new(name).extension() {
            Some("gz") => {
                let decoder = flate2::read::MultiGzDecoder::new(buffered(stream));
                Ok(Box::new(Unpacked::new(decoder, read, self.limits)))
            }
            Some("zst") => match ZstdReader::new(buffered(stream)) {
                Ok(frames) => Ok(Box::new(Unpacked::new(frames, read, self.limits))),
                Err(error) => {
                    let message = format!("`{name}` does not unpack");
                    let broken = Diagnostic::error(&error::BROKEN_ARCHIVE, message);
                    Err(Box::new(broken.help(error.to_string())))
                }
            },
            // Not buffered: the readers ask for large pieces.
            _ => Ok(Box::new(Pipe::new(stream))),
        }
    }

    /// Opens a file's bytes as they are; `read` says how many of them were read.
    pub fn open_raw(
        &self,
        path: &Utf8Path,
        read: &Arc<AtomicU64>,
    ) -> Result<impl Read + Seek + Send + use<>, Box<Diagnostic>> {
        let file = self.counted(&clean(&self.root.join(path)), read)?;
        Ok(BufReader::with_capacity(1 << 16, file))
    }

    /// Opens a Parquet file; `None` if the file is none, by its first bytes. A pipe is none: its end
    /// cannot be read first.
    pub fn open_parquet(
        &self,
        path: &Utf8Path,
        read: &Arc<AtomicU64>,
    ) -> Result<Option<ParquetFile>, Box<Diagnostic>> {
        let path = clean(&self.root.join(path));
        if !self.is_reread(&path) {
            return Ok(None);
        }
        let mut file = self.counted(&path, read)?;
        let mut head = Vec::new();
        let peeked = (&mut file)
            .take(parquet_file::HEAD as u64)
            .read_to_end(&mut head)
            .and_then(|_| file.rewind());
        peeked.map_err(|error| Box::new(self.unreadable(&path, &error)))?;
        if !is_parquet(&head) {
            return Ok(None);
        }
        self.parquet_of(&self.name(&path), Box::new(file)).map(Some)
    }

    /// Opens a Parquet file that is somewhere else.
    pub fn parquet_of(
        &self,
        name: &str,
        file: Box<dyn ReadSeek + Send>,
    ) -> Result<ParquetFile, Box<Diagnostic>> {
        let opened = ParquetFile::open(file, self.raw_column.as_deref());
        opened.map_err(|fault| Box::new(bad_parquet(name, &fault)))
    }

    /// The rows of a Parquet file of this size, with these fields. It unpacks to no more than a packed file may.
    pub fn parquet_lines(
        &self,
        name: &str,
        (parquet, fields): (ParquetFile, &FieldSelection),
        size: u64,
    ) -> Result<Box<dyn Read + Send>, Box<Diagnostic>> {
        let lines = parquet.lines(fields);
        let lines = lines.map_err(|fault| Box::new(bad_parquet(name, &fault)))?;
        let size = Arc::new(AtomicU64::new(size));
        Ok(Box::new(Unpacked::new(lines, &size, self.limits)))
    }

    fn counted(&self, path: &Utf8Path, read: &Arc<AtomicU64>) -> Result<Counted, Box<Diagnostic>> {
        self.may_read(path)?;
        let (file, _) = self.open_allowed(path)?;
        read.store(0, Ordering::Relaxed);
        let read = Arc::clone(read);
        Ok(Counted { file, read })
    }
}

fn bad_parquet(name: &str, fault: &Fault) -> Diagnostic {
    let mut diagnostic = Diagnostic::of(&error::BAD_PARQUET, fault);
    diagnostic.message = format!("`{name}` cannot be read: {fault}");
    diagnostic
}

/// Counts what is read of a file.
struct Counted {
    file: fs::File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl Seek for Counted {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}
