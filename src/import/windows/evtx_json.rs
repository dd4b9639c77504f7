//! The form of EVTX tools: `{"Event": {"System": {…}, "EventData": {…}}}`, a rendering of the
//! record's XML. Attributes stand under `#attributes`, `@Name`, `Name_attributes` or beside.

use serde_json::{Map, Value as Json};

use super::{Account, Data, Outcome, WindowsEvent, braced, number, text, text_at, utc};
use crate::diagnostic::recording::Problem;

pub(super) fn read(mut object: Map<String, Json>) -> Result<WindowsEvent, Problem> {
    let mut event = match object.shift_remove("Event") {
        Some(Json::Object(event)) => event,
        _ => object,
    };
    let Some(Json::Object(system)) = event.shift_remove("System") else {
        return Err(Problem::OtherForm("event-tree"));
    };
    let attribute = |element: &str, name: &str| attribute(&system, element, name);
    let written = attribute("TimeCreated", "SystemTime");
    Ok(WindowsEvent {
        channel: element(&system, "Channel").unwrap_or_default(),
        provider: attribute("Provider", "Name").unwrap_or_default(),
        provider_guid: attribute("Provider", "Guid").map(|guid| braced(&guid)),
        event_id: element(&system, "EventID").unwrap_or_default(),
        record_id: element(&system, "EventRecordID"),
        computer: element(&system, "Computer"),
        created: written.and_then(|time| utc(&time)),
        process_id: attribute("Execution", "ProcessID").and_then(|id| number(&id)),
        thread_id: attribute("Execution", "ThreadID").and_then(|id| number(&id)),
        user: Account {
            sid: attribute("Security", "UserID"),
            ..Account::default()
        },
        opcode: None,
        task: None,
        outcome: element(&system, "Keywords")
            .and_then(|bits| number(&bits))
            .and_then(Outcome::of_keywords),
        data: event
            .shift_remove("EventData")
            .map(event_data)
            .unwrap_or_default(),
        user_data: event
            .shift_remove("UserData")
            .map(user_data)
            .unwrap_or_default(),
        carried: Map::new(),
    })
}

/// The text of an element, which may have attributes beside it (`EventID` has `Qualifiers`).
fn element(system: &Map<String, Json>, name: &str) -> Option<String> {
    match system.get(name)? {
        Json::Object(parts) => ["#text", "Value", "value", "$"]
            .iter()
            .find_map(|key| text_at(parts, key)),
        value => text(value),
    }
}

fn attribute(system: &Map<String, Json>, element: &str, name: &str) -> Option<String> {
    let beside = format!("{element}_attributes");
    let within = system.get(element).and_then(Json::as_object);
    let attributes = within
        .and_then(|parts| parts.get("#attributes"))
        .or_else(|| system.get(&beside))
        .and_then(Json::as_object)
        .or(within)?;
    text_at(attributes, name).or_else(|| text_at(attributes, &format!("@{name}")))
}

/// Named data; unnamed ones are called `param1`, `param2` … as Winlogbeat does.
fn event_data(value: Json) -> Data {
    let mut data = Data::default();
    let object = match value {
        Json::Object(object) => object,
        list @ Json::Array(_) => {
            unnamed(list, &mut data);
            return data;
        }
        _ => return data,
    };
    for (name, value) in object {
        match (name.as_str(), value) {
            ("#attributes" | "#text" | "Binary", _) => {}
            ("Data", value) => unnamed(value, &mut data),
            (_, Json::Object(parts)) => {
                if let Some(text) = text_at(&parts, "#text") {
                    data.insert(name, Json::String(text));
                }
            }
            (_, value) => data.insert(name, value),
        }
    }
    data
}

/// The elements called `Data`, in each way that tools write them down: a value, a list of values,
/// or objects with a name among their attributes.
fn unnamed(value: Json, data: &mut Data) {
    let values = match value {
        Json::Array(values) => values,
        Json::Object(mut parts) if name_of(&parts).is_none() => match parts.shift_remove("#text") {
            Some(Json::Array(values)) => values,
            Some(value) => vec![value],
            None => vec![Json::Object(parts)],
        },
        value => vec![value],
    };
    for (index, value) in values.into_iter().enumerate() {
        let number = || format!("param{}", index + 1);
        match value {
            Json::Object(parts) => {
                let name = name_of(&parts).unwrap_or_else(number);
                if let Some(value) = CONTENT.iter().find_map(|key| text_at(&parts, key)) {
                    data.insert(name, Json::String(value));
                }
            }
            value => data.insert(number(), value),
        }
    }
}

/// The keys under which tools write an element's text.
const CONTENT: [&str; 4] = ["#text", "content", "Value", "$"];

/// The attribute `Name` of an element.
fn name_of(parts: &Map<String, Json>) -> Option<String> {
    let attributes = ["#attributes", "Data_attributes"]
        .iter()
        .find_map(|key| parts.get(*key).and_then(Json::as_object))
        .unwrap_or(parts);
    text_at(attributes, "Name").or_else(|| text_at(attributes, "@Name"))
}

/// The provider's own element, without its wrapper and name space.
fn user_data(value: Json) -> Map<String, Json> {
    let Json::Object(mut object) = value else {
        return Map::new();
    };
    let wrapper = object.iter().find(|(name, _)| !name.starts_with('#'));
    let Some((name, Json::Object(inner))) = wrapper else {
        return object;
    };
    let mut inner = inner.clone();
    inner.shift_remove("#attributes");
    if !inner.contains_key("xml_name") {
        inner.insert("xml_name".to_owned(), Json::String(name.clone()));
    }
    object.clear();
    inner
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name, text(&value).map_or(value, Json::String)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(json: &str) -> WindowsEvent {
        let Json::Object(object) = serde_json::from_str(json).unwrap() else {
            panic!("no object");
        };
        read(object).unwrap()
    }

    #[test]
    fn attributes_are_found_wherever_a_tool_puts_them() {
        for system in [
            r##""Provider":{"#attributes":{"Name":"P"}},"EventID":{"#text":7,"#attributes":{"Qualifiers":1}}"##,
            r#""Provider_attributes":{"Name":"P"},"EventID":7"#,
            r#""Provider":{"@Name":"P"},"EventID":"7""#,
            r#""Provider":{"Name":"P"},"EventID":{"Value":7}"#,
        ] {
            let event = event(&format!(r#"{{"Event":{{"System":{{{system}}}}}}}"#));
            assert_eq!((&*event.provider, &*event.event_id), ("P", "7"), "{system}");
        }
    }

    #[test]
    fn numbers_and_booleans_are_the_text_that_windows_shows() {
        let event = event(
            r#"{"Event":{"System":{"EventID":3},"EventData":{"Initiated":false,"SourcePort":445,"A":null}}}"#,
        );
        assert_eq!(event.data.get("Initiated"), Some("false"));
        assert_eq!(event.data.get("SourcePort"), Some("445"));
        assert_eq!(event.data.get("A"), None);
    }

    #[test]
    fn unnamed_data_are_numbered() {
        for data in [r#"{"Data":["a","b"]}"#, r##"{"Data":{"#text":["a","b"]}}"##] {
            let event = event(&format!(
                r#"{{"Event":{{"System":{{"EventID":7036}},"EventData":{data}}}}}"#
            ));
            assert_eq!(event.data.get("param1"), Some("a"), "{data}");
            assert_eq!(event.data.get("param2"), Some("b"), "{data}");
        }
    }

    #[test]
    fn user_data_lose_their_wrapper() {
        let event = event(
            r##"{"Event":{"System":{"EventID":1102},"UserData":{"LogFileCleared":{"#attributes":{"xmlns":"x"},"SubjectUserName":"bob"}}}}"##,
        );
        assert_eq!(event.user_data["SubjectUserName"], "bob");
        assert_eq!(event.user_data["xml_name"], "LogFileCleared");
    }
}
