//! The normal form of a Windows event, independent of the exporting tool. `ecs` converts it to
//! documents.

mod evtx_json;
mod nxlog;
mod winlogbeat;

use std::cell::RefCell;

use serde_json::{Map, Value as Json};

use super::detect::EventForm;
use crate::diagnostic::recording::Problem;
use crate::event::Timestamp;
use crate::event::time::DateFormat;

/// A Windows event as its provider wrote it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct WindowsEvent {
    /// `Security`, `Microsoft-Windows-Sysmon/Operational` …
    pub channel: String,
    /// `Microsoft-Windows-Sysmon` …
    pub provider: String,
    /// In braces.
    pub provider_guid: Option<String>,
    /// The event id, as text.
    pub event_id: String,
    /// The number of the record in its log.
    pub record_id: Option<String>,
    /// The computer's name, as it stands in the record.
    pub computer: Option<String>,
    /// When the record was written.
    pub created: Option<Timestamp>,
    /// The process that wrote it.
    pub process_id: Option<u64>,
    /// The thread that wrote it.
    pub thread_id: Option<u64>,
    /// The account that wrote it.
    pub user: Account,
    /// The opcode's words.
    pub opcode: Option<String>,
    /// The task's words.
    pub task: Option<String>,
    /// Whether the reported action succeeded, where the record says it.
    pub outcome: Option<Outcome>,
    /// What the event tells, by name.
    pub data: Data,
    /// What events tell whose provider has a form of its own.
    pub user_data: Map<String, Json>,
    /// Fields of the shipper that every pipeline leaves as they are: `host`, `agent`, `_index` …
    pub carried: Map<String, Json>,
}

/// An account, as a record's header names it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Account {
    /// The SID.
    pub sid: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// The domain.
    pub domain: Option<String>,
}

/// Whether something succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It did.
    Success,
    /// It did not.
    Failure,
}

impl Outcome {
    /// The ECS word.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }

    /// What the audit bits of a record's keywords say.
    fn of_keywords(bits: u64) -> Option<Self> {
        const FAILURE: u64 = 1 << 52;
        const SUCCESS: u64 = 1 << 53;
        if bits & FAILURE != 0 {
            Some(Self::Failure)
        } else if bits & SUCCESS != 0 {
            Some(Self::Success)
        } else {
            None
        }
    }
}

impl WindowsEvent {
    /// The event in an object of one of the Windows forms.
    pub(super) fn read(form: EventForm, object: Map<String, Json>) -> Result<Self, Problem> {
        let event = match form {
            EventForm::Winlogbeat => winlogbeat::read(object),
            EventForm::OldWinlogbeat => Ok(winlogbeat::read_old(object)),
            EventForm::Flat => Ok(nxlog::read(object)),
            EventForm::EventTree => evtx_json::read(object),
            EventForm::Document | EventForm::Alert | EventForm::Response => {
                Err(Problem::OtherForm(form.name()))
            }
        }?;
        if event.event_id.is_empty() {
            return Err(Problem::NoEventId);
        }
        Ok(event)
    }
}

/// The named values of an event. A value is text, however it was written down; a pipeline may make
/// a list of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Data {
    values: Map<String, Json>,
    /// Names that a pipeline asked about, so that what it never looks at can be named.
    read: RefCell<Vec<&'static str>>,
}

impl Data {
    /// The value, as text; a list has none.
    pub(super) fn get(&self, name: &'static str) -> Option<&str> {
        self.read.borrow_mut().push(name);
        self.values.get(name).and_then(Json::as_str)
    }

    /// Takes the value out.
    pub(super) fn take(&mut self, name: &'static str) -> Option<String> {
        self.read.borrow_mut().push(name);
        match self.values.shift_remove(name)? {
            Json::String(text) => Some(text),
            other => {
                self.values.insert(name.to_owned(), other);
                None
            }
        }
    }

    /// Takes values out that nobody needs.
    pub(super) fn discard(&mut self, names: &[&str]) {
        for name in names {
            self.values.shift_remove(*name);
        }
    }

    /// Adds a value as the agent does: numbers and booleans become their text, lines end as on
    /// Unix, what is empty is left out, and the first value of a name stays.
    pub(super) fn insert(&mut self, name: impl Into<String>, value: Json) {
        let value = match value {
            Json::Null => return,
            Json::Bool(value) => Json::String(value.to_string()),
            Json::Number(number) => Json::String(number.to_string()),
            Json::String(text) if text.is_empty() => return,
            Json::String(text) => Json::String(unix_lines(text)),
            other => other,
        };
        self.values.entry(name.into()).or_insert(value);
    }

    /// Sets a value that a pipeline made.
    pub(super) fn set(&mut self, name: &'static str, value: impl Into<Json>) {
        self.read.borrow_mut().push(name);
        self.values.insert(name.to_owned(), value.into());
    }

    /// Sets a value that stands in the text of another, under the name that it has there.
    pub(super) fn replace(&mut self, name: &str, value: &str) {
        self.values.insert(name.to_owned(), value.into());
    }

    /// Drops the empty, `-` and the GUID of zeros, as the integrations' pipelines do first.
    pub(super) fn drop_placeholders(&mut self) {
        const NO_GUID: &str = "{00000000-0000-0000-0000-000000000000}";
        self.values.retain(|_, value| {
            !value
                .as_str()
                .is_some_and(|text| matches!(text, "" | "-" | NO_GUID))
        });
    }

    /// Changes names; of two that become one the later stays.
    pub(super) fn rename_all(&mut self, rename: impl Fn(&str) -> String) {
        let values = std::mem::take(&mut self.values);
        for (name, value) in values {
            self.values.insert(rename(&name), value);
        }
    }

    /// The names that are there and that no pipeline asked about.
    pub(super) fn unread(&self) -> impl Iterator<Item = &str> {
        let read = self.read.borrow();
        let unread = self.values.keys().map(String::as_str);
        unread
            .filter(|name| !read.contains(name))
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// All values, in the order of the record.
    pub(super) fn into_map(self) -> Map<String, Json> {
        self.values
    }
}

/// Text whose lines end as the agent ships them.
fn unix_lines(text: String) -> String {
    if !text.contains(['\r', '\n']) {
        return text;
    }
    let unix = text.replace("\r\n", "\n");
    unix.trim_end_matches('\n').to_owned()
}

/// The instant of a time in UTC: `2020-08-06 07:56:19.115`, with or without `T`, zone and
/// fractions.
pub(super) fn utc(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let (date, time) = text.split_once(['T', ' '])?;
    let zoned = time.ends_with(['Z', 'z']) || time.contains(['+', '-']);
    let zone = if zoned { "" } else { "Z" };
    DateFormat::default().parse(&format!("{date}T{time}{zone}"))
}

/// Text of a value that is no container.
fn text(value: &Json) -> Option<String> {
    match value {
        Json::String(text) if !text.is_empty() => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

/// A number, written as one or as text, decimal or `0x` hexadecimal.
pub(super) fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

fn number_at(object: &Map<String, Json>, key: &str) -> Option<u64> {
    number(&text(object.get(key)?)?)
}

fn text_at(object: &Map<String, Json>, key: &str) -> Option<String> {
    object.get(key).and_then(text)
}

/// A provider's GUID as the record's XML has it, in braces.
fn braced(guid: &str) -> String {
    let bare = guid.trim_start_matches('{').trim_end_matches('}');
    format!("{{{}}}", bare.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_way_that_windows_tools_write_them() {
        for text in [
            "2020-08-06 07:56:19.115",
            "2020-08-06T07:56:19.1150000Z",
            "2020-08-06 07:56:19.115+00:00",
            "2020-08-06T03:56:19.115-04:00",
        ] {
            let instant = utc(text).map(|instant| instant.to_string());
            assert_eq!(
                instant.as_deref(),
                Some("2020-08-06T07:56:19.115Z"),
                "{text}"
            );
        }
        assert_eq!(utc("yesterday"), None);
    }

    #[test]
    fn the_audit_bits_tell_the_outcome() {
        let of = |text: &str| number(text).and_then(Outcome::of_keywords);
        assert_eq!(of("0x8020000000000000"), Some(Outcome::Success));
        assert_eq!(of("0x8010000000000000"), Some(Outcome::Failure));
        assert_eq!(of("0x8000000000000000"), None);
    }
}
