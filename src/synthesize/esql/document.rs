//! Sets what a document holds where that is more than the value of a field.

use super::texts;
use crate::event::{Scalar, Value};
use crate::synthesize::event_builder::EventBuilder;

/// No keyword of so many characters is indexed in the field lists.
const LONG: i64 = 9_000;

/// A value as a document holds it.
pub(super) fn scalar(value: &Value) -> Scalar {
    match value {
        Value::Bool(own) => Scalar::Bool(*own),
        Value::Integer(_) | Value::Unsigned(_) | Value::Double(_) => {
            Scalar::Number(value.to_string().into())
        }
        other => Scalar::text(other.to_string()),
    }
}

/// Sets the members of a JSON object on an event.
pub(super) fn with_members(builder: &mut EventBuilder<'_>, json: &str) -> Option<()> {
    let document: serde_json::Value = serde_json::from_str(json).ok()?;
    let mut open = vec![(String::new(), document)];
    let mut is_set = false;
    while let Some((path, value)) = open.pop() {
        let scalar = match value {
            serde_json::Value::Object(members) => {
                for (name, value) in members {
                    let dot = if path.is_empty() { "" } else { "." };
                    open.push((format!("{path}{dot}{name}"), value));
                }
                continue;
            }
            serde_json::Value::Array(values) => {
                open.extend(values.into_iter().map(|value| (path.clone(), value)));
                continue;
            }
            serde_json::Value::String(text) => Scalar::text(text),
            serde_json::Value::Bool(own) => Scalar::Bool(own),
            serde_json::Value::Number(number) => Scalar::Number(number.to_string().into()),
            serde_json::Value::Null => continue,
        };
        if !builder.can_set(&path) {
            return None;
        }
        is_set = true;
        builder.fields.insert(path, vec![scalar]);
    }
    is_set.then_some(())
}

/// Makes the text of a field longer than keywords are indexed.
pub(super) fn lengthen(builder: &mut EventBuilder<'_>, path: &str) -> Option<()> {
    if !builder.can_set(path) {
        return None;
    }
    let event = builder.event();
    let own = event
        .values(path)
        .first()
        .map_or_else(|| "sample".to_owned(), ToString::to_string);
    let rest = texts::repeated('A', LONG)?;
    builder
        .fields
        .insert(path.to_owned(), vec![Scalar::text(format!("{own} {rest}"))]);
    Some(())
}
