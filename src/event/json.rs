//! JSON documents to [`Event`]s, for scenarios, `query`, captures and import.

use serde_json::{Map, Value as Json};

use super::{Event, Scalar};

/// Why a line is no event.
#[derive(Debug, thiserror::Error)]
pub enum BadDocument {
    /// Not JSON.
    #[error("not valid JSON: {0}")]
    Syntax(#[from] serde_json::Error),
    /// JSON, but no object.
    #[error("a document must be a JSON object, found {0}")]
    NoObject(&'static str),
}

/// Reads one line of NDJSON.
pub fn parse_object(line: &str) -> Result<Map<String, Json>, BadDocument> {
    match serde_json::from_str(line)? {
        Json::Object(document) => Ok(document),
        other => Err(BadDocument::NoObject(kind(&other))),
    }
}

impl Event {
    /// Reads one line of NDJSON; `_index` and `_id` are taken out of the document.
    pub fn from_json_line(line: &str) -> Result<Self, BadDocument> {
        Ok(Self::from_document(&parse_object(line)?))
    }

    /// Flattens a document; `_index` and `_id` are taken out of it.
    pub fn from_document(document: &Map<String, Json>) -> Self {
        let mut event = Self::default();
        let mut path = String::new();
        for (key, value) in document {
            match (key.as_str(), value) {
                ("_index", Json::String(index)) => event.index = Some(index.clone()),
                ("_id", Json::String(id)) => event.id = Some(id.clone()),
                ("_id", Json::Number(id)) => event.id = Some(id.to_string()),
                _ => {
                    path.push_str(key);
                    flatten(value, &mut path, &mut event);
                    path.clear();
                }
            }
        }
        event
    }
}

fn flatten(value: &Json, path: &mut String, event: &mut Event) {
    match value {
        Json::Null => {}
        Json::Bool(value) => event.push(path, Scalar::Bool(*value)),
        Json::Number(number) => {
            event.push(path, Scalar::Number(number.as_str().into()));
        }
        Json::String(text) => event.push(path, Scalar::text(text.as_str())),
        Json::Array(items) => {
            for item in items {
                flatten(item, path, event);
            }
        }
        Json::Object(object) => {
            let length = path.len();
            for (key, value) in object {
                path.push('.');
                path.push_str(key);
                flatten(value, path, event);
                path.truncate(length);
            }
        }
    }
}

fn kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dotted_nested_and_arrays_of_objects_give_one_field() {
        let line = r#"{"_id":7,"a.b":1,"a":{"b":[2,null]},"c":[{"d":"x"},{"d":["y"]}],"e":[]}"#;
        let event = Event::from_json_line(line).unwrap();
        let texts = |path: &str| -> Vec<String> {
            event.values(path).iter().map(ToString::to_string).collect()
        };
        assert_eq!(event.id.as_deref(), Some("7"));
        assert_eq!(texts("a.b"), ["1", "2"]);
        assert_eq!(texts("c.d"), ["x", "y"]);
        assert!(event.values("e").is_empty());
    }
}
