//! What may stand at a place of a scenario, by the JSON Schema that `trapline schema scenario`
//! prints: the keys, their meaning and the words of their values.

use serde_json::Value;

/// The parts of the schema that hold at a place.
pub(super) struct Place<'s> {
    schema: &'s Value,
    /// With references followed and alternatives side by side.
    parts: Vec<&'s Value>,
    /// How many steps lead to the event that the place is in.
    pub(super) event: Option<usize>,
}

/// A key with its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key<'s> {
    pub(super) name: &'s str,
    pub(super) meaning: &'s str,
}

impl<'s> Place<'s> {
    /// Follows a path of keys, `-` for an item.
    pub(super) fn new(schema: &'s Value, path: &[&str]) -> Self {
        let mut place = Self {
            schema,
            parts: Vec::new(),
            event: None,
        };
        place.parts = place.opened([schema]);
        for (steps, step) in path.iter().enumerate() {
            if place.event.is_none() && place.is_event() {
                place.event = Some(steps);
            }
            let parts = place.parts.iter();
            let below = parts
                .filter_map(|part| below(part, step))
                .collect::<Vec<_>>();
            place.parts = place.opened(below);
        }
        if place.event.is_none() && place.is_event() {
            place.event = Some(path.len());
        }
        place
    }

    fn is_event(&self) -> bool {
        let event = self.schema.pointer("/$defs/event");
        self.parts
            .iter()
            .any(|part| event.is_some_and(|it| std::ptr::eq(it, *part)))
    }

    fn opened(&self, parts: impl IntoIterator<Item = &'s Value>) -> Vec<&'s Value> {
        let mut opened: Vec<&'s Value> = Vec::new();
        let mut left: Vec<&'s Value> = parts.into_iter().collect();
        while let Some(part) = left.pop() {
            let known = opened.iter().any(|known| std::ptr::eq(*known, part));
            if known || opened.len() > 64 {
                continue;
            }
            opened.push(part);
            let reference = part.get("$ref").and_then(Value::as_str);
            let pointer = reference.and_then(|reference| reference.strip_prefix('#'));
            left.extend(pointer.and_then(|pointer| self.schema.pointer(pointer)));
            left.extend(
                part.get("anyOf")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten(),
            );
        }
        opened
    }

    /// The keys that may stand here.
    pub(super) fn keys(&self) -> Vec<Key<'s>> {
        let mut keys: Vec<Key<'s>> = Vec::new();
        for part in &self.parts {
            let properties = part.get("properties").and_then(Value::as_object);
            for (name, value) in properties.into_iter().flatten() {
                if keys.iter().all(|known| known.name != name) {
                    let meaning = self.meaning_of(value);
                    keys.push(Key { name, meaning });
                }
            }
        }
        keys
    }

    /// The words that the value may be.
    pub(super) fn words(&self) -> Vec<&'s str> {
        let lists = self.parts.iter().filter_map(|part| part.get("enum"));
        let words = lists.filter_map(Value::as_array).flatten();
        words.filter_map(Value::as_str).collect()
    }

    fn meaning_of(&self, value: &'s Value) -> &'s str {
        if let Some(own) = value.get("description").and_then(Value::as_str) {
            return own;
        }
        let opened = self.opened([value]);
        let mut texts = opened.iter().filter_map(|part| part.get("description"));
        texts.next().and_then(Value::as_str).unwrap_or("")
    }
}

/// What a part says about a key or an item of its value.
fn below<'s>(part: &'s Value, step: &str) -> Option<&'s Value> {
    if step == "-" {
        return part.get("items");
    }
    if let Some(own) = part
        .get("properties")
        .and_then(|properties| properties.get(step))
    {
        return Some(own);
    }
    let patterns = part.get("patternProperties").and_then(Value::as_object);
    let pattern = patterns.filter(|_| step.starts_with('$'));
    let pattern = pattern.and_then(|patterns| patterns.values().next());
    pattern.or_else(|| part.get("additionalProperties").filter(|it| it.is_object()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::schema::schema;

    fn names(path: &[&str]) -> Vec<String> {
        let schema = schema();
        let place = Place::new(&schema, path);
        place.keys().iter().map(|key| key.name.to_owned()).collect()
    }

    #[test]
    fn the_schema_says_which_keys_may_stand_at_a_place() {
        assert!(names(&[]).contains(&"attack".to_owned()));
        assert!(names(&["cases", "-"]).contains(&"because".to_owned()));
        let schema = schema();
        let place = Place::new(
            &schema,
            &["cases", "-", "change", "child", "process", "name"],
        );
        assert_eq!(place.event, Some(4));
        let place = Place::new(&schema, &["cases", "-", "expect"]);
        assert!(place.words().contains(&"alert"));
        let place = Place::new(&schema, &["cases", "-"]);
        let meanings = place.keys();
        assert!(
            meanings.iter().all(|key| !key.meaning.is_empty()),
            "{meanings:?}"
        );
    }
}
