//! Fields, functions and words in the query of a rule, and the keys around it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::text::RuleText;
use crate::data_source::{Catalogue, DataSource, Index};
use crate::diagnostic::Span;
use crate::language_server::completion::{MOST, Proposal, Sort, fits};
use crate::plan::Function;
use crate::plan::pipeline::aggregate::{self, AGGREGATES};
use crate::plan::pipeline::signature;
use crate::rule::{Language, schema};

/// The words of EQL that are no functions.
const EQL_WORDS: &[&str] = &[
    "and",
    "any",
    "by",
    "false",
    "head",
    "in",
    "in~",
    "like",
    "like~",
    "maxspan",
    "not",
    "null",
    "or",
    "regex",
    "regex~",
    "sample",
    "sequence",
    "tail",
    "true",
    "until",
    "where",
    "with runs",
];

/// The words of KQL.
const KQL_WORDS: &[&str] = &["and", "or", "not"];

/// The commands of ES|QL.
const ESQL_WORDS: &[&str] = &[
    "FROM",
    "WHERE",
    "EVAL",
    "STATS",
    "BY",
    "KEEP",
    "DROP",
    "RENAME",
    "SORT",
    "LIMIT",
    "DISSECT",
    "GROK",
    "MV_EXPAND",
    "METADATA",
    "AND",
    "OR",
    "NOT",
    "IN",
    "LIKE",
    "RLIKE",
    "IS NULL",
];

/// The word at a place: letters, digits and what field names hold.
pub(in crate::language_server) fn word(text: &str, at: usize) -> Span {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.@$".contains(byte);
    let bytes = text.as_bytes();
    let before = bytes.get(..at).unwrap_or(bytes);
    let start = at - before.iter().rev().take_while(|byte| is_part(byte)).count();
    let behind = bytes.get(at..).unwrap_or(&[]);
    let end = at + behind.iter().take_while(|byte| is_part(byte)).count();
    Span::of(start..end)
}

/// What a word of a query means.
pub(in crate::language_server) fn hover(
    rule: &RuleText,
    word: &str,
    catalogue: &Catalogue,
) -> Option<String> {
    let patterns = rule.patterns();
    let mut text = format!("**{word}**\n");
    let mut is_field = false;
    for source in catalogue.claimed(&patterns) {
        let Some(field) = source.field(&patterns, word) else {
            let _ = write!(text, "\n- {}: no such field", source.name);
            continue;
        };
        is_field = true;
        let _ = write!(text, "\n- {}: {}", source.name, field.field_type);
        if &*field.read_from != word {
            let _ = write!(text, ", read from `{}`", field.read_from);
        }
        if let Some(pin) = source.pins.iter().find(|pin| pin.field == word) {
            let values: Vec<String> = pin.value.iter().map(ToString::to_string).collect();
            let _ = write!(text, ", pinned to `{}`", values.join(", "));
        }
    }
    if is_field {
        return Some(text);
    }
    function(rule.language(), word)
}

fn function(language: Option<Language>, word: &str) -> Option<String> {
    match language {
        Some(Language::Eql) => {
            let function = Function::named(word)?;
            let kind = if function.is_boolean() {
                "a condition"
            } else {
                "a value"
            };
            let insensitive = if function.has_insensitive_form() {
                format!("; `{word}~` ignores case")
            } else {
                String::new()
            };
            Some(format!(
                "**{word}**: function of EQL that gives {kind}{insensitive}"
            ))
        }
        Some(Language::Esql) => {
            if let Some(aggregate) = aggregate::named(word) {
                let (least, most) = aggregate.arguments;
                let many = count(least, most);
                return Some(format!("**{word}**: aggregate of ES|QL, {many}"));
            }
            let many = arguments(signature::named(word)?);
            Some(format!("**{word}**: function of ES|QL, {many}"))
        }
        _ => None,
    }
}

fn arguments(signature: &signature::Signature) -> String {
    let all = signature.parameters.len();
    match (signature.required, signature.repeats) {
        (least, true) => format!("{least} arguments or more"),
        (least, false) => count(least, all),
    }
}

fn count(least: usize, most: usize) -> String {
    let plural = if most == 1 { "" } else { "s" };
    if least == most {
        format!("{most} argument{plural}")
    } else {
        format!("{least} to {most} argument{plural}")
    }
}

/// What may be typed in a query.
pub(in crate::language_server) fn complete(
    rule: &RuleText,
    typed: &str,
    catalogue: &Catalogue,
) -> Vec<Proposal> {
    let mut all = Vec::new();
    let words: &[&str] = match rule.language() {
        Some(Language::Eql) => EQL_WORDS,
        Some(Language::Kuery) => KQL_WORDS,
        Some(Language::Esql) => ESQL_WORDS,
        _ => &[],
    };
    let words = words.iter().filter(|word| fits(word, typed));
    all.extend(words.map(|word| Proposal::new(*word, Sort::Keyword)));
    match rule.language() {
        Some(Language::Eql) => {
            let names = Function::NAMED.into_iter().map(Function::name);
            for name in names.filter(|name| fits(name, typed)) {
                let proposal = Proposal::new(name, Sort::Function);
                all.push(proposal.inserting(format!("{name}(")));
            }
            all.extend(categories(rule, catalogue).filter(|one| fits(&one.text, typed)));
        }
        Some(Language::Esql) => {
            let functions = signature::SIGNATURES
                .iter()
                .map(|one| (one.name(), arguments(one)));
            let aggregates = AGGREGATES
                .iter()
                .map(|one| (one.name, count(one.arguments.0, one.arguments.1)));
            for (name, detail) in functions.chain(aggregates) {
                if fits(name, typed) {
                    let proposal = Proposal::new(name, Sort::Function).detail(detail);
                    all.push(proposal.inserting(format!("{name}(")));
                }
            }
        }
        _ => {}
    }
    all.extend(fields(rule, typed, catalogue));
    all
}

/// The categories of events that the claimed sources write.
fn categories(rule: &RuleText, catalogue: &Catalogue) -> impl Iterator<Item = Proposal> {
    let mut categories = BTreeSet::new();
    for source in catalogue.claimed(&rule.patterns()) {
        let defaults = source.kinds.iter().flat_map(|kind| &kind.defaults);
        let own = defaults.filter(|(field, _)| field == "event.category");
        categories.extend(own.flat_map(|(_, values)| values).map(ToString::to_string));
    }
    let proposals = categories.into_iter();
    proposals.map(|one| Proposal::new(one, Sort::Value).detail("event category"))
}

fn fields(rule: &RuleText, typed: &str, catalogue: &Catalogue) -> Vec<Proposal> {
    let patterns = rule.patterns();
    let sources = catalogue.claimed(&patterns);
    let mut found: BTreeSet<&str> = BTreeSet::new();
    for source in &sources {
        let names = source.selected(&patterns).flat_map(Index::names);
        found.extend(names.filter(|name| fits(name, typed)));
    }
    let shown = found.into_iter().take(MOST + 1);
    shown
        .map(|name| {
            let detail = types(name, &sources);
            Proposal::new(name, Sort::Field).detail(detail)
        })
        .collect()
}

fn types(name: &str, sources: &[&DataSource]) -> String {
    let mut by_type: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for source in sources {
        if let Some(field_type) = source.field_type(name) {
            by_type
                .entry(field_type.to_string())
                .or_default()
                .push(&source.name);
        }
    }
    let words: Vec<String> = by_type
        .iter()
        .map(|(field_type, sources)| format!("{field_type} ({})", sources.join(", ")))
        .collect();
    words.join("; ")
}

/// The keys of the table that a place is in, which is not within the query.
pub(in crate::language_server) fn keys(rule: &RuleText, at: usize, typed: &str) -> Vec<Proposal> {
    let schema = schema::schema();
    let pointer = format!(
        "/properties/{}/properties",
        rule.table(at).replace('.', "/properties/")
    );
    let keys = schema.pointer(&pointer).and_then(|keys| keys.as_object());
    let keys = keys.into_iter().flatten();
    keys.filter(|(key, _)| fits(key, typed))
        .map(|(key, value)| {
            let meaning = value.get("description").and_then(|text| text.as_str());
            let proposal = Proposal::new(key, Sort::Property);
            let proposal = proposal.documented(meaning.unwrap_or(""));
            proposal.inserting(format!("{key} = "))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_ends_at_what_no_name_holds() {
        let text = "not process.name: \"é\"";
        assert_eq!(word(text, 6), Span::new(4, 16));
        assert_eq!(word(text, 16), Span::new(4, 16));
        assert_eq!(word(text, 99).start, 99);
    }
}
