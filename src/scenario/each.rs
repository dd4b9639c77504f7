//! `each:` – one case for each value, or each combination of values. Called by `case` only.
//!
//! The replacing is done on the nodes, before anything is read from them: `$name` as a whole key
//! or a whole value gives way to what stands under `each`, with its place.

use super::error::{EACH, LIMIT, SHAPE};
use super::names::{Names, is_name};
use super::reader::Reader;
use super::yaml::{Key, Kind, Node};
use crate::diagnostic::Span;

/// The most cases that one `each` may make.
const MAX_CASES: usize = 1000;

/// One combination: what its cases are called, and what each name stands for.
pub(super) struct Combination<'n> {
    /// The words that follow the case's name.
    pub(super) suffix: Vec<String>,
    values: Vec<(String, &'n Node)>,
}

/// One name of an `each` and its values, each with what its case is called.
struct Dimension<'n> {
    name: String,
    span: Span,
    values: Vec<(String, &'n Node)>,
}

/// All combinations of an `each`; one without values where there is no `each`.
pub(super) fn combinations<'n>(
    reader: &mut Reader<'_>,
    each: Option<&'n Node>,
    case: &Node,
    names: &Names,
) -> Vec<Combination<'n>> {
    let mut all = vec![Combination {
        suffix: Vec::new(),
        values: Vec::new(),
    }];
    let Some(each) = each else { return all };
    for dimension in dimensions(reader, each, names) {
        if !uses(case, &dimension.name) {
            let message = format!("nothing in the case uses `{}`", dimension.name);
            let help = format!("write `{}` where its values belong", dimension.name);
            reader.error(EACH, dimension.span, message, "not used", help);
        }
        if all.len() * dimension.values.len() > MAX_CASES {
            let message = format!("`each` makes more than {MAX_CASES} cases");
            reader.error(LIMIT, each.span, message, "", "test fewer combinations");
            return Vec::new();
        }
        all = all
            .iter()
            .flat_map(|combination| {
                dimension
                    .values
                    .iter()
                    .map(|value| combination.with(&dimension.name, value))
            })
            .collect();
    }
    all
}

impl<'n> Combination<'n> {
    fn with(&self, name: &str, value: &(String, &'n Node)) -> Self {
        let mut suffix = self.suffix.clone();
        suffix.push(value.0.clone());
        let mut values = self.values.clone();
        values.push((name.to_owned(), value.1));
        Self { suffix, values }
    }

    /// The case's node with this combination in the place of the names.
    pub(super) fn apply(&self, node: &Node) -> Node {
        if let Some(value) = scalar(node).and_then(|text| self.get(text)) {
            return value.clone();
        }
        let kind = match &node.kind {
            Kind::Scalar { .. } => node.kind.clone(),
            Kind::List(items) => Kind::List(items.iter().map(|item| self.apply(item)).collect()),
            Kind::Map(entries) => {
                let entries = entries.iter().filter(|(key, _)| key.text != "each");
                Kind::Map(
                    entries
                        .map(|(key, value)| (self.key(key), self.apply(value)))
                        .collect(),
                )
            }
        };
        Node {
            span: node.span,
            kind,
        }
    }

    fn key(&self, key: &Key) -> Key {
        let (name, plus) = match key.text.strip_suffix('+') {
            Some(name) => (name, "+"),
            None => (key.text.as_str(), ""),
        };
        let value = self
            .get(name)
            .and_then(|node| Some((scalar(node)?, node.span)));
        match value {
            Some((text, span)) => Key {
                span,
                text: format!("{text}{plus}"),
            },
            None => key.clone(),
        }
    }

    fn get(&self, name: &str) -> Option<&'n Node> {
        let found = self.values.iter().find(|(known, _)| known == name);
        found.map(|(_, node)| *node)
    }
}

fn dimensions<'n>(reader: &mut Reader<'_>, each: &'n Node, names: &Names) -> Vec<Dimension<'n>> {
    let mut dimensions = Vec::new();
    for (key, values) in reader.map(each, "`each`").unwrap_or(&[]) {
        let name = if key.text.starts_with('$') {
            key.text.clone()
        } else {
            format!("${}", key.text)
        };
        if !is_name(&name) {
            let message = format!("`{}` is no name for a value", key.text);
            reader.error(
                EACH,
                key.span,
                message,
                "no name",
                "a name is made of letters, digits and `_`",
            );
            continue;
        }
        if names.get(&name).is_some() {
            let message = format!("`{name}` is a field already");
            reader.error(
                EACH,
                key.span,
                message,
                "defined under `fields`, too",
                "give it another name",
            );
            continue;
        }
        let values = values_of(reader, key, values);
        if values.is_empty() {
            let message = format!("`{name}` has no values");
            reader.error(
                EACH,
                key.span,
                message,
                "empty",
                "give it a list of values, or a map of names and values",
            );
            continue;
        }
        dimensions.push(Dimension {
            name,
            span: key.span,
            values,
        });
    }
    dimensions
}

/// The values of one name: a map says what each case is called, a list calls it by its value.
fn values_of<'n>(reader: &mut Reader<'_>, key: &Key, node: &'n Node) -> Vec<(String, &'n Node)> {
    let items = match &node.kind {
        Kind::Map(entries) => {
            let named = entries.iter().map(|(key, value)| (key.text.clone(), value));
            return named.collect();
        }
        Kind::List(items) => items,
        Kind::Scalar { .. } => {
            reader.wrong_shape(node, &format!("`{}`", key.text), "a list or a map");
            return Vec::new();
        }
    };
    let mut values = Vec::new();
    for item in items {
        match scalar(item) {
            Some(text) => values.push((text.to_owned(), item)),
            None => {
                let message = "a value that is a list or a map has no name for its case";
                reader.error(
                    SHAPE,
                    item.span,
                    message,
                    "",
                    "write a map: `each: {args: {some name: [a, b]}}`",
                );
            }
        }
    }
    values
}

/// Whether `name` stands somewhere in the case as a whole key or value.
fn uses(node: &Node, name: &str) -> bool {
    match &node.kind {
        Kind::Scalar { text, .. } => text == name,
        Kind::List(items) => items.iter().any(|item| uses(item, name)),
        Kind::Map(entries) => entries.iter().any(|(key, value)| {
            key.text != "each" && (key.text.trim_end_matches('+') == name || uses(value, name))
        }),
    }
}

fn scalar(node: &Node) -> Option<&str> {
    match &node.kind {
        Kind::Scalar { text, .. } => Some(text),
        _ => None,
    }
}
