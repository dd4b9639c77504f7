//! `exception-never-matches`: an exception item that no document of the rule's sources can fit.

use crate::diagnostic::{Code, Severity};
use crate::language::dsl::query::{FieldTest, Query};
use crate::lint::finding::{Finding, Lint};
use crate::replay::LinkedException;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "exception-never-matches",
        title: "an exception that can match nothing",
        page: "No document can fit the item, so that it excepts nothing: it asks for a field that no data \
               source of the rule has, or its wildcard has single backslashes. In an exception a backslash \
               makes the next character literal, so that `C:\\Windows\\*` asks for the text `C:Windows*`; in a \
               query of the rule it would be a backslash.\n\n\
               Write the field as the source has it, and each backslash of a `matches` entry twice: \
               `C:\\\\Windows\\\\*`.",
    },
    severity: Severity::Warning,
};

/// Items that no document of the rule's sources can fit.
pub fn dead_exceptions(linked: &[LinkedException]) -> Vec<Finding> {
    linked.iter().filter_map(dead).collect()
}

fn dead(linked: &LinkedException) -> Option<Finding> {
    let item = &linked.item;
    let mut needed = Vec::new();
    needs(&item.filter, &mut needed);
    let (why, help) = needed.into_iter().find_map(|any| why(any, linked))?;
    let message = format!("the exception `{}` can match nothing", item.name);
    Some(
        LINT.finding(&item.source, item.span, message, why)
            .help(help),
    )
}

/// The conditions of which each must hold, as those of which one must.
fn needs<'q>(query: &'q Query, needed: &mut Vec<&'q [Query]>) {
    match query {
        Query::Bool(parts) => {
            for part in parts.must.iter().chain(&parts.filter) {
                needs(part, needed);
            }
            match parts.should.as_slice() {
                [only] if parts.least() == 1 => needs(only, needed),
                should if parts.least() > 0 => needed.push(should),
                _ => {}
            }
        }
        Query::Nested { query, .. } => needs(query, needed),
        query => needed.push(std::slice::from_ref(query)),
    }
}

fn why(any: &[Query], linked: &LinkedException) -> Option<(String, String)> {
    let fields: Option<Vec<&str>> = any.iter().map(tested).collect();
    let fields = fields?;
    let unknown = |field: &&str| linked.unmapped.iter().any(|path| path == field);
    if let Some(field) = fields.first()
        && fields.iter().all(unknown)
    {
        let why = format!("no data source of the rule has the field `{field}`");
        return Some((why, "write the field as the data source has it".to_owned()));
    }
    if let [Query::Field { test, .. }] = any
        && let FieldTest::Wildcard { pattern, .. } = test
        && swallows(pattern)
    {
        let why = format!("`{pattern}` has single backslashes, which are swallowed");
        return Some((why, format!("write `{}`", pattern.replace('\\', r"\\"))));
    }
    None
}

/// The one field that a query asks something of.
fn tested(query: &Query) -> Option<&str> {
    match query {
        Query::Field { fields, .. } => Some(fields.text()),
        _ => None,
    }
}

/// Whether a backslash stands before a character that needs none.
fn swallows(pattern: &str) -> bool {
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        if character == '\\' && !matches!(characters.next(), Some('\\' | '*' | '?') | None) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backslash_before_a_letter_is_swallowed() {
        assert!(swallows(r"C:\Windows\*"));
        assert!(!swallows(r"C:\\Windows\\*"));
        assert!(!swallows(r"C:\*"));
    }
}
