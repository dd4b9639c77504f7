//! `+ - * / %`, on numbers and on instants with timespans.

use super::super::error::{BAD_NUMBER, WRONG_TYPE};
use super::super::syntax::Expr;
use super::{Checker, Result};
use crate::diagnostic::Span;
use crate::diagnostic::query::EsqlType;
use crate::language::QueryError;
use crate::plan::pipeline::{self as plan, Cell, DataType, ExprKind, Operator, Timespan};

impl Checker<'_> {
    pub(super) fn arithmetic(
        &mut self,
        operator: Operator,
        left: plan::Expr,
        right: plan::Expr,
        span: Span,
    ) -> Result<plan::Expr> {
        let is_sum = matches!(operator, Operator::Add | Operator::Subtract);
        // A string literal beside a timespan is a date.
        let left = if right.data_type.is_timespan() && is_sum {
            self.cast_literal(left, DataType::Date)?
        } else {
            left
        };
        let right = if left.data_type.is_timespan() && is_sum {
            self.cast_literal(right, DataType::Date)?
        } else {
            right
        };
        let (a, b) = (left.data_type, right.data_type);
        let null = DataType::Null;
        let data_type = match (a, b) {
            _ if a.is_timespan() && (a == b || b == null) || a == null && b.is_timespan() => {
                if is_sum {
                    return self.timespans(operator, &left, &right, span);
                }
                None
            }
            _ if is_sum && a.is_date() && (b.is_timespan() || b == null) => Some(a),
            _ if operator == Operator::Add && b.is_date() && (a.is_timespan() || a == null) => {
                Some(b)
            }
            _ if a.is_number() && b.is_number() => {
                let unsigned = DataType::UnsignedLong;
                let mixes = (a == unsigned) != (b == unsigned)
                    && !left.is_constant()
                    && !right.is_constant();
                if mixes { None } else { a.common(b) }
            }
            _ if a == null && (b.is_number() || b == null) => Some(b),
            _ if b == null && a.is_number() => Some(a),
            _ => None,
        };
        let Some(data_type) = data_type else {
            let cause = EsqlType::IncompatibleTypes {
                operator: operator.symbol(),
                first: a.in_message(),
                second: b.in_message(),
                are_dates: a.is_date() && b.is_date(),
            };
            return Err(self.fail(QueryError::new(WRONG_TYPE, span, cause)));
        };
        let kind = ExprKind::Binary(operator, Box::new(left), Box::new(right));
        Ok(self.typed(kind, data_type, span))
    }

    pub(super) fn timespan(&mut self, timespan: Option<Timespan>, span: Span) -> plan::Expr {
        let data_type = match timespan {
            Some(Timespan::Duration(_)) => DataType::TimeDuration,
            _ => DataType::DatePeriod,
        };
        self.typed(ExprKind::Timespan(timespan), data_type, span)
    }

    /// Timespans are constants: they are added up here.
    fn timespans(
        &mut self,
        operator: Operator,
        left: &plan::Expr,
        right: &plan::Expr,
        span: Span,
    ) -> Result<plan::Expr> {
        let value = |expr: &plan::Expr| match expr.kind {
            ExprKind::Timespan(timespan) => timespan,
            _ => None,
        };
        let data_type = if left.data_type == DataType::Null {
            right.data_type
        } else {
            left.data_type
        };
        let (Some(a), Some(b)) = (value(left), value(right)) else {
            return Ok(self.typed(ExprKind::Timespan(None), data_type, span));
        };
        let sum = match operator {
            Operator::Subtract => b.negated().and_then(|b| a.plus(b)),
            _ => a.plus(b),
        };
        match sum {
            Some(sum) => Ok(self.typed(ExprKind::Timespan(Some(sum)), data_type, span)),
            None => Err(self.too_long(span)),
        }
    }

    fn too_long(&mut self, span: Span) -> super::Failed {
        let expression = self.text_of(span).to_owned();
        let cause = EsqlType::LongTimespan { expression };
        self.fail(QueryError::new(BAD_NUMBER, span, cause))
    }

    pub(super) fn negate(&mut self, inner: &Expr, span: Span) -> Result<plan::Expr> {
        let place = inner.span;
        let inner = self.expression(inner)?;
        if let ExprKind::Timespan(timespan) = inner.kind {
            let Some(timespan) = timespan else {
                return Ok(inner);
            };
            return match timespan.negated() {
                Some(negated) => Ok(self.timespan(Some(negated), span)),
                None => Err(self.too_long(span)),
            };
        }
        let data_type = inner.data_type;
        if data_type == DataType::Null {
            return Ok(self.constant(Cell::NULL, DataType::Null, span));
        }
        if !data_type.is_number() || data_type == DataType::UnsignedLong {
            let cause = EsqlType::OperandType {
                name: None,
                expression: self.text_of(span).to_owned(),
                value: self.text_of(place).to_owned(),
                found: data_type.in_message(),
                expected: "numeric, date_period or time_duration".to_owned(),
            };
            return Err(self.fail(QueryError::new(WRONG_TYPE, span, cause)));
        }
        Ok(self.typed(ExprKind::Negate(Box::new(inner)), data_type, span))
    }
}
