//! What of ES|QL is newer than `min_stack_version` says, for the lint `newer-stack`.
//!
//! The versions are those of `applies_to` on the page of each command and function in Elasticsearch's
//! reference (`docs/reference/query-languages/esql/_snippets/{commands,functions}/layout/`, on the web
//! <https://www.elastic.co/docs/reference/query-languages/esql>), technical previews included; those of
//! stack 8 are from the changes that brought them: aggregates with WHERE elasticsearch#114842, KQL
//! elasticsearch#119954, LOOKUP JOIN the page <https://www.elastic.co/guide/en/elasticsearch/reference/8.18/_lookup_join.html>.

use std::collections::BTreeSet;

use crate::diagnostic::Span;
use crate::language::esql::syntax::{CommandKind, Expr, ExprKind};
use crate::lint::esql::walk::{EsqlSubject, every};
use crate::lint::finding::Finding;
use crate::lint::query::newer_stack::report;
use crate::rule::StackVersion;

const AGGREGATE_FILTER: StackVersion = StackVersion::new(8, 16);
const MATCH: StackVersion = StackVersion::new(8, 17);
const LOOKUP_JOIN: StackVersion = StackVersion::new(8, 18);
const INLINE_STATS: StackVersion = StackVersion::new(9, 2);
/// With the options in braces; 9.1 had the name of the endpoint behind WITH.
const COMPLETION: StackVersion = StackVersion::new(9, 2);

/// The functions that came after 8.15, each with the first version that has it.
const FUNCTIONS: &[(&str, StackVersion)] = &[
    ("ABSENT", StackVersion::new(9, 2)),
    ("CONTAINS", StackVersion::new(9, 2)),
    ("DAY_NAME", StackVersion::new(9, 2)),
    ("FIRST", StackVersion::new(9, 4)),
    ("JSON_EXTRACT", StackVersion::new(9, 4)),
    ("KQL", StackVersion::new(8, 18)),
    ("LAST", StackVersion::new(9, 4)),
    ("MATCH", MATCH),
    ("MONTH_NAME", StackVersion::new(9, 2)),
    ("MV_CONTAINS", StackVersion::new(9, 2)),
    ("MV_INTERSECTION", StackVersion::new(9, 3)),
    ("MV_INTERSECTS", StackVersion::new(9, 3)),
    ("MV_UNION", StackVersion::new(9, 3)),
    ("QSTR", MATCH),
    ("URL_DECODE", StackVersion::new(9, 2)),
];

pub(in crate::lint) fn run(subject: &EsqlSubject<'_>, findings: &mut Vec<Finding>) {
    let mut needs: Vec<(StackVersion, Span, String)> = Vec::new();
    for command in &subject.query.commands {
        let (needed, what) = match &command.kind {
            CommandKind::InlineStats(_) => (INLINE_STATS, "INLINE STATS"),
            CommandKind::LookupJoin { .. } => (LOOKUP_JOIN, "LOOKUP JOIN"),
            CommandKind::Completion { .. } => (COMPLETION, "COMPLETION with options"),
            CommandKind::Stats(stats) => {
                let mut aggregates = stats.aggregates.iter();
                let filter = aggregates.find_map(|aggregate| aggregate.filter.as_ref());
                if let Some(filter) = filter {
                    let what = "an aggregate with WHERE".to_owned();
                    needs.push((AGGREGATE_FILTER, filter.span, what));
                }
                continue;
            }
            _ => continue,
        };
        needs.push((needed, command.span, what.to_owned()));
    }
    for expr in subject.query.expressions() {
        every(expr, &mut |expr| {
            needs.extend(needs_of(expr));
        });
    }
    // What is used often is said once, where it stands first.
    let mut seen = BTreeSet::new();
    needs.retain(|(_, _, what)| seen.insert(what.clone()));
    for (_, span, _) in &mut needs {
        *span = subject.text.locate(*span);
    }
    report(subject.rule, subject.text.source(), needs, findings);
}

/// What an expression needs of itself.
fn needs_of(expr: &Expr) -> Option<(StackVersion, Span, String)> {
    match &expr.kind {
        ExprKind::Match { .. } => Some((MATCH, expr.span, "the operator `:`".to_owned())),
        ExprKind::Call { name, .. } => {
            let upper = name.value.to_ascii_uppercase();
            let (_, needed) = FUNCTIONS.iter().find(|(own, _)| *own == upper)?;
            Some((*needed, name.span, upper))
        }
        _ => None,
    }
}
