//! Detects the format of a file from its first bytes, and the form of an event from a JSON object.

use serde_json::{Map, Value as Json};

use crate::diagnostic::recording::{FoundKind, Problem};

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// A Windows event log.
    Evtx,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
    /// zip.
    Zip,
    /// One JSON array.
    JsonArray,
    /// JSON objects, one a line.
    JsonLines,
    /// JSON objects that stretch over several lines.
    JsonValues,
}

impl FileFormat {
    /// How many first bytes are enough to tell.
    pub const HEAD: usize = 64 * 1024;

    /// Tells the kind from the first [`FileFormat::HEAD`] bytes (fewer when the file is shorter).
    pub fn of(head: &[u8]) -> Result<Self, Problem> {
        const MAGIC: [(&[u8], FileFormat); 6] = [
            (b"ElfFile\0", FileFormat::Evtx),
            (b"\x1f\x8b", FileFormat::Gzip),
            (b"\x28\xb5\x2f\xfd", FileFormat::Zstd),
            (b"PK\x03\x04", FileFormat::Zip),
            (b"PK\x05\x06", FileFormat::Zip),
            (b"PK\x07\x08", FileFormat::Zip),
        ];
        if let Some((_, kind)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
            return Ok(*kind);
        }
        if matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]) {
            return Ok(Self::Zstd);
        }
        if head.get(4096..4104) == Some(b"ElfChnk\0") {
            // The file's header is damaged, and nothing in it is needed.
            return Ok(Self::Evtx);
        }
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        let text = text.trim_ascii_start();
        match text.first() {
            None if head.len() >= Self::HEAD => Err(Problem::UnknownKind),
            None => Err(Problem::Empty),
            Some(b'[') => Ok(Self::JsonArray),
            Some(b'{') if one_a_line(text) => Ok(Self::JsonLines),
            Some(b'{') => Ok(Self::JsonValues),
            _ => Err(other_kind(head, text)),
        }
    }
}

/// Whether the first line closes the object that it opens; or, where it is damaged, whether the
/// second line opens another, which no pretty-printed object does in its second line.
fn one_a_line(text: &[u8]) -> bool {
    let mut lines = text.split(|byte| *byte == b'\n');
    let first = lines.next().unwrap_or_default().trim_ascii_end();
    let Some(second) = lines.next() else {
        return true;
    };
    first.ends_with(b"}") || (first.len() > 1 && second.starts_with(b"{"))
}

fn other_kind(head: &[u8], text: &[u8]) -> Problem {
    Problem::OtherKind(match head {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => FoundKind::Utf16,
        [b'P', b'A', b'R', b'1' | b'E', ..] => FoundKind::Parquet,
        [b'B', b'Z', b'h', ..] => FoundKind::Bzip2,
        [0xfd, b'7', b'z', b'X', b'Z', ..] => FoundKind::Xz,
        [b'7', b'z', 0xbc, 0xaf, ..] | [b'R', b'a', b'r', b'!', ..] => FoundKind::SevenZipOrRar,
        _ if head.get(257..262) == Some(b"ustar") => FoundKind::Tar,
        [0x30, 0, 0, 0, b'L', b'f', b'L', b'e', ..] => FoundKind::OldEventLog,
        _ if text.starts_with(b"<") => FoundKind::EventXml,
        _ => return Problem::UnknownKind,
    })
}

/// The form of one JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventForm {
    /// Winlogbeat or Elastic Agent before any pipeline: a `winlog` object and no ECS fields of
    /// the event.
    Winlogbeat,
    /// Winlogbeat before version 7: `event_id`, `log_name`, `event_data` at the top.
    OldWinlogbeat,
    /// NXLog and other shippers that put everything at the top: `EventID`, `Channel`, `Image`.
    Flat,
    /// What EVTX tools print: `Event.System`, `Event.EventData`.
    EventTree,
    /// A document as Elasticsearch stores it.
    Document,
    /// An alert of Elastic Security.
    Alert,
    /// A hit or a search response with documents or alerts in it.
    Response,
}

impl EventForm {
    /// Every form, by the name that people give it.
    pub const NAMES: [(&'static str, Self); 7] = [
        ("winlogbeat", Self::Winlogbeat),
        ("winlogbeat6", Self::OldWinlogbeat),
        ("nxlog", Self::Flat),
        ("event-tree", Self::EventTree),
        ("ecs", Self::Document),
        ("alert", Self::Alert),
        ("response", Self::Response),
    ];

    /// The name that people give it.
    pub fn name(self) -> &'static str {
        Self::NAMES
            .iter()
            .find(|(_, form)| *form == self)
            .map_or("", |(name, _)| name)
    }

    /// Tells the form of an object; `None` when it is no event that is known.
    pub fn of(object: &Map<String, Json>) -> Option<Self> {
        let has = |key: &str| object.contains_key(key);
        let is_map = |key: &str| object.get(key).is_some_and(Json::is_object);
        if is_map("_source") || is_map("hits") || (is_map("fields") && has("_index")) {
            return Some(Self::Response);
        }
        if is_alert(object) {
            return Some(Self::Alert);
        }
        if let Some(event) = object.get("Event").and_then(Json::as_object) {
            return event.contains_key("System").then_some(Self::EventTree);
        }
        if is_map("System") && (has("EventData") || has("UserData")) {
            return Some(Self::EventTree);
        }
        if is_map("winlog") && !went_through_a_pipeline(object) {
            return Some(Self::Winlogbeat);
        }
        if has("event_id") && (has("log_name") || has("event_data")) {
            return Some(Self::OldWinlogbeat);
        }
        if has("EventID") && (has("Channel") || has("SourceName") || has("Provider")) {
            return Some(Self::Flat);
        }
        let dotted = object.keys().any(|key| key.starts_with("event."));
        let elastic = has("@timestamp") || is_map("event") || is_map("winlog") || has("ecs");
        (elastic || dotted).then_some(Self::Document)
    }
}

fn is_alert(object: &Map<String, Json>) -> bool {
    let alert = object
        .get("kibana")
        .and_then(|kibana| kibana.get("alert"))
        .is_some_and(Json::is_object);
    // Before Elastic 8 it said so below `signal`.
    let old = object
        .get("signal")
        .is_some_and(|signal| signal.get("rule").is_some() || signal.get("ancestors").is_some());
    let dotted = |key: &String| key.starts_with("kibana.alert.") || key.starts_with("signal.rule.");
    alert || old || object.keys().any(dotted)
}

/// Whether ECS fields of the event are there, which only a pipeline makes of `winlog.event_data`;
/// or the data set is, without anything left that its pipeline would have taken.
fn went_through_a_pipeline(object: &Map<String, Json>) -> bool {
    const TAKEN: [&str; 3] = ["UtcTime", "NewProcessName", "ScriptBlockText"];
    let event = object.get("event").and_then(Json::as_object);
    let says = |key: &str| {
        event.is_some_and(|event| event.contains_key(key))
            || object.contains_key(&format!("event.{key}"))
    };
    let data = object
        .get("winlog")
        .and_then(|winlog| winlog.get("event_data"));
    let untaken = data.is_some_and(|data| TAKEN.iter().any(|name| data.get(name).is_some()));
    let made = ["process", "source", "file", "registry", "dns"]
        .iter()
        .any(|key| object.get(*key).is_some_and(Json::is_object));
    says("category")
        || made
        || (!untaken && (says("dataset") || object.contains_key("data_stream")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Cause;

    fn form(json: &str) -> Option<EventForm> {
        EventForm::of(serde_json::from_str::<Json>(json).unwrap().as_object()?)
    }

    #[test]
    fn a_file_is_known_by_its_first_bytes() {
        assert_eq!(FileFormat::of(b"ElfFile\0....").unwrap(), FileFormat::Evtx);
        assert_eq!(FileFormat::of(b"PK\x03\x04").unwrap(), FileFormat::Zip);
        assert_eq!(FileFormat::of(b"\x1f\x8b\x08").unwrap(), FileFormat::Gzip);
        assert_eq!(
            FileFormat::of(b"\xef\xbb\xbf {\"a\":1}").unwrap(),
            FileFormat::JsonLines
        );
        assert_eq!(FileFormat::of(b"\n [ {").unwrap(), FileFormat::JsonArray);
        assert_eq!(
            FileFormat::of(b"{\n  \"a\": 1\n}\n").unwrap(),
            FileFormat::JsonValues
        );
        assert_eq!(
            FileFormat::of(b"{\"a\": 1,\n \"b\": 2}").unwrap(),
            FileFormat::JsonValues
        );
    }

    #[test]
    fn a_damaged_first_line_does_not_make_lines_one_value() {
        assert_eq!(
            FileFormat::of(b"{\"a\":\n{\"a\":1}\n").unwrap(),
            FileFormat::JsonLines
        );
    }

    #[test]
    fn what_is_not_read_is_named_with_its_mend() {
        for (head, words) in [
            (&b"\xff\xfe{\0"[..], "UTF-16"),
            (b"<Events>", "event XML"),
            (b"BZh9", "bzip2"),
            (b"PAR1\x15", "Parquet"),
            (b"hello", "neither"),
            (b"  \n", "empty"),
            (b"", "empty"),
        ] {
            let problem = FileFormat::of(head).unwrap_err();
            assert!(problem.to_string().contains(words), "{problem}");
            assert!(!problem.help().is_empty());
        }
    }

    #[test]
    fn an_object_is_known_by_what_only_its_form_has() {
        let cases = [
            (
                r#"{"winlog":{"event_id":1},"event":{"code":"1"}}"#,
                EventForm::Winlogbeat,
            ),
            (
                r#"{"winlog":{},"event":{"category":["process"]}}"#,
                EventForm::Document,
            ),
            (
                r#"{"winlog":{"event_data":{}},"data_stream":{}}"#,
                EventForm::Document,
            ),
            (
                r#"{"winlog":{"event_data":{"UtcTime":""}},"data_stream":{}}"#,
                EventForm::Winlogbeat,
            ),
            (
                r#"{"event_id":4688,"log_name":"Security"}"#,
                EventForm::OldWinlogbeat,
            ),
            (r#"{"EventID":1,"Channel":"Security"}"#, EventForm::Flat),
            (r#"{"Event":{"System":{}}}"#, EventForm::EventTree),
            (
                r#"{"_index":"i","_source":{"@timestamp":"x"}}"#,
                EventForm::Response,
            ),
            (r#"{"took":1,"hits":{"hits":[]}}"#, EventForm::Response),
            (
                r#"{"kibana.alert.uuid":"x","@timestamp":"y"}"#,
                EventForm::Alert,
            ),
            (
                r#"{"kibana":{"alert":{}},"@timestamp":"y"}"#,
                EventForm::Alert,
            ),
            (
                r#"{"@timestamp":"2024-01-01T00:00:00Z"}"#,
                EventForm::Document,
            ),
        ];
        for (json, expected) in cases {
            assert_eq!(form(json), Some(expected), "{json}");
        }
        assert_eq!(form(r#"{"a":1}"#), None);
    }
}
