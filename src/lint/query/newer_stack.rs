//! `newer-stack`: the rule needs a newer Elasticsearch than `min_stack_version` names.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::{Code, Severity, SourceText, Span};
use crate::event::field::Family;
use crate::language::eql::every;
use crate::language::eql::syntax::{CompareOp, Expr, ExprKind, QueryKind};
use crate::lint::Subject;
use crate::lint::condition::walk::stages;
use crate::lint::finding::{Finding, Lint};
use crate::rule::{Rule, StackVersion};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "newer-stack",
        title: "the rule needs a newer version than `min_stack_version`",
        page: "Trapline runs a rule as the newest Elasticsearch and Kibana do. `min_stack_version` in \
               `[metadata]` says that the rule is for older ones too, and there it fails or does \
               something else:\n\n\
               | what | since |\n|---|---|\n\
               | `ip == \"a\" or ip == \"b\"`, likewise for dates, versions and whatever else a list \
               refuses; before, the query fails with \"Unresolved expression\" (elasticsearch#118621) \
               | 8.18 |\n\
               | missing events, `![…]` | 8.9.1 |\n\
               | alert suppression of event queries | 8.14 |\n\
               | alert suppression of sequences | 8.18 |\n\
               | ES\\|QL: `COUNT(*) WHERE …` in STATS | 8.16 |\n\
               | ES\\|QL: MATCH, QSTR, `field : \"words\"` | 8.17 |\n\
               | ES\\|QL: KQL, LOOKUP JOIN | 8.18 |\n\
               | ES\\|QL: INLINE STATS, COMPLETION with `WITH {…}`; ABSENT, CONTAINS, DAY_NAME, MONTH_NAME, \
               MV_CONTAINS, URL_DECODE | 9.2 |\n\
               | ES\\|QL: MV_INTERSECTION, MV_INTERSECTS, MV_UNION | 9.3 |\n\
               | ES\\|QL: FIRST, JSON_EXTRACT, LAST | 9.4 |\n\n\
               Raise `min_stack_version`, or write the rule in the older way: `cidrMatch(ip, \"a\", \
               \"b\")`.",
    },
    severity: Severity::Warning,
};

const EQUALITIES: StackVersion = StackVersion::new(8, 18);
const MISSING_EVENTS: StackVersion = StackVersion {
    patch: 1,
    ..StackVersion::new(8, 9)
};
const SUPPRESSED_EVENTS: StackVersion = StackVersion::new(8, 14);
const SUPPRESSED_SEQUENCES: StackVersion = StackVersion::new(8, 18);

pub(in crate::lint) fn run(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    report(subject.rule, subject.source(), needs(subject), findings);
}

/// Reports what a rule needs and its `min_stack_version` does not promise: since which version it is
/// there, where it stands, what it is.
pub(in crate::lint) fn report(
    rule: &Rule,
    source: &Arc<SourceText>,
    needs: Vec<(StackVersion, Span, String)>,
    findings: &mut Vec<Finding>,
) {
    let Some((oldest, stated)) = rule.min_stack_version else {
        return;
    };
    for (needed, span, what) in needs {
        if oldest < needed {
            let message =
                format!("{what} needs Elasticsearch {needed}, and the rule is for {oldest} on");
            findings.push(
                LINT.finding(source, span, message, "")
                    .also(source, stated, "the oldest version that the rule is for")
                    .help(format!(
                        "write `min_stack_version = \"{}.{}.{}\"`",
                        needed.major, needed.minor, needed.patch
                    )),
            );
        }
    }
}

/// What the rule needs: since which version, where it stands, what it is.
fn needs(subject: &Subject<'_>) -> Vec<(StackVersion, Span, String)> {
    let mut needs = Vec::new();
    for stage in stages(subject.syntax) {
        every(&stage.query.condition, &mut |expr| {
            if let ExprKind::Or(items) = &expr.kind {
                for (field, span) in joined_equalities(subject, items) {
                    let what = format!("`{field} == … or {field} == …`");
                    needs.push((EQUALITIES, subject.locate(span), what));
                }
            }
        });
    }
    let sequence = matches!(subject.syntax.kind, QueryKind::Sequence(_));
    if let QueryKind::Sequence(sequence) = &subject.syntax.kind
        && let Some(missing) = sequence.terms.iter().find(|term| term.missing)
    {
        let what = "a missing event".to_owned();
        needs.push((MISSING_EVENTS, subject.locate(missing.span), what));
    }
    if subject.rule.production.suppression.is_some() {
        let (needed, what) = if sequence {
            (SUPPRESSED_SEQUENCES, "alert suppression of a sequence")
        } else {
            (SUPPRESSED_EVENTS, "alert suppression of an EQL rule")
        };
        let whole = subject.syntax.span;
        needs.push((needed, subject.locate(whole), what.to_owned()));
    }
    needs
}

/// The fields that two operands of an `or` compare with constants of another type than theirs, each
/// with the place of the second comparison: the optimizer of older versions makes a list of them.
fn joined_equalities(subject: &Subject<'_>, items: &[Expr]) -> Vec<(String, Span)> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut found = Vec::new();
    for item in items {
        let ExprKind::Compare(CompareOp::Equal, left, right) = &item.kind else {
            continue;
        };
        let ((ExprKind::Field(field), constant) | (constant, ExprKind::Field(field))) =
            (&left.kind, &right.kind)
        else {
            continue;
        };
        let own = match constant {
            ExprKind::String(_) => Family::Text,
            ExprKind::Number(_) => Family::Number,
            ExprKind::Bool(_) => Family::Boolean,
            _ => continue,
        };
        if family(subject, &field.path).is_none_or(|family| family == own) {
            continue;
        }
        let count = seen.entry(&field.path).or_default();
        *count += 1;
        if *count == 2 {
            found.push((field.path.clone(), item.span));
        }
    }
    found
}

/// The family that the first data source with the field gives it.
fn family(subject: &Subject<'_>, path: &str) -> Option<Family> {
    let mut claims = subject.claims.iter();
    claims.find_map(|claim| claim.mapping.get(path)?.field_type.family())
}
