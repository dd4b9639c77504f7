//! The changes of a single clause: a list item dropped, a pattern widened or narrowed, a boundary
//! moved by one, case sensitivity.

use super::Operator;
use super::edit::{Change, Edit};
use crate::language::eql::syntax::{Call, CompareOp, Expr, ExprKind, In, Match, MatchOp, Number};

/// Adds every change of the clause at the end of `path` but its negation and its loss.
pub(super) fn edits(expr: &Expr, want: bool, path: &[usize], edits: &mut Vec<Edit>) {
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
            compare_case(expr, *op, left, right)
                .into_iter()
                .for_each(add);
        }
        ExprKind::Match(inner) => {
            match_case(expr, inner).into_iter().for_each(&mut add);
            dropped(&inner.patterns, want).for_each(&mut add);
            if !matches!(inner.op, MatchOp::Regex | MatchOp::RegexInsensitive) {
                patterns(&inner.patterns).for_each(add);
            }
        }
        ExprKind::In(inner) => {
            let flipped = ExprKind::In(In {
                insensitive: !inner.insensitive,
                ..inner.clone()
            });
            if case_matters(&inner.value, &inner.items) {
                add(case_edit(expr, flipped));
            }
            // Of `not in` a match wants the opposite of its items.
            dropped(&inner.items, want != inner.negated).for_each(add);
        }
        ExprKind::Call(call) => call_edits(expr, call, want, &mut add),
        _ => {}
    }
}

fn call_edits(expr: &Expr, call: &Call, want: bool, add: &mut impl FnMut(Edit)) {
    let name = call.name.text.as_str();
    let values = call.arguments.split_first();
    if name != "cidrMatch" && values.is_some_and(|(field, values)| case_matters(field, values)) {
        let flipped = Call {
            insensitive: !call.insensitive,
            ..call.clone()
        };
        add(case_edit(expr, ExprKind::Call(flipped)));
    }
    let items = values.map_or(&[][..], |(_, items)| items);
    if is_list(name) {
        dropped(items, want).for_each(&mut *add);
    }
    if name == "wildcard" {
        patterns(items).for_each(add);
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
        case: if want {
            format!("a case that alerts only because of {item}")
        } else {
            format!("a case that only {item} stops")
        },
    })
}

/// Each pattern with wildcards widened and narrowed.
fn patterns(items: &[Expr]) -> impl Iterator<Item = Edit> {
    let texts = items.iter().filter_map(|item| match &item.kind {
        ExprKind::String(text) => Some((item, text)),
        _ => None,
    });
    texts.flat_map(|(item, text)| {
        let made = variants(text).into_iter().map(|(operator, changed)| {
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
                case: "a case with a value that only the wider pattern matches".to_owned(),
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
    let mut seen = std::collections::BTreeSet::new();
    variants.retain(|(_, changed)| !changed.is_empty() && seen.insert(changed.clone()));
    variants
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

fn compare_case(expr: &Expr, op: CompareOp, left: &Expr, right: &Expr) -> Option<Edit> {
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
    Some(case_edit(expr, insensitive))
}

fn match_case(expr: &Expr, inner: &Match) -> Option<Edit> {
    if !case_matters(&inner.value, &inner.patterns) {
        return None;
    }
    let op = match inner.op {
        MatchOp::Colon | MatchOp::LikeInsensitive => MatchOp::Like,
        MatchOp::Like => MatchOp::LikeInsensitive,
        MatchOp::Regex => MatchOp::RegexInsensitive,
        MatchOp::RegexInsensitive => MatchOp::Regex,
    };
    Some(case_edit(
        expr,
        ExprKind::Match(Match {
            op,
            ..inner.clone()
        }),
    ))
}

fn case_edit(expr: &Expr, kind: ExprKind) -> Edit {
    let span = expr.span;
    let changed = Expr { kind, span };
    Edit {
        path: Vec::new(),
        operator: Operator::Case,
        span,
        before: expr.to_string(),
        after: changed.to_string(),
        case: "a case with the value in capitals".to_owned(),
        change: Change::Replaced(changed),
    }
}

/// Fields whose values every sensor writes in one way: a mutant of their case is one that no event
/// could tell from the rule. A name that ends with a dot stands for all below it.
const ONE_SPELLING: [&str; 15] = [
    "data_stream.",
    "event.action",
    "event.category",
    "event.code",
    "event.dataset",
    "event.kind",
    "event.module",
    "event.outcome",
    "event.provider",
    "event.type",
    "host.os.",
    "network.direction",
    "network.protocol",
    "network.transport",
    "network.type",
];

/// Whether some event could have one of these values of the field in another case.
fn case_matters(field: &Expr, values: &[Expr]) -> bool {
    if let ExprKind::Field(field) = &field.kind {
        let path = field.to_string();
        let path = path.trim_start_matches('?');
        let fixed =
            |known: &str| path == known || (known.ends_with('.') && path.starts_with(known));
        // What stands in a file or its signature is the same on every host.
        let of_file = [".hash.", "code_signature.", "pe.original_file_name"];
        let of_file = of_file.iter().any(|part| path.contains(part));
        if of_file || ONE_SPELLING.iter().any(|known| fixed(known)) {
            return false;
        }
    }
    values.iter().any(has_letters)
}

/// Whether an expression is a text that can be written in another case: it has letters, and is no
/// security identifier and no hexadecimal number.
fn has_letters(expr: &Expr) -> bool {
    let ExprKind::String(text) = &expr.kind else {
        return false;
    };
    let sid = text.strip_prefix("S-1-");
    let is_sid = sid.is_some_and(|rest| !rest.chars().any(char::is_alphabetic));
    let hexadecimal = text.len() >= 8 && text.chars().all(|it| it.is_ascii_hexdigit());
    let number = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let number = number.is_some_and(|rest| rest.chars().all(|it| it.is_ascii_hexdigit()));
    text.chars().any(char::is_alphabetic) && !is_sid && !hexadecimal && !number
}
