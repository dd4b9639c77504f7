//! One normal form of a Windows event, whoever wrote it down: what `ecs` makes documents of.
//! Built by the readers of this room's forms only.

mod winlogbeat;
mod nxlog;
mod evtx_json;

use serde_json::{Map, Value as Json};

use super::detect::Form;
use super::error::Problem;
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
    /// Whether what is told succeeded, where the record says it.
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
    pub(super) fn read(form: Form, object: Map<String, Json>) -> Result<Self, Problem> {
        let event = match form {
            Form::Winlogbeat => winlogbeat::read(object),
            Form::OldWinlogbeat => Ok(winlogbeat::read_old(object)),
            Form::Flat => Ok(nxlog::read(object)),
            Form::EventTree => evtx_json::read(object),
            Form::Document | Form::Alert | Form::Response => Err(Problem::OtherForm(form.name())),
        }?;
        if event.event_id.is_empty() {
            return Err(Problem::NoEventId);
        }
        Ok(event)
    }
}

/// The named values of an event. A value is text, however it was written down.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Data(Map<String, Json>);

impl Data {
    /// The value, as text; a list has none.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Json::as_str)
    }

    /// Takes the value out.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        match self.0.shift_remove(name)? {
            Json::String(text) => Some(text),
            other => {
                self.0.insert(name.to_owned(), other);
                None
            }
        }
    }

    /// Takes values out that nobody needs.
    pub(super) fn discard(&mut self, names: &[&str]) {
        for name in names {
            self.0.shift_remove(*name);
        }
    }

    /// Adds a value: numbers and booleans become their text, null and objects nothing.
    pub(super) fn insert(&mut self, name: impl Into<String>, value: Json) {
        let value = match value {
            Json::Null => return,
            Json::Bool(value) => Json::String(value.to_string()),
            Json::Number(number) => Json::String(number.to_string()),
            other => other,
        };
        self.0.insert(name.into(), value);
    }

    /// Drops the values for which `says_nothing` holds.
    pub(super) fn forget(&mut self, says_nothing: impl Fn(&str) -> bool) {
        self.0
            .retain(|_, value| !value.as_str().is_some_and(&says_nothing));
    }

    /// All values, in the order of the record.
    pub(super) fn into_map(self) -> Map<String, Json> {
        self.0
    }
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
