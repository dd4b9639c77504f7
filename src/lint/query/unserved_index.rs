//! `unserved-index`: index patterns of which nothing is known.

use std::sync::Arc;

use crate::data_source::{Catalogue, IndexPatterns, known_indices};
use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{Code, Severity, SourceText, Span};
use crate::lint::claims::unserved;
use crate::lint::finding::{Finding, Lint};
use crate::rule::Rule;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "unserved-index",
        title: "an index pattern that no known data source serves",
        page: "No data source that Trapline knows writes to such an index. The types of its fields are \
               taken from ECS or inferred from their use, and no scenario can be replayed there. That is \
               in order for an integration that Trapline has no shape of; it is a mistake if the pattern \
               is misspelt, for then the rule never sees an event.\n\n\
               `trapline sources` lists what is known. Allow the lint (`--allow unserved-index`) if the \
               patterns are meant.",
    },
    severity: Severity::Warning,
};

/// The most patterns that are named, or looked up among those that are known.
const NAMED: usize = 20;

pub(in crate::lint) fn run(
    rule: &Rule,
    source: &Arc<SourceText>,
    catalogue: &Catalogue,
    findings: &mut Vec<Finding>,
) {
    let mut found: Vec<(&str, Span)> = Vec::new();
    for (entry, span) in &rule.index {
        let patterns = IndexPatterns::new([entry.as_str()]);
        if !unserved(catalogue, &patterns).is_empty() {
            found.push((entry, *span));
        }
    }
    let Some((first, span)) = found.first() else {
        return;
    };
    let message = match found.as_slice() {
        [_] => format!("no known data source serves the index pattern {first}"),
        all => {
            let names: Vec<&str> = all.iter().take(NAMED).map(|(name, _)| *name).collect();
            let more = match all.len() - names.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!(
                "no known data source serves the index patterns {}{more}",
                names.join(", ")
            )
        }
    };
    let mut finding = LINT.finding(source, *span, message, "");
    for (_, span) in found.iter().skip(1) {
        finding = finding.also(source, *span, "");
    }
    let known = known(catalogue);
    let near = found.iter().take(NAMED).find_map(|(pattern, _)| {
        nearest(pattern, known.iter().map(String::as_str)).map(|near| (*pattern, near.to_owned()))
    });
    findings.push(match near {
        Some((pattern, near)) => finding.help(format!("did you mean `{near}` for `{pattern}`?")),
        None => finding.help(
            "if the pattern is right, allow this lint; `trapline sources` lists what is known",
        ),
    });
}

/// The patterns that rules usually write for the known indices.
fn known(catalogue: &Catalogue) -> Vec<String> {
    let indices = catalogue
        .sources()
        .iter()
        .flat_map(|source| &source.indices);
    let names = indices.map(|index| index.name.clone());
    let listed = known_indices::names().map(str::to_owned);
    names
        .chain(listed)
        .filter_map(|name| Some(format!("{}-*", name.rsplit_once('-')?.0)))
        .collect()
}
