//! Errors of a recording: what is wrong, where, and how to fix it.

use std::fmt;
use std::sync::Arc;

use super::cause::{Part, causes, phrases};
use super::document::JsonFault;

/// Something that could not be read. The rest of the recording is read where that is
/// possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordError {
    /// Where.
    pub place: Place,
    /// What.
    pub problem: Problem,
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

impl std::error::Error for RecordError {}

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

causes! {
    /// What is wrong.
    Problem {
        /// The reader below failed; a truncated or damaged compressed file ends so too.
        Io(said: String) => "reading stopped: {said}",
            help "copy the file again, or export it anew; what came before was read";
        /// Nothing in it.
        Empty => "the file is empty", help "export it again: there is nothing in it";
        /// None of the kinds that are read.
        UnknownKind =>
            "neither an event log (EVTX), JSON, nor a zip, gzip or Zstandard file of these",
            help "give an .evtx file, Windows events as JSON (Winlogbeat, NXLog, Event.System), or documents and alerts exported from Elastic";
        /// A kind that is known and not read.
        OtherKind(found: FoundKind) => "{found} is not read here", hint found.fix();
        /// A zip's list of entries is damaged.
        BadArchive(why: BadArchive) => "the zip's list of entries cannot be read: {why}",
            help "unpack it first and give the file that was in it";
        /// The entry needs a password.
        Encrypted => "the entry is encrypted",
            help "unpack it first and give the file that was in it";
        /// A compression within a zip that is not read.
        Compression(name: String) => "the entry is compressed with {name}",
            help "unpack it first and give the file that was in it";
        /// Too much comes out of too little: more than this ratio, after so much.
        Bomb { ratio: u64, megabytes: u64 } =>
            "unpacks to more than {ratio} times its size after {megabytes} MiB",
            help "if you trust the file, unpack it and pass the unpacked file";
        /// More than the limit comes out.
        TooLarge { megabytes: u64 } => "unpacks to more than {megabytes} MiB",
            help "if you trust the file, unpack it and pass the unpacked file";
        /// Archives in archives.
        Nested(times: usize) => "packed more than {times} times over",
            help "unpack it first and give the file that was in it";
        /// One event is longer than the limit; it is passed over.
        LargeEvent { megabytes: u64 } => "an event is larger than {megabytes} MiB",
            help "leave the long fields out when exporting; the rest was read";
        /// One JSON value is longer than what is looked through.
        TooLong { megabytes: u64 } => "a JSON value is longer than {megabytes} MiB",
            help "write one JSON object a line";
        /// Not JSON.
        Json(why: JsonFault) => "not valid JSON: {why}",
            help "fix or remove the line; the others were read";
        /// The file ends within a JSON value.
        EndsWithinValue => "the file ends in the middle of a JSON value",
            help "the file is incomplete: copy it again; what came before was read";
        /// JSON, but no object.
        NoObject(found: &'static str) => "an event must be a JSON object, found {found}",
            help "write one JSON object a line";
        /// An object that is no event in a form that is known.
        UnknownForm(keys: String) => "no form of event that is known; its keys are {keys}",
            help "give an .evtx file, Windows events as JSON (Winlogbeat, NXLog, Event.System), or documents and alerts exported from Elastic";
        /// The object was to be read in a form that it does not have.
        OtherForm(expected: &'static str) => "no event in the form {expected}",
            help "leave the form out, so that each object says it itself";
        /// The event says not when it happened.
        NoTime => "the event has no time",
            help "add `@timestamp`: an event without time is in no sequence";
        /// The event has no event id.
        NoEventId => "the Windows event has no event id",
            help "add the event id: nothing can be told about the event without it";
        /// A chunk of an event log that cannot be read at all.
        Chunk(said: LibraryError) => "the chunk cannot be read: {said}",
            help "export the log again with `wevtutil epl`; the rest was read";
        /// A chunk whose checksum is wrong; what is readable in it is read.
        DamagedChunk(why: Damage) => "the chunk is damaged: {why}",
            help "export the log again with `wevtutil epl`; the rest was read";
        /// A record of an event log that cannot be read.
        Record(said: LibraryError) => "the record cannot be read: {said}",
            help "export the log again with `wevtutil epl`; the rest was read";
        /// The last chunk of an event log is cut off.
        CutOff(bytes: usize) => "the last chunk is cut off after {bytes} bytes",
            help "the file is incomplete: copy it again; what came before was read";
    }
}

causes! {
    /// What of a zip's list of entries is wrong.
    BadArchive {
        /// What the library that reads zips says.
        Library(said: String) => "{said}";
        TooManyEntries { count: u64, most: u64 } => "it has {count}, more than {most}";
        /// Two entries whose bytes overlap.
        SharedBytes { first: String, second: String } => "{first} and {second} share bytes";
        /// An entry that says not where it begins.
        NoPlace { name: String } => "{name} has no place";
    }
}

/// What the library that reads event logs says, with all causes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryError(pub String);

impl fmt::Display for LibraryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Part for LibraryError {
    fn part(&self) -> Option<String> {
        Some(self.0.clone())
    }
}

causes! {
    /// What of a chunk is damaged.
    Damage {
        /// The header; so many records were read.
        Header { records: usize } =>
            "its header is damaged; the {records} records in it were read";
        /// The header is of an earlier state of the chunk; so many records were read beyond it.
        StaleHeader { records: usize } =>
            "its header is stale; {records} records after the end given in the header were read";
        /// The tables of strings and templates.
        Tables(said: LibraryError) => "its tables were left out: {said}";
        /// The checksum, with records missing.
        Checksum { lost: u64 } => "its checksum is wrong; {lost} records are lost";
    }
}

phrases! {
    /// A kind of file that is known and not read, with its article.
    #[cfg_attr(
        all(feature = "evtx", not(feature = "internals")),
        expect(dead_code, reason = "a build reads event logs or refuses them")
    )]
    FoundKind {
        Utf16 = "text in UTF-16",
        Parquet = "a Parquet file",
        Bzip2 = "a bzip2 file",
        Xz = "an xz file",
        SevenZipOrRar = "a 7z or rar archive",
        Tar = "a tar archive",
        OldEventLog = "an event log of Windows XP or 2003 (.evt)",
        EventXml = "event XML",
        InnerZip = "a zip within another file or from a pipe",
        EventLog = "an event log (EVTX), in this build without the feature `evtx`,",
    }
}

impl FoundKind {
    /// How to make of it something that is read.
    fn fix(self) -> &'static str {
        match self {
            Self::Utf16 => "convert it first: `iconv -f UTF-16 -t UTF-8 FILE`",
            Self::Parquet => {
                "`scan`, `query` and `explain --events` read it; convert it to NDJSON for anything else"
            }
            Self::Bzip2 => "unpack it first",
            Self::Xz => "unpack it first",
            Self::SevenZipOrRar => "unpack it first",
            Self::Tar => "unpack it first and give the files in it",
            Self::OldEventLog => "convert it first: `wevtutil epl OLD.evt NEW.evtx /lf:true`",
            Self::EventXml => "export the log as .evtx (`wevtutil epl`), or the events as JSON",
            Self::InnerZip => "give the zip as a file of its own",
            Self::EventLog => {
                "build with the feature `evtx`, or convert the log to JSON with an EVTX tool"
            }
        }
    }
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
}
