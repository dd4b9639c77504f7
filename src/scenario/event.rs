//! Events as a scenario writes them: in full under `events` and `add`, in part under `change`.
//! Called by `attack` and `case`.

use super::error::{DUPLICATE, DURATION, MISSING, RESERVED, SHAPE, UNKNOWN_NAME};
use super::names::{self, FieldName, Names, is_name};
use super::reader::{Located, Reader};
use super::time;
use super::yaml::{Key, Kind, Node};
use crate::diagnostic::{Diagnostic, Span};

/// An event in full: what the source's shape does not fill in.
#[derive(Debug, Clone, PartialEq)]
pub struct EventSpec {
    /// Its label.
    pub label: Located,
    /// The kind of event, `process.start`.
    pub kind: Located,
    /// Milliseconds from the case's start.
    pub at_millis: i64,
    /// What is said of its fields, in file order.
    pub fields: Vec<FieldChange>,
}

/// A change of one event of the attack.
#[derive(Debug, Clone, PartialEq)]
pub struct EventChange {
    /// The event's label.
    pub label: Located,
    /// Another kind.
    pub kind: Option<Located>,
    /// Another time, in milliseconds from the case's start.
    pub at_millis: Option<i64>,
    /// What changes in its fields, in file order.
    pub fields: Vec<FieldChange>,
}

/// What is said of one field.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    /// The field.
    pub field: FieldName,
    /// What happens to it.
    pub operation: Operation,
}

/// What happens to a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    /// It has these values.
    Set(Vec<Text>),
    /// It has these values after those that it had.
    Append(Vec<Text>),
    /// It has no value.
    Remove,
}

/// A value as it was written; the field's type decides what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The text, decoded.
    pub text: String,
    /// Whether it was quoted.
    pub quoted: bool,
    /// Where it stands.
    pub span: Span,
}

/// Reads a map of labels and events in full.
pub(super) fn read_events(
    reader: &mut Reader<'_>,
    node: &Node,
    what: &str,
    names: &Names,
) -> Vec<EventSpec> {
    let mut events = Vec::new();
    for (label, value) in reader.map(node, what).unwrap_or(&[]) {
        let Some(change) = read_change(reader, label, value, names) else {
            continue;
        };
        let Some(kind) = change.kind else {
            reader.error(
                MISSING,
                label.span,
                format!("event `{}` does not say what it is", label.text),
                "no `is:`",
                "give it a kind, such as `is: process` or `is: network`",
            );
            continue;
        };
        events.push(EventSpec {
            label: change.label,
            kind,
            at_millis: change.at_millis.unwrap_or(0),
            fields: change.fields,
        });
    }
    events
}

/// Reads one label and what is said of its event.
pub(super) fn read_change(
    reader: &mut Reader<'_>,
    label: &Key,
    node: &Node,
    names: &Names,
) -> Option<EventChange> {
    let what = format!("event `{}`", label.text);
    let mut change = EventChange {
        label: names::located(label),
        kind: None,
        at_millis: None,
        fields: Vec::new(),
    };
    let mut fields = Fields {
        names,
        prefix: String::new(),
        found: &mut change.fields,
    };
    for (key, value) in reader.map(node, &what)? {
        match key.text.as_str() {
            "is" => change.kind = reader.text(value, "`is`"),
            "at" => change.at_millis = read_time(reader, value),
            _ => fields.read(reader, key, value),
        }
    }
    Some(change)
}

fn read_time(reader: &mut Reader<'_>, node: &Node) -> Option<i64> {
    let text = reader.text(node, "`at`")?;
    match time::parse(&text.text) {
        Ok(millis) => Some(millis),
        Err(reason) => {
            reader.error(
                DURATION,
                text.span,
                format!("`{}` is no time: {reason}", text.text),
                "no time",
                "write a number and a unit, such as `2s`, `-0.214s`, `1m30s` or `500ms`",
            );
            None
        }
    }
}

/// Collects the fields of one event, whether keys are dotted or nested.
struct Fields<'a> {
    names: &'a Names,
    prefix: String,
    found: &'a mut Vec<FieldChange>,
}

impl Fields<'_> {
    fn read(&mut self, reader: &mut Reader<'_>, key: &Key, node: &Node) {
        let (text, append) = match key.text.strip_suffix('+') {
            Some(text) => (text, true),
            None => (key.text.as_str(), false),
        };
        let at = Located {
            text: format!("{}{text}", self.prefix),
            span: key.span,
        };
        if let Kind::Map(entries) = &node.kind {
            if text.starts_with('$') || append {
                reader.wrong_shape(
                    node,
                    &format!("`{}`", key.text),
                    "a value or a list of values",
                );
                return;
            }
            let prefix = format!("{}.", at.text);
            let mut inner = Fields {
                names: self.names,
                prefix,
                found: &mut *self.found,
            };
            for (key, value) in entries {
                inner.read(reader, key, value);
            }
            return;
        }
        if !self.prefix.is_empty() && text.starts_with('$') {
            let message = format!("`{text}` stands for a whole field, so it cannot be nested");
            reader.error(
                UNKNOWN_NAME,
                key.span,
                message,
                "nested",
                "move it up to the event's own keys",
            );
            return;
        }
        if at.text == "@timestamp" {
            reader.error(
                RESERVED,
                key.span,
                "`@timestamp` follows from the event's `at`",
                "",
                "write the time from the case's start: `at: 2s`",
            );
            return;
        }
        let operation = operation(reader, node, &at.text, append, self.names);
        let field = names::field(reader, self.names, &at);
        if let (Some(operation), Some(field)) = (operation, field) {
            self.add(reader, FieldChange { field, operation });
        }
    }

    fn add(&mut self, reader: &mut Reader<'_>, change: FieldChange) {
        let same = self
            .found
            .iter()
            .find(|old| self.same(&old.field, &change.field));
        if let Some(old) = same {
            let (one, other) = (&change.field.text, &old.field.text);
            let message = if one == other {
                format!("`{one}` is set twice in one event")
            } else {
                format!("`{one}` and `{other}` are one field, set twice in one event")
            };
            reader.diagnostics.push(
                Diagnostic::error(DUPLICATE, message)
                    .at(reader.source, change.field.span, "the second time")
                    .at(reader.source, old.field.span, "the first time")
                    .help("take one of them out"),
            );
            return;
        }
        self.found.push(change);
    }

    /// Whether two names mean one field on some source.
    fn same(&self, one: &FieldName, other: &FieldName) -> bool {
        if one.text == other.text {
            return true;
        }
        let meets = |name: &FieldName, field: &FieldName| {
            let name = self.names.get(&name.text).filter(|_| name.named);
            name.is_some_and(|name| {
                name.paths
                    .iter()
                    .any(|(source, path)| self.names.path(field, &source.text) == Some(&path.text))
            })
        };
        meets(one, other) || meets(other, one)
    }
}

fn operation(
    reader: &mut Reader<'_>,
    node: &Node,
    field: &str,
    append: bool,
    names: &Names,
) -> Option<Operation> {
    if node.is_absent() {
        reader.error(
            MISSING,
            node.span,
            format!("`{field}` has no value"),
            "nothing here",
            "write `null` to remove the field, or '' for an empty text",
        );
        return None;
    }
    let values = match &node.kind {
        _ if node.is_null() && append => {
            let what = format!("what is appended to `{field}`");
            reader.wrong_shape(node, &what, "a value or a list of values");
            return None;
        }
        _ if node.is_null() => return Some(Operation::Remove),
        Kind::List(items) => {
            let mut values = Vec::with_capacity(items.len());
            for item in items {
                values.push(value(reader, item, field, names)?);
            }
            values
        }
        _ => vec![value(reader, node, field, names)?],
    };
    Some(match (append, values.is_empty()) {
        (true, _) => Operation::Append(values),
        (false, true) => Operation::Remove,
        (false, false) => Operation::Set(values),
    })
}

fn value(reader: &mut Reader<'_>, node: &Node, field: &str, names: &Names) -> Option<Text> {
    let Kind::Scalar { text, quoted } = &node.kind else {
        reader.error(
            SHAPE,
            node.span,
            format!("a value of `{field}` must be a text, a number or a boolean"),
            "a list or a map",
            "",
        );
        return None;
    };
    if is_name(text) {
        let at = Located {
            text: text.clone(),
            span: node.span,
        };
        names::no_value(reader, names, &at);
        return None;
    }
    let literal = text.strip_prefix("$$").map(|rest| format!("${rest}"));
    Some(Text {
        text: literal.unwrap_or_else(|| text.clone()),
        quoted: *quoted,
        span: node.span,
    })
}
