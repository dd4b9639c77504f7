//! `covered-list-item`: an item of a list that another item of it covers.

use super::Subject;
use super::finding::{Finding, Lint};
use super::logic::items;
use super::test::{Test, block_covers};
use super::walk::{all_leaves, every};
use crate::diagnostic::{Code, Severity, Span};
use crate::language::eql::lower::cidr_block;
use crate::language::eql::syntax::{Call, Expr, ExprKind};
use crate::plan::Function;

pub(super) static LINT: Lint = Lint {
    code: Code {
        number: "covered-list-item",
        title: "a list item that another item covers",
        page: "Every value that the item matches is matched by another item of the same list, so the \
               item can decide nothing:\n\n\
               ```eql\nprocess where process.executable : (\"?:\\\\Windows\\\\*\", \"C:\\\\Windows\\\\System32\\\\cmd.exe\")\n```\n\n\
               Patterns are compared by what they match, with the operator's rule for case; blocks of \
               addresses by the addresses in them. Take the item out, or narrow the one that covers it.",
    },
    severity: Severity::Warning,
};

pub(super) fn run(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for leaf in all_leaves(subject.syntax) {
        let list = items(leaf);
        if list.is_empty() {
            every(leaf, &mut |expr| calls(subject, expr, findings));
            continue;
        }
        let tests: Vec<Test> = list.iter().map(|item| Test::of(item).0).collect();
        let places: Vec<Span> = list.iter().map(|item| item.span).collect();
        covered(
            subject,
            &places,
            |wide, narrow| {
                let (wide, narrow) = (tests.get(wide), tests.get(narrow));
                matches!((wide, narrow), (Some(wide), Some(narrow)) if narrow.implies(wide))
            },
            findings,
        );
    }
}

/// The patterns of `wildcard` and the blocks of `cidrMatch`.
fn calls(subject: &Subject<'_>, expr: &Expr, findings: &mut Vec<Finding>) {
    let ExprKind::Call(call) = &expr.kind else {
        return;
    };
    let Some((value, constants)) = call.arguments.split_first() else {
        return;
    };
    let places: Vec<Span> = constants.iter().map(|constant| constant.span).collect();
    match Function::named(&call.name.text) {
        Some(Function::CidrMatch) => {
            let block = |index: usize| match &constants.get(index)?.kind {
                ExprKind::String(text) => cidr_block(text),
                _ => None,
            };
            covered(
                subject,
                &places,
                |wide, narrow| matches!((block(wide), block(narrow)), (Some(a), Some(b)) if block_covers(&a, &b)),
                findings,
            );
        }
        Some(Function::Wildcard) => {
            let alone = |index: usize| {
                let kind = ExprKind::Call(Call {
                    arguments: vec![value.clone(), constants.get(index)?.clone()],
                    ..call.clone()
                });
                let span = expr.span;
                Some(Test::of(&Expr { kind, span }).0)
            };
            covered(
                subject,
                &places,
                |wide, narrow| matches!((alone(wide), alone(narrow)), (Some(a), Some(b)) if b.implies(&a)),
                findings,
            );
        }
        _ => {}
    }
}

/// Reports each item that another one covers; of two equal ones the later.
fn covered(
    subject: &Subject<'_>,
    places: &[Span],
    covers: impl Fn(usize, usize) -> bool,
    findings: &mut Vec<Finding>,
) {
    for (narrow, place) in places.iter().enumerate() {
        let by = places.iter().enumerate().find(|(wide, _)| {
            *wide != narrow && covers(*wide, narrow) && (*wide < narrow || !covers(narrow, *wide))
        });
        let Some((_, wide)) = by else { continue };
        let (narrow, wide) = (subject.locate(*place), subject.locate(*wide));
        let text = |span| subject.source().slice(span).to_owned();
        let message = format!("list item {} is covered by {}", text(narrow), text(wide));
        findings.push(
            LINT.finding(subject.source(), narrow, message, "decides nothing")
                .also(subject.source(), wide, "matches all that it matches")
                .help("take the covered item out, or narrow the other one"),
        );
    }
}
