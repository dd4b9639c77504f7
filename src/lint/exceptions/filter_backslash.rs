//! `filter-backslash`: a backslash of a wildcard filter that is taken for an escape.

use std::sync::Arc;

use crate::diagnostic::{Code, Severity, SourceText, Span};
use crate::language::dsl::query::{FieldTest, Query};
use crate::lint::finding::{Finding, Lint};
use crate::rule::{Rule, RuleKind};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "filter-backslash",
        title: "a backslash of a filter that is taken for an escape",
        page: "In the pattern of a `wildcard` query a backslash makes the next character literal and is \
               gone itself. A filter, or an exception, whose `wildcard` value is `C:\\Program Files\\*` \
               looks for `C:Program Files*`, and the exclusion is without effect. Write every backslash \
               of the value twice, which in TOML's plain strings is four times. A backslash before `*`, \
               `?` or another backslash is the escape that it is, and is no finding.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(rule: &Rule, source: &Arc<SourceText>, findings: &mut Vec<Finding>) {
    let own = rule.production.filters.iter();
    let of_indicators = match &rule.kind {
        RuleKind::ThreatMatch(settings) => settings.filters.as_slice(),
        _ => &[],
    };
    for (filter, span) in own.chain(of_indicators) {
        check(filter, source, *span, findings);
    }
    for item in &rule.exceptions {
        check(&item.filter, &item.source, item.span, findings);
    }
}

fn check(filter: &Query, source: &Arc<SourceText>, span: Span, findings: &mut Vec<Finding>) {
    let mut patterns = Vec::new();
    patterns_of(filter, &mut patterns);
    for pattern in patterns {
        let Some(lost) = swallowed(pattern) else {
            continue;
        };
        let message = format!(
            "the backslash before `{lost}` in the pattern `{pattern}` is taken for an escape"
        );
        findings.push(
            LINT.finding(
                source,
                span,
                message,
                "this pattern matches the text without it",
            )
            .help("write every backslash of the pattern twice"),
        );
    }
}

/// The patterns of the `wildcard` queries in a filter.
fn patterns_of<'q>(query: &'q Query, patterns: &mut Vec<&'q str>) {
    match query {
        Query::Bool(all) => {
            let parts = [&all.must, &all.filter, &all.should, &all.must_not];
            for query in parts.into_iter().flatten() {
                patterns_of(query, patterns);
            }
        }
        Query::Nested { query, .. } => patterns_of(query, patterns),
        Query::Field {
            test: FieldTest::Wildcard { pattern, .. },
            ..
        } => patterns.push(pattern),
        Query::MatchAll
        | Query::MatchNone
        | Query::Field { .. }
        | Query::QueryString(_)
        | Query::Ids(_) => {}
    }
}

/// The first letter or digit whose backslash is lost.
fn swallowed(pattern: &str) -> Option<char> {
    let mut characters = pattern.chars();
    while let Some(c) = characters.next() {
        if c == '\\' {
            let next = characters.next().filter(|next| next.is_alphanumeric());
            if next.is_some() {
                return next;
            }
        }
    }
    None
}
