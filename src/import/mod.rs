//! Converts real recordings to ECS documents: event logs, Windows events as JSON, exports from
//! Elastic, packed or not. Used by the command `import` and by `events_from` in scenarios.
//!
//! A recording is read as a stream: what is held at a time is a chunk of an event log, one JSON
//! value, or one search response. What cannot be read is a [`RecordError`] among the documents; the rest
//! goes on.

mod alert;
mod detect;
mod ecs;
#[cfg(feature = "evtx")]
mod evtx;
#[cfg(feature = "evtx")]
mod evtx_chunk;
mod json;
pub mod parquet_file;
mod response;
mod stats;
#[cfg(test)]
mod tests;
mod unpack;
mod value_end;
mod windows;
mod zip_list;

use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::diagnostic::recording::FoundKind;
pub use crate::diagnostic::recording::{At, Place, Problem, RecordError};
pub use detect::{EventForm, FileFormat};
pub use ecs::{Mapped, Shipper};
pub use stats::{ImportStats, Tally, WindowsEventId};
pub use unpack::Limits;

use crate::event::json::kind_name;
use alert::{Alert, EventName};
use unpack::{Archive, Bytes};
use windows::WindowsEvent;

/// Most times that one file may be packed.
const DEEPEST: usize = 4;

/// How to read a recording.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// The form of every event, instead of what each one looks like.
    pub form: Option<EventForm>,
    /// Whose documents to make. Without it, those of the shipper that the event names, or of the
    /// integrations.
    pub shipper: Option<Shipper>,
    /// What is too much.
    pub limits: Limits,
}

/// One event of a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The document, as its data source's pipeline stores it; `_index` and `_id` are in it where
    /// they are known.
    pub source: Map<String, Json>,
    /// Where it stood.
    pub place: Place,
}

/// A recording while it is read.
pub struct Import<'a> {
    options: Options,
    name: Arc<str>,
    file: Arc<str>,
    archive: Option<Archive<'a>>,
    items: Option<Items<'a>>,
    ready: VecDeque<Result<Document, RecordError>>,
    counts: ImportStats,
    alerted: Alerted,
}

enum Items<'a> {
    #[cfg(feature = "evtx")]
    Log(evtx::Records<'a>),
    Json(json::Values<'a>),
}

impl<'a> Import<'a> {
    /// Opens a recording of any kind, `name` being what people call it.
    pub fn open(name: &str, mut bytes: impl Read + Seek + 'a, options: Options) -> Self {
        let mut import = Self::new(name, options);
        match start(&mut bytes) {
            Ok(head) if matches!(FileFormat::of(&head), Ok(FileFormat::Zip)) => {
                match Archive::open(Box::new(bytes), options.limits) {
                    Ok(archive) => import.archive = Some(archive),
                    Err(problem) => import.fail(At::Whole, problem),
                }
            }
            Ok(_) => import.start(Box::new(bytes)),
            Err(error) => import.fail(At::Whole, Problem::Io(error.to_string())),
        }
        import
    }

    /// Opens a recording that comes as a stream. A zip cannot be read so.
    pub fn stream(name: &str, bytes: impl Read + 'a, options: Options) -> Self {
        let mut import = Self::new(name, options);
        import.start(Box::new(bytes));
        import
    }

    /// Takes the events that alerts were read for in other recordings.
    #[must_use]
    pub fn after(mut self, alerted: Alerted) -> Self {
        self.alerted = alerted;
        self
    }

    /// The events that alerts were read for, this recording's among them.
    pub fn into_alerted(self) -> Alerted {
        self.alerted
    }

    /// What was read so far.
    pub fn counts(&self) -> &ImportStats {
        &self.counts
    }

    fn new(name: &str, options: Options) -> Self {
        let name: Arc<str> = name.into();
        Self {
            options,
            file: Arc::clone(&name),
            name,
            archive: None,
            items: None,
            ready: VecDeque::new(),
            counts: ImportStats::default(),
            alerted: Alerted::default(),
        }
    }

    /// Begins with a file, whether it is the recording itself or an entry of it.
    fn start(&mut self, bytes: Bytes<'a>) {
        match self.items(bytes, 0) {
            Ok(items) => self.items = Some(items),
            Err(problem) => self.fail(At::Whole, problem),
        }
    }

    fn items(&self, bytes: Bytes<'a>, depth: usize) -> Result<Items<'a>, Problem> {
        if depth > DEEPEST {
            return Err(Problem::Nested(DEEPEST));
        }
        let (head, bytes) = unpack::peek(bytes)?;
        let limits = self.options.limits;
        match FileFormat::of(&head)? {
            kind @ (FileFormat::Gzip | FileFormat::Zstd) => {
                self.items(unpack::unpack(kind, bytes, limits), depth + 1)
            }
            FileFormat::Zip => Err(Problem::OtherKind(FoundKind::InnerZip)),
            #[cfg(feature = "evtx")]
            FileFormat::Evtx => Ok(Items::Log(evtx::Records::new(bytes))),
            #[cfg(not(feature = "evtx"))]
            FileFormat::Evtx => Err(Problem::OtherKind(FoundKind::EventLog)),
            kind @ (FileFormat::JsonArray | FileFormat::JsonLines | FileFormat::JsonValues) => {
                Ok(Items::Json(json::Values::new(kind, bytes, limits)))
            }
        }
    }

    /// Goes on to the next entry of the archive; false when there is none.
    fn next_file(&mut self) -> bool {
        let Some((entry, bytes)) = self.archive.as_mut().and_then(Archive::next_entry) else {
            return false;
        };
        self.file = format!("{}/{entry}", self.name).into();
        match bytes {
            Ok(bytes) => self.start(bytes),
            Err(problem) => self.fail(At::Whole, problem),
        }
        true
    }

    /// Takes the next value of the file; false at its end.
    fn next_item(&mut self) -> bool {
        let item = match &mut self.items {
            None => None,
            #[cfg(feature = "evtx")]
            Some(Items::Log(records)) => records.next_record(),
            Some(Items::Json(values)) => values.next_value(),
        };
        #[cfg(feature = "evtx")]
        if let Some(Items::Log(records)) = &mut self.items {
            let earlier = records.take_earlier();
            self.counts
                .leave_out("record of an earlier use of its chunk", earlier);
        }
        let Some((at, value)) = item else {
            self.items = None;
            return false;
        };
        match value {
            Ok(Json::Object(object)) => self.convert(at, object),
            Ok(other) => self.fail(at, Problem::NoObject(kind_name(&other))),
            Err(problem) => self.fail(at, problem),
        }
        true
    }

    fn convert(&mut self, at: At, object: Map<String, Json>) {
        let Some(form) = self.options.form.or_else(|| EventForm::of(&object)) else {
            return self.fail(at, Problem::UnknownForm(keys(&object)));
        };
        match form {
            EventForm::Response => {
                let hits = alert::documents(object);
                self.counts.leave_out("hit without _source", hits.empty);
                for document in hits.documents {
                    if alert::is_alert(&document) {
                        self.keep_alert(at, form, document);
                    } else {
                        self.keep(at, form, document);
                    }
                }
            }
            EventForm::Alert => self.keep_alert(at, form, object),
            EventForm::Document => self.keep(at, form, object),
            windows => {
                let asked = self.options.shipper;
                let shipper = asked.unwrap_or_else(|| shipper(windows, &object));
                match WindowsEvent::read(windows, object) {
                    Ok(event) => {
                        let kind = WindowsEventId::new(&event.channel, &event.event_id);
                        let converted = ecs::convert(event, shipper, asked.is_some());
                        self.counts
                            .event(kind, converted.mapped, converted.unmapped);
                        self.keep(at, form, converted.source);
                    }
                    Err(problem) => self.fail(at, problem),
                }
            }
        }
    }

    /// Keeps the event that an alert was raised for, once however many alerts it has.
    fn keep_alert(&mut self, at: At, form: EventForm, alert: Map<String, Json>) {
        match alert::read(alert) {
            Alert::Nothing(whole) => self.counts.leave_out(whole, 1),
            Alert::Event(event, name) => {
                if name.is_none_or(|name| self.alerted.is_new(&name)) {
                    self.keep(at, form, event);
                } else {
                    self.counts.leave_out("alert of an event read before", 1);
                }
            }
        }
    }

    fn keep(&mut self, at: At, form: EventForm, source: Map<String, Json>) {
        if alert::field(&source, "@timestamp").is_none_or(Json::is_null) {
            return self.fail(at, Problem::NoTime);
        }
        let hostless = alert::field(&source, "host.name").is_none()
            && alert::field(&source, "host.id").is_none();
        self.counts.document(form, hostless);
        let place = self.place(at);
        self.ready.push_back(Ok(Document { source, place }));
    }

    fn fail(&mut self, at: At, problem: Problem) {
        self.counts.fault(&problem);
        let place = self.place(at);
        self.ready.push_back(Err(RecordError { place, problem }));
    }

    fn place(&self, at: At) -> Place {
        Place {
            file: Arc::clone(&self.file),
            at,
        }
    }
}

impl Iterator for Import<'_> {
    type Item = Result<Document, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.ready.is_empty() {
            if !self.next_item() && !self.next_file() {
                return None;
            }
        }
        self.ready.pop_front()
    }
}

/// Winlogbeat's events say that they are Winlogbeat's.
fn shipper(form: EventForm, object: &Map<String, Json>) -> Shipper {
    let agent = alert::field(object, "agent.type").and_then(Json::as_str);
    if form == EventForm::OldWinlogbeat || agent == Some("winlogbeat") {
        Shipper::Winlogbeat
    } else {
        Shipper::Integration
    }
}

/// The events that alerts were read for, so that one with alerts of two rules is one event. It is
/// handed from one recording of a run to the next.
#[derive(Debug, Clone, Default)]
pub struct Alerted(HashSet<u128>);

impl Alerted {
    /// Whether the event was not seen before; from now on it was.
    fn is_new(&mut self, (index, id): &EventName) -> bool {
        let half = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            (salt, index, id).hash(&mut hasher);
            u128::from(hasher.finish())
        };
        self.0.insert(half(0) << 64 | half(1))
    }
}

/// Reads the first bytes and goes back before them.
fn start(bytes: &mut (impl Read + Seek)) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    bytes.take(4).read_to_end(&mut head)?;
    bytes.seek(SeekFrom::Start(0))?;
    Ok(head)
}

/// The first keys of an object, for whoever has to tell what it is.
fn keys(object: &Map<String, Json>) -> String {
    let mut keys: Vec<&str> = object.keys().take(6).map(String::as_str).collect();
    if object.len() > keys.len() {
        keys.push("…");
    }
    keys.join(", ")
}
