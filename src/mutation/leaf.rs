//! The changes of a single clause: a list item dropped, a pattern widened or narrowed, a boundary
//! moved by one, case sensitivity.

use super::Operator;
use super::edit::Edit;
use crate::diagnostic::Span;
use crate::language::eql::syntax::{Call, CompareOp, Expr, ExprKind, In, Match, MatchOp, Number};

/// Every change of a clause but its negation and its loss.
pub(super) fn edits(expr: &Expr, want: bool) -> Vec<Edit> {
    let mut edits = Vec::new();
    match &expr.kind {
        ExprKind::Compare(op, left, right) => {
            edits.extend(boundary(expr, *op, left, right));
            edits.extend(compare_case(expr, *op, left, right));
        }
        ExprKind::Match(inner) => {
            edits.extend(match_case(expr, inner));
            edits.extend(dropped(expr, &inner.patterns, 0, want, |patterns| {
                ExprKind::Match(Match {
                    patterns,
                    ..inner.clone()
                })
            }));
            if !matches!(inner.op, MatchOp::Regex | MatchOp::RegexInsensitive) {
                edits.extend(patterns(expr, &inner.patterns, 0, |patterns| {
                    ExprKind::Match(Match {
                        patterns,
                        ..inner.clone()
                    })
                }));
            }
        }
        ExprKind::In(inner) => {
            let flipped = ExprKind::In(In {
                insensitive: !inner.insensitive,
                ..inner.clone()
            });
            if case_matters(&inner.value, &inner.items) {
                edits.push(case_edit(expr, flipped));
            }
            // Of `not in` a match wants the opposite of its items.
            let want = want != inner.negated;
            edits.extend(dropped(expr, &inner.items, 0, want, |items| {
                ExprKind::In(In {
                    items,
                    ..inner.clone()
                })
            }));
        }
        ExprKind::Call(call) => edits.extend(call_edits(expr, call, want)),
        _ => {}
    }
    edits
}

fn call_edits(expr: &Expr, call: &Call, want: bool) -> Vec<Edit> {
    let mut edits = Vec::new();
    let name = call.name.text.as_str();
    let values = call.arguments.split_first();
    if name != "cidrMatch" && values.is_some_and(|(field, values)| case_matters(field, values)) {
        let flipped = Call {
            insensitive: !call.insensitive,
            ..call.clone()
        };
        edits.push(case_edit(expr, ExprKind::Call(flipped)));
    }
    let make = |arguments| {
        ExprKind::Call(Call {
            arguments,
            ..call.clone()
        })
    };
    if matches!(name, "cidrMatch" | "wildcard" | "match") {
        edits.extend(dropped(expr, &call.arguments, 1, want, make));
    }
    if name == "wildcard" {
        edits.extend(patterns(expr, &call.arguments, 1, make));
    }
    edits
}

/// Each item but the first `fixed` ones left out, where another stays.
fn dropped(
    expr: &Expr,
    items: &[Expr],
    fixed: usize,
    want: bool,
    make: impl Fn(Vec<Expr>) -> ExprKind,
) -> Vec<Edit> {
    if items.len() < fixed + 2 {
        return Vec::new();
    }
    let numbered = items.iter().enumerate().skip(fixed);
    let made = numbered.map(|(index, item)| {
        let mut rest = items.to_vec();
        rest.remove(index);
        Edit {
            expr: Expr {
                kind: make(rest),
                span: expr.span,
            },
            operator: Operator::DropItem,
            span: item.span,
            before: item.to_string(),
            after: String::new(),
            case: if want {
                format!("a case that alerts only because of {item}")
            } else {
                format!("a case that only {item} stops")
            },
        }
    });
    made.collect()
}

/// Each pattern with wildcards widened and narrowed.
fn patterns(
    expr: &Expr,
    items: &[Expr],
    fixed: usize,
    make: impl Fn(Vec<Expr>) -> ExprKind,
) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (index, item) in items.iter().enumerate().skip(fixed) {
        let ExprKind::String(text) = &item.kind else {
            continue;
        };
        for (operator, changed) in variants(text) {
            let other = Expr {
                kind: ExprKind::String(changed),
                span: item.span,
            };
            let case = "a case with a value that only the wider pattern matches".to_owned();
            let (before, after) = (item.to_string(), other.to_string());
            let mut others = items.to_vec();
            if let Some(slot) = others.get_mut(index) {
                *slot = other;
            }
            edits.push(Edit {
                expr: Expr {
                    kind: make(others),
                    span: expr.span,
                },
                operator,
                span: item.span,
                before,
                after,
                case,
            });
        }
    }
    edits
}

/// A pattern as someone could have written it who meant a little more or less. Text without
/// wildcards is no pattern.
fn variants(text: &str) -> Vec<(Operator, String)> {
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
    variants.retain(|(_, changed)| !changed.is_empty());
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
                operator: Operator::Boundary,
                span: right.span,
                before: expr.to_string(),
                after: changed.to_string(),
                case: format!("a case with `{left}` = {telling}"),
                expr: changed,
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
    let span: Span = expr.span;
    let changed = Expr { kind, span };
    Edit {
        operator: Operator::Case,
        span,
        before: expr.to_string(),
        after: changed.to_string(),
        case: "a case with the value in capitals".to_owned(),
        expr: changed,
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
        if ONE_SPELLING.iter().any(|known| fixed(known)) || path.contains(".hash.") {
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
