//! A list of data sources, as `sources` and `only` have it.

use super::Parser;
use crate::scenario::error::WRONG_SHAPE;
use crate::scenario::model::Located;
use crate::scenario::yaml::{Node, NodeKind};

/// The most data sources that a scenario names.
pub(super) const MAX_SOURCES: usize = 100;

/// A list of sources without repetitions.
pub(super) fn sources(parser: &mut Parser<'_>, node: &Node, what: &str) -> Vec<Located<String>> {
    let names = parser.texts(node, what);
    if names.is_empty() && matches!(&node.kind, NodeKind::List(items) if items.is_empty()) {
        let message = format!("{what} names no source");
        let help = "take the key out to run on every source";
        parser.error(&WRONG_SHAPE, node.span, message, "", &[help]);
    }
    if !parser.few(node.span, names.len(), MAX_SOURCES, "sources") {
        return Vec::new();
    }
    let mut unique: Vec<Located<String>> = Vec::new();
    for name in names {
        if unique.iter().any(|known| known.value == name.value) {
            let message = format!("{what} names `{}` twice", name.value);
            parser.error(
                &WRONG_SHAPE,
                name.span,
                message,
                "",
                &["take one of them out"],
            );
        } else {
            unique.push(name);
        }
    }
    unique
}
