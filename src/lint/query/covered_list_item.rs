//! `covered-list-item`: an item of a list that another item of it covers.

use std::cmp::Ordering;

use rustc_hash::FxHashMap;

use crate::diagnostic::{Code, Severity, Span};
use crate::event::Value;
use crate::language::eql::every;
use crate::language::eql::lower::cidr_block;
use crate::language::eql::syntax::{Call, Expr, ExprKind, MatchOp};
use crate::language::kql::syntax::{FieldName, Literal, LiteralKind, Piece};
use crate::lint::Subject;
use crate::lint::condition::logic::items;
use crate::lint::condition::piece_index::{PieceIndex, WILD};
use crate::lint::condition::test::{Test, block_covers};
use crate::lint::condition::walk::all_leaves;
use crate::lint::finding::{Finding, Lint};
use crate::lint::query::kql::KqlSubject;
use crate::plan::Function;
use crate::plan::predicate::{WildcardPattern, WildcardToken};

pub(in crate::lint) static LINT: Lint = Lint {
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

pub(in crate::lint) fn run(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
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
            &list.iter().map(folded).collect::<Vec<_>>(),
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
            for (narrow, wide) in covered_blocks(&blocks) {
                report(subject, &places, narrow, wide, findings);
            }
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

/// The text of an item in lower case, with its wildcards; `None` of what is no pattern.
fn folded(item: &Expr) -> Option<String> {
    let (constants, has_wildcards) = match &item.kind {
        ExprKind::Match(inner)
            if !matches!(inner.op, MatchOp::Regex | MatchOp::RegexInsensitive) =>
        {
            (&inner.patterns, true)
        }
        ExprKind::In(inner) => (&inner.items, false),
        _ => return None,
    };
    let ExprKind::String(text) = &constants.first()?.kind else {
        return None;
    };
    if !has_wildcards {
        return Some(text.to_ascii_lowercase());
    }
    let tokens = WildcardPattern::eql(text).0.into_iter();
    let folded = tokens.map(|token| match token {
        WildcardToken::Char(character) => character.to_ascii_lowercase(),
        WildcardToken::One | WildcardToken::Many => WILD,
    });
    Some(folded.collect())
}

/// Reports each item that another one covers; of two equal ones the later. Items of one text alone
/// (`texts`) are held only against those of the same text, and patterns (`pieces`) only against those
/// whose longest piece they have, so that a long list takes linear time.
fn covered(
    subject: &Subject<'_>,
    places: &[Span],
    texts: &[Option<String>],
    pieces: &[Option<String>],
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
    let pieces_of = |item: usize| pieces.get(item).and_then(Option::as_deref);
    let open = PieceIndex::new(open.into_iter().map(|item| (item, pieces_of(item))));
    for narrow in 0..places.len() {
        let first = |candidates: &[usize]| {
            let mut candidates = candidates.iter().copied();
            candidates.find(|wide| {
                *wide != narrow
                    && covers(*wide, narrow)
                    && (*wide < narrow || !covers(narrow, *wide))
            })
        };
        let alike = text_of(narrow).and_then(|text| first(same.get(text)?));
        if let Some(wide) = alike
            .into_iter()
            .chain(first(&open.candidates(pieces_of(narrow))))
            .min()
        {
            report(subject, places, narrow, wide, findings);
        }
    }
}

/// Each block of addresses that another one covers, with the first that does; of two equal ones the
/// later.
///
/// Of two blocks that share an address one covers the other, so that in the order of their beginnings
/// those that are still open are those that cover the next.
fn covered_blocks(blocks: &[Option<(Value, Value)>]) -> Vec<(usize, usize)> {
    let blocks = blocks.iter().enumerate();
    let mut ordered: Vec<(usize, &(Value, Value))> = blocks
        .filter_map(|(at, block)| Some((at, block.as_ref()?)))
        .collect();
    let order = |one: &Value, other: &Value| one.compare(other).unwrap_or(Ordering::Equal);
    ordered.sort_by(|(at, one), (other_at, other)| {
        order(&one.0, &other.0)
            .then_with(|| order(&other.1, &one.1))
            .then_with(|| at.cmp(other_at))
    });
    // Blocks that are open, each with the first of all around it and of its own.
    let mut open: Vec<(&(Value, Value), usize)> = Vec::new();
    let mut covered = Vec::new();
    for (at, block) in ordered {
        while open
            .last()
            .is_some_and(|(wide, _)| !block_covers(wide, block))
        {
            open.pop();
        }
        let around = open.last().map(|(_, first)| *first);
        if let Some(first) = around {
            covered.push((at, first));
        }
        if open.last().is_none_or(|(wide, _)| *wide != block) {
            open.push((block, around.map_or(at, |first| first.min(at))));
        }
    }
    covered.sort_unstable();
    covered
}

fn report(
    subject: &Subject<'_>,
    places: &[Span],
    narrow: usize,
    wide: usize,
    findings: &mut Vec<Finding>,
) {
    let (Some(narrow), Some(wide)) = (places.get(narrow), places.get(wide)) else {
        return;
    };
    let (narrow, wide) = (subject.locate(*narrow), subject.locate(*wide));
    let text = |span| subject.source().slice(span).to_owned();
    let message = format!("list item {} is covered by {}", text(narrow), text(wide));
    findings.push(
        LINT.finding(subject.source(), narrow, message, "decides nothing")
            .also(subject.source(), wide, "matches all that it matches")
            .help("take the covered item out, or narrow the other one"),
    );
}

/// The items of the value lists of a KQL query that are joined by `or`: one covers another where its
/// pattern fits the other's text, in which a star is a character that no text has.
pub(in crate::lint) fn of_kql(subject: &KqlSubject<'_>, findings: &mut Vec<Finding>) {
    for items in subject.alternatives() {
        if subject.is_text(items.field.as_ref()) {
            continue;
        }
        let items = items.values;
        let pattern = |item: &&Literal| match &item.kind {
            LiteralKind::Wildcard(pieces) => FieldName::Pattern(pieces.clone()),
            _ => FieldName::Name(item.text().unwrap_or_default()),
        };
        let patterns: Vec<FieldName> = items.iter().map(pattern).collect();
        let text = |item: &&Literal| match &item.kind {
            LiteralKind::Wildcard(pieces) => {
                let of_piece = |piece: &Piece| match piece {
                    Piece::Char(c) => *c,
                    Piece::Star => WILD,
                };
                pieces.iter().map(of_piece).collect()
            }
            _ => item.text().unwrap_or_default(),
        };
        let texts: Vec<String> = items.iter().map(text).collect();
        let covers = |wide: usize, narrow: usize| {
            let both = patterns.get(wide).zip(texts.get(narrow));
            both.is_some_and(|(wide, narrow)| wide.fits(narrow))
        };
        let is_pattern = |item: &usize| matches!(patterns.get(*item), Some(FieldName::Pattern(_)));
        let wide = (0..items.len()).filter(is_pattern);
        let wide = PieceIndex::new(wide.map(|at| (at, texts.get(at).map(String::as_str))));
        let mut same: FxHashMap<&str, usize> = FxHashMap::default();
        for (narrow, item) in items.iter().enumerate() {
            let alike = texts
                .get(narrow)
                .map(|text| *same.entry(text).or_insert(narrow));
            let own = texts.get(narrow).map(String::as_str);
            let around = wide.candidates(own).into_iter().find(|wide| {
                *wide != narrow
                    && covers(*wide, narrow)
                    && (*wide < narrow || !covers(narrow, *wide))
            });
            let by = alike.filter(|first| *first < narrow).or(around);
            let Some(by) = by.and_then(|by| items.get(by)) else {
                continue;
            };
            let (narrow, wide) = (subject.locate(item.span), subject.locate(by.span));
            let message = format!("list item {item} is covered by {by}");
            findings.push(
                LINT.finding(subject.source(), narrow, message, "decides nothing")
                    .also(subject.source(), wide, "matches all that it matches")
                    .help("take the covered item out, or narrow the other one"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_as_if_each_pair_were_compared() {
        let texts = [
            "10.0.0.0/8",
            "10.1.0.0/16",
            "10.1.2.0/24",
            "10.1.2.3",
            "11.0.0.0/8",
            "::1",
            "::/0",
            "10.0.0.0/16",
            "fe80::/10",
            "fe80::1",
        ];
        let mut state = 1_u32;
        for _ in 0..500 {
            let blocks: Vec<Option<(Value, Value)>> = (0..6)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    cidr_block(texts[(state >> 24) as usize % texts.len()])
                })
                .collect();
            let covers = |wide: usize, narrow: usize| matches!((&blocks[wide], &blocks[narrow]), (Some(a), Some(b)) if block_covers(a, b));
            let expected: Vec<(usize, usize)> = (0..blocks.len())
                .filter_map(|narrow| {
                    let mut all = 0..blocks.len();
                    let wide = all.find(|wide| {
                        *wide != narrow
                            && covers(*wide, narrow)
                            && (*wide < narrow || !covers(narrow, *wide))
                    })?;
                    Some((narrow, wide))
                })
                .collect();
            assert_eq!(covered_blocks(&blocks), expected, "{blocks:?}");
        }
    }
}
