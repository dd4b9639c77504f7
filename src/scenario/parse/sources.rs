//! A list of data sources, as `sources` and `only` have it.

use super::Parser;
use crate::diagnostic::scenario_part::{Counted, ScenarioPart};
use crate::diagnostic::scenario_source::ScenarioSource;
use crate::scenario::error::WRONG_SHAPE;
use crate::scenario::model::Located;
use crate::scenario::yaml::{Node, NodeKind};

/// The most data sources that a scenario names.
pub(super) const MAX_SOURCES: usize = 100;

/// A list of sources without repetitions.
pub(super) fn sources(
    parser: &mut Parser<'_>,
    node: &Node,
    key: &'static str,
) -> Vec<Located<String>> {
    let names = parser.texts(node, &ScenarioPart::Key(key));
    if names.is_empty() && matches!(&node.kind, NodeKind::List(items) if items.is_empty()) {
        parser.error(&WRONG_SHAPE, node.span, &ScenarioSource::NoSources { key });
    }
    if !parser.few(node.span, names.len(), MAX_SOURCES, Counted::Sources) {
        return Vec::new();
    }
    let mut unique: Vec<Located<String>> = Vec::new();
    for name in names {
        if unique.iter().any(|known| known.value == name.value) {
            let cause = ScenarioSource::RepeatedSource {
                key,
                name: name.value,
            };
            parser.error(&WRONG_SHAPE, name.span, &cause);
        } else {
            unique.push(name);
        }
    }
    unique
}
