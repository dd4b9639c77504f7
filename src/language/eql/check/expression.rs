//! The types of expressions, and what may be compared with what.

use std::borrow::Cow;

use super::super::error::EqlError;
use super::super::syntax::{CompareOp, Expr, ExprKind, In, Match, MatchOp, Number};
use super::{Checker, Typed, codes, is_constant};
use crate::diagnostic::query::EqlType;
use crate::diagnostic::query::eql_type::{MatchedFix, Ordinal};
use crate::event::field::Family;

impl Checker<'_> {
    /// The type of `expr`; what is wrong in it is recorded.
    pub(super) fn expression(&mut self, expr: &Expr) -> Typed {
        match &expr.kind {
            ExprKind::Null => Typed::null(),
            ExprKind::Bool(_) => Typed::constant(Family::Boolean, "boolean"),
            ExprKind::Number(number) => Typed::constant(Family::Number, number_type(*number)),
            ExprKind::String(_) => Typed::constant(Family::Text, "keyword"),
            ExprKind::Field(field) => {
                let typed = self.field(field, expr.span);
                self.require_indexed(field, expr.span);
                typed
            }
            ExprKind::Call(call) => self.call(call, expr.span),
            ExprKind::Negate(inner) | ExprKind::Plus(inner) => {
                let typed = self.expression(inner);
                self.require(&typed, Family::Number, "numeric", inner, "-");
                typed
            }
            ExprKind::Arithmetic(op, left, right) => self.arithmetic(op.symbol(), left, right),
            ExprKind::Compare(op, left, right) => self.compare(*op, left, right),
            ExprKind::Match(inner) => self.matches(inner),
            ExprKind::In(inner) => self.membership(inner),
            ExprKind::Not(inner) => self.operands("not", std::slice::from_ref(inner.as_ref())),
            ExprKind::And(items) => self.operands("and", items),
            ExprKind::Or(items) => self.operands("or", items),
        }
    }

    fn operands(&mut self, word: &'static str, items: &[Expr]) -> Typed {
        let mut constant = true;
        for item in items {
            let typed = self.expression(item);
            constant &= typed.constant;
            self.require(&typed, Family::Boolean, "boolean", item, word);
        }
        Typed::computed(Family::Boolean, "boolean", constant)
    }

    fn arithmetic(&mut self, symbol: &'static str, left: &Expr, right: &Expr) -> Typed {
        let a = self.expression(left);
        let b = self.expression(right);
        self.require(&a, Family::Number, "numeric", left, symbol);
        self.require(&b, Family::Number, "numeric", right, symbol);
        Typed::computed(
            Family::Number,
            wider(a.name, b.name),
            a.constant && b.constant,
        )
    }

    /// Records an error unless `typed` is of `family`.
    pub(super) fn require(
        &mut self,
        typed: &Typed,
        family: Family,
        expected: &'static str,
        expr: &Expr,
        operator: &'static str,
    ) {
        if !typed.is(family) {
            let cause = EqlType::OperandType {
                operator,
                value: expr.to_string(),
                found: typed.name.to_string(),
                expected,
            };
            self.error(EqlError::new(&codes::WRONG_TYPE, expr.span, cause));
        }
    }

    fn compare(&mut self, op: CompareOp, left: &Expr, right: &Expr) -> Typed {
        let is_null = |side: &Expr| matches!(side.kind, ExprKind::Null);
        let equality = matches!(op, CompareOp::Equal | CompareOp::NotEqual);
        let (a, b) = if equality && (is_null(left) || is_null(right)) {
            (self.unsearched(left), self.unsearched(right))
        } else {
            (self.expression(left), self.expression(right))
        };
        let result = Typed::computed(Family::Boolean, "boolean", a.constant && b.constant);
        // Elasticsearch puts the constant on the right and wants one there; an unmapped optional
        // field is one, being null.
        if !a.constant && !b.constant {
            let cause = EqlType::ComparedFields {
                operator: op.symbol(),
                found: right.to_string(),
                expected: "constant",
            };
            self.error(EqlError::new(&codes::FIELD_COMPARISON, right.span, cause));
            return result;
        }
        let (computed, constant) = if a.constant { (&b, &a) } else { (&a, &b) };
        let other = if a.constant { right } else { left };
        let is_field = matches!(other.kind, ExprKind::Field(_));
        let differ = matches!((computed.family, constant.family), (Some(x), Some(y)) if x != y);
        if !is_field && differ && !computed.constant {
            let offender = if a.constant { left } else { right };
            let cause = EqlType::ComparedTypes {
                operator: op.symbol(),
                value: offender.to_string(),
                found: constant.name.to_string(),
                expected: computed.name.to_string(),
            };
            self.error(EqlError::new(&codes::WRONG_TYPE, offender.span, cause));
        }
        if is_field && computed.family.is_some() {
            self.constant_fits(other, if a.constant { left } else { right }, op);
        }
        result
    }

    /// Whether the index would take the constant for this field (`docs/language/eql/constants.md`).
    fn constant_fits(&mut self, field: &Expr, constant: &Expr, op: CompareOp) {
        let ExprKind::Field(name) = &field.kind else {
            return;
        };
        let Some(Some(resolved)) = self.fields.get(&name.path) else {
            return;
        };
        if let Err(why) = super::super::lower::constant_fits(resolved, constant, op) {
            let cause = EqlType::UnfitConstant {
                name: name.path.clone(),
                found: constant.to_string(),
                expected: resolved.field_type.to_string(),
                why,
            };
            self.error(EqlError::new(&codes::BAD_CONSTANT, constant.span, cause));
        }
    }

    fn matches(&mut self, inner: &Match) -> Typed {
        // A pattern that everything matches becomes a null check.
        let value = if inner
            .patterns
            .iter()
            .all(|pattern| is_everything(inner.op, pattern))
        {
            self.unsearched(&inner.value)
        } else {
            self.expression(&inner.value)
        };
        let symbol = inner.op.symbol();
        if !value.is(Family::Text) {
            let cause = EqlType::MatchedType {
                operator: symbol,
                value: inner.value.to_string(),
                found: value.name.to_string(),
                expected: "string",
                fix: match value.family {
                    Some(Family::Ip) => Some(MatchedFix::Addresses),
                    Some(Family::Number) => Some(MatchedFix::Numbers),
                    _ => None,
                },
            };
            self.error(EqlError::new(&codes::WRONG_TYPE, inner.value.span, cause));
        }
        for pattern in &inner.patterns {
            let typed = self.expression(pattern);
            let is_text = typed.family == Some(Family::Text);
            if !is_text && !matches!(pattern.kind, ExprKind::Null) {
                let cause = EqlType::PatternType {
                    operator: symbol,
                    value: pattern.to_string(),
                    found: typed.name.into_owned(),
                    expected: "string",
                };
                self.error(EqlError::new(&codes::WRONG_TYPE, pattern.span, cause));
            }
        }
        if matches!(inner.op, MatchOp::Regex | MatchOp::RegexInsensitive)
            && inner
                .patterns
                .iter()
                .any(|p| matches!(p.kind, ExprKind::Null))
        {
            let cause = EqlType::NullPattern {
                operator: symbol,
                found: "null",
                expected: "string",
            };
            self.error(EqlError::new(&codes::WRONG_TYPE, inner.value.span, cause));
        }
        Typed::computed(Family::Boolean, "boolean", value.constant)
    }

    fn membership(&mut self, inner: &In) -> Typed {
        let value = self.expression(&inner.value);
        let word = if inner.insensitive { "in~" } else { "in" };
        if inner.insensitive && !value.is(Family::Text) {
            self.require(&value, Family::Text, "string", &inner.value, "in~");
        }
        for (index, item) in inner.items.iter().enumerate() {
            let typed = self.expression(item);
            if !is_constant(item) && typed.family.is_some() {
                let cause = EqlType::FieldInList {
                    operator: word,
                    found: item.to_string(),
                    expected: "constant",
                };
                self.error(EqlError::new(&codes::FIELD_COMPARISON, item.span, cause));
                continue;
            }
            if !goes_together(value.family, typed.family) {
                let cause = EqlType::ItemType {
                    operator: word,
                    index: Ordinal(index + 1),
                    value: item.to_string(),
                    found: typed.name.into_owned(),
                    expected: type_name(&value).to_owned(),
                    instead: instead_of_list(&value, inner),
                };
                self.error(EqlError::new(&codes::WRONG_TYPE, item.span, cause));
                // Elasticsearch names the first item of another type and no more.
                break;
            }
            self.constant_fits(&inner.value, item, CompareOp::Equal);
        }
        Typed::computed(Family::Boolean, "boolean", value.constant)
    }
}

/// Whether a list may hold items of this family (`DataTypes.areCompatible`): unlike `==`, a list is
/// no place where a text stands for an address, a date or a version.
fn goes_together(value: Option<Family>, item: Option<Family>) -> bool {
    match (value, item) {
        (Some(value), Some(item)) => value == item,
        (None, _) | (_, None) => true,
    }
}

/// The name that Elasticsearch's verifier has for a type.
fn type_name(typed: &Typed) -> &str {
    match typed.family {
        Some(Family::Date) => "datetime",
        _ => &typed.name,
    }
}

/// Conditions that say what a list says whose items are not of the field's type.
fn instead_of_list(value: &Typed, inner: &In) -> Vec<String> {
    let texts: Vec<&Expr> = inner
        .items
        .iter()
        .filter(|item| matches!(item.kind, ExprKind::String(_) | ExprKind::Number(_)))
        .collect();
    let shown = texts.get(..2).unwrap_or(&texts);
    let is_cut = texts.len() > shown.len();
    match value.family {
        Some(Family::Ip) => vec![blocks(inner, shown, is_cut), each(inner, shown, is_cut)],
        Some(Family::Date | Family::Version) => vec![each(inner, shown, is_cut)],
        _ => Vec::new(),
    }
}

/// The items as the blocks of one call.
fn blocks(inner: &In, shown: &[&Expr], is_cut: bool) -> String {
    let blocks: Vec<String> = shown.iter().map(ToString::to_string).collect();
    let not = if inner.negated { "not " } else { "" };
    let more = if is_cut { ", …" } else { "" };
    format!(
        "{not}cidrMatch({}, {}{more})",
        inner.value,
        blocks.join(", ")
    )
}

/// A comparison for each item.
fn each(inner: &In, shown: &[&Expr], is_cut: bool) -> String {
    let each: Vec<String> = shown
        .iter()
        .map(|item| format!("{} == {item}", inner.value))
        .collect();
    let joined = each.join(" or ");
    let more = if is_cut { " …" } else { "" };
    if inner.negated {
        format!("not ({joined}{more})")
    } else {
        format!("{joined}{more}")
    }
}

/// Whether a pattern matches every text, so that only the value's presence is asked.
fn is_everything(op: MatchOp, pattern: &Expr) -> bool {
    let ExprKind::String(text) = &pattern.kind else {
        return false;
    };
    match op {
        MatchOp::Regex | MatchOp::RegexInsensitive => text == ".*",
        _ => !text.is_empty() && text.bytes().all(|byte| byte == b'*'),
    }
}

fn number_type(number: Number) -> &'static str {
    match number {
        Number::Integer(value) if i32::try_from(value).is_ok() => "integer",
        Number::Integer(_) => "long",
        Number::Unsigned(_) => "unsigned_long",
        Number::Double(_) => "double",
    }
}

/// The wider of two numeric types, as arithmetic promotes them.
fn wider(a: Cow<'static, str>, b: Cow<'static, str>) -> Cow<'static, str> {
    let rank = |name: &str| match name {
        "double" | "scaled_float" => 5,
        "float" | "half_float" => 4,
        "unsigned_long" => 3,
        "long" => 2,
        "integer" | "short" | "byte" => 1,
        _ => 0,
    };
    if rank(&a) >= rank(&b) { a } else { b }
}
