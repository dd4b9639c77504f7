//! Fields and their values, and the times of events.

use std::collections::BTreeMap;

use super::{Entries, Parser, each};
use crate::diagnostic::Span;
use crate::diagnostic::scenario_field::ScenarioField;
use crate::diagnostic::scenario_name::ScenarioName;
use crate::diagnostic::scenario_part::ScenarioPart::{self, Key};
use crate::diagnostic::scenario_part::Shape;
use crate::diagnostic::scenario_time::ScenarioTime;
use crate::scenario::error::{
    BAD_TIME, DUPLICATE_FIELD, UNKNOWN_KEY, UNKNOWN_NAME, WRONG_SHAPE, YAML_WORD,
};
use crate::scenario::model::{
    FieldAction, FieldKey, FieldSetting, Located, Scenario, WrittenValue,
};
use crate::scenario::time;
use crate::scenario::yaml::{self, Node, NodeKind};

pub(super) fn at(parser: &mut Parser<'_>, node: &Node) -> Option<Located<i64>> {
    let text = parser.text(node, &Key("at"))?;
    match time::parse(&text.value) {
        Ok(millis) => Some(Located::new(millis, node.span)),
        Err(why) => {
            let found = text.value;
            parser.error(&BAD_TIME, node.span, &ScenarioTime::NotATime { found, why });
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
    let mut settings = Settings {
        all: Vec::with_capacity(entries.entries.len()),
        places: BTreeMap::new(),
    };
    for (key, node) in &entries.entries {
        setting(parser, scenario, "", key, node, &mut settings);
    }
    settings.all
}

/// The fields of one event so far, and where each was set.
struct Settings {
    all: Vec<FieldSetting>,
    places: BTreeMap<FieldKey, Span>,
}

fn setting(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    prefix: &str,
    key: &yaml::Key,
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
            let name = path.clone();
            parser.error(&WRONG_SHAPE, node.span, &ScenarioField::EmptyMap { name });
        }
        for (key, node) in entries {
            setting(parser, scenario, &path, key, node, settings);
        }
        return;
    }
    if !prefix.is_empty() && each::is_name(name) {
        let name = name.to_owned();
        parser.error(&UNKNOWN_NAME, key.span, &ScenarioName::NestedName { name });
        return;
    }
    let Some(field) = field_key(parser, scenario, &path, name, key.span) else {
        return;
    };
    let Some(action) = action(parser, scenario, &path, append, node) else {
        return;
    };
    if let Some(first) = settings.places.get(&field) {
        let cause = ScenarioField::SetTwice { name: path };
        parser.repeated(&DUPLICATE_FIELD, key.span, *first, &cause);
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
        let cause = ScenarioField::Timestamp { name: "@timestamp" };
        parser.error(&UNKNOWN_KEY, span, &cause);
        return None;
    }
    let sound = !path.is_empty()
        && path.split('.').all(|part| !part.is_empty())
        && !path.contains(char::is_whitespace);
    if !sound {
        let cause = match path {
            "" => ScenarioField::EmptyPath,
            path => ScenarioField::InvalidPath {
                name: path.to_owned(),
            },
        };
        parser.error(&WRONG_SHAPE, span, &cause);
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
                let name = path.to_owned();
                let cause = ScenarioField::NothingAppended { name };
                parser.error(&WRONG_SHAPE, node.span, &cause);
                return None;
            }
            return Some(FieldAction::Remove(node.span));
        }
        NodeKind::Scalar { .. } => vec![value(parser, scenario, path, node)?],
        NodeKind::Map(_) => {
            let name = path.to_owned();
            let part = ScenarioPart::AppendedValue { name };
            parser.shape(node, &part, Shape::TextOrList);
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
        let name = path.to_owned();
        parser.shape(node, &ScenarioPart::Value { name }, Shape::TextOrNumber);
        return None;
    };
    if !quoted && text.is_empty() {
        let name = path.to_owned();
        parser.error(&WRONG_SHAPE, node.span, &ScenarioField::NoValue { name });
        return None;
    }
    if !quoted && matches!(text.as_str(), "null" | "~" | "Null" | "NULL") {
        let found = text.clone();
        parser.error(
            &YAML_WORD,
            node.span,
            &ScenarioField::UnquotedNull { found },
        );
        return None;
    }
    if each::is_name(text) && scenario.names.iter().any(|known| known.name.value == *text) {
        let name = text.clone();
        parser.error(&WRONG_SHAPE, node.span, &ScenarioName::NameAsValue { name });
        return None;
    }
    Some(WrittenValue {
        text: each::unescaped(text),
        quoted: *quoted,
        span: node.span,
    })
}
