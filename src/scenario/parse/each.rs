//! `each`: the combinations of its values, and a case with the values in place of the names.
//!
//! Names are replaced in the tree of YAML values, before a case is read, so that a value may stand
//! wherever a whole key or value can. `$$x` is left for the one who reads the text.

use std::collections::BTreeSet;

use super::{Parser, near_or_all};
use crate::diagnostic::scenario_name::{ScenarioEach, ScenarioName};
use crate::diagnostic::scenario_part::{Counted, ScenarioPart};
use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{Names, Span};
use crate::scenario::error::{BAD_EACH, LIMIT, UNKNOWN_NAME};
use crate::scenario::model::Scenario;
use crate::scenario::yaml::{Key, Node, NodeKind};

/// The most cases that one `each` makes.
const MAX_COMBINATIONS: usize = 10_000;
/// The most names of one `each`.
const MAX_NAMES: usize = 16;
/// The most YAML values that the cases of all `each` of a file hold.
const MAX_COPIED: usize = 1_000_000;
/// Keys whose values are not looked into: nothing is replaced there.
const LITERAL: &[&str] = &["name", "each"];

/// One combination: the keys that name the case, and what stands for each name.
#[derive(Debug, Clone, Default)]
pub(super) struct Combination {
    pub(super) keys: Vec<(String, Span)>,
    bindings: Vec<(String, Node)>,
}

/// Whether a text is a `$name` as a whole.
pub(super) fn is_name(text: &str) -> bool {
    text.strip_prefix('$').is_some_and(|name| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    })
}

/// The text without the dollar sign that protects another: `$$x` is `$x`.
pub(super) fn unescaped(text: &str) -> String {
    match text.strip_prefix('$') {
        Some(rest) if rest.starts_with('$') => rest.to_owned(),
        _ => text.to_owned(),
    }
}

/// Every combination of the values of an `each`, the last name varying fastest.
pub(super) fn combinations(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    each: &Node,
    case: &Node,
) -> Vec<Combination> {
    let Some(entries) = parser.map(each, &ScenarioPart::Key("each")) else {
        return Vec::new();
    };
    if entries.entries.is_empty() {
        parser.error(&BAD_EACH, each.span, &ScenarioEach::NoNames);
    }
    let count = entries.entries.len();
    if !parser.few(each.span, count, MAX_NAMES, Counted::EachNames) {
        return Vec::new();
    }
    let before = parser.diagnostics.len();
    let mut names = Vec::new();
    let mut all = vec![Combination::default()];
    for (key, node) in entries.entries {
        let name = name_of(parser, scenario, key);
        let values = values(parser, key, node);
        names.push((name.clone(), key.span));
        if all.len() * values.len().max(1) > MAX_COMBINATIONS {
            let most = MAX_COMBINATIONS;
            parser.error(&BAD_EACH, key.span, &ScenarioEach::TooManyCases { most });
            return Vec::new();
        }
        all = all
            .iter()
            .flat_map(|combination| {
                values.iter().map(|(key, span, value)| {
                    let mut combination = combination.clone();
                    combination.keys.push((key.clone(), *span));
                    combination.bindings.push((name.clone(), value.clone()));
                    combination
                })
            })
            .collect();
    }
    if parser.diagnostics.len() == before {
        unused(parser, scenario, &names, case);
    }
    parser.copied = parser
        .copied
        .saturating_add(all.len().saturating_mul(size(case)));
    if parser.copied > MAX_COPIED {
        parser.error(&LIMIT, each.span, &ScenarioEach::TooLarge);
        return Vec::new();
    }
    all
}

/// Reports names that the case does not use: their cases would all be the same. A name that
/// nothing defines is reported where it stands, and may be the one that is meant.
fn unused(parser: &mut Parser<'_>, scenario: &Scenario, names: &[(String, Span)], case: &Node) {
    let mut used = BTreeSet::new();
    uses(case, &mut used);
    let bound = |name: &str| names.iter().any(|(known, _)| known == name);
    let field = |name: &str| scenario.names.iter().any(|known| known.name.value == name);
    if !used.iter().all(|name| bound(name) || field(name)) {
        return;
    }
    for (name, span) in names
        .iter()
        .filter(|(name, _)| !used.contains(name.as_str()))
    {
        let name = name.clone();
        parser.error(&BAD_EACH, *span, &ScenarioEach::UnusedName { name });
    }
}

/// The `$name`s that stand in a case as a whole key or value.
fn uses<'n>(case: &'n Node, used: &mut BTreeSet<&'n str>) {
    match &case.kind {
        NodeKind::Scalar { text, .. } if is_name(text) => {
            used.insert(text);
        }
        NodeKind::Scalar { .. } => {}
        NodeKind::List(items) => items.iter().for_each(|item| uses(item, used)),
        NodeKind::Map(entries) => {
            for (key, value) in entries {
                let name = key.text.strip_suffix('+').unwrap_or(&key.text);
                if is_name(name) {
                    used.insert(name);
                }
                if !LITERAL.contains(&key.text.as_str()) {
                    uses(value, used);
                }
            }
        }
    }
}

/// How many YAML values a node holds.
fn size(node: &Node) -> usize {
    match &node.kind {
        NodeKind::Scalar { .. } => 1,
        NodeKind::List(items) => items.iter().map(size).sum::<usize>() + 1,
        NodeKind::Map(entries) => entries.iter().map(|(_, value)| size(value)).sum::<usize>() + 1,
    }
}

/// The name with its dollar sign; it may be written with one.
fn name_of(parser: &mut Parser<'_>, scenario: &Scenario, key: &Key) -> String {
    let name = format!("${}", key.text.strip_prefix('$').unwrap_or(&key.text));
    if !is_name(&name) {
        let name = key.text.clone();
        parser.error(&BAD_EACH, key.span, &ScenarioEach::InvalidName { name });
    }
    if scenario.names.iter().any(|known| known.name.value == name) {
        let name = name.clone();
        parser.error(&BAD_EACH, key.span, &ScenarioEach::TakenName { name });
    }
    name
}

fn values(parser: &mut Parser<'_>, key: &Key, node: &Node) -> Vec<(String, Span, Node)> {
    let values: Vec<(String, Span, Node)> = match &node.kind {
        NodeKind::Map(entries) => entries
            .iter()
            .map(|(key, value)| (key.text.clone(), key.span, value.clone()))
            .collect(),
        NodeKind::List(items) => items
            .iter()
            .filter_map(|item| {
                if let NodeKind::Scalar { text, .. } = &item.kind {
                    return Some((unescaped(text), item.span, item.clone()));
                }
                let name = key.text.clone();
                parser.error(&BAD_EACH, item.span, &ScenarioEach::ValueNoText { name });
                None
            })
            .collect(),
        NodeKind::Scalar { .. } => {
            let name = key.text.clone();
            parser.error(&BAD_EACH, node.span, &ScenarioEach::OneValue { name });
            return Vec::new();
        }
    };
    if values.is_empty() {
        let name = key.text.clone();
        parser.error(&BAD_EACH, node.span, &ScenarioEach::NoValues { name });
    }
    values
}

/// A case with the values of one combination in place of their names; names that are in neither
/// `each` nor `fields` are reported.
pub(super) fn substitute(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    node: &Node,
    combination: &Combination,
) -> Node {
    Substitution {
        scenario,
        combination,
    }
    .entries(parser, node, LITERAL)
}

/// The same without an `each`: only reports unknown names.
pub(super) fn resolve(parser: &mut Parser<'_>, node: &Node, scenario: &Scenario) -> Node {
    substitute(parser, scenario, node, &Combination::default())
}

struct Substitution<'a> {
    scenario: &'a Scenario,
    combination: &'a Combination,
}

impl Substitution<'_> {
    fn node(&self, parser: &mut Parser<'_>, node: &Node) -> Node {
        match &node.kind {
            NodeKind::Scalar { text, .. } if is_name(text) => {
                if let Some(value) = self.value(text) {
                    return value.clone();
                }
                if !self.is_field(text) {
                    self.unknown(parser, text, node.span);
                }
                node.clone()
            }
            NodeKind::Scalar { .. } => node.clone(),
            NodeKind::List(items) => Node {
                span: node.span,
                kind: NodeKind::List(items.iter().map(|item| self.node(parser, item)).collect()),
            },
            NodeKind::Map(_) => self.entries(parser, node, &[]),
        }
    }

    fn entries(&self, parser: &mut Parser<'_>, node: &Node, literal: &[&str]) -> Node {
        let NodeKind::Map(entries) = &node.kind else {
            return node.clone();
        };
        let entries = entries.iter().map(|(key, value)| {
            if literal.contains(&key.text.as_str()) {
                return (key.clone(), value.clone());
            }
            (self.key(parser, key), self.node(parser, value))
        });
        Node {
            span: node.span,
            kind: NodeKind::Map(entries.collect()),
        }
    }

    fn key(&self, parser: &mut Parser<'_>, key: &Key) -> Key {
        let (name, append) = match key.text.strip_suffix('+') {
            Some(name) => (name, "+"),
            None => (key.text.as_str(), ""),
        };
        if !is_name(name) || self.is_field(name) {
            return key.clone();
        }
        match self.value(name).map(|value| &value.kind) {
            Some(NodeKind::Scalar { text, .. }) => Key {
                span: key.span,
                text: format!("{text}{append}"),
            },
            Some(_) => {
                let name = name.to_owned();
                parser.error(&UNKNOWN_NAME, key.span, &ScenarioName::NameAsKey { name });
                key.clone()
            }
            None => {
                self.unknown(parser, name, key.span);
                key.clone()
            }
        }
    }

    fn value(&self, name: &str) -> Option<&Node> {
        let mut bindings = self.combination.bindings.iter();
        bindings
            .find(|(bound, _)| bound == name)
            .map(|(_, value)| value)
    }

    fn is_field(&self, name: &str) -> bool {
        let mut names = self.scenario.names.iter();
        names.any(|known| known.name.value == name)
    }

    fn unknown(&self, parser: &mut Parser<'_>, name: &str, span: Span) {
        let bound = self.combination.bindings.iter();
        let near = nearest(name, bound.map(|(bound, _)| bound.as_str()));
        let (suggestion, expected) = match near {
            Some(near) => (Some(near.to_owned()), Names::default()),
            None => near_or_all(name, &self.fields()),
        };
        let cause = ScenarioName::UndefinedName {
            name: name.to_owned(),
            suggestion,
            expected,
        };
        parser.error(&UNKNOWN_NAME, span, &cause);
    }

    /// The `$name`s that stand for fields.
    fn fields(&self) -> Vec<&str> {
        let names = self.scenario.names.iter();
        names.map(|known| known.name.value.as_str()).collect()
    }
}
