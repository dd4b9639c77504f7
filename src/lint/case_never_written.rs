//! `case-never-written`: a comparison that minds case, with a value that the source writes in
//! another one.

use std::collections::BTreeSet;

use super::Subject;
use super::claims::Basis;
use super::finding::{Finding, Lint};
use super::walk::all_leaves;
use crate::data_source::{DataSource, spelling};
use crate::diagnostic::{Code, Severity};
use crate::language::eql::syntax::{CompareOp, Expr, ExprKind, MatchOp};

pub(super) static LINT: Lint = Lint {
    code: Code {
        number: "case-never-written",
        title: "a value that the data source writes in another case",
        page: "`==`, `in` and `like` mind case, and the data source writes the value in another one than \
               the query: the clause never holds there.\n\n\
               ```eql\nprocess where process.Ext.token.integrity_level_name == \"System\"\n```\n\n\
               Elastic Defend writes `system`. Write the value as the source does, or `:` for any case.",
    },
    severity: Severity::Warning,
};

pub(super) fn run(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
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
    let mut sources = Vec::new();
    let mut written = None;
    let mut shaped = 0;
    for claim in &subject.claims {
        let Basis::Shaped(source) = claim.basis else {
            return;
        };
        shaped += 1;
        let values = values(source, &field.path);
        if values.contains(text.as_str()) {
            return;
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
    let (Some(written), true) = (written, sources.len() == shaped) else {
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
            "this comparison minds case",
        )
        .help(format!("write \"{written}\", or `:` for any case"))
        .on(sources),
    );
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
