//! What Elasticsearch's optimizer makes of a leaf that names an optional field which no mapping
//! has (`ReplaceNullChecks`, `ConstantFolding`, `PruneFilters`; `eql-semantics` §3.5).

use super::builder::Builder;
use crate::eql::syntax::{CompareOp, Expr, ExprKind, MatchOp};

/// Three-valued truth; `None` is null.
pub(super) type Truth = Option<bool>;

impl Builder<'_> {
    /// The constant that a leaf folds to, if it hangs on an unmapped optional field.
    pub(super) fn fold_unmapped(&self, leaf: &Expr) -> Option<Truth> {
        match &leaf.kind {
            ExprKind::Field(_) | ExprKind::Call(_) => self.is_null(leaf).then_some(None),
            ExprKind::Compare(op, left, right) => self.fold_compare(*op, left, right),
            ExprKind::Match(inner) if self.is_null(&inner.value) => {
                let items = inner.patterns.iter().map(|pattern| match &pattern.kind {
                    ExprKind::String(text) => fold_pattern(inner.op, text),
                    _ => None,
                });
                Some(any(items))
            }
            ExprKind::In(inner) if self.is_null(&inner.value) => Some(None),
            _ => None,
        }
    }

    fn fold_compare(&self, op: CompareOp, left: &Expr, right: &Expr) -> Option<Truth> {
        let literal_null = |expr: &Expr| matches!(expr.kind, ExprKind::Null);
        let (a, b) = (self.is_null(left), self.is_null(right));
        let plain_null_check = (literal_null(left) && !b) || (literal_null(right) && !a);
        if (!a && !b) || plain_null_check {
            return None;
        }
        let null_check = literal_null(left) || literal_null(right) || (a && b);
        Some(match op {
            CompareOp::Equal if null_check => Some(a && b),
            CompareOp::NotEqual if null_check => Some(!(a && b)),
            CompareOp::Equal => Some(false),
            CompareOp::NotEqual => Some(true),
            _ => None,
        })
    }

    /// Whether an expression is null whatever the event: an unmapped optional field, or a function
    /// of one.
    fn is_null(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Null => true,
            ExprKind::Field(field) => self.resolved(&field.path).is_none(),
            ExprKind::Call(call) => call.arguments.iter().any(|argument| self.is_null(argument)),
            ExprKind::Negate(inner) | ExprKind::Plus(inner) => self.is_null(inner),
            ExprKind::Arithmetic(_, left, right) => self.is_null(left) || self.is_null(right),
            _ => false,
        }
    }
}

/// A pattern over null: one that matches everything is a null check and one that is a plain
/// text becomes `==`, both false; the rest is null. `:` keeps its null either way.
fn fold_pattern(op: MatchOp, pattern: &str) -> Truth {
    let everything = !pattern.is_empty() && pattern.chars().all(|c| c == '*');
    let wild = pattern.contains(['*', '?']);
    let operators = |c: char| "\\.?+*|{}[]()\"#@&<>~".contains(c);
    match op {
        MatchOp::Colon | MatchOp::Like | MatchOp::LikeInsensitive if everything => Some(false),
        MatchOp::Like if !wild => Some(false),
        MatchOp::Regex | MatchOp::RegexInsensitive if pattern == ".*" => Some(false),
        MatchOp::Regex if !pattern.contains(operators) => Some(false),
        _ => None,
    }
}

/// `or` of the items of a list: null only if all are.
fn any(items: impl Iterator<Item = Truth>) -> Truth {
    items.fold(None, |so_far, item| match (so_far, item) {
        (Some(a), Some(b)) => Some(a || b),
        (known, None) | (None, known) => known,
    })
}
