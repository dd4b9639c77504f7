//! Unpacks gzip, Zstandard and zip as streams, with limits on the unpacked size relative to the
//! packed size. The only file that uses zip.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, SeekFrom};
use std::rc::Rc;

use flate2::Crc;
use flate2::read::{DeflateDecoder, MultiGzDecoder};
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use zip::{CompressionMethod, ZipArchive};

use super::detect::FileFormat;
use super::zip_list;
use crate::diagnostic::recording::{BadArchive, Problem};
use crate::event;
use crate::event::io::ReadSeek;

/// Bytes from anywhere.
pub(super) type Bytes<'a> = Box<dyn Read + 'a>;

/// How much may come out of how little.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes that one file may unpack to.
    pub unpacked: u64,
    /// Most times its size that a file may unpack to, once it gave [`Limits::honest`] bytes.
    pub ratio: u64,
    /// Bytes that may come out whatever the ratio.
    pub honest: u64,
    /// Most bytes of one event as JSON. Parsed it takes up to a hundred times as much memory.
    pub value: u64,
    /// Most bytes of one JSON value of many events, a search response.
    pub response: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            unpacked: 64 << 30,
            ratio: 300,
            honest: 64 << 20,
            value: 4 << 20,
            response: 128 << 20,
        }
    }
}

impl From<event::io::Limits> for Limits {
    /// What `[limits]` of `trapline.toml` bounds; the rest is built in.
    fn from(limits: event::io::Limits) -> Self {
        Self {
            unpacked: limits.unpacked,
            ratio: limits.ratio,
            ..Self::default()
        }
    }
}

/// Reads the first bytes and gives them back with a reader that still has them. Where reading
/// fails after some bytes, that reader fails after them too.
pub(super) fn peek(mut bytes: Bytes<'_>) -> Result<(Vec<u8>, Bytes<'_>), Problem> {
    let mut head = Vec::new();
    let read = (&mut bytes)
        .take(FileFormat::HEAD as u64)
        .read_to_end(&mut head);
    let again = Cursor::new(head.clone());
    match read {
        Ok(_) => Ok((head, Box::new(again.chain(bytes)))),
        Err(error) if head.is_empty() => Err(problem_of(error)),
        Err(error) => Ok((head, Box::new(again.chain(Failing(Some(error)))))),
    }
}

/// Fails once.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// Unpacks gzip or Zstandard.
pub(super) fn unpack(kind: FileFormat, packed: Bytes<'_>, limits: Limits) -> Bytes<'_> {
    let taken = Rc::new(Cell::new(0_u64));
    let packed = Counted {
        inner: packed,
        taken: Rc::clone(&taken),
    };
    if kind == FileFormat::Gzip {
        Box::new(Watched::new(MultiGzDecoder::new(packed), taken, limits))
    } else {
        Box::new(Watched::new(ZstdReader::new(packed), taken, limits))
    }
}

/// The problem behind an I/O error: a [`Watched`] reader speaks through one.
pub(super) fn problem_of(error: io::Error) -> Problem {
    match error.downcast::<TooMuch>() {
        Ok(TooMuch::Ratio { ratio, bytes }) => Problem::Bomb {
            ratio,
            megabytes: bytes >> 20,
        },
        Ok(TooMuch::Size { limit }) => Problem::TooLarge {
            megabytes: limit >> 20,
        },
        Err(error) => Problem::Io(error.to_string()),
    }
}

/// The list of a zip is held in memory, so that it must not have more entries.
const MOST_ENTRIES: u64 = 100_000;

type Shared<'a> = Rc<RefCell<Box<dyn ReadSeek + 'a>>>;

/// A zip: its files one after another.
pub(super) struct Archive<'a> {
    bytes: Shared<'a>,
    entries: std::vec::IntoIter<Entry>,
    limits: Limits,
    taken: Rc<Cell<u64>>,
    given: Rc<Cell<u64>>,
}

struct Entry {
    name: String,
    start: Option<u64>,
    packed: u64,
    crc: u32,
    method: CompressionMethod,
    encrypted: bool,
}

impl<'a> Archive<'a> {
    /// Reads the list of entries.
    pub(super) fn open(mut bytes: Box<dyn ReadSeek + 'a>, limits: Limits) -> Result<Self, Problem> {
        let bad = |error: zip::result::ZipError| {
            Problem::BadArchive(BadArchive::Library(error.to_string()))
        };
        let number = zip_list::number_of_entries(&mut bytes)
            .map_err(|error| Problem::Io(error.to_string()))?;
        if number > MOST_ENTRIES {
            return Err(Problem::BadArchive(BadArchive::TooManyEntries {
                count: number,
                most: MOST_ENTRIES,
            }));
        }
        let mut archive = ZipArchive::new(bytes).map_err(bad)?;
        let mut entries = Vec::new();
        let mut places = Vec::new();
        for index in 0..archive.len() {
            let entry = archive.by_index_raw(index).map_err(bad)?;
            let start = entry.data_start().unwrap_or_default();
            let end = start.saturating_add(entry.compressed_size());
            places.push((entry.header_start()..end, entry.name().to_owned()));
            let hidden = entry.name().starts_with("__MACOSX/");
            if entry.is_file() && !hidden {
                entries.push(Entry {
                    name: entry.name().to_owned(),
                    start: entry.data_start(),
                    packed: entry.compressed_size(),
                    crc: entry.crc32(),
                    method: entry.compression(),
                    encrypted: entry.encrypted(),
                });
            }
        }
        if let Some((one, next)) = zip_list::shared(places) {
            return Err(Problem::BadArchive(BadArchive::SharedBytes {
                first: one.clone(),
                second: next.clone(),
            }));
        }
        Ok(Self {
            bytes: Rc::new(RefCell::new(archive.into_inner())),
            entries: entries.into_iter(),
            limits,
            taken: Rc::default(),
            given: Rc::default(),
        })
    }

    /// The next file: its name, and its bytes or why there are none.
    pub(super) fn next_entry(&mut self) -> Option<(String, Result<Bytes<'a>, Problem>)> {
        let entry = self.entries.next()?;
        let bytes = self.unpack(&entry);
        Some((entry.name, bytes))
    }

    fn unpack(&self, entry: &Entry) -> Result<Bytes<'a>, Problem> {
        if entry.encrypted {
            return Err(Problem::Encrypted);
        }
        let start = entry.start.ok_or_else(|| {
            let name = entry.name.clone();
            Problem::BadArchive(BadArchive::NoPlace { name })
        })?;
        let packed = Counted {
            inner: Slice {
                bytes: Rc::clone(&self.bytes),
                position: start,
                left: entry.packed,
            },
            taken: Rc::clone(&self.taken),
        };
        let watch = |bytes: Bytes<'a>| Watched {
            inner: Checked {
                inner: bytes,
                crc: Crc::new(),
                expected: entry.crc,
            },
            taken: Rc::clone(&self.taken),
            given: Rc::clone(&self.given),
            limits: self.limits,
        };
        match entry.method {
            CompressionMethod::Stored => Ok(Box::new(watch(Box::new(packed)))),
            CompressionMethod::Deflated => {
                Ok(Box::new(watch(Box::new(DeflateDecoder::new(packed)))))
            }
            other => Err(Problem::Compression(other.to_string())),
        }
    }
}

/// A stretch of a shared file.
struct Slice<'a> {
    bytes: Shared<'a>,
    position: u64,
    left: u64,
}

impl Read for Slice<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer
            .len()
            .min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let Some(buffer) = buffer.get_mut(..wanted).filter(|part| !part.is_empty()) else {
            return Ok(0);
        };
        let mut bytes = self.bytes.try_borrow_mut().map_err(io::Error::other)?;
        bytes.seek(SeekFrom::Start(self.position))?;
        let read = bytes.read(buffer)?;
        self.position += read as u64;
        self.left -= read as u64;
        Ok(read)
    }
}

/// Compares what came out of an entry with its checksum.
struct Checked<R> {
    inner: R,
    crc: Crc,
    expected: u32,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.crc.update(buffer.get(..read).unwrap_or_default());
        if read == 0 && !buffer.is_empty() && self.crc.sum() != self.expected {
            return Err(io::Error::other(
                "the entry is damaged: its checksum is wrong",
            ));
        }
        Ok(read)
    }
}

/// Counts what goes into a decoder.
struct Counted<R> {
    inner: R,
    taken: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.taken.set(self.taken.get() + read as u64);
        Ok(read)
    }
}

/// Stops a decoder that gives too much for what it took.
struct Watched<R> {
    inner: R,
    taken: Rc<Cell<u64>>,
    given: Rc<Cell<u64>>,
    limits: Limits,
}

impl<R: Read> Watched<R> {
    fn new(inner: R, taken: Rc<Cell<u64>>, limits: Limits) -> Self {
        Self {
            inner,
            taken,
            given: Rc::default(),
            limits,
        }
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let given = self.given.get() + read as u64;
        self.given.set(given);
        let taken = self.taken.get().max(1);
        let Limits {
            unpacked,
            ratio,
            honest,
            ..
        } = self.limits;
        if given > unpacked {
            return Err(io::Error::other(TooMuch::Size { limit: unpacked }));
        }
        if given > honest && given / taken > ratio {
            return Err(io::Error::other(TooMuch::Ratio {
                ratio,
                bytes: given,
            }));
        }
        Ok(read)
    }
}

#[derive(Debug)]
enum TooMuch {
    Ratio { ratio: u64, bytes: u64 },
    Size { limit: u64 },
}

impl fmt::Display for TooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too-much")
    }
}

impl std::error::Error for TooMuch {}

/// All frames of a Zstandard file: parallel writers and `cat` make several.
struct ZstdReader<R: Read> {
    packed: BufReader<R>,
    decoder: FrameDecoder,
    within: bool,
}

impl<R: Read> ZstdReader<R> {
    fn new(packed: R) -> Self {
        Self {
            packed: BufReader::new(packed),
            decoder: FrameDecoder::new(),
            within: false,
        }
    }

    /// Starts the next frame; false at the end of the file.
    fn start(&mut self) -> io::Result<bool> {
        while !self.packed.fill_buf()?.is_empty() {
            match self.decoder.init(&mut self.packed) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let mut skipped = (&mut self.packed).take(u64::from(length));
                    io::copy(&mut skipped, &mut io::sink())?;
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        Ok(false)
    }
}

impl<R: Read> Read for ZstdReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.within {
                if buffer.is_empty() || !self.start()? {
                    return Ok(0);
                }
                self.within = true;
            }
            while self.decoder.can_collect() < buffer.len() && !self.decoder.is_finished() {
                let wanted = BlockDecodingStrategy::UptoBytes(buffer.len());
                self.decoder
                    .decode_blocks(&mut self.packed, wanted)
                    .map_err(io::Error::other)?;
            }
            let read = self.decoder.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            self.within = false;
        }
    }
}
