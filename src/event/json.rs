//! JSON documents to [`Event`]s, for scenarios, `query`, captures and import.

use std::fmt;

use rustc_hash::FxHashSet;
use serde::Deserializer;
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};

use super::{Event, Scalar};
pub use crate::diagnostic::document::BadDocument;
use crate::diagnostic::document::JsonFault;

/// The key under which `serde_json` hands on a number with all its digits.
pub const RESERVED_KEY: &str = "$serde_json::private::Number";
/// As a line has it.
const RESERVED: &str = "\"$serde_json::private::Number\"";

/// Reads one line of NDJSON. A document that has a key `$serde_json::private::Number` is refused:
/// `serde_json` would take its object for a number.
pub fn parse_object(line: &str) -> Result<Map<String, Json>, BadDocument> {
    let is_key = |rest: &str| rest.trim_ascii_start().starts_with(':');
    if line.split(RESERVED).skip(1).any(is_key) {
        return Err(BadDocument::ReservedKey(RESERVED));
    }
    let document = match serde_json::from_str(line)
        .map_err(|why| BadDocument::Syntax(JsonFault::from(why)))?
    {
        Json::Object(document) => document,
        other => return Err(BadDocument::OtherKind(kind_name(&other))),
    };
    // A member more in the text than in what was read: one was overwritten.
    if members(line) != entries(&document) {
        // Or a key of `serde_json`'s own, written with escapes, was taken for a number.
        return Err(match duplicate(line) {
            Some(key) => BadDocument::Duplicate(key),
            None => BadDocument::ReservedKey(RESERVED),
        });
    }
    Ok(document)
}

/// How many members the objects of a valid document have together: each has one colon outside of
/// strings.
fn members(document: &str) -> usize {
    let (mut count, mut in_string) = (0, false);
    let mut bytes = document.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => in_string = !in_string,
            b'\\' if in_string => {
                bytes.next();
            }
            b':' if !in_string => count += 1,
            _ => {}
        }
    }
    count
}

/// The same of a document that was read.
fn entries(document: &Map<String, Json>) -> usize {
    let inner: usize = document.values().map(entries_of).sum();
    document.len() + inner
}

fn entries_of(value: &Json) -> usize {
    match value {
        Json::Object(object) => entries(object),
        Json::Array(items) => items.iter().map(entries_of).sum(),
        _ => 0,
    }
}

/// The first key that stands a second time in its object.
fn duplicate(document: &str) -> Option<String> {
    let mut found = None;
    let mut reader = serde_json::Deserializer::from_str(document);
    let _ = DuplicateKeyCheck { found: &mut found }.deserialize(&mut reader);
    found
}

/// Walks a value and stops at a key that occurs twice.
struct DuplicateKeyCheck<'f> {
    found: &'f mut Option<String>,
}

impl<'de> DeserializeSeed<'de> for DuplicateKeyCheck<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for DuplicateKeyCheck<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items
            .next_element_seed(DuplicateKeyCheck { found: self.found })?
            .is_some()
        {}
        Ok(())
    }

    // A number with all its digits comes as a map, too, of a single entry.
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut seen = FxHashSet::default();
        while let Some(key) = members.next_key::<String>()? {
            if !seen.insert(key.clone()) {
                *self.found = Some(key);
                return Err(A::Error::custom("found"));
            }
            members.next_value_seed(DuplicateKeyCheck { found: self.found })?;
        }
        Ok(())
    }
}

impl Event {
    /// Reads one line of NDJSON; `_index` and `_id` are taken out of the document.
    pub fn from_json_line(line: &str) -> Result<Self, BadDocument> {
        Ok(Self::from_document(&parse_object(line)?))
    }

    /// The event of a line, or of the `_source` of a hit.
    pub fn from_hit_line(line: &str) -> Result<Self, BadDocument> {
        let mut document: Map<String, Json> =
            serde_json::from_str(line).map_err(|why| BadDocument::Syntax(JsonFault::from(why)))?;
        if let Some(Json::Object(mut source)) = document.remove("_source") {
            for key in ["_index", "_id"] {
                if let Some(value) = document.remove(key) {
                    source.insert(key.to_owned(), value);
                }
            }
            document = source;
        }
        Ok(Self::from_document(&document))
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
        Json::Null => event.set_null(path),
        Json::Bool(value) => event.push(path, Scalar::Bool(*value)),
        Json::Number(number) => {
            event.push(path, Scalar::Number(number.as_str().into()));
        }
        Json::String(text) => event.push(path, Scalar::text(text.as_str())),
        Json::Array(items) => {
            let objects = items.iter().filter(|item| item.is_object()).count();
            let is_inside = event.arrays.iter().any(|(above, _)| is_below(path, above));
            if objects > 1 && !is_inside {
                let array = value.to_string();
                event.arrays.push((path.as_str().into(), array.into()));
            }
            if items.len() == 1 {
                event.note_list(path);
            }
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

impl Event {
    /// The objects at `path`, each as an event that has the object's fields by their whole paths:
    /// what a nested query looks at one by one. A document without an array of objects has one
    /// object there, or none.
    pub fn objects(&self, path: &str) -> Vec<Self> {
        let mut objects = Vec::new();
        for (above, array) in &self.arrays {
            if (**above == *path || is_below(path, above))
                && let Ok(array) = serde_json::from_str::<Json>(array)
            {
                collect(&array, &mut above.to_string(), path, &mut objects);
            }
        }
        if objects.is_empty() && self.values_below(path).next().is_some() {
            objects.push(self.clone());
        }
        for object in &mut objects {
            object.mapping = self.mapping;
        }
        objects
    }
}

impl Event {
    fn note_list(&mut self, path: &str) {
        if let Err(place) = self.lists.binary_search_by(|list| (**list).cmp(path)) {
            self.lists.insert(place, path.into());
        }
    }

    /// The event as one JSON object, each name of a path an object of its own as integrations write
    /// documents. A field below one that has a value itself keeps its dotted name.
    pub fn to_source(&self) -> Map<String, Json> {
        let mut object = Map::new();
        for (path, array) in &self.arrays {
            if let Ok(array) = serde_json::from_str(array) {
                self.put(&mut object, path, 0, array);
            }
        }
        let in_array = |path: &str| {
            let mut arrays = self.arrays.iter();
            arrays.any(|(above, _)| **above == *path || is_below(path, above))
        };
        for (path, values) in self.fields().filter(|(path, _)| !in_array(path)) {
            let mut values: Vec<Json> = values.iter().map(to_json).collect();
            let value = match values.pop() {
                Some(one) if values.is_empty() && !self.is_list(path) => one,
                last => {
                    values.extend(last);
                    Json::Array(values)
                }
            };
            self.put(&mut object, path, 0, value);
        }
        object
    }

    /// Puts a value into the object at the first `start` bytes of its path.
    fn put(&self, object: &mut Map<String, Json>, path: &str, start: usize, value: Json) {
        let rest = path.get(start..).unwrap_or_default();
        if let Some((first, below)) = rest.split_once('.') {
            let inner = object.entry(first).or_insert_with(|| {
                let empty = Json::Object(Map::new());
                let above = path.get(..start + first.len()).unwrap_or_default();
                if self.is_list(above) {
                    Json::Array(vec![empty])
                } else {
                    empty
                }
            });
            let inner = match inner {
                Json::Array(items) => items.last_mut(),
                other => Some(other),
            };
            if let Some(Json::Object(inner)) = inner {
                return self.put(inner, path, path.len() - below.len(), value);
            }
        }
        object.insert(rest.to_owned(), value);
    }

    fn is_list(&self, path: &str) -> bool {
        let mut lists = self.lists.iter();
        lists.any(|list| **list == *path)
    }
}

fn to_json(scalar: &Scalar) -> Json {
    match scalar {
        Scalar::Text(text) => Json::from(&**text),
        Scalar::Bool(value) => Json::from(*value),
        Scalar::Number(text) => text
            .parse::<serde_json::Number>()
            .map_or_else(|_| Json::from(&**text), Json::Number),
    }
}

/// Whether a field at `path` is part of the object at `above`.
fn is_below(path: &str, above: &str) -> bool {
    let rest = path.strip_prefix(above);
    rest.is_some_and(|rest| rest.starts_with('.'))
}

/// Adds the objects at `wanted` that `value`, which stands at `path`, holds.
fn collect(value: &Json, path: &mut String, wanted: &str, objects: &mut Vec<Event>) {
    match value {
        Json::Array(items) => {
            for item in items {
                collect(item, path, wanted, objects);
            }
        }
        Json::Object(_) if path == wanted => {
            let mut object = Event::default();
            flatten(value, path, &mut object);
            objects.push(object);
        }
        Json::Object(object) if is_below(wanted, path) => {
            let length = path.len();
            for (key, value) in object {
                path.push('.');
                path.push_str(key);
                if path == wanted || is_below(wanted, path) {
                    collect(value, path, wanted, objects);
                }
                path.truncate(length);
            }
        }
        _ => {}
    }
}

/// The kind of a JSON value with its article.
pub(crate) fn kind_name(value: &Json) -> &'static str {
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

    #[test]
    fn objects_of_arrays_are_told_apart() {
        let line = r#"{"a":{"b":[{"c":1,"d":[{"e":1},{"e":2}]},{"c":2,"d":{"e":3}}]},"o":{"p":1},
            "x.y":[{"z":1},{"z":2},3]}"#;
        let event = Event::from_json_line(line).unwrap();
        let texts = |path: &str, field: &str| -> Vec<String> {
            let objects = event.objects(path);
            let values = objects.iter().map(|object| object.values(field));
            let texts = |values: &[Scalar]| values.iter().map(ToString::to_string).collect();
            values
                .map(texts)
                .map(|texts: Vec<String>| texts.join(","))
                .collect()
        };
        assert_eq!(texts("a.b", "a.b.c"), ["1", "2"]);
        assert_eq!(texts("a.b.d", "a.b.d.e"), ["1", "2", "3"]);
        assert_eq!(texts("o", "o.p"), ["1"]);
        assert_eq!(texts("x.y", "x.y.z"), ["1", "2"]);
        assert!(event.objects("none").is_empty());
        let first = event.objects("a.b").swap_remove(0);
        assert_eq!(first.objects("a.b.d").len(), 2);
        assert_eq!(event.values_below("a.b").count(), 5);
    }

    #[test]
    fn a_key_of_the_crates_own_is_no_number() {
        let line = r#"{"a":{"$serde_json::private::Number" : "5"}}"#;
        let refused = parse_object(line).unwrap_err().to_string();
        assert!(refused.contains("cannot be read"), "{refused}");
        let value =
            r#"{"a":"$serde_json::private::Number","b":"\"$serde_json::private::Number\":"}"#;
        assert!(parse_object(value).is_ok());
    }

    #[test]
    fn a_key_that_stands_twice_is_named_wherever_it_stands() {
        for (line, key) in [
            (r#"{"a":1,"a":1}"#, "a"),
            (r#"{"x":1.5,"a":[{"b":{"c":1,"c":{}}}]}"#, "c"),
            (r#"{"a":{"b":{"c":1}},"a":null}"#, "a"),
            (r#"{"\u0061":1,"a":2}"#, "a"),
            (r#"{"x":":\":","é:":"\\","é:":""}"#, "é:"),
        ] {
            let refused = parse_object(line).unwrap_err().to_string();
            let expected = format!("duplicate key `{key}` in an object");
            assert_eq!(refused, expected, "{line}");
        }
        for line in [
            r#"{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1e400}]}"#,
            r#"{"a:":":\":\\","b.c":1,"b":{"c":2,"":{}}}"#,
            "{}",
        ] {
            assert!(parse_object(line).is_ok(), "{line}");
        }
    }

    #[test]
    fn the_source_of_an_event_has_the_arrays_of_its_document() {
        let line = r#"{"a":{"b":["x"],"c":1.50,"d":["y","z"]},"e":[{"f":"g"}],"h":[{"i":1},{"i":[2]}],"j.k":true}"#;
        let source = Event::from_json_line(line).unwrap().to_source();
        let expected = r#"{"h":[{"i":1},{"i":[2]}],"a":{"b":["x"],"c":1.50,"d":["y","z"]},"e":[{"f":"g"}],"j":{"k":true}}"#;
        assert_eq!(
            Json::Object(source),
            serde_json::from_str::<Json>(expected).unwrap()
        );
    }
}
