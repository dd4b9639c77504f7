//! The flat form: NXLog's, in which most public captures are written (Security-Datasets). Header
//! and event data stand side by side, so what is no header field is event data.

use serde_json::{Map, Value as Json};

use super::{Account, Data, Outcome, WindowsEvent, braced, number, number_at, text_at, utc};
use crate::event::Timestamp;

/// Fields of the header, of the shipper and of what received it.
const HEADER: &[&str] = &[
    "@timestamp",
    "@version",
    "AccountType",
    "ActivityID",
    "Category",
    "Channel",
    "Computer",
    "ComputerName",
    "ERROR_EVT_UNRESOLVED",
    "EventID",
    "EventReceivedTime",
    "EventTime",
    "EventTypeOrignal",
    "ExecutionProcessID",
    "Hostname",
    "Keywords",
    "Level",
    "LevelDisplayName",
    "Message",
    "Opcode",
    "OpcodeValue",
    "ProviderGuid",
    "RecordID",
    "RecordNumber",
    "RelatedActivityID",
    "Severity",
    "SeverityValue",
    "SourceModuleName",
    "SourceModuleType",
    "SourceName",
    "Task",
    "ThreadID",
    "TimeCreated",
    "UserID",
    "Version",
    "_id",
    "_index",
    "_score",
    "_type",
    "host",
    "port",
    "tags",
];

/// What `EventType` says when it is the header's; registry and pipe events have one of their own.
const SEVERITIES: &[&str] = &[
    "AUDIT_FAILURE",
    "AUDIT_SUCCESS",
    "CRITICAL",
    "ERROR",
    "INFO",
    "VERBOSE",
    "WARNING",
];

pub(super) fn read(mut object: Map<String, Json>) -> WindowsEvent {
    let kind = text_at(&object, "EventType");
    let header_kind = kind
        .as_deref()
        .is_some_and(|kind| SEVERITIES.contains(&kind));
    let outcome = match kind
        .as_deref()
        .or(object.get("EventTypeOrignal").and_then(Json::as_str))
    {
        Some("AUDIT_SUCCESS") => Some(Outcome::Success),
        Some("AUDIT_FAILURE") => Some(Outcome::Failure),
        _ => keywords(&object).and_then(Outcome::of_keywords),
    };
    let header = |key: &str| text_at(&object, key);
    let provider = header("SourceName").or_else(|| header("Provider"));
    let mut event = WindowsEvent {
        channel: header("Channel").unwrap_or_default(),
        provider: provider.unwrap_or_default(),
        provider_guid: header("ProviderGuid").map(|guid| braced(&guid)),
        event_id: header("EventID").unwrap_or_default(),
        record_id: header("RecordNumber").or_else(|| header("RecordID")),
        computer: ["Hostname", "Computer", "ComputerName"]
            .into_iter()
            .find_map(header),
        created: created(&object),
        process_id: number_at(&object, "ExecutionProcessID"),
        thread_id: number_at(&object, "ThreadID"),
        user: account(&object),
        opcode: header("Opcode"),
        task: header("Category"),
        outcome,
        ..WindowsEvent::default()
    };
    if let Some(index) = object.shift_remove("_index") {
        event.carried.insert("_index".to_owned(), index);
    }
    let mut header_too = Vec::new();
    if header_kind {
        header_too.push("EventType");
    }
    if event.provider_guid.is_none() {
        header_too.push("Provider");
    }
    if event.user.sid.is_some() {
        header_too.extend(["AccountName", "Domain"]);
    }
    event.data = data(object, &header_too);
    event
}

/// The account that wrote the record. Without its SID the fields are the event's own.
fn account(object: &Map<String, Json>) -> Account {
    let sid = text_at(object, "UserID");
    let of_header = |key: &str| sid.as_ref().and_then(|_| text_at(object, key));
    Account {
        name: of_header("AccountName"),
        domain: of_header("Domain"),
        sid,
    }
}

fn data(object: Map<String, Json>, header_too: &[&str]) -> Data {
    let mut data = Data::default();
    for (name, value) in object {
        let is_header = HEADER.contains(&name.as_str()) || header_too.contains(&name.as_str());
        if !is_header && !value.is_object() {
            data.insert(name, value);
        }
    }
    data
}

fn keywords(object: &Map<String, Json>) -> Option<u64> {
    let keywords = text_at(object, "Keywords")?;
    number(&keywords).or_else(|| keywords.parse::<i64>().ok().map(i64::cast_unsigned))
}

/// `EventTime` is the sending computer's local time, without a zone: what received the event says
/// by how much it is off, or else Sysmon's `UtcTime`.
fn created(object: &Map<String, Json>) -> Option<Timestamp> {
    let time = |key: &str| object.get(key).and_then(Json::as_str).and_then(utc);
    let text = object
        .get("EventTime")
        .or_else(|| object.get("TimeCreated"))
        .and_then(Json::as_str);
    let Some(local) = text.and_then(utc) else {
        return time("@timestamp");
    };
    if text.is_some_and(|text| text.ends_with(['Z', 'z'])) {
        return Some(local);
    }
    let received = time("@timestamp").zip(time("EventReceivedTime"));
    let offset = received
        .and_then(|(utc, local)| offset(utc, local))
        .or_else(|| time("@timestamp").and_then(|utc| offset(utc, local)))
        .or_else(|| time("UtcTime").and_then(|utc| offset(utc, local)));
    Some(Timestamp::from_millis(
        local.millis() + offset.unwrap_or_default(),
    ))
}

/// By how much `local` lags behind `utc`: whole quarters of an hour, as time zones are.
fn offset(utc: Timestamp, local: Timestamp) -> Option<i64> {
    const QUARTER: i64 = 15 * 60 * 1000;
    const MOST: i64 = 14 * 60 * 60 * 1000;
    let difference = utc.millis() - local.millis();
    let rounded = (difference + QUARTER / 2).div_euclid(QUARTER) * QUARTER;
    (rounded.abs() <= MOST).then_some(rounded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(json: &str) -> WindowsEvent {
        let Json::Object(object) = serde_json::from_str(json).unwrap() else {
            panic!("no object");
        };
        read(object)
    }

    #[test]
    fn local_event_time_becomes_utc_by_what_received_it() {
        let event = event(
            r#"{"EventID":4688,"EventTime":"2020-08-06 03:56:20","EventReceivedTime":"2020-08-06 03:56:22","@timestamp":"2020-08-06T07:56:22.800Z"}"#,
        );
        let created = event.created.map(|time| time.to_string());
        assert_eq!(created.as_deref(), Some("2020-08-06T07:56:20.000Z"));
    }

    #[test]
    fn the_event_type_of_a_registry_event_is_its_own() {
        let own = event(r#"{"EventID":12,"EventType":"CreateKey","EventTypeOrignal":"INFO"}"#);
        assert_eq!(own.data.get("EventType"), Some("CreateKey"));
        let header = event(r#"{"EventID":1,"EventType":"INFO"}"#);
        assert_eq!(header.data.get("EventType"), None);
    }

    #[test]
    fn signed_keywords_tell_the_outcome() {
        let event = event(r#"{"EventID":4688,"Keywords":-9214364837600034816}"#);
        assert_eq!(event.outcome, Some(Outcome::Success));
    }
}
