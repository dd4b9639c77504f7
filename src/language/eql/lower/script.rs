//! Expressions that run as scripts: functions, arithmetic, and whatever stands around them.

use super::builder::Builder;
use super::constant::{Literal, cidr_block, comparison};
use crate::event::Value;
use crate::language::eql::syntax::{ArithmeticOp, Call, CompareOp, Expr, ExprKind, Match, MatchOp};
use crate::plan::predicate::WildcardPattern;
use crate::plan::{Comparison, FieldId, Function, ScriptExpr};

/// Lowers an expression that reads no field.
#[cfg(feature = "internals")]
pub(super) fn constant(expr: &Expr) -> ScriptExpr {
    script(expr, &mut |_| None)
}

impl Builder<'_> {
    /// Lowers an expression as a script.
    pub(super) fn script(&mut self, expr: &Expr) -> ScriptExpr {
        script(expr, &mut |path| Some(self.field(path)))
    }

    /// Lowers `value OP pattern` for one pattern of a list.
    pub(super) fn script_pattern(
        &mut self,
        op: MatchOp,
        value: &Expr,
        pattern: &Expr,
    ) -> ScriptExpr {
        let value = self.script(value);
        pattern_script(op, value, pattern)
    }

    /// Lowers `value in (item)` for one item of a list.
    pub(super) fn script_item(
        &mut self,
        insensitive: bool,
        value: &Expr,
        item: &Expr,
    ) -> ScriptExpr {
        let value = self.script(value);
        let item_script = self.script(item);
        item_of(insensitive, value, item, item_script)
    }
}

type Fields<'f> = dyn FnMut(&str) -> Option<FieldId> + 'f;

fn script(expr: &Expr, fields: &mut Fields<'_>) -> ScriptExpr {
    if let Some(literal) = Literal::of(expr) {
        return ScriptExpr::Constant(literal.value());
    }
    match &expr.kind {
        ExprKind::Field(field) => match fields(&field.path) {
            Some(id) => ScriptExpr::Field(id),
            None => ScriptExpr::Constant(None),
        },
        ExprKind::Call(call) => call_script(call, fields),
        ExprKind::Negate(inner) => function(Function::Negate, vec![script(inner, fields)]),
        ExprKind::Plus(inner) => script(inner, fields),
        ExprKind::Arithmetic(op, left, right) => {
            let arguments = vec![script(left, fields), script(right, fields)];
            function(arithmetic(*op), arguments)
        }
        ExprKind::Compare(op, left, right) => compare_script(*op, left, right, fields),
        ExprKind::Match(inner) => match_script(inner, fields),
        ExprKind::In(inner) => {
            let items = inner.items.iter().map(|item| {
                let value = script(&inner.value, fields);
                let item_script = script(item, fields);
                item_of(inner.insensitive, value, item, item_script)
            });
            let any = ScriptExpr::Any(items.collect());
            if inner.negated {
                ScriptExpr::Not(Box::new(any))
            } else {
                any
            }
        }
        ExprKind::Not(inner) => ScriptExpr::Not(Box::new(script(inner, fields))),
        ExprKind::And(items) => {
            ScriptExpr::All(items.iter().map(|item| script(item, fields)).collect())
        }
        ExprKind::Or(items) => {
            ScriptExpr::Any(items.iter().map(|item| script(item, fields)).collect())
        }
        ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::String(_) => {
            ScriptExpr::Constant(None)
        }
    }
}

fn function(function: Function, arguments: Vec<ScriptExpr>) -> ScriptExpr {
    ScriptExpr::Call {
        function,
        insensitive: false,
        arguments,
    }
}

/// `a == null` asks whether a value is there; everything else compares values.
fn compare_script(op: CompareOp, left: &Expr, right: &Expr, fields: &mut Fields<'_>) -> ScriptExpr {
    let is_null = |expr: &Expr| matches!(expr.kind, ExprKind::Null);
    let inner = if is_null(left) && matches!(op, CompareOp::Equal | CompareOp::NotEqual) {
        ScriptExpr::IsNull(Box::new(script(right, fields)))
    } else if is_null(right) && matches!(op, CompareOp::Equal | CompareOp::NotEqual) {
        ScriptExpr::IsNull(Box::new(script(left, fields)))
    } else {
        let (a, b) = (script(left, fields), script(right, fields));
        ScriptExpr::Compare(comparison(op), Box::new(a), Box::new(b))
    };
    if op == CompareOp::NotEqual {
        ScriptExpr::Not(Box::new(inner))
    } else {
        inner
    }
}

fn match_script(inner: &Match, fields: &mut Fields<'_>) -> ScriptExpr {
    let items = inner.patterns.iter().map(|pattern| {
        let value = script(&inner.value, fields);
        pattern_script(inner.op, value, pattern)
    });
    ScriptExpr::Any(items.collect())
}

fn pattern_script(op: MatchOp, value: ScriptExpr, pattern: &Expr) -> ScriptExpr {
    let ExprKind::String(pattern) = &pattern.kind else {
        return ScriptExpr::Constant(None);
    };
    let value = Box::new(value);
    match op {
        MatchOp::Regex | MatchOp::RegexInsensitive => ScriptExpr::Regex {
            value,
            pattern: pattern.clone(),
            insensitive: op == MatchOp::RegexInsensitive,
        },
        MatchOp::Colon | MatchOp::Like | MatchOp::LikeInsensitive => ScriptExpr::Wildcard {
            value,
            pattern: WildcardPattern::eql(pattern),
            insensitive: op != MatchOp::Like,
        },
    }
}

fn item_of(insensitive: bool, value: ScriptExpr, item: &Expr, script: ScriptExpr) -> ScriptExpr {
    match &item.kind {
        // An item is compared; null is equal to nothing here, unlike in `== null`.
        _ if [&value, &script].contains(&&ScriptExpr::Constant(None)) => ScriptExpr::Constant(None),
        ExprKind::String(text) if insensitive => {
            ScriptExpr::EqualIgnoringCase(Box::new(value), text.clone())
        }
        _ => ScriptExpr::Compare(Comparison::Equal, Box::new(value), Box::new(script)),
    }
}

fn call_script(call: &Call, fields: &mut Fields<'_>) -> ScriptExpr {
    let Some(name) = Function::named(&call.name.text) else {
        return ScriptExpr::Constant(None);
    };
    let arguments: Vec<ScriptExpr> = call
        .arguments
        .iter()
        .map(|argument| script(argument, fields))
        .collect();
    ScriptExpr::Call {
        function: name,
        insensitive: call.insensitive,
        arguments,
    }
}

fn arithmetic(op: ArithmeticOp) -> Function {
    match op {
        ArithmeticOp::Add => Function::Add,
        ArithmeticOp::Subtract => Function::Subtract,
        ArithmeticOp::Multiply => Function::Multiply,
        ArithmeticOp::Divide => Function::Divide,
        ArithmeticOp::Modulo => Function::Modulo,
    }
}

/// The bounds of a block given as a constant argument of `cidrMatch`.
pub(super) fn block(argument: &Expr) -> Option<(Value, Value)> {
    match Literal::of(argument)? {
        Literal::Text(text) => cidr_block(&text),
        _ => None,
    }
}
