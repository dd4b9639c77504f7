//! How Elasticsearch's optimizer rewrites a leaf that depends on null: a literal null, or an
//! optional field without mapping (`ReplaceNullChecks`, `ConstantFolding`, `PruneFilters`).

use super::OptionalFields;
use super::builder::Builder;
use crate::language::eql::check::is_constant_where;
use crate::language::eql::syntax::{CompareOp, Expr, ExprKind, Field, MatchOp};
use crate::plan::Function;

/// Three-valued truth; `None` is null.
pub(super) type Truth = Option<bool>;

impl Builder<'_> {
    /// The constant to which a leaf folds if it depends on null.
    pub(super) fn fold_null(&self, leaf: &Expr) -> Option<Truth> {
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
            ExprKind::In(inner)
                if self.is_null(&inner.value)
                    || inner.items.iter().all(|item| self.is_null(item)) =>
            {
                Some(None)
            }
            _ => None,
        }
    }

    /// A comparison with null. One of a field or of a call with null is left to be a null check:
    /// a call may give null though nothing in it is null.
    fn fold_compare(&self, op: CompareOp, left: &Expr, right: &Expr) -> Option<Truth> {
        let (a, b) = (self.is_null(left), self.is_null(right));
        let other = if a { right } else { left };
        let equality = matches!(op, CompareOp::Equal | CompareOp::NotEqual);
        let open = !self.foldable(other) || (equality && matches!(other.kind, ExprKind::Call(_)));
        if (!a && !b) || ((a != b) && open) {
            return None;
        }
        Some(match op {
            CompareOp::Equal => Some(a && b),
            CompareOp::NotEqual => Some(!(a && b)),
            _ => None,
        })
    }

    /// Whether Elasticsearch computes an expression before it runs the query: it reads no field
    /// that has a mapping.
    fn foldable(&self, expr: &Expr) -> bool {
        is_constant_where(expr, &|field| self.is_folded(field))
    }

    /// Whether a field is the literal null.
    fn is_folded(&self, field: &Field) -> bool {
        self.optional == OptionalFields::Folded && self.resolved(&field.path).is_none()
    }

    /// Whether an expression is null whatever the event: an unmapped optional field, or a constant
    /// function of one.
    pub(super) fn is_null(&self, expr: &Expr) -> bool {
        self.foldable(expr) && self.folds_to_null(expr)
    }

    /// Whether an expression beside `==` or `!=` is null. What the optimizer makes of an equality
    /// with an unmapped field is settled by Elasticsearch's suite, so it holds either way:
    /// `?a == ?b` is a null check of both.
    pub(super) fn is_null_beside_equality(&self, expr: &Expr) -> bool {
        self.is_null(expr)
            || matches!(&expr.kind, ExprKind::Field(field) if self.resolved(&field.path).is_none())
    }

    fn folds_to_null(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Null => true,
            ExprKind::Field(field) => self.is_folded(field),
            ExprKind::Call(call) => {
                let function = Function::named(&call.name.text);
                let mut arguments = call.arguments.iter().enumerate();
                arguments.any(|(index, argument)| {
                    !function.is_some_and(|function| function.takes_null(index))
                        && self.folds_to_null(argument)
                })
            }
            ExprKind::Negate(inner) | ExprKind::Plus(inner) => self.folds_to_null(inner),
            ExprKind::Arithmetic(_, left, right) => {
                self.folds_to_null(left) || self.folds_to_null(right)
            }
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
