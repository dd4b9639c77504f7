//! `case-never-written`: a case-sensitive comparison with a value that the source writes in
//! another one.

use std::collections::BTreeSet;

use crate::data_source::{DataSource, spelling};
use crate::diagnostic::{Code, Severity};
use crate::language::eql::syntax::{CompareOp, Expr, ExprKind, MatchOp};
use crate::language::kql::syntax::LiteralKind;
use crate::lint::Claim;
use crate::lint::Subject;
use crate::lint::claims::Basis;
use crate::lint::condition::walk::all_leaves;
use crate::lint::finding::{Finding, Lint};
use crate::lint::query::kql::{KqlLeaf, KqlSubject};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "case-never-written",
        title: "a value that the data source writes in another case",
        page: "`==`, `in` and `like` are case-sensitive, and the data source writes the value in another one than \
               the query: the clause never holds there.\n\n\
               ```eql\nprocess where process.Ext.token.integrity_level_name == \"System\"\n```\n\n\
               Elastic Defend writes `system`. Write the value as the source does, or `:` for any case. \
               In KQL every comparison of a keyword is case-sensitive.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for leaf in all_leaves(subject.syntax) {
        match &leaf.kind {
            ExprKind::Compare(CompareOp::Equal | CompareOp::NotEqual, left, right) => {
                check(subject, left, right, findings);
            }
            ExprKind::In(inner) if !inner.insensitive => {
                for item in &inner.items {
                    check(subject, &inner.value, item, findings);
                }
            }
            ExprKind::Match(inner) if inner.op == MatchOp::Like => {
                for pattern in &inner.patterns {
                    check(subject, &inner.value, pattern, findings);
                }
            }
            _ => {}
        }
    }
}

fn check(subject: &Subject<'_>, value: &Expr, constant: &Expr, findings: &mut Vec<Finding>) {
    let (ExprKind::Field(field), ExprKind::String(text)) = (&value.kind, &constant.kind) else {
        return;
    };
    let Some((written, sources)) = usual_spelling(&subject.claims, &field.path, text) else {
        return;
    };
    let message = format!(
        "{} is written `{written}` by {}",
        field.path,
        sources.join(", ")
    );
    findings.push(
        LINT.finding(
            subject.source(),
            subject.locate(constant.span),
            message,
            "this comparison is case-sensitive",
        )
        .help(format!("write \"{written}\", or `:` for any case"))
        .on(sources),
    );
}

/// The values of a KQL query, in which every comparison of a keyword is case-sensitive.
pub(in crate::lint) fn of_kql(subject: &KqlSubject<'_>, findings: &mut Vec<Finding>) {
    let leaves = subject.leaves();
    for leaf in &leaves {
        let (LiteralKind::Text(text) | LiteralKind::Quoted(text), Some(field)) =
            (&leaf.value.kind, leaf.name())
        else {
            continue;
        };
        if subject.is_text(leaf.field.as_ref()) {
            continue;
        }
        let Some((written, sources)) = usual_spelling(subject.claims, field, text) else {
            continue;
        };
        // The query may name both.
        let is_named = |other: &KqlLeaf<'_>| {
            other.name() == Some(field) && other.value.text().as_deref() == Some(written.as_str())
        };
        if leaves.iter().any(is_named) {
            continue;
        }
        let message = format!("{field} is written `{written}` by {}", sources.join(", "));
        let place = subject.locate(leaf.value.span);
        findings.push(
            LINT.finding(
                subject.source(),
                place,
                message,
                "KQL is case-sensitive here",
            )
            .help(format!("write `{written}`"))
            .on(sources),
        );
    }
}

/// How every claimed source writes a value that the query writes in another case, with the names of
/// the sources.
fn usual_spelling(claims: &[Claim<'_>], field: &str, text: &str) -> Option<(String, Vec<String>)> {
    let mut sources = Vec::new();
    let mut written = None;
    let mut shaped = 0;
    for claim in claims {
        let Basis::Shaped(source) = claim.basis else {
            return None;
        };
        shaped += 1;
        let values = values(source, field);
        if values.contains(text) {
            return None;
        }
        let other = values
            .into_iter()
            .find(|value| value.eq_ignore_ascii_case(text));
        if let Some(other) = other {
            written = Some(other.to_owned());
            sources.extend(claim.names.iter().cloned());
        }
    }
    // Another claimed source might write it as the query does.
    Some((written?, sources)).filter(|(_, sources)| sources.len() == shaped)
}

/// The values that a source is known to write into a field.
fn values<'s>(source: &'s DataSource, path: &str) -> BTreeSet<&'s str> {
    let kinds = source.kinds.iter().flat_map(|kind| &kind.defaults);
    let defaults = kinds.chain(&source.defaults);
    let defaults = defaults.filter(|(field, _)| field == path);
    let pins = source.kinds.iter().flat_map(|kind| &kind.pins);
    let pins = pins.chain(&source.pins).filter(|pin| pin.field == path);
    let scalars = defaults
        .flat_map(|(_, values)| values)
        .chain(pins.flat_map(|pin| &pin.value));
    let own = scalars.map(|scalar| scalar.raw().as_text());
    own.chain(spelling::written(path).iter().copied()).collect()
}
