//! The changes of a single clause: a list item dropped, a pattern widened or narrowed, a boundary
//! moved by one, case sensitivity.

use std::collections::BTreeSet;

use super::Operator;
use super::edit::{Change, Edit, Polarity};
use crate::data_source::spelling;
use crate::language::eql::syntax::{Call, CompareOp, Expr, ExprKind, In, Match, MatchOp, Number};

/// Adds every change of the clause at the end of `path` but its negation and its loss.
pub(super) fn edits(expr: &Expr, polarity: Polarity, path: &[usize], edits: &mut Vec<Edit>) {
    let want = polarity.want;
    let mut add = |edit: Edit| {
        edits.push(Edit {
            path: path.to_vec(),
            ..edit
        });
    };
    match &expr.kind {
        ExprKind::Compare(op, left, right) => {
            boundary(expr, *op, left, right)
                .into_iter()
                .for_each(&mut add);
            compare_case(expr, polarity, *op, left, right)
                .into_iter()
                .for_each(add);
        }
        ExprKind::Match(inner) => {
            match_case(expr, polarity, inner)
                .into_iter()
                .for_each(&mut add);
            dropped(&inner.patterns, want).for_each(&mut add);
            if !matches!(inner.op, MatchOp::Regex | MatchOp::RegexInsensitive) {
                patterns(&inner.patterns, want).for_each(add);
            }
        }
        ExprKind::In(inner) => {
            let flipped = ExprKind::In(In {
                insensitive: !inner.insensitive,
                ..inner.clone()
            });
            if case_matters(&inner.value, &inner.items) {
                add(case_edit(expr, polarity, !inner.insensitive, flipped));
            }
            // Of `not in` a match wants the opposite of its items.
            dropped(&inner.items, want != inner.negated).for_each(add);
        }
        ExprKind::Call(call) => call_edits(expr, call, polarity, &mut add),
        _ => {}
    }
}

fn call_edits(expr: &Expr, call: &Call, polarity: Polarity, add: &mut impl FnMut(Edit)) {
    let name = call.name.text.as_str();
    let values = call.arguments.split_first();
    if name != "cidrMatch" && values.is_some_and(|(field, values)| case_matters(field, values)) {
        let flipped = Call {
            insensitive: !call.insensitive,
            ..call.clone()
        };
        let changed = ExprKind::Call(flipped);
        add(case_edit(expr, polarity, !call.insensitive, changed));
    }
    let items = values.map_or(&[][..], |(_, items)| items);
    if is_list(name) {
        dropped(items, polarity.want).for_each(&mut *add);
    }
    if name == "wildcard" {
        patterns(items, polarity.want).for_each(add);
    }
}

/// The functions whose arguments behind the first are alternatives.
fn is_list(function: &str) -> bool {
    matches!(function, "cidrMatch" | "wildcard" | "match")
}

/// The alternatives of a clause that is a list of them.
pub(super) fn items_mut(expr: &mut Expr) -> Option<&mut Vec<Expr>> {
    match &mut expr.kind {
        ExprKind::Match(inner) => Some(&mut inner.patterns),
        ExprKind::In(inner) => Some(&mut inner.items),
        // The first argument stands among them: nothing asks for its place.
        ExprKind::Call(call) if is_list(&call.name.text) => Some(&mut call.arguments),
        _ => None,
    }
}

/// Each item left out, where another stays. Of equal neighbours only the first: the others would
/// give the same list.
fn dropped(items: &[Expr], want: bool) -> impl Iterator<Item = Edit> {
    let before = std::iter::once(None).chain(items.iter().map(Some));
    let others = items.iter().zip(before).filter(|(item, before)| {
        before.is_none_or(|before| item.to_string() != before.to_string())
    });
    let is_list = items.len() > 1;
    others.filter(move |_| is_list).map(move |(item, _)| Edit {
        path: Vec::new(),
        change: Change::Item(item.span, None),
        operator: Operator::DropItem,
        span: item.span,
        before: item.to_string(),
        after: String::new(),
        case: with_item(item, want),
    })
}

/// The case that tells a list with an item from one with less of it.
fn with_item(item: &Expr, want: bool) -> String {
    let text = match &item.kind {
        ExprKind::String(text) => text.as_str(),
        _ => "",
    };
    let drive = text.starts_with("?:");
    let how = match (text.contains(['*', '?']), drive) {
        (true, true) => ", on another drive than C: and with text for each `*`",
        (true, false) => ", with text for each `*`",
        (false, _) => "",
    };
    if want {
        format!("a case that alerts only because of {item}{how}")
    } else {
        format!("a case that only {item} stops{how}")
    }
}

/// The case that tells a list from one with a wider item.
fn beside_item(item: &Expr, wider: &str, want: bool) -> String {
    let text = match &item.kind {
        ExprKind::String(text) => text.as_str(),
        _ => "",
    };
    let how = match (wider.strip_suffix('*'), wider.strip_prefix('*')) {
        (Some(rest), _) if rest == text => "text behind",
        (_, Some(_)) => "text before",
        _ => "more than one character for a `?` of",
    };
    let then = if want { "must not alert" } else { "must alert" };
    format!("a case with {how} {item}, which {then}")
}

/// Each pattern with wildcards widened and narrowed.
fn patterns(items: &[Expr], want: bool) -> impl Iterator<Item = Edit> {
    let texts = items.iter().filter_map(|item| match &item.kind {
        ExprKind::String(text) => Some((item, text)),
        _ => None,
    });
    texts.flat_map(move |(item, text)| {
        let made = variants(text).into_iter().map(|(operator, changed)| {
            let case = if operator == Operator::Narrow {
                with_item(item, want)
            } else {
                beside_item(item, &changed, want)
            };
            let other = Expr {
                kind: ExprKind::String(changed),
                span: item.span,
            };
            Edit {
                path: Vec::new(),
                operator,
                span: item.span,
                before: item.to_string(),
                after: other.to_string(),
                case,
                change: Change::Item(item.span, Some(other)),
            }
        });
        made.collect::<Vec<Edit>>()
    })
}

/// A pattern as someone could have written it who meant a little more or less. Text without
/// wildcards is no pattern.
pub(super) fn variants(text: &str) -> Vec<(Operator, String)> {
    if !text.contains(['*', '?']) {
        return Vec::new();
    }
    let mut variants = Vec::new();
    if !text.ends_with('*') {
        variants.push((Operator::Widen, format!("{text}*")));
    }
    if !text.starts_with('*') {
        // The drive or the first wildcard gives way to anything at all.
        let rest = text.trim_start_matches('?');
        variants.push((Operator::Widen, format!("*{rest}")));
    }
    for (at, c) in text.char_indices() {
        let (before, after) = (text.get(..at), text.get(at + c.len_utf8()..));
        let (Some(before), Some(after)) = (before, after) else {
            continue;
        };
        match c {
            '*' => variants.push((Operator::Narrow, format!("{before}{after}"))),
            '?' if at > 0 => variants.push((Operator::Widen, format!("{before}*{after}"))),
            '?' if after.starts_with(':') => {
                variants.push((Operator::Narrow, format!("C{after}")));
            }
            _ => {}
        }
    }
    let mut seen = BTreeSet::from([same_pattern(text)]);
    variants.retain(|(_, changed)| !changed.is_empty() && seen.insert(same_pattern(changed)));
    variants
}

/// The pattern with the wildcards of each run in one order: `?*` and `*?`, `**` and `*` match the
/// same texts.
fn same_pattern(text: &str) -> String {
    let mut plain = String::new();
    let mut many = false;
    for c in text.chars() {
        match c {
            '*' => many = true,
            '?' => plain.push('?'),
            c => {
                if std::mem::take(&mut many) {
                    plain.push('*');
                }
                plain.push(c);
            }
        }
    }
    if many {
        plain.push('*');
    }
    plain
}

fn boundary(expr: &Expr, op: CompareOp, left: &Expr, right: &Expr) -> Vec<Edit> {
    if matches!(op, CompareOp::Equal | CompareOp::NotEqual) {
        return Vec::new();
    }
    let ExprKind::Number(Number::Integer(limit)) = right.kind else {
        return Vec::new();
    };
    let moved = [limit.checked_sub(1), limit.checked_add(1)];
    let made = moved
        .into_iter()
        .flatten()
        .filter(|moved| *moved >= 0)
        .map(|moved| {
            let number = Expr {
                kind: ExprKind::Number(Number::Integer(moved)),
                span: right.span,
            };
            let changed = Expr {
                kind: ExprKind::Compare(op, Box::new(left.clone()), Box::new(number)),
                span: expr.span,
            };
            let telling = match op {
                CompareOp::GreaterOrEqual | CompareOp::Less => limit.min(moved),
                _ => limit.max(moved),
            };
            Edit {
                path: Vec::new(),
                operator: Operator::Boundary,
                span: right.span,
                before: expr.to_string(),
                after: changed.to_string(),
                case: format!("a case with `{left}` = {telling}"),
                change: Change::Replaced(changed),
            }
        });
    made.collect()
}

fn compare_case(
    expr: &Expr,
    polarity: Polarity,
    op: CompareOp,
    left: &Expr,
    right: &Expr,
) -> Option<Edit> {
    let negated = match op {
        CompareOp::Equal => false,
        CompareOp::NotEqual => true,
        _ => return None,
    };
    if !case_matters(left, std::slice::from_ref(right)) {
        return None;
    }
    let insensitive = ExprKind::In(In {
        negated,
        insensitive: true,
        value: Box::new(left.clone()),
        items: vec![right.clone()],
    });
    Some(case_edit(expr, polarity, true, insensitive))
}

fn match_case(expr: &Expr, polarity: Polarity, inner: &Match) -> Option<Edit> {
    if !case_matters(&inner.value, &inner.patterns) {
        return None;
    }
    let op = match inner.op {
        MatchOp::Colon | MatchOp::LikeInsensitive => MatchOp::Like,
        MatchOp::Like => MatchOp::LikeInsensitive,
        MatchOp::Regex => MatchOp::RegexInsensitive,
        MatchOp::RegexInsensitive => MatchOp::Regex,
    };
    let wider = matches!(op, MatchOp::LikeInsensitive | MatchOp::RegexInsensitive);
    Some(case_edit(
        expr,
        polarity,
        wider,
        ExprKind::Match(Match {
            op,
            ..inner.clone()
        }),
    ))
}

/// A comparison that comes to disregard case (`wider`), or to mind it.
fn case_edit(expr: &Expr, polarity: Polarity, wider: bool, kind: ExprKind) -> Edit {
    let span = expr.span;
    let changed = Expr { kind, span };
    Edit {
        path: Vec::new(),
        operator: Operator::Case,
        span,
        before: expr.to_string(),
        after: changed.to_string(),
        case: in_capitals(expr, polarity, wider),
        change: Change::Replaced(changed),
    }
}

/// The case that tells a case-sensitive comparison from one that is not.
fn in_capitals(expr: &Expr, polarity: Polarity, wider: bool) -> String {
    let excludes = match &expr.kind {
        ExprKind::Compare(op, ..) => *op == CompareOp::NotEqual,
        ExprKind::In(inner) => inner.negated,
        _ => false,
    };
    match (polarity.want != excludes, wider) {
        // Whatever a match cannot do without is in the attack: one case for all of it.
        (true, false) if !polarity.optional => {
            "the attack with its values in capitals, which must alert".to_owned()
        }
        (true, false) => format!("a case that alerts by `{expr}` with the value in capitals"),
        (true, true) => {
            format!("a case with a value of `{expr}` in capitals, which must not alert")
        }
        (false, true) => format!("a case with a value of `{expr}` in capitals, which must alert"),
        (false, false) => format!("a case that `{expr}` stops with the value in capitals"),
    }
}

/// Whether some event could have one of these values of the field in another case.
fn case_matters(field: &Expr, values: &[Expr]) -> bool {
    let path = match &field.kind {
        ExprKind::Field(field) => field.path.as_str(),
        _ => "",
    };
    values.iter().any(|value| match &value.kind {
        ExprKind::String(text) => !spelling::has_one_case(path, text),
        _ => false,
    })
}
