//! Conditions: the boolean tree, and each leaf as an index test or a script.

use super::builder::Builder;
use super::constant::{self, Literal};
use super::pattern_test::pattern_test;
use crate::diagnostic::Span;
use crate::event::Value;
use crate::language::eql::check::is_constant;
use crate::language::eql::syntax::{Call, CompareOp, Expr, ExprKind, Field, In, Match};
use crate::plan::{
    ClauseId, ClauseKind, Comparison, Condition, ConditionKind, FieldId, Function, PartId,
    Predicate, ScriptExpr,
};

/// A condition, or null: Elasticsearch's folding carries null upwards.
pub(super) enum Folded {
    Null(PartId),
    Is(Condition),
}

impl Folded {
    fn constant(part: PartId, value: Option<bool>) -> Self {
        match value {
            Some(value) => Self::Is(Condition {
                part,
                kind: ConditionKind::Constant(value),
            }),
            None => Self::Null(part),
        }
    }

    /// A whole filter that is null selects nothing.
    pub(super) fn into_condition(self) -> Condition {
        match self {
            Self::Is(condition) => condition,
            Self::Null(part) => Condition {
                part,
                kind: ConditionKind::Constant(false),
            },
        }
    }
}

impl Builder<'_> {
    /// Lowers a condition below the part `parent`.
    pub(super) fn condition(&mut self, expr: &Expr, parent: PartId) -> Folded {
        match &expr.kind {
            ExprKind::And(items) => self.junction(expr, items, parent, true),
            ExprKind::Or(items) => self.junction(expr, items, parent, false),
            ExprKind::Not(inner) => {
                let text = self.words(|| expr.to_string());
                let part = self.part(Some(parent), expr.span, text);
                match self.condition(inner, part) {
                    Folded::Is(condition) => Folded::Is(Condition {
                        part,
                        kind: ConditionKind::Not(Box::new(condition)),
                    }),
                    Folded::Null(_) => Folded::Null(part),
                }
            }
            ExprKind::Bool(value) => {
                let part = self.constant_clause(expr, parent);
                Folded::constant(part, Some(*value))
            }
            ExprKind::Null => {
                let part = self.constant_clause(expr, parent);
                Folded::constant(part, None)
            }
            _ => self.leaf_condition(expr, parent),
        }
    }

    /// `and`: a null operand makes the whole null. `or`: null operands drop out.
    fn junction(&mut self, expr: &Expr, items: &[Expr], parent: PartId, all: bool) -> Folded {
        let text = self.words(|| expr.to_string());
        let part = self.part(Some(parent), expr.span, text);
        let mut conditions = Vec::with_capacity(items.len());
        let mut nulls = 0;
        for item in items {
            match self.condition(item, part) {
                Folded::Is(condition) => conditions.push(condition),
                Folded::Null(_) => nulls += 1,
            }
        }
        if (all && nulls > 0) || conditions.is_empty() {
            return Folded::Null(part);
        }
        let kind = if all {
            ConditionKind::All(conditions)
        } else {
            ConditionKind::Any(conditions)
        };
        Folded::Is(Condition { part, kind })
    }

    fn constant_clause(&mut self, expr: &Expr, parent: PartId) -> PartId {
        let text = self.words(|| expr.to_string());
        let part = self.part(Some(parent), expr.span, text.clone());
        self.clause(ClauseKind::Constant, part, expr.span, text);
        part
    }

    fn leaf_condition(&mut self, expr: &Expr, parent: PartId) -> Folded {
        if let Some(truth) = self.fold_null(expr) {
            let part = self.constant_clause(expr, parent);
            return Folded::constant(part, truth);
        }
        match &expr.kind {
            ExprKind::Field(field) => self.bare_field(expr, field, parent),
            ExprKind::Compare(op, left, right) => self.compare(expr, *op, left, right, parent),
            ExprKind::Match(inner) => self.matches(expr, inner, parent),
            ExprKind::In(inner) => self.membership(expr, inner, parent),
            ExprKind::Call(call) => self.call(expr, call, parent),
            _ => {
                let script = self.script(expr);
                self.single(expr, parent, Predicate::Script(script), false)
            }
        }
    }

    /// One clause with one leaf.
    fn single(
        &mut self,
        expr: &Expr,
        parent: PartId,
        predicate: Predicate,
        negated: bool,
    ) -> Folded {
        let kind = match &expr.kind {
            _ if is_constant(expr) => ClauseKind::Constant,
            ExprKind::Call(_) => ClauseKind::Function,
            _ => ClauseKind::Comparison,
        };
        let text = self.words(|| expr.to_string());
        let part = self.part(Some(parent), expr.span, text.clone());
        let clause = self.clause(kind, part, expr.span, text);
        Folded::Is(self.leaf_of(clause, part, predicate, negated))
    }

    fn leaf_of(
        &mut self,
        clause: ClauseId,
        part: PartId,
        predicate: Predicate,
        negated: bool,
    ) -> Condition {
        let leaf = self.leaf(clause, predicate, negated);
        let kind = ConditionKind::Leaf(leaf);
        let condition = Condition { part, kind };
        if negated {
            Condition {
                part,
                kind: ConditionKind::Not(Box::new(condition)),
            }
        } else {
            condition
        }
    }

    /// A list: a clause without a leaf, and a clause with one for each item.
    fn list(
        &mut self,
        expr: &Expr,
        parent: PartId,
        negated: bool,
        items: Vec<(Span, String, Predicate)>,
    ) -> Folded {
        let kind = match &expr.kind {
            ExprKind::Call(_) => ClauseKind::Function,
            _ => ClauseKind::Comparison,
        };
        let text = self.words(|| expr.to_string());
        let part = self.part(Some(parent), expr.span, text.clone());
        let list = self.clause(kind, part, expr.span, text);
        let conditions = items
            .into_iter()
            .map(|(span, text, predicate)| {
                let item_part = self.part(Some(part), span, text.clone());
                let clause = self.clause(ClauseKind::ListItem, item_part, span, text);
                self.clauses.at_mut(clause).parent = Some(list);
                let leaf = self.leaf(clause, predicate, negated);
                Condition {
                    part: item_part,
                    kind: ConditionKind::Leaf(leaf),
                }
            })
            .collect();
        let any = Condition {
            part,
            kind: ConditionKind::Any(conditions),
        };
        Folded::Is(if negated {
            Condition {
                part,
                kind: ConditionKind::Not(Box::new(any)),
            }
        } else {
            any
        })
    }

    fn bare_field(&mut self, expr: &Expr, field: &Field, parent: PartId) -> Folded {
        let predicate = Predicate::Compare {
            field: self.field(&field.path),
            comparison: Comparison::Equal,
            value: Value::Bool(true),
        };
        self.single(expr, parent, predicate, false)
    }

    fn compare(
        &mut self,
        expr: &Expr,
        op: CompareOp,
        left: &Expr,
        right: &Expr,
        parent: PartId,
    ) -> Folded {
        let negated = op == CompareOp::NotEqual;
        let equality = matches!(op, CompareOp::Equal | CompareOp::NotEqual);
        let constant_left = is_constant(left) && !is_constant(right);
        let null_left = self.is_null(left) || (equality && self.is_null_beside_equality(left));
        let (left, op, right) = if constant_left || (null_left && !is_constant(right)) {
            (right, mirrored(op), left)
        } else {
            (left, op, right)
        };
        let null = Expr {
            kind: ExprKind::Null,
            span: right.span,
        };
        let null_right = self.is_null(right) || (equality && self.is_null_beside_equality(right));
        let right = if null_right { &null } else { right };
        // `boolean expression == true` is the expression itself.
        if let (ExprKind::Bool(value), CompareOp::Equal | CompareOp::NotEqual) = (&right.kind, op)
            && is_condition(left)
        {
            let text = self.words(|| expr.to_string());
            let part = self.part(Some(parent), expr.span, text);
            let inner = self.condition(left, part);
            return match inner {
                Folded::Is(condition) if *value == negated => Folded::Is(Condition {
                    part,
                    kind: ConditionKind::Not(Box::new(condition)),
                }),
                inner => inner,
            };
        }
        if let ExprKind::Field(field) = &left.kind {
            let id = self.field(&field.path);
            if matches!(right.kind, ExprKind::Null) {
                if !equality {
                    let part = self.constant_clause(expr, parent);
                    return Folded::constant(part, None);
                }
                return self.single(expr, parent, Predicate::Exists(id), !negated);
            }
            if let Some(literal) = Literal::of(right) {
                let comparison = constant::comparison(op);
                let predicate = self.test(field, id, comparison, &literal);
                return self.single(expr, parent, predicate, negated);
            }
        }
        let positive = if negated { CompareOp::Equal } else { op };
        let compared = Expr {
            kind: ExprKind::Compare(positive, Box::new(left.clone()), Box::new(right.clone())),
            span: expr.span,
        };
        let script = self.script(&compared);
        self.single(expr, parent, Predicate::Script(script), negated)
    }

    /// A field against a literal; the checker has made sure that the literal fits.
    fn test(
        &mut self,
        field: &Field,
        id: FieldId,
        comparison: Comparison,
        literal: &Literal,
    ) -> Predicate {
        let tested = self
            .resolved(&field.path)
            .and_then(|resolved| constant::test(id, resolved, comparison, literal, self.now).ok());
        tested.unwrap_or_else(|| {
            let value = Box::new(ScriptExpr::Constant(literal.value()));
            Predicate::Script(ScriptExpr::Compare(
                comparison,
                Box::new(ScriptExpr::Field(id)),
                value,
            ))
        })
    }

    fn matches(&mut self, expr: &Expr, inner: &Match, parent: PartId) -> Folded {
        let mut items = Vec::with_capacity(inner.patterns.len());
        let mut known = None;
        for pattern in &inner.patterns {
            let predicate = match (&inner.value.kind, &pattern.kind) {
                (ExprKind::Field(field), ExprKind::String(text)) => {
                    let id = *known.get_or_insert_with(|| self.field(&field.path));
                    pattern_test(id, inner.op, text)
                }
                _ => Predicate::Script(self.script_pattern(inner.op, &inner.value, pattern)),
            };
            let alone = || Match {
                op: inner.op,
                value: inner.value.clone(),
                patterns: vec![pattern.clone()],
                list: false,
            };
            let text = self.words(|| alone().to_string());
            items.push((pattern.span, text, predicate));
        }
        self.one_or_list(expr, parent, false, items)
    }

    fn membership(&mut self, expr: &Expr, inner: &In, parent: PartId) -> Folded {
        let mut items = Vec::with_capacity(inner.items.len());
        for item in &inner.items {
            let predicate = self.item_test(inner, item);
            let alone = || In {
                negated: inner.negated,
                insensitive: inner.insensitive,
                value: inner.value.clone(),
                items: vec![item.clone()],
            };
            let text = self.words(|| alone().to_string());
            items.push((item.span, text, predicate));
        }
        self.one_or_list(expr, parent, inner.negated, items)
    }

    fn item_test(&mut self, inner: &In, item: &Expr) -> Predicate {
        let (ExprKind::Field(field), Some(literal)) = (&inner.value.kind, Literal::of(item)) else {
            let script = self.script_item(inner.insensitive, &inner.value, item);
            return Predicate::Script(script);
        };
        let id = self.field(&field.path);
        match literal {
            // Left out of the terms (`ExpressionTranslators.InComparisons`).
            Literal::Null => Predicate::Script(ScriptExpr::Constant(None)),
            Literal::Text(text) if inner.insensitive => {
                Predicate::EqualIgnoringCase { field: id, text }
            }
            literal => self.test(field, id, Comparison::Equal, &literal),
        }
    }

    fn one_or_list(
        &mut self,
        expr: &Expr,
        parent: PartId,
        negated: bool,
        mut items: Vec<(Span, String, Predicate)>,
    ) -> Folded {
        if items.len() == 1
            && let Some((_, _, predicate)) = items.pop()
        {
            return self.single(expr, parent, predicate, negated);
        }
        self.list(expr, parent, negated, items)
    }

    fn call(&mut self, expr: &Expr, call: &Call, parent: PartId) -> Folded {
        let function = Function::named(&call.name.text);
        let field = match call.arguments.first().map(|argument| &argument.kind) {
            Some(ExprKind::Field(field)) => Some(field),
            _ => None,
        };
        let rest = call.arguments.get(1..).unwrap_or(&[]);
        let items = match (function, field) {
            (Some(Function::CidrMatch), Some(field)) => self.cidr_items(field, rest),
            (Some(Function::Wildcard), Some(field)) => self.wildcard_items(call, field, rest),
            (Some(function), Some(field)) => {
                let predicate = self.affix_test(function, call, field, rest);
                if let Some(predicate) = predicate {
                    return self.single(expr, parent, predicate, false);
                }
                None
            }
            _ => None,
        };
        let Some(items) = items else {
            let script = self.script(expr);
            return self.single(expr, parent, Predicate::Script(script), false);
        };
        let items = items
            .into_iter()
            .zip(rest)
            .filter_map(|(predicate, argument)| {
                let first = call.arguments.first()?;
                let alone = || Call {
                    name: call.name.clone(),
                    insensitive: call.insensitive,
                    arguments: vec![first.clone(), argument.clone()],
                };
                let text = self.words(|| alone().to_string());
                Some((argument.span, text, predicate))
            })
            .collect();
        self.one_or_list(expr, parent, false, items)
    }
}

/// Whether an expression is a boolean tree or leaf of its own, rather than a boolean value.
fn is_condition(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::And(_)
        | ExprKind::Or(_)
        | ExprKind::Not(_)
        | ExprKind::Compare(..)
        | ExprKind::Match(_)
        | ExprKind::In(_) => true,
        ExprKind::Call(call) => Function::named(&call.name.text).is_some_and(Function::is_boolean),
        _ => false,
    }
}

/// The operator when both sides change places.
fn mirrored(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Less => CompareOp::Greater,
        CompareOp::LessOrEqual => CompareOp::GreaterOrEqual,
        CompareOp::Greater => CompareOp::Less,
        CompareOp::GreaterOrEqual => CompareOp::LessOrEqual,
        op => op,
    }
}
