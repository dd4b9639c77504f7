//! Fields and their values, and the times of events.

use std::collections::BTreeMap;

use super::{Entries, Parser, each};
use crate::diagnostic::{Diagnostic, Span};
use crate::scenario::error::{
    BAD_TIME, DUPLICATE_FIELD, UNKNOWN_KEY, UNKNOWN_NAME, WRONG_SHAPE, YAML_WORD,
};
use crate::scenario::model::{
    FieldAction, FieldKey, FieldSetting, Located, Scenario, WrittenValue,
};
use crate::scenario::time;
use crate::scenario::yaml::{Key, Node, NodeKind};

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
