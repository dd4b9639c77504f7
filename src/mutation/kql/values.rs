//! Mutations of a value of a KQL query: its wildcards and its quotes.

use super::super::Operator;
use super::edit::{Becomes, Edit};
use crate::data_source::spelling;
use crate::language::kql::syntax::{Literal, LiteralKind, Piece};

/// The field and polarity of a value.
#[derive(Clone, Copy)]
pub(super) struct ValueContext<'f> {
    /// The field; empty for a value alone.
    pub(super) field: &'f str,
    /// The outcome that a match needs.
    pub(super) want: bool,
}

impl ValueContext<'_> {
    /// The polarity below a `not`.
    pub(super) fn negated(self) -> Self {
        Self {
            want: !self.want,
            ..self
        }
    }
}

/// Every change of a value.
pub(super) fn mutations_of_value(value: &Literal, context: ValueContext<'_>) -> Vec<Edit> {
    let mut all = narrow(value);
    all.extend(widen(value, context));
    all.extend(toggle_quotes(value));
    all
}

fn edit(operator: Operator, value: &Literal, kind: LiteralKind, case: String) -> Edit {
    let other = Literal {
        span: value.span,
        kind,
    };
    Edit {
        operator,
        span: value.span,
        before: value.to_string(),
        after: other.to_string(),
        case,
        change: Becomes::Value(other).into(),
    }
}

/// Removes a star at either end.
fn narrow(value: &Literal) -> Vec<Edit> {
    let LiteralKind::Wildcard(pieces) = &value.kind else {
        return Vec::new();
    };
    let shorter = [
        pieces.strip_prefix(&[Piece::Star]),
        pieces.strip_suffix(&[Piece::Star]),
    ];
    let made = shorter
        .into_iter()
        .flatten()
        .filter(|pieces| !pieces.is_empty());
    made.map(|pieces| {
        let kind = if pieces.contains(&Piece::Star) {
            LiteralKind::Wildcard(pieces.to_vec())
        } else {
            LiteralKind::Text(pieces.iter().map(|piece| piece.char()).collect())
        };
        let narrow = Literal {
            span: value.span,
            kind: kind.clone(),
        };
        let case = format!("a case with a value that `{value}` matches and `{narrow}` does not");
        edit(Operator::Narrow, value, kind, case)
    })
    .collect()
}

/// Adds a star at the end, unless a sensor or service writes the value: its words have no suffixes.
fn widen(value: &Literal, context: ValueContext<'_>) -> Option<Edit> {
    let mut pieces: Vec<Piece> = match &value.kind {
        LiteralKind::Text(text) | LiteralKind::Quoted(text)
            if !text.is_empty() && !spelling::has_one_case(context.field, text) =>
        {
            text.chars().map(Piece::Char).collect()
        }
        LiteralKind::Wildcard(pieces) if pieces.last() != Some(&Piece::Star) => pieces.clone(),
        _ => return None,
    };
    pieces.push(Piece::Star);
    let then = if context.want {
        "must not alert"
    } else {
        "must alert"
    };
    let case = format!("a case with text behind `{value}`, which {then}");
    let kind = LiteralKind::Wildcard(pieces);
    Some(edit(Operator::Widen, value, kind, case))
}

/// Adds or removes quotes where that matters: at a star, and at white space or punctuation, where
/// text fields split words.
fn toggle_quotes(value: &Literal) -> Option<Edit> {
    let is_plain = |text: &str| text.chars().all(|c| c.is_alphanumeric() || c == '_');
    let kind = match &value.kind {
        LiteralKind::Quoted(text) if text.trim() != text || is_plain(text) => return None,
        LiteralKind::Quoted(text) if text.contains('*') => {
            let piece = |c: char| {
                if c == '*' {
                    Piece::Star
                } else {
                    Piece::Char(c)
                }
            };
            LiteralKind::Wildcard(text.chars().map(piece).collect())
        }
        LiteralKind::Quoted(text) => LiteralKind::Text(text.clone()),
        LiteralKind::Text(text) if is_plain(text) => return None,
        LiteralKind::Text(text) => LiteralKind::Quoted(text.clone()),
        LiteralKind::Wildcard(_) if value.is_lone_star() => return None,
        LiteralKind::Wildcard(pieces) => {
            LiteralKind::Quoted(pieces.iter().map(|piece| piece.char()).collect())
        }
        LiteralKind::Null | LiteralKind::Bool(_) => return None,
    };
    let other = Literal {
        span: value.span,
        kind: kind.clone(),
    };
    let case = format!("a case with a value that only one of `{value}` and `{other}` matches");
    Some(edit(Operator::Quotes, value, kind, case))
}
