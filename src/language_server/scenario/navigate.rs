//! From a word of a scenario to what it names, and from a clause of a rule to the cases that name it.

use std::sync::Arc;

use super::context::Context;
use super::outline::{Kind, bare};
use crate::diagnostic::{SourceText, Span};
use crate::language_server::rule::clauses::places;
use crate::project::rule_files::file_of;

/// Where something is: in the file itself, or in another one.
pub(in crate::language_server) type Target = (Option<Arc<SourceText>>, Span);

/// What the word under the cursor names.
pub(in crate::language_server) fn definition(context: &Context<'_>) -> Vec<Target> {
    let Some(cursor) = &context.outline.cursor else {
        return Vec::new();
    };
    let word = bare(context.file.slice(cursor.span)).replace("''", "'");
    let document = cursor.document;
    let path = context.outline.path(cursor.container);
    let mut keys = path.iter().rev().filter(|step| **step != "-");
    let (key, above) = (
        keys.next().copied().unwrap_or(""),
        keys.next().copied().unwrap_or(""),
    );
    if cursor.kind != Kind::Key && (key == "because" || above == "because") {
        let Some((file, clauses)) = context.clauses(document) else {
            return Vec::new();
        };
        let named = places(&clauses, &word).into_iter();
        return named
            .map(|clause| (Some(Arc::clone(&file)), clause.span))
            .collect();
    }
    if cursor.kind == Kind::Value && path == ["rule"] {
        let name = context.rule_name(document);
        let text = context.rule_text(file_of(&name));
        return text
            .map(|text| (Some(text), Span::new(0, 0)))
            .into_iter()
            .collect();
    }
    let case = context.outline.case(cursor.container);
    let mut named = context.labels(document, case);
    named.extend(context.names(document));
    let found = named.into_iter().find(|(known, _)| *known == word);
    let node = found.and_then(|(_, at)| context.node(Some(at)));
    node.map(|node| (None, node.span)).into_iter().collect()
}

/// The reasons (`because`) of a scenario file that name something of a rule, with their places;
/// `is_named` says whether a reason does.
pub(in crate::language_server) fn reasons(
    context: &Context<'_>,
    rule: &str,
    is_named: impl Fn(&str) -> bool,
) -> Vec<Span> {
    let mut found = Vec::new();
    for (at, node) in context.outline.nodes.iter().enumerate() {
        if node.key.as_deref() != Some("because")
            || file_of(&context.rule_name(node.document)) != rule
        {
            continue;
        }
        let by_source = context.outline.below(node.document, Some(at));
        let by_source = by_source
            .filter(|(_, node)| node.key.is_some())
            .map(|(at, _)| at);
        let owners = std::iter::once(at).chain(by_source);
        for (text, span) in owners.flat_map(|at| context.texts(at)) {
            if is_named(&text.replace("''", "'")) {
                found.push(span);
            }
        }
    }
    found
}
