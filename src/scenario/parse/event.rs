//! Events: their kind, time and fields, as the attack, `change` and `add` write them.

use std::collections::BTreeMap;

use super::{Entries, Parser, each, production, repeated};
use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{Diagnostic, Span};
use crate::scenario::error::{
    BAD_TIME, DUPLICATE_FIELD, UNKNOWN_KEY, UNKNOWN_LABEL, UNKNOWN_NAME, WRONG_SHAPE, YAML_WORD,
};
use crate::scenario::model::{
    EventRole, EventSpec, EventsFrom, FieldAction, FieldKey, FieldSetting, Located, Scenario,
    WrittenValue,
};
use crate::scenario::time;
use crate::scenario::yaml::{Key, Node, NodeKind};

/// The most events that a scenario writes out; more belong in a capture.
const MAX_EVENTS: usize = 1_000;

/// The keys of `events_from`.
pub(in crate::scenario) const CAPTURE_KEYS: &[&str] = &["file", "label", "source"];

/// Events of one role: label → event, each with its kind.
pub(super) fn events(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    node: &Node,
    role: EventRole,
) -> Vec<EventSpec> {
    let name = match role {
        EventRole::Event => "`events`",
        EventRole::History => "`history`",
        EventRole::Indicator => "`indicators`",
    };
    let Some(entries) = parser.map(node, name) else {
        return Vec::new();
    };
    if entries.entries.is_empty() {
        let help = format!("{name} maps labels to events: `child: {{is: process}}`");
        parser.missing(node.span, "there are no events", &help);
    }
    if !parser.few(node.span, entries.entries.len(), MAX_EVENTS, "events") {
        return Vec::new();
    }
    let events = entries.entries.into_iter().filter_map(|(label, node)| {
        let mut event = event(parser, scenario, label, node)?;
        event.role = role;
        if role == EventRole::Indicator {
            let kind = || Located::new("indicator".to_owned(), label.span);
            event.kind.get_or_insert_with(kind);
        }
        if role == EventRole::History && event.at.as_ref().is_none_or(|at| at.value >= 0) {
            let message = format!("`{}` lies not before the case", label.text);
            let help = "say how long before its start it happened: `at: -3d`";
            let place = event.at.as_ref().map_or(label.span, |at| at.span);
            parser.error(&BAD_TIME, place, message, "", &[help]);
        }
        if event.kind.is_none() {
            let message = format!("the event `{}` does not say what it is", label.text);
            parser.missing(label.span, message, "add its kind: `is: process`");
        }
        Some(event)
    });
    events.collect()
}

/// One event, or what a change makes of it.
pub(super) fn event(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    label: &Key,
    node: &Node,
) -> Option<EventSpec> {
    let what = format!("the event `{}`", label.text);
    let mut entries = parser.map(node, &what)?;
    let kind = entries
        .take("is")
        .and_then(|node| parser.text(node, "`is`"));
    let at = entries.take("at").and_then(|node| at(parser, node));
    let ingested = entries
        .take("ingested")
        .and_then(|node| production::span(parser, node, "`ingested`"));
    let repeat = entries
        .take("repeat")
        .and_then(|node| production::repeat(parser, node));
    let vary = entries.take_entry("vary");
    let copies = repeated::copies(parser, scenario, repeat, vary);
    let fields = settings(parser, scenario, &entries);
    Some(EventSpec {
        label: Located::new(label.text.clone(), label.span),
        role: EventRole::Event,
        kind,
        at,
        ingested,
        fields,
        copies,
    })
}

pub(super) fn at(parser: &mut Parser<'_>, node: &Node) -> Option<Located<i64>> {
    let text = parser.text(node, "`at`")?;
    match time::parse(&text.value) {
        Ok(millis) => Some(Located::new(millis, node.span)),
        Err(bad) => {
            let message = format!("`{}` is no time: {bad}", text.value);
            let help = match bad {
                time::BadTime::NoUnit if text.value.contains(char::is_whitespace) => {
                    "write number and unit without a blank: `2s`".to_owned()
                }
                time::BadTime::NoUnit => format!("write `{}s` for seconds", text.value.trim()),
                _ => "the time from the start of the case: `2s`, `-0.214s`, `1m30s`, `500ms`"
                    .to_owned(),
            };
            parser.error(&BAD_TIME, node.span, message, "", &[&help]);
            None
        }
    }
}

/// The fields of a map, dotted and nested keys alike.
pub(super) fn settings(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    entries: &Entries<'_>,
) -> Vec<FieldSetting> {
    let mut settings = Settings::default();
    for (key, node) in &entries.entries {
        setting(parser, scenario, "", key, node, &mut settings);
    }
    settings.all
}

/// The fields of one event so far, and where each was set.
#[derive(Default)]
struct Settings {
    all: Vec<FieldSetting>,
    places: BTreeMap<FieldKey, Span>,
}

fn setting(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    prefix: &str,
    key: &Key,
    node: &Node,
    settings: &mut Settings,
) {
    let (name, append) = match key.text.strip_suffix('+') {
        Some(name) => (name, true),
        None => (key.text.as_str(), false),
    };
    let path = if prefix.is_empty() {
        each::unescaped(name)
    } else {
        format!("{prefix}.{name}")
    };
    if let NodeKind::Map(entries) = &node.kind
        && !append
    {
        if entries.is_empty() {
            let message = format!("`{path}` holds nothing");
            let help = "write `null` to remove a field";
            parser.error(&WRONG_SHAPE, node.span, message, "", &[help]);
        }
        for (key, node) in entries {
            setting(parser, scenario, &path, key, node, settings);
        }
        return;
    }
    if !prefix.is_empty() && each::is_name(name) {
        let message = format!("`{name}` stands for a whole field and cannot be nested");
        let help = "write it among the keys of the event itself";
        parser.error(&UNKNOWN_NAME, key.span, message, "", &[help]);
        return;
    }
    let Some(field) = field_key(parser, scenario, &path, name, key.span) else {
        return;
    };
    let Some(action) = action(parser, scenario, &path, append, node) else {
        return;
    };
    if let Some(first) = settings.places.get(&field) {
        let message = format!("`{path}` is set twice");
        let diagnostic = Diagnostic::error(&DUPLICATE_FIELD, message)
            .at(parser.source, key.span, "the second time")
            .at(parser.source, *first, "the first time")
            .help("take one of them out");
        parser.push(diagnostic);
        return;
    }
    settings.places.insert(field.clone(), key.span);
    settings.all.push(FieldSetting {
        key: Located::new(field, key.span),
        action,
    });
}

/// A dotted path or a `$name`; an error for what can be no field.
pub(super) fn field_key(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    path: &str,
    written: &str,
    span: Span,
) -> Option<FieldKey> {
    if each::is_name(written) {
        let known = scenario
            .names
            .iter()
            .any(|known| known.name.value == written);
        // An unknown one has been reported when the names were replaced.
        return known.then(|| FieldKey::Name(written.to_owned()));
    }
    if path == "@timestamp" {
        parser.error(
            &UNKNOWN_KEY,
            span,
            "`@timestamp` is set by `at`",
            "",
            &["write the time from the start of the case: `at: 0.8s`"],
        );
        return None;
    }
    let sound = !path.is_empty()
        && path.split('.').all(|part| !part.is_empty())
        && !path.contains(char::is_whitespace);
    if !sound {
        let message = match path {
            "" => "an empty key is no field".to_owned(),
            path => format!("`{path}` is no field"),
        };
        parser.error(
            &WRONG_SHAPE,
            span,
            message,
            "",
            &["a field is a path of names with dots between them: `process.parent.name`"],
        );
        return None;
    }
    Some(FieldKey::Path(path.to_owned()))
}

fn action(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    path: &str,
    append: bool,
    node: &Node,
) -> Option<FieldAction> {
    let values = match &node.kind {
        NodeKind::List(_) => values(parser, scenario, path, node),
        NodeKind::Scalar { text, quoted } if !quoted && text == "null" => {
            if append {
                let message = format!("nothing can be appended to `{path}`");
                parser.error(&WRONG_SHAPE, node.span, message, "", &[]);
                return None;
            }
            return Some(FieldAction::Remove(node.span));
        }
        NodeKind::Scalar { .. } => vec![value(parser, scenario, path, node)?],
        NodeKind::Map(_) => {
            parser.shape(node, &format!("the value of `{path}+`"), "text or a list");
            return None;
        }
    };
    let values = Located::new(values, node.span);
    Some(if append {
        FieldAction::Append(values)
    } else {
        FieldAction::Set(values)
    })
}

/// A value, or a list of values.
pub(super) fn values(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    path: &str,
    node: &Node,
) -> Vec<WrittenValue> {
    let items = match &node.kind {
        NodeKind::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let values = items
        .iter()
        .filter_map(|item| value(parser, scenario, path, item));
    values.collect()
}

pub(super) fn value(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    path: &str,
    node: &Node,
) -> Option<WrittenValue> {
    let NodeKind::Scalar { text, quoted } = &node.kind else {
        parser.shape(node, &format!("a value of `{path}`"), "text or a number");
        return None;
    };
    if !quoted && text.is_empty() {
        let message = format!("`{path}` has no value");
        parser.error(
            &WRONG_SHAPE,
            node.span,
            message,
            "",
            &["write `null` to remove the field, '' for empty text"],
        );
        return None;
    }
    if !quoted && matches!(text.as_str(), "null" | "~" | "Null" | "NULL") {
        let message = format!("`{text}` is no text without quotes");
        let help = format!(
            "write `null` as the whole value to remove the field, '{text}' for the \
                            text"
        );
        parser.error(&YAML_WORD, node.span, message, "", &[&help]);
        return None;
    }
    if each::is_name(text) && scenario.names.iter().any(|known| known.name.value == *text) {
        let message = format!("`{text}` stands for a field and cannot be a value");
        let help = format!("for the text itself write `${text}`");
        parser.error(&WRONG_SHAPE, node.span, message, "", &[&help]);
        return None;
    }
    Some(WrittenValue {
        text: each::unescaped(text),
        quoted: *quoted,
        span: node.span,
    })
}

/// `force`: fields by path or `$name`.
pub(super) fn force(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    node: &Node,
) -> Vec<Located<FieldKey>> {
    let texts = parser.texts(node, "`force`");
    let keys = texts.into_iter().filter_map(|text| {
        let path = each::unescaped(&text.value);
        let key = field_key(parser, scenario, &path, &text.value, text.span)?;
        Some(Located::new(key, text.span))
    });
    keys.collect()
}

/// `events_from`: a file, or a map with the file, labels and the source.
pub(super) fn events_from(parser: &mut Parser<'_>, node: &Node) -> Option<EventsFrom> {
    if matches!(node.kind, NodeKind::Scalar { .. }) {
        let file = parser.text(node, "`events_from`")?;
        return Some(EventsFrom {
            file,
            labels: Vec::new(),
            source: None,
        });
    }
    let mut entries = parser.map(node, "`events_from`")?;
    let file = entries.take("file");
    let label = entries.take("label");
    let source = entries.take("source");
    parser.rest(&entries, "`events_from`", CAPTURE_KEYS);
    let labels = label
        .and_then(|node| parser.map(node, "`label`"))
        .map_or_else(Vec::new, |entries| {
            let labels = entries.entries.into_iter().filter_map(|(label, query)| {
                let query = parser.text(query, "the query of a label")?;
                Some((Located::new(label.text.clone(), label.span), query))
            });
            labels.collect()
        });
    let source = source.and_then(|node| parser.text(node, "`source`"));
    let Some(file) = file else {
        let help = "`file` is an NDJSON file, relative to the scenario";
        parser.missing(node.span, "`events_from` names no `file`", help);
        return None;
    };
    Some(EventsFrom {
        file: parser.text(file, "`file`")?,
        labels,
        source,
    })
}

/// Reports a label that no event has.
pub(super) fn unknown_label(parser: &mut Parser<'_>, label: &str, span: Span, labels: &[String]) {
    let message = format!("no event has the label `{label}`");
    let known: Vec<&str> = labels.iter().map(String::as_str).collect();
    let help = match nearest(label, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "no event has a label here".to_owned(),
        None => format!("the labels are {}", super::listed(&known)),
    };
    parser.error(&UNKNOWN_LABEL, span, message, "", &[&help]);
}
