//! Events that are written once and happen several times: `repeat` with `vary` on an event, and
//! `seen`, the attack's first event with other values before the case.

use std::collections::BTreeSet;

use super::{Parser, field};
use crate::diagnostic::scenario_event::ScenarioEvent;
use crate::diagnostic::scenario_part::{Counted, ScenarioPart, Shape};
use crate::diagnostic::scenario_time::ScenarioTime;
use crate::scenario::error::{DUPLICATE_FIELD, LIMIT, WRONG_SHAPE};
use crate::scenario::model::{
    Copies, EventRole, EventSpec, FieldAction, FieldSetting, Located, Repeat, Scenario,
    WrittenValue,
};
use crate::scenario::yaml::{Key, Node, NodeKind};

/// The most values of a range, and the most events that `seen` makes.
const MOST_VALUES: usize = 10_000;

/// `repeat` and `vary` of one event.
pub(super) fn copies(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    repeat: Option<Repeat>,
    vary: Option<(&Key, &Node)>,
) -> Option<Copies> {
    let varied = match vary {
        Some((_, node)) => varied(parser, scenario, node),
        None => Vec::new(),
    };
    if let (None, Some((key, _))) = (repeat, vary) {
        parser.error(&WRONG_SHAPE, key.span, &ScenarioEvent::VaryWithoutRepeat);
    }
    Some(Copies {
        repeat: repeat?,
        varied,
    })
}

/// `vary`: field → a list of values, or a range of whole numbers. The fields of each copy.
fn varied(parser: &mut Parser<'_>, scenario: &Scenario, node: &Node) -> Vec<Vec<FieldSetting>> {
    let Some(entries) = parser.map(node, &ScenarioPart::Key("vary")) else {
        return Vec::new();
    };
    let mut columns: Vec<Vec<FieldSetting>> = Vec::new();
    for (key, node) in entries.entries {
        let Some(field) = field::field_key(parser, scenario, &key.text, &key.text, key.span) else {
            continue;
        };
        let values = values(parser, scenario, &key.text, node).into_iter();
        let setting = |value: WrittenValue| FieldSetting {
            key: Located::new(field.clone(), key.span),
            action: FieldAction::Set(Located::new(vec![value], node.span)),
        };
        columns.push(values.map(setting).collect());
    }
    let longest = columns.iter().map(Vec::len).max().unwrap_or(0);
    let of_copy = |copy: usize| {
        let settings = columns.iter();
        let settings = settings.filter_map(|column| column.iter().cycle().nth(copy).cloned());
        settings.collect()
    };
    (0..longest).map(of_copy).collect()
}

/// A list of values, or a range such as `1..250`, both ends included.
fn values(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    path: &str,
    node: &Node,
) -> Vec<WrittenValue> {
    match &node.kind {
        NodeKind::List(items) => {
            let items = items.iter();
            let values = items.filter_map(|item| field::value(parser, scenario, path, item));
            values.collect()
        }
        NodeKind::Scalar { text, .. } => match range(text) {
            Some((first, last)) if last.abs_diff(first) < MOST_VALUES as u64 => {
                let value = |number: i64| WrittenValue {
                    text: number.to_string(),
                    quoted: false,
                    span: node.span,
                };
                (first..=last).map(value).collect()
            }
            Some(_) => {
                let most = MOST_VALUES;
                parser.error(&LIMIT, node.span, &ScenarioEvent::RangeTooLong { most });
                Vec::new()
            }
            None => {
                let name = path.to_owned();
                let cause = ScenarioEvent::VaryWithoutValues { name };
                parser.error(&WRONG_SHAPE, node.span, &cause);
                Vec::new()
            }
        },
        NodeKind::Map(_) => {
            let name = path.to_owned();
            parser.shape(node, &ScenarioPart::Values { name }, Shape::ListOrRange);
            Vec::new()
        }
    }
}

fn range(text: &str) -> Option<(i64, i64)> {
    let (first, last) = text.split_once("..")?;
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first <= last).then_some((first, last))
}

/// `seen`: the first event of the attack with these values, before the case; one event for each
/// combination of the values.
pub(super) fn seen(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    key: &Key,
    node: &Node,
    first: Option<&EventSpec>,
) -> Vec<EventSpec> {
    let Some(mut entries) = parser.map(node, &ScenarioPart::Key("seen")) else {
        return Vec::new();
    };
    let at = entries.take("at").and_then(|node| field::at(parser, node));
    let Some(at) = at.filter(|at| at.value < 0) else {
        parser.missing(key.span, &ScenarioTime::SeenNotBeforeCase);
        return Vec::new();
    };
    let settings = field::settings(parser, scenario, &entries);
    let (Some(combinations), Some(first)) = (combinations(parser, key, &settings), first) else {
        return Vec::new();
    };
    let several = combinations.len() > 1;
    let copy = |(number, fields): (usize, Vec<FieldSetting>)| {
        let label = if several {
            format!("seen#{}", number + 1)
        } else {
            "seen".to_owned()
        };
        let own = |setting: &&FieldSetting| {
            !fields
                .iter()
                .any(|other| other.key.value == setting.key.value)
        };
        let kept: Vec<FieldSetting> = first.fields.iter().filter(own).cloned().collect();
        EventSpec {
            label: Located::new(label, key.span),
            role: EventRole::History,
            kind: first.kind.clone(),
            at: Some(at.clone()),
            ingested: None,
            fields: [kept, fields].concat(),
            copies: None,
        }
    };
    combinations.into_iter().enumerate().map(copy).collect()
}

/// The fields of each seen event: one event for each combination of the values; `None` for too many.
fn combinations(
    parser: &mut Parser<'_>,
    key: &Key,
    settings: &[FieldSetting],
) -> Option<Vec<Vec<FieldSetting>>> {
    let mut combinations: Vec<Vec<FieldSetting>> = vec![Vec::new()];
    for setting in settings {
        let FieldAction::Set(values) = &setting.action else {
            for combination in &mut combinations {
                combination.push(setting.clone());
            }
            continue;
        };
        let count = combinations.len() * values.value.len();
        if !parser.few(key.span, count, MOST_VALUES, Counted::SeenEvents) {
            return None;
        }
        let one = |value: &WrittenValue| FieldSetting {
            key: setting.key.clone(),
            action: FieldAction::Set(Located::new(vec![value.clone()], values.span)),
        };
        let longer = combinations.iter().flat_map(|start| {
            let with = |value: &WrittenValue| {
                let mut longer = start.clone();
                longer.push(one(value));
                longer
            };
            values.value.iter().map(with).collect::<Vec<_>>()
        });
        combinations = longer.collect();
    }
    Some(combinations)
}

/// Reports labels that two events of the attack have: one among `events` and one in `history` or
/// `indicators`.
pub(super) fn labels_are_unique(parser: &mut Parser<'_>, events: &[EventSpec]) {
    let mut seen = BTreeSet::new();
    for event in events {
        if !seen.insert(event.label.value.as_str()) {
            let name = event.label.value.clone();
            let cause = ScenarioEvent::DuplicateLabel { name };
            parser.error(&DUPLICATE_FIELD, event.label.span, &cause);
        }
    }
}
