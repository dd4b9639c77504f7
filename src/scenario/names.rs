//! `fields:` – names that stand for another field on each data source – and the `$name`s that use
//! them. Called by the readers of this module and by `expand`.

use super::error::UNKNOWN_NAME;
use super::reader::{Located, Reader};
use super::yaml::{Key, Node};
use crate::diagnostic::Span;
use crate::diagnostic::suggest::nearest;

/// The `fields:` of a scenario.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Names {
    names: Vec<Name>,
}

/// One name and the field that it stands for on each source.
#[derive(Debug, Clone, PartialEq)]
pub struct Name {
    /// With its `$`.
    pub name: String,
    /// Where it is defined.
    pub span: Span,
    /// `(source, field)`, each with its place.
    pub paths: Vec<(Located, Located)>,
}

/// A field as a scenario names it: a path, or a `$name` of [`Names`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldName {
    /// The path, or the name with its `$`.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// Whether it is a `$name`.
    pub named: bool,
}

impl Names {
    /// The definition of `$name`.
    pub fn get(&self, name: &str) -> Option<&Name> {
        self.names.iter().find(|known| known.name == name)
    }

    /// All names.
    pub fn iter(&self) -> impl Iterator<Item = &Name> {
        self.names.iter()
    }

    /// The path that `field` means on `source`; `None` for a name that has none there.
    pub fn path<'a>(&'a self, field: &'a FieldName, source: &str) -> Option<&'a str> {
        if field.named {
            self.get(&field.text)?.path(source)
        } else {
            Some(&field.text)
        }
    }
}

impl Name {
    /// The field that the name stands for on `source`.
    pub fn path(&self, source: &str) -> Option<&str> {
        let found = self.paths.iter().find(|(name, _)| name.text == source);
        found.map(|(_, path)| path.text.as_str())
    }
}

/// Reads `fields:`.
pub(super) fn read(reader: &mut Reader<'_>, node: &Node) -> Names {
    let mut names = Vec::new();
    for (key, value) in reader.map(node, "`fields`").unwrap_or(&[]) {
        if !is_name(&key.text) {
            reader.error(
                UNKNOWN_NAME,
                key.span,
                format!("`{}` is no name for a field", key.text),
                "no name",
                "a name is `$` and letters, digits or `_`: `$integrity`",
            );
            continue;
        }
        let what = format!("`{}`", key.text);
        let mut paths = Vec::new();
        for (source, path) in reader.map(value, &what).unwrap_or(&[]) {
            if let Some(path) = reader.text(path, &what) {
                paths.push((located(source), path));
            }
        }
        names.push(Name {
            name: key.text.clone(),
            span: key.span,
            paths,
        });
    }
    Names { names }
}

/// A field named by a key or a text; an unknown `$name` is reported.
pub(super) fn field(reader: &mut Reader<'_>, names: &Names, at: &Located) -> Option<FieldName> {
    if let Some(literal) = at.text.strip_prefix("$$") {
        return Some(FieldName {
            text: format!("${literal}"),
            span: at.span,
            named: false,
        });
    }
    let named = at.text.starts_with('$');
    if named && names.get(&at.text).is_none() {
        unknown(reader, names, at);
        return None;
    }
    Some(FieldName {
        text: at.text.clone(),
        span: at.span,
        named,
    })
}

/// Reports a `$name` that nothing defines.
pub(super) fn unknown(reader: &mut Reader<'_>, names: &Names, at: &Located) {
    let fields = names.names.iter().map(|name| &name.name);
    let known = fields.chain(&reader.each).map(String::as_str);
    let help = match nearest(&at.text, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!(
            "define it under `fields` (a field) or `each` (a value); for the literal text write `${}`",
            at.text
        ),
    };
    reader.error(
        UNKNOWN_NAME,
        at.span,
        format!("nothing defines `{}`", at.text),
        "unknown name",
        help,
    );
}

/// Reports a `$name` where a value is wanted.
pub(super) fn no_value(reader: &mut Reader<'_>, names: &Names, at: &Located) {
    if names.get(&at.text).is_none() {
        return unknown(reader, names, at);
    }
    let message = format!(
        "`{}` names a field, and this is the place of a value",
        at.text
    );
    let help = format!("for the literal text write `${}`", at.text);
    reader.error(UNKNOWN_NAME, at.span, message, "a field's name", help);
}

/// Whether a text is `$` and an identifier.
pub(super) fn is_name(text: &str) -> bool {
    let identifier = |name: &str| {
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    text.strip_prefix('$').is_some_and(identifier)
}

/// A key as text with a place.
pub(super) fn located(key: &Key) -> Located {
    Located {
        text: key.text.clone(),
        span: key.span,
    }
}
