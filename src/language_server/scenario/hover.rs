//! What a place of a scenario file means.

use std::fmt::Write as _;

use serde_json::Value;

use super::context::{Context, kind};
use super::keys::Place;
use super::outline::Kind;
use crate::data_source::DataSource;
use crate::diagnostic::Span;
use crate::language_server::rule::clauses::places;
use crate::replay::reason::ReasonWord;

/// What the word under the cursor means, as Markdown, and where it stands.
pub(in crate::language_server) fn hover(
    context: &Context<'_>,
    schema: &Value,
) -> Option<(String, Span)> {
    let cursor = context.outline.cursor.as_ref()?;
    let word = super::outline::bare(context.file.slice(cursor.span));
    if word.is_empty() {
        return None;
    }
    let path = context.outline.path(cursor.container);
    let document = cursor.document;
    let case = context.outline.case(cursor.container);
    let text = if cursor.kind == Kind::Value || path.last() == Some(&"-") {
        value(context, document, case, &path, word)
    } else {
        key(context, schema, cursor.container, &path, word)
    };
    text.map(|text| (text, cursor.span))
}

fn key(
    context: &Context<'_>,
    schema: &Value,
    container: Option<usize>,
    path: &[&str],
    word: &str,
) -> Option<String> {
    let cursor = context.outline.cursor.as_ref()?;
    let case = context.outline.case(container);
    let place = Place::new(schema, path);
    if let Some(known) = place.keys().iter().find(|key| key.name == word) {
        return Some(format!("**{}**: {}", known.name, known.meaning));
    }
    let parent = path.last().copied().unwrap_or("");
    if let Some(source) = context.setup.catalogue.get(word)
        && place.event.is_none()
    {
        return Some(of_source(source));
    }
    let is_fields = ["with", "vary", "seen"].contains(&parent);
    if place.event.is_some() || is_fields {
        let below = place
            .event
            .and_then(|steps| path.get(steps..))
            .unwrap_or(&[]);
        let mut event = container;
        for _ in below {
            event = context.node(event).and_then(|node| node.parent);
        }
        let is = event.and_then(|event| context.kind_of(cursor.document, event));
        let name = [below, &[word]].concat().join(".");
        return Some(field(context, cursor.document, case, &name, is));
    }
    label(context, cursor.document, case, word)
}

fn value(
    context: &Context<'_>,
    document: usize,
    case: Option<usize>,
    path: &[&str],
    word: &str,
) -> Option<String> {
    let mut keys = path.iter().rev().filter(|step| **step != "-");
    let (key, above) = (keys.next().copied()?, keys.next().copied().unwrap_or(""));
    match key {
        "is" => Some(of_kind(context, document, case, word)),
        "because" => reason(context, document, word),
        "force" => Some(field(context, document, case, word, None)),
        "sources" | "only" | "source" => context.setup.catalogue.get(word).map(of_source),
        "remove" | "alert" => label(context, document, case, word),
        _ if above == "because" => reason(context, document, word),
        _ if above.starts_with('$') => Some(field(context, document, case, word, None)),
        _ => None,
    }
}

fn of_source(source: &DataSource) -> String {
    let mut text = format!("**{}**: {}\n", source.name, source.title);
    for index in &source.indices {
        let _ = write!(text, "\n- `{}`", index.name);
    }
    text
}

/// A field on the sources of a case: its type, and what the sensor makes of it.
fn field(
    context: &Context<'_>,
    document: usize,
    case: Option<usize>,
    name: &str,
    is: Option<&str>,
) -> String {
    let mut text = format!("**{name}**\n");
    for source in context.sources(document, case) {
        let named = context
            .names(document)
            .into_iter()
            .find(|(known, _)| *known == name);
        let path = named.and_then(|(_, at)| {
            let mut paths = context.outline.below(document, Some(at));
            let (_, node) = paths.find(|(_, node)| node.key.as_deref() == Some(&source.name))?;
            Some(context.value(node))
        });
        let path = path.unwrap_or(name).trim_end_matches('+');
        let kind = kind(source, is);
        let _ = write!(text, "\n- {}: ", source.name);
        if path != name {
            let _ = write!(text, "`{path}`, ");
        }
        match source.field_type(path) {
            Some(field_type) => {
                let _ = write!(text, "{field_type}");
            }
            None => text.push_str("no such field"),
        }
        if kind.is_some_and(|kind| !kind.carries(path)) {
            let _ = write!(text, ", never carried by {}", is.unwrap_or(""));
        }
        let pins = kind
            .into_iter()
            .flat_map(|kind| &kind.pins)
            .chain(&source.pins);
        if let Some(pin) = pins.into_iter().find(|pin| pin.field == path) {
            let values: Vec<String> = pin.value.iter().map(ToString::to_string).collect();
            match values.as_slice() {
                [] => text.push_str(", always missing"),
                values => {
                    let _ = write!(text, ", pinned to `{}`", values.join(", "));
                }
            }
        }
    }
    text
}

fn of_kind(context: &Context<'_>, document: usize, case: Option<usize>, word: &str) -> String {
    let mut text = format!("**{word}**\n");
    for source in context.sources(document, case) {
        let Some(kind) = source.kind(word) else {
            let _ = write!(text, "\n- {}: no such kind of event", source.name);
            continue;
        };
        let index = source
            .indices
            .get(kind.index)
            .map_or("", |index| index.name.as_str());
        let _ = write!(text, "\n- {}: `{index}`", source.name);
        for (field, values) in &kind.defaults {
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            let _ = write!(text, ", {field} = {}", values.join(", "));
        }
    }
    text
}

/// The clauses that a reason names, as the rule has them.
fn reason(context: &Context<'_>, document: usize, word: &str) -> Option<String> {
    let (file, clauses) = context.clauses(document)?;
    let word = word.replace("''", "'");
    let found = places(&clauses, &word);
    let mut text = String::new();
    for clause in &found {
        let line = file.line_column(clause.span.start).0;
        let _ = writeln!(
            text,
            "line {line} of {}\n```eql\n{}\n```",
            file.name(),
            clause.text
        );
    }
    let mut words = ReasonWord::ALL.iter().map(|word| word.word());
    if text.is_empty() && words.any(|known| known == word) {
        return Some(format!("**{word}**: no clause of the query stops it"));
    }
    (!text.is_empty()).then_some(text)
}

/// The event of a label as the attack, or the case, has it.
fn label(
    context: &Context<'_>,
    document: usize,
    case: Option<usize>,
    word: &str,
) -> Option<String> {
    let labels = context.labels(document, case);
    let (_, at) = labels.into_iter().find(|(known, _)| *known == word)?;
    let mut text = format!("**{word}**\n");
    for (_, node) in context.outline.below(document, Some(at)) {
        let key = node.key.as_deref().unwrap_or("");
        let value = context.file.slice(node.value);
        let _ = write!(text, "\n- {key}: {value}");
    }
    Some(text)
}
