//! Errors of a recording: what is wrong, where, and how to fix it.

use std::fmt;
use std::sync::Arc;

/// Something that could not be read. The rest of the recording is read where that is
/// possible.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct RecordError {
    /// Where.
    pub place: Place,
    /// What.
    pub problem: Problem,
}

impl RecordError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        self.problem.help()
    }
}

/// A place in a recording, as people look it up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The name that the recording was opened under; an entry of an archive is
    /// `capture.zip/events.json`.
    pub file: Arc<str>,
    /// Where in it.
    pub at: At,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            At::Whole => write!(f, "{}", self.file),
            At::Line(number) => write!(f, "{}:{number}", self.file),
            At::Item(number) => write!(f, "{}, item {number}", self.file),
            At::Chunk(number) => write!(f, "{}, chunk {number}", self.file),
            At::Record { chunk, record } => {
                write!(f, "{}, chunk {chunk}, record {record}", self.file)
            }
        }
    }
}

/// A position within one file; lines, items, chunks and records count from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// The file as a whole.
    Whole,
    /// A line of NDJSON.
    Line(u64),
    /// A value of a JSON array, or of JSON values one after another.
    Item(u64),
    /// A chunk (64 KiB) of an event log file.
    Chunk(u64),
    /// A record of an event log file.
    Record {
        /// The chunk that holds it.
        chunk: u64,
        /// Its place in the chunk.
        record: u64,
    },
}

/// What is wrong.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The reader below failed; a truncated or damaged compressed file ends so too.
    #[error("reading stopped: {0}")]
    Io(std::io::Error),
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// None of the kinds that are read.
    #[error("neither an event log (EVTX), JSON, nor a zip, gzip or Zstandard file of these")]
    UnknownKind,
    /// A kind that is known and not read.
    #[error("{what} is not read here")]
    OtherKind {
        /// The kind, with its article.
        what: &'static str,
        /// How to make of it something that is read.
        fix: &'static str,
    },
    /// A zip's list of entries is damaged.
    #[error("the zip's list of entries cannot be read: {0}")]
    BadArchive(String),
    /// The entry needs a password.
    #[error("the entry is encrypted")]
    Encrypted,
    /// A compression within a zip that is not read.
    #[error("the entry is compressed with {0}")]
    Compression(String),
    /// Too much comes out of too little.
    #[error("unpacks to more than {ratio} times its size after {megabytes} MiB")]
    Bomb {
        /// The ratio that was passed.
        ratio: u64,
        /// How much had been unpacked by then.
        megabytes: u64,
    },
    /// More than the limit comes out.
    #[error("unpacks to more than {megabytes} MiB")]
    TooLarge {
        /// The limit.
        megabytes: u64,
    },
    /// Archives in archives.
    #[error("packed more than {0} times over")]
    Nested(usize),
    /// One event is longer than the limit; it is passed over.
    #[error("an event is larger than {megabytes} MiB")]
    LargeEvent {
        /// The limit.
        megabytes: u64,
    },
    /// One JSON value is longer than what is looked through.
    #[error("a JSON value is longer than {megabytes} MiB")]
    TooLong {
        /// The limit.
        megabytes: u64,
    },
    /// Not JSON.
    #[error("not valid JSON: {0}")]
    Json(serde_json::Error),
    /// The file ends within a JSON value.
    #[error("the file ends in the middle of a JSON value")]
    EndsWithinValue,
    /// JSON, but no object.
    #[error("an event must be a JSON object, found {0}")]
    NoObject(&'static str),
    /// An object that is no event in a form that is known.
    #[error("no form of event that is known; its keys are {0}")]
    UnknownForm(String),
    /// The object was to be read in a form that it does not have.
    #[error("no event in the form {0}")]
    OtherForm(&'static str),
    /// The event says not when it happened.
    #[error("the event has no time")]
    NoTime,
    /// The event has no event id.
    #[error("the Windows event has no event id")]
    NoEventId,
    /// A chunk of an event log that cannot be read at all.
    #[error("the chunk cannot be read: {0}")]
    Chunk(LibraryError),
    /// A chunk whose checksum is wrong; what is readable in it is read.
    #[error("the chunk is damaged: {0}")]
    DamagedChunk(Damage),
    /// A record of an event log that cannot be read.
    #[error("the record cannot be read: {0}")]
    Record(LibraryError),
    /// The last chunk of an event log is cut off.
    #[error("the last chunk is cut off after {0} bytes")]
    CutOff(usize),
}

/// What the library that reads event logs says, with all causes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LibraryError(pub String);

/// What of a chunk is damaged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The header.
    #[error("its header is damaged; the {records} records in it were read")]
    Header {
        /// How many records were read.
        records: usize,
    },
    /// The header is of an earlier state of the chunk.
    #[error("its header is stale; {records} records after the end given in the header were read")]
    StaleHeader {
        /// How many records were read beyond it.
        records: usize,
    },
    /// The tables of strings and templates.
    #[error("its tables were left out: {0}")]
    Tables(LibraryError),
    /// The checksum, with records missing.
    #[error("its checksum is wrong; {lost} records are lost")]
    Checksum {
        /// How many records are lost.
        lost: u64,
    },
}

impl Problem {
    /// A few words under which faults of one kind are counted.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Io(_) => "reading stopped",
            Self::Empty => "empty",
            Self::UnknownKind | Self::OtherKind { .. } => "not a recording",
            Self::BadArchive(_) | Self::Encrypted | Self::Compression(_) | Self::Nested(_) => {
                "unreadable archive entry"
            }
            Self::Bomb { .. }
            | Self::TooLarge { .. }
            | Self::TooLong { .. }
            | Self::LargeEvent { .. } => "too large",
            Self::Json(_) | Self::EndsWithinValue | Self::NoObject(_) => "not a JSON object",
            Self::UnknownForm(_) | Self::OtherForm(_) => "not an event",
            Self::NoTime => "no time",
            Self::NoEventId => "no event id",
            Self::Chunk(_) => "unreadable chunk",
            Self::DamagedChunk(_) => "damaged chunk",
            Self::Record(_) => "unreadable record",
            Self::CutOff(_) => "cut off",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Io(_) => "copy the file again, or export it anew; what came before was read",
            Self::Empty => "export it again: there is nothing in it",
            Self::UnknownKind | Self::UnknownForm(_) => {
                "give an .evtx file, Windows events as JSON (Winlogbeat, NXLog, Event.System), \
                 or documents and alerts exported from Elastic"
            }
            Self::OtherKind { fix, .. } => fix,
            Self::BadArchive(_) | Self::Encrypted | Self::Compression(_) | Self::Nested(_) => {
                "unpack it first and give the file that was in it"
            }
            Self::Bomb { .. } | Self::TooLarge { .. } => {
                "if you trust the file, unpack it and pass the unpacked file"
            }
            Self::TooLong { .. } | Self::NoObject(_) => "write one JSON object a line",
            Self::LargeEvent { .. } => {
                "leave the long fields out when exporting; the rest was read"
            }
            Self::Json(_) => "fix or remove the line; the others were read",
            Self::EndsWithinValue | Self::CutOff(_) => {
                "the file is incomplete: copy it again; what came before was read"
            }
            Self::OtherForm(_) => "leave the form out, so that each object says it itself",
            Self::NoTime => "add `@timestamp`: an event without time is in no sequence",
            Self::NoEventId => "add the event id: nothing can be told about the event without it",
            Self::Chunk(_) | Self::DamagedChunk(_) | Self::Record(_) => {
                "export the log again with `wevtutil epl`; the rest was read"
            }
        }
    }
}
