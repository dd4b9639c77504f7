//! Expressions: constants, columns, logic, comparisons, patterns.

use super::super::error::{BAD_NUMBER, BAD_VALUE, WRONG_TYPE, not_supported};
use super::super::syntax::{Expr, ExprKind, Name, Text};
use super::{Binding, Checker, Result, call};
use crate::diagnostic::Span;
use crate::diagnostic::esql_warning::{EsqlWarning, LineColumn};
use crate::diagnostic::query::EsqlType;
use crate::diagnostic::query::esql_type::WhichArgument;
use crate::event::Value;
use crate::language::QueryError;
use crate::plan::pipeline::{self as plan, Cell, DataType, Operator};
use crate::plan::predicate::{WildcardPattern, WildcardToken};

impl Checker<'_> {
    /// Resolves and types an expression.
    pub(super) fn expression(&mut self, expr: &Expr) -> Result<plan::Expr> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Null => Ok(self.constant(Cell::NULL, DataType::Null, span)),
            ExprKind::Bool(value) => {
                let cell = Cell::One(Value::Bool(*value));
                Ok(self.constant(cell, DataType::Boolean, span))
            }
            ExprKind::Integer(digits) => self.integer(digits, span),
            ExprKind::Decimal(number) => {
                let cell = Cell::One(Value::Double(*number));
                Ok(self.constant(cell, DataType::Double, span))
            }
            ExprKind::Text(text) => {
                let cell = Cell::One(Value::text(text));
                Ok(self.constant(cell, DataType::Keyword, span))
            }
            ExprKind::Timespan(timespan) => Ok(self.timespan(Some(*timespan), span)),
            ExprKind::List(items) => self.list(items, span),
            ExprKind::Parameter(name) => {
                let name = name.clone();
                let cause = EsqlType::NoParameter { name };
                Err(self.fail(QueryError::new(BAD_VALUE, span, cause)))
            }
            ExprKind::Column(name) => self.column(name, span),
            ExprKind::Call { .. } => self.call(expr),
            ExprKind::Cast(inner, type_name) => self.cast(inner, type_name, span),
            ExprKind::Negate(inner) => self.negate(inner, span),
            ExprKind::Not(inner) => {
                let inner = self.logical(inner, span)?;
                let kind = plan::ExprKind::Not(Box::new(inner));
                Ok(self.typed(kind, DataType::Boolean, span))
            }
            ExprKind::And(parts) => {
                let parts = self.logicals(parts, span)?;
                Ok(self.typed(plan::ExprKind::And(parts), DataType::Boolean, span))
            }
            ExprKind::Or(parts) => {
                let parts = self.logicals(parts, span)?;
                Ok(self.typed(plan::ExprKind::Or(parts), DataType::Boolean, span))
            }
            ExprKind::Binary(operator, left, right) => self.binary(*operator, left, right, span),
            ExprKind::IsNull { value, negated } => {
                let value = self.expression(value)?;
                let kind = plan::ExprKind::IsNull(Box::new(value));
                Ok(self.negated(kind, *negated, span))
            }
            ExprKind::In {
                value,
                items,
                negated,
            } => self.membership(value, items, *negated, span),
            ExprKind::Like {
                value,
                patterns,
                is_regex,
                negated,
                ..
            } => self.like(value, patterns, *is_regex, *negated, span),
            ExprKind::Match { field, query } => self.match_operator(field, query, span),
            ExprKind::Broken => Err(super::Failed),
        }
    }

    /// A node of the pipeline's expression tree.
    pub(super) fn typed(
        &mut self,
        kind: plan::ExprKind,
        data_type: DataType,
        span: Span,
    ) -> plan::Expr {
        plan::Expr {
            kind,
            data_type,
            location: self.location(span),
        }
    }

    pub(super) fn constant(&mut self, cell: Cell, data_type: DataType, span: Span) -> plan::Expr {
        self.typed(plan::ExprKind::Constant(cell), data_type, span)
    }

    fn negated(&mut self, kind: plan::ExprKind, negated: bool, span: Span) -> plan::Expr {
        let expr = self.typed(kind, DataType::Boolean, span);
        if !negated {
            return expr;
        }
        self.typed(plan::ExprKind::Not(Box::new(expr)), DataType::Boolean, span)
    }

    /// The narrowest type that holds the number.
    fn integer(&mut self, digits: &str, span: Span) -> Result<plan::Expr> {
        let (value, data_type) = if let Ok(number) = digits.parse::<i64>() {
            let data_type = match i32::try_from(number) {
                Ok(_) => DataType::Integer,
                Err(_) => DataType::Long,
            };
            (Value::Integer(number), data_type)
        } else if let Ok(number) = digits.parse::<u64>() {
            (Value::Unsigned(number), DataType::UnsignedLong)
        } else if let Ok(number) = digits.parse::<f64>() {
            (Value::Double(number), DataType::Double)
        } else {
            let found = digits.to_owned();
            let cause = EsqlType::NumberTooLarge { found };
            return Err(self.fail(QueryError::new(BAD_NUMBER, span, cause)));
        };
        Ok(self.constant(Cell::One(value), data_type, span))
    }

    fn list(&mut self, items: &[Expr], span: Span) -> Result<plan::Expr> {
        let (mut values, mut data_type) = (Vec::new(), None::<DataType>);
        for item in items {
            let item = self.expression(item)?;
            let plan::ExprKind::Constant(Cell::One(value)) = item.kind else {
                return Err(super::Failed);
            };
            data_type = match data_type {
                None => Some(item.data_type),
                Some(old) => old.common(item.data_type),
            };
            if data_type.is_none() {
                return Err(self.fail(QueryError::new(BAD_NUMBER, span, EsqlType::MixedList)));
            }
            values.push(value);
        }
        let data_type = data_type.unwrap_or(DataType::Null);
        if data_type == DataType::Double {
            values = values.into_iter().map(call::as_double).collect();
        }
        Ok(self.constant(Cell::of(values), data_type, span))
    }

    fn column(&mut self, name: &Name, span: Span) -> Result<plan::Expr> {
        if let Some(found) = self.group_column(name)? {
            let (id, data_type) = found;
            return Ok(self.typed(plan::ExprKind::Column(id), data_type, span));
        }
        let (id, data_type) = self.resolve(&name.text, name.span)?;
        Ok(self.typed(plan::ExprKind::Column(id), data_type, span))
    }

    /// An operand of `and`, `or`, `not`.
    fn logical(&mut self, operand: &Expr, whole: Span) -> Result<plan::Expr> {
        let lowered = self.expression(operand)?;
        if matches!(lowered.data_type, DataType::Boolean | DataType::Null) {
            return Ok(lowered);
        }
        let cause = EsqlType::OperandType {
            name: None,
            expression: self.text_of(whole).to_owned(),
            value: self.text_of(operand.span).to_owned(),
            found: lowered.data_type.in_message(),
            expected: "boolean".to_owned(),
        };
        Err(self.fail(QueryError::new(WRONG_TYPE, operand.span, cause)))
    }

    /// The operands; chains in brackets become part of the chain around them.
    fn logicals(&mut self, parts: &[Expr], whole: Span) -> Result<Vec<plan::Expr>> {
        let lowered: Vec<Result<plan::Expr>> =
            parts.iter().map(|part| self.logical(part, whole)).collect();
        lowered.into_iter().collect()
    }

    fn binary(
        &mut self,
        operator: Operator,
        left: &Expr,
        right: &Expr,
        span: Span,
    ) -> Result<plan::Expr> {
        let is_null = |expr: &Expr| matches!(expr.kind, ExprKind::Null);
        if is_null(left) || is_null(right) {
            let (line, column) = self.source.line_column(span.start);
            let warning = EsqlWarning::AlwaysNull {
                place: LineColumn { line, column },
                expression: self.text_of(span).to_owned(),
            };
            self.pipeline.warnings.push(warning);
        }
        let (lowered_left, lowered_right) = (self.expression(left), self.expression(right));
        let (lowered_left, lowered_right) = (lowered_left?, lowered_right?);
        if operator.is_comparison() {
            self.comparison(operator, lowered_left, lowered_right, span)
        } else {
            self.arithmetic(operator, lowered_left, lowered_right, span)
        }
    }

    fn comparison(
        &mut self,
        operator: Operator,
        left: plan::Expr,
        right: plan::Expr,
        span: Span,
    ) -> Result<plan::Expr> {
        let (left, right) = self.cast_to_each_other(left, right)?;
        let is_equality = matches!(operator, Operator::Equal | Operator::NotEqual);
        let (a, b) = (left.data_type, right.data_type);
        let mixes_unsigned = (a == DataType::UnsignedLong) != (b == DataType::UnsignedLong)
            && a.is_number()
            && b.is_number()
            && !left.is_constant()
            && !right.is_constant();
        if a.common(b).is_none() || a.is_timespan() || mixes_unsigned {
            let expression = self.text_of(span).to_owned();
            let (found, expected) = (b.in_message(), a.in_message());
            let cause = if mixes_unsigned {
                EsqlType::MixedUnsigned {
                    expression,
                    found,
                    expected,
                }
            } else {
                EsqlType::ComparedTypes {
                    expression,
                    kind: if a.is_number() { "numeric" } else { expected },
                    found,
                    expected,
                    one_is_text: a.is_text() != b.is_text(),
                }
            };
            return Err(self.fail(QueryError::new(WRONG_TYPE, span, cause)));
        }
        if !is_equality && matches!(a, DataType::Boolean | DataType::GeoPoint) {
            let cause = EsqlType::NotOrdered {
                expression: self.text_of(span).to_owned(),
                found: a.in_message(),
            };
            return Err(self.fail(QueryError::new(WRONG_TYPE, span, cause)));
        }
        let kind = plan::ExprKind::Binary(operator, Box::new(left), Box::new(right));
        Ok(self.typed(kind, DataType::Boolean, span))
    }

    /// A string literal beside a value of another type is converted to that type.
    fn cast_to_each_other(
        &mut self,
        left: plan::Expr,
        right: plan::Expr,
    ) -> Result<(plan::Expr, plan::Expr)> {
        let (a, b) = (left.data_type, right.data_type);
        let left = self.cast_literal(left, b)?;
        let right = self.cast_literal(right, a)?;
        Ok((left, right))
    }

    fn membership(
        &mut self,
        value: &Expr,
        items: &[Expr],
        negated: bool,
        span: Span,
    ) -> Result<plan::Expr> {
        let mut value = self.expression(value)?;
        let mut lowered = Vec::new();
        for item in items {
            let place = item.span;
            let item = self.expression(item)?;
            value = self.cast_literal(value, item.data_type)?;
            let item = self.cast_literal(item, value.data_type)?;
            if value.data_type.common(item.data_type).is_none() {
                let cause = EsqlType::ArgumentType {
                    name: None,
                    place: WhichArgument(lowered.len() + 1),
                    expression: self.text_of(span).to_owned(),
                    value: self.text_of(place).to_owned(),
                    found: item.data_type.in_message(),
                    expected: value.data_type.in_message().to_owned(),
                };
                return Err(self.fail(QueryError::new(WRONG_TYPE, place, cause)));
            }
            lowered.push(item);
        }
        let kind = plan::ExprKind::In(Box::new(value), lowered);
        Ok(self.negated(kind, negated, span))
    }

    fn like(
        &mut self,
        value: &Expr,
        patterns: &[Text],
        is_regex: bool,
        negated: bool,
        span: Span,
    ) -> Result<plan::Expr> {
        let place = value.span;
        let value = self.expression(value)?;
        if !value.data_type.is_text() && value.data_type != DataType::Null {
            let cause = EsqlType::LikeType {
                expression: self.text_of(span).to_owned(),
                value: self.text_of(place).to_owned(),
                found: value.data_type.in_message(),
                expected: "string",
            };
            return Err(self.fail(QueryError::new(WRONG_TYPE, place, cause)));
        }
        let value = Box::new(value);
        // A pattern that fits every text asks only whether there is one.
        let kind = if is_regex {
            if patterns.iter().any(|pattern| pattern.value == ".*") {
                return Ok(self.is_not_null(value, negated, span));
            }
            plan::ExprKind::Regex {
                value,
                patterns: patterns
                    .iter()
                    .map(|pattern| pattern.value.clone())
                    .collect(),
                insensitive: false,
            }
        } else {
            let patterns: Vec<WildcardPattern> = patterns
                .iter()
                .map(|pattern| WildcardPattern::lucene(&pattern.value))
                .collect();
            let fits_all = |pattern: &WildcardPattern| {
                !pattern.0.is_empty() && pattern.0.iter().all(|token| *token == WildcardToken::Many)
            };
            if patterns.iter().any(fits_all) {
                return Ok(self.is_not_null(value, negated, span));
            }
            plan::ExprKind::Like(value, patterns)
        };
        Ok(self.negated(kind, negated, span))
    }

    fn is_not_null(&mut self, value: Box<plan::Expr>, negated: bool, span: Span) -> plan::Expr {
        self.negated(plan::ExprKind::IsNull(value), !negated, span)
    }

    /// `a::type` is the conversion function of that type.
    fn cast(&mut self, inner: &Expr, type_name: &Text, span: Span) -> Result<plan::Expr> {
        let Some(target) = call::conversion(&type_name.value) else {
            let name = type_name.value.clone();
            let cause = EsqlType::UnknownType { name };
            return Err(self.fail(QueryError::new(WRONG_TYPE, type_name.span, cause)));
        };
        match target {
            call::Conversion::Function(function) => self.convert(function, inner, span),
            call::Conversion::Timespan => {
                let name = type_name.value.clone();
                let cause = EsqlType::CastNotSupported { name };
                Err(self.fail(not_supported(type_name.span, cause)))
            }
        }
    }

    /// A conversion. Directly around a field of several types it reads each index by its own.
    pub(super) fn convert(
        &mut self,
        function: plan::Function,
        inner: &Expr,
        span: Span,
    ) -> Result<plan::Expr> {
        if let ExprKind::Column(name) = &inner.kind
            && let Some(column) = self.scope.get(&name.text)
            && let Binding::Ambiguous(_) = column.binding
        {
            let location = self.location(span);
            let data_type = call::conversion_type(function);
            let id = self.converted_column(&name.text.clone(), data_type, function, location);
            return Ok(self.typed(plan::ExprKind::Column(id), data_type, span));
        }
        let place = inner.span;
        let argument = self.expression(inner)?;
        self.checked_call(function, vec![(argument, place)], span)
    }
}
