//! Winlogbeat's form, which Elastic Agent shares: `winlog.event_data` before any pipeline saw it;
//! and the form of Winlogbeat 6, which has the same at the top.

use serde_json::{Map, Value as Json};

use super::{Account, Data, Outcome, WindowsEvent, braced, number_at, text_at, utc};
use crate::diagnostic::recording::Problem;
use crate::event::Timestamp;

pub(super) fn read(mut object: Map<String, Json>) -> Result<WindowsEvent, Problem> {
    let Some(Json::Object(mut winlog)) = object.shift_remove("winlog") else {
        return Err(Problem::OtherForm("winlogbeat"));
    };
    let ecs = match object.shift_remove("event") {
        Some(Json::Object(event)) => event,
        _ => Map::new(),
    };
    let created = time_at(&object, "@timestamp").or_else(|| time_at(&ecs, "created"));
    let process = winlog.get("process").and_then(Json::as_object).cloned();
    let process = process.unwrap_or_default();
    let thread = process.get("thread").and_then(Json::as_object);
    let user = winlog.get("user").and_then(Json::as_object);
    let user = |key: &str| user.and_then(|user| text_at(user, key));
    let host_name = || {
        let host = object.get("host").and_then(Json::as_object)?;
        text_at(host, "name")
    };
    Ok(WindowsEvent {
        channel: text_at(&winlog, "channel").unwrap_or_default(),
        provider: text_at(&winlog, "provider_name")
            .or_else(|| text_at(&ecs, "provider"))
            .unwrap_or_default(),
        provider_guid: text_at(&winlog, "provider_guid").map(|guid| braced(&guid)),
        event_id: text_at(&winlog, "event_id")
            .or_else(|| text_at(&ecs, "code"))
            .unwrap_or_default(),
        record_id: text_at(&winlog, "record_id"),
        computer: text_at(&winlog, "computer_name").or_else(host_name),
        created,
        process_id: number_at(&process, "pid"),
        thread_id: thread.and_then(|thread| number_at(thread, "id")),
        user: Account {
            sid: user("identifier"),
            name: user("name"),
            domain: user("domain"),
        },
        opcode: text_at(&winlog, "opcode"),
        task: text_at(&winlog, "task"),
        outcome: outcome(&ecs, &winlog),
        data: data(winlog.shift_remove("event_data")),
        user_data: match winlog.shift_remove("user_data") {
            Some(Json::Object(data)) => data,
            _ => Map::new(),
        },
        carried: carried(object),
    })
}

pub(super) fn read_old(mut object: Map<String, Json>) -> WindowsEvent {
    let user = object.get("user").and_then(Json::as_object);
    let user = |key: &str| user.and_then(|user| text_at(user, key));
    let account = Account {
        sid: user("identifier"),
        name: user("name"),
        domain: user("domain"),
    };
    let outcome = outcome(&Map::new(), &object);
    let data = data(object.shift_remove("event_data"));
    WindowsEvent {
        channel: text_at(&object, "log_name").unwrap_or_default(),
        provider: text_at(&object, "source_name").unwrap_or_default(),
        provider_guid: text_at(&object, "provider_guid").map(|guid| braced(&guid)),
        event_id: text_at(&object, "event_id").unwrap_or_default(),
        record_id: text_at(&object, "record_number"),
        computer: text_at(&object, "computer_name"),
        created: time_at(&object, "@timestamp"),
        process_id: number_at(&object, "process_id"),
        thread_id: number_at(&object, "thread_id"),
        user: account,
        opcode: text_at(&object, "opcode"),
        task: text_at(&object, "task"),
        outcome,
        data,
        ..WindowsEvent::default()
    }
}

fn time_at(object: &Map<String, Json>, key: &str) -> Option<Timestamp> {
    object.get(key).and_then(Json::as_str).and_then(utc)
}

fn outcome(ecs: &Map<String, Json>, winlog: &Map<String, Json>) -> Option<Outcome> {
    let keywords = winlog.get("keywords").and_then(Json::as_array);
    let mut words = keywords
        .into_iter()
        .flatten()
        .chain(ecs.get("outcome"))
        .filter_map(Json::as_str);
    words.find_map(|word| match word {
        "Audit Success" | "success" => Some(Outcome::Success),
        "Audit Failure" | "failure" => Some(Outcome::Failure),
        _ => None,
    })
}

fn data(value: Option<Json>) -> Data {
    let mut data = Data::default();
    if let Some(Json::Object(values)) = value {
        for (name, value) in values {
            data.insert(name, value);
        }
    }
    data
}

/// The shipper's own fields, which pipelines leave as they are.
fn carried(object: Map<String, Json>) -> Map<String, Json> {
    let ours = ["host", "agent", "data_stream", "_index", "_id"];
    object
        .into_iter()
        .filter(|(key, _)| ours.contains(&key.as_str()))
        .collect()
}
