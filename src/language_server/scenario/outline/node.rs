//! The keys and items of an outline, and the cursor in it.

use crate::diagnostic::Span;

/// A key of a map, or an item of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::language_server::scenario) struct Node {
    /// The node that holds it; `None` at the top of a document.
    pub(in crate::language_server::scenario) parent: Option<usize>,
    /// Which document of the file, from 0.
    pub(in crate::language_server::scenario) document: usize,
    /// The key; `None` for an item.
    pub(in crate::language_server::scenario) key: Option<String>,
    /// Where the key is written.
    pub(in crate::language_server::scenario) span: Span,
    /// Where its value is, if that is text on the same line.
    pub(in crate::language_server::scenario) value: Span,
}

/// What may stand at the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::language_server::scenario) enum Kind {
    /// A key.
    Key,
    /// A value.
    Value,
    /// Either: a key of a map whose colon is not typed yet, or a text.
    Either,
}

/// Where the cursor is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::language_server::scenario) struct Cursor {
    /// The node whose value holds the cursor.
    pub(in crate::language_server::scenario) container: Option<usize>,
    pub(in crate::language_server::scenario) document: usize,
    pub(in crate::language_server::scenario) kind: Kind,
    /// What is written there, all of it.
    pub(in crate::language_server::scenario) span: Span,
    /// Of that the part before the cursor, without an opening quote.
    pub(in crate::language_server::scenario) prefix: String,
}
