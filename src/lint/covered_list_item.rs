//! `covered-list-item`: an item of a list that another item of it covers.

use rustc_hash::FxHashMap;

use super::Subject;
use super::finding::{Finding, Lint};
use super::logic::items;
use super::test::{Test, block_covers};
use super::walk::{all_leaves, every};
use crate::diagnostic::{Code, Severity, Span};
use crate::language::eql::lower::cidr_block;
use crate::language::eql::syntax::{Call, Expr, ExprKind, MatchOp};
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
            &list.iter().map(only_text).collect::<Vec<_>>(),
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
            let blocks: Vec<_> = (0..constants.len()).map(block).collect();
            let block = |index: usize| blocks.get(index)?.as_ref();
            covered(
                subject,
                &places,
                &[],
                |wide, narrow| matches!((block(wide), block(narrow)), (Some(a), Some(b)) if block_covers(a, b)),
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
            let tests: Vec<Option<Test>> = (0..constants.len()).map(alone).collect();
            let alone = |index: usize| tests.get(index)?.as_ref();
            covered(
                subject,
                &places,
                &[],
                |wide, narrow| matches!((alone(wide), alone(narrow)), (Some(a), Some(b)) if b.implies(a)),
                findings,
            );
        }
        _ => {}
    }
}

/// The text of an item that matches nothing but it, in lower case.
fn only_text(item: &Expr) -> Option<String> {
    let constants = match &item.kind {
        ExprKind::Match(inner)
            if !matches!(inner.op, MatchOp::Regex | MatchOp::RegexInsensitive) =>
        {
            &inner.patterns
        }
        ExprKind::In(inner) => &inner.items,
        _ => return None,
    };
    match constants.first().map(|constant| &constant.kind) {
        Some(ExprKind::String(text)) if text.is_ascii() && !text.contains(['*', '?', '\\']) => {
            Some(text.to_ascii_lowercase())
        }
        _ => None,
    }
}

/// Reports each item that another one covers; of two equal ones the later. Items of one text alone
/// (`texts`) are held only against those of the same text and against all others, so that a long list
/// of names takes linear time.
fn covered(
    subject: &Subject<'_>,
    places: &[Span],
    texts: &[Option<String>],
    covers: impl Fn(usize, usize) -> bool,
    findings: &mut Vec<Finding>,
) {
    let text_of = |item: usize| texts.get(item).and_then(Option::as_deref);
    let mut same: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
    let mut open = Vec::new();
    for item in 0..places.len() {
        match text_of(item) {
            Some(text) => same.entry(text).or_default().push(item),
            None => open.push(item),
        }
    }
    for (narrow, place) in places.iter().enumerate() {
        let first = |candidates: &[usize]| {
            let mut candidates = candidates.iter().copied();
            candidates.find(|wide| {
                *wide != narrow
                    && covers(*wide, narrow)
                    && (*wide < narrow || !covers(narrow, *wide))
            })
        };
        let alike = text_of(narrow).and_then(|text| first(same.get(text)?));
        let by = alike.into_iter().chain(first(&open)).min();
        let Some(wide) = by.and_then(|wide| places.get(wide)) else {
            continue;
        };
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
