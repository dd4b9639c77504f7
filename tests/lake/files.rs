//! Writes Parquet files.

use std::io::Cursor;
use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray,
    StructArray, TimestampMillisecondArray,
};
use arrow_schema::{Field, Fields, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use trapline::event::{FieldSelection, Timestamp};
use trapline::import::parquet_file::{Fault, ParquetFile};

/// The columns of an object.
type Members = Vec<(Arc<Field>, ArrayRef)>;

/// 2023-11-14T00:00:00Z
pub(crate) const START: i64 = 1_699_920_000_000;

/// How a file is written.
pub(crate) struct Writing {
    pub(crate) compression: Compression,
    /// Rows of a group.
    pub(crate) rows: usize,
    pub(crate) dictionary: bool,
}

impl Default for Writing {
    fn default() -> Self {
        Self {
            compression: Compression::SNAPPY,
            rows: 100,
            dictionary: true,
        }
    }
}

/// A file of these columns.
pub(crate) fn parquet(columns: &[(&str, ArrayRef)], writing: &Writing) -> Vec<u8> {
    let field =
        |(name, array): &(&str, ArrayRef)| Field::new(*name, array.data_type().clone(), true);
    let schema = Schema::new(columns.iter().map(field).collect::<Fields>());
    let arrays = columns.iter().map(|(_, array)| Arc::clone(array));
    let batch = RecordBatch::try_new(schema.into(), arrays.collect()).unwrap();
    let properties = WriterProperties::builder()
        .set_compression(writing.compression)
        .set_dictionary_enabled(writing.dictionary)
        .set_max_row_group_row_count(Some(writing.rows))
        .build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// The lines of a file.
pub(crate) fn lines(bytes: &[u8], raw_column: Option<&str>) -> Result<String, Fault> {
    lines_of(opened(bytes, raw_column)?, &FieldSelection::Whole)
}

/// The lines of a file with these fields.
pub(crate) fn lines_of(file: ParquetFile, fields: &FieldSelection) -> Result<String, Fault> {
    Ok(std::io::read_to_string(&mut file.lines(fields)?)?)
}

pub(crate) fn opened(bytes: &[u8], raw_column: Option<&str>) -> Result<ParquetFile, Fault> {
    ParquetFile::open(Box::new(Cursor::new(bytes.to_vec())), raw_column)
}

/// One event.
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) millis: i64,
    pub(crate) name: &'static str,
    pub(crate) user: Option<&'static str>,
    pub(crate) host: String,
    pub(crate) pid: i64,
    pub(crate) entropy: Option<f64>,
    pub(crate) elevated: bool,
    pub(crate) args: Vec<&'static str>,
}

/// Events of some hosts, a second apart.
pub(crate) fn events(count: usize) -> Vec<Event> {
    const NAMES: [&str; 5] = [
        "cmd.exe",
        "powershell.exe",
        "svchost.exe",
        "\"odd\\.exe",
        "ä.exe",
    ];
    (0..count)
        .map(|number| Event {
            id: number.to_string(),
            millis: START + i64::try_from(number).unwrap() * 1_000 + 7,
            name: NAMES[number * 7 % 5],
            user: [None, Some("anna"), Some("backup")][number % 3],
            host: format!("h{}", number % 4),
            pid: i64::try_from(number * 13 % 997).unwrap(),
            entropy: (number % 4 != 1)
                .then_some(f64::from(u32::try_from(number % 64).unwrap()) / 8.0),
            elevated: number % 3 == 0,
            args: ["a", "-enc", "/c", "b c"][..number % 5].to_vec(),
        })
        .collect()
}

impl Event {
    /// The document, with what a database has as null left out.
    pub(crate) fn json(&self) -> String {
        let mut event = serde_json::json!({
            "@timestamp": Timestamp::from_millis(self.millis).to_string(),
            "_id": self.id,
            "event": {"category": "process", "type": "start"},
            "host": {"id": self.host},
            "process": {
                "name": self.name, "pid": self.pid, "elevated": self.elevated, "args": self.args,
            },
        });
        if let Some(user) = self.user {
            event["user"] = serde_json::json!({"name": user});
        }
        if let Some(entropy) = self.entropy {
            event["process"]["entropy"] = entropy.into();
        }
        event.to_string()
    }
}

pub(crate) fn ndjson(events: &[Event]) -> String {
    events.iter().map(|event| event.json() + "\n").collect()
}

fn strings<'e>(values: impl Iterator<Item = Option<&'e str>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

fn times(events: &[Event]) -> ArrayRef {
    let times =
        TimestampMillisecondArray::from_iter_values(events.iter().map(|event| event.millis));
    Arc::new(times.with_timezone("UTC"))
}

fn args(events: &[Event]) -> ArrayRef {
    let mut lists = ListBuilder::new(StringBuilder::new());
    for event in events {
        for arg in &event.args {
            lists.values().append_value(arg);
        }
        lists.append(true);
    }
    Arc::new(lists.finish())
}

/// The columns of the events, by the dotted names of their fields.
fn columns(events: &[Event]) -> Vec<(&'static str, ArrayRef)> {
    let all = || events.iter();
    vec![
        ("@timestamp", times(events)),
        ("_id", strings(all().map(|event| Some(event.id.as_str())))),
        ("event.category", strings(all().map(|_| Some("process")))),
        ("event.type", strings(all().map(|_| Some("start")))),
        (
            "host.id",
            strings(all().map(|event| Some(event.host.as_str()))),
        ),
        ("process.name", strings(all().map(|event| Some(event.name)))),
        (
            "process.pid",
            Arc::new(Int64Array::from_iter_values(all().map(|event| event.pid))),
        ),
        (
            "process.elevated",
            Arc::new(
                all()
                    .map(|event| Some(event.elevated))
                    .collect::<BooleanArray>(),
            ),
        ),
        ("process.args", args(events)),
        (
            "process.entropy",
            Arc::new(all().map(|event| event.entropy).collect::<Float64Array>()),
        ),
        ("user.name", strings(all().map(|event| event.user))),
    ]
}

/// Columns with dotted names.
pub(crate) fn dotted(events: &[Event], writing: &Writing) -> Vec<u8> {
    parquet(&columns(events), writing)
}

/// Columns with objects in them.
pub(crate) fn nested(events: &[Event], writing: &Writing) -> Vec<u8> {
    let mut roots: Vec<(&str, ArrayRef)> = Vec::new();
    let mut objects: Vec<(&str, Members)> = Vec::new();
    for (name, array) in columns(events) {
        let Some((object, member)) = name.split_once('.') else {
            roots.push((name, array));
            continue;
        };
        let field = Arc::new(Field::new(member, array.data_type().clone(), true));
        match objects.iter_mut().find(|(known, _)| *known == object) {
            Some((_, members)) => members.push((field, array)),
            None => objects.push((object, vec![(field, array)])),
        }
    }
    for (name, members) in objects {
        roots.push((name, Arc::new(StructArray::from(members))));
    }
    parquet(&roots, writing)
}

/// One column of documents as text, beside one that is nothing of the event.
pub(crate) fn raw(events: &[Event], writing: &Writing) -> Vec<u8> {
    let documents: Vec<String> = events.iter().map(Event::json).collect();
    let documents = strings(documents.iter().map(|document| Some(document.as_str())));
    let offsets = Int64Array::from_iter_values((0..).take(events.len()));
    parquet(
        &[("offset", Arc::new(offsets)), ("value", documents)],
        writing,
    )
}

/// The same as bytes.
pub(crate) fn raw_bytes(events: &[Event], writing: &Writing) -> Vec<u8> {
    let documents: Vec<String> = events.iter().map(Event::json).collect();
    let documents = BinaryArray::from_iter_values(&documents);
    parquet(&[("anything", Arc::new(documents))], writing)
}
