//! `exception-never-matches`: an exception item that no document of the rule's sources can fit.

use super::finding::{Finding, Lint};
use crate::diagnostic::{Code, Severity};
use crate::replay::LinkedException;
use crate::rule::Filter;

pub(super) static LINT: Lint = Lint {
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
    let (why, help) = needed.iter().find_map(|need| why(need, linked))?;
    let message = format!("the exception `{}` can match nothing", item.name);
    Some(
        LINT.finding(&item.source, item.span, message, why)
            .help(help),
    )
}

/// The conditions of which each must hold.
fn needs<'f>(filter: &'f Filter, needed: &mut Vec<&'f Filter>) {
    match filter {
        Filter::All(filters) => {
            for filter in filters {
                needs(filter, needed);
            }
        }
        Filter::AtLeast(1, filters) if filters.len() == 1 => {
            for filter in filters {
                needs(filter, needed);
            }
        }
        Filter::Nested(_, inner) => needs(inner, needed),
        filter => needed.push(filter),
    }
}

fn why(filter: &Filter, linked: &LinkedException) -> Option<(String, String)> {
    let fields = match filter {
        Filter::Everything | Filter::Not(_) => return None,
        filter => filter.fields(),
    };
    let unknown = |field: &&str| linked.unmapped.iter().any(|path| path == field);
    if let Some(field) = fields.iter().copied().find(unknown)
        && fields.iter().all(unknown)
    {
        let why = format!("no data source of the rule has the field `{field}`");
        return Some((why, "write the field as the data source has it".to_owned()));
    }
    if let Filter::Wildcard { pattern, .. } = filter
        && swallows(pattern)
    {
        let why = format!("`{pattern}` has single backslashes, which are swallowed");
        return Some((why, format!("write `{}`", pattern.replace('\\', r"\\"))));
    }
    None
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
