//! Strings in the query that stand for a date, an address, a version, a boolean or a timespan.

use super::super::error::BAD_LITERAL;
use super::{Checker, Result};
use crate::diagnostic::query::EsqlType;
use crate::diagnostic::query::text_part::Capitals;
use crate::event::Value;
use crate::event::time::DateFormat;
use crate::event::value::Version;
use crate::language::QueryError;
use crate::plan::pipeline::{self as plan, Cell, DataType, ExprKind, Timespan};

impl Checker<'_> {
    /// Converts a string literal, or a list of them, to another type; everything else stays.
    pub(super) fn cast_literal(
        &mut self,
        expr: plan::Expr,
        target: DataType,
    ) -> Result<plan::Expr> {
        let is_castable = matches!(
            target,
            DataType::Date
                | DataType::DateNanos
                | DataType::Ip
                | DataType::Version
                | DataType::Boolean
                | DataType::DatePeriod
                | DataType::TimeDuration
        );
        let (ExprKind::Constant(cell), DataType::Keyword, true) =
            (&expr.kind, expr.data_type, is_castable)
        else {
            return Ok(expr);
        };
        if target.is_timespan() {
            return self.cast_timespan(expr, target);
        }
        let mut values = Vec::new();
        for value in cell.values() {
            let Value::Text(text) = value else {
                return Ok(expr);
            };
            match read(text, target) {
                Some(value) => values.push(value),
                None => {
                    let cause = EsqlType::BadLiteral {
                        found: text.to_string(),
                        expected: Capitals(target.in_message().to_owned()),
                    };
                    let span = self.span_of(&expr);
                    return Err(self.fail(QueryError::new(BAD_LITERAL, span, cause)));
                }
            }
        }
        Ok(plan::Expr {
            kind: ExprKind::Constant(Cell::of(values)),
            data_type: target,
            location: expr.location,
        })
    }

    fn cast_timespan(&mut self, expr: plan::Expr, target: DataType) -> Result<plan::Expr> {
        let ExprKind::Constant(Cell::One(Value::Text(text))) = &expr.kind else {
            return Ok(expr);
        };
        let timespan = read_timespan(text);
        let Some(timespan) = timespan else {
            let cause = EsqlType::BadTimespan {
                found: text.to_string(),
                expected: target.name(),
            };
            let span = self.span_of(&expr);
            return Err(self.fail(QueryError::new(BAD_LITERAL, span, cause)));
        };
        let span = self.span_of(&expr);
        Ok(self.timespan(Some(timespan), span))
    }

    pub(super) fn span_of(&self, expr: &plan::Expr) -> crate::diagnostic::Span {
        let location = self.pipeline.location(expr.location);
        location.map(|location| location.span).unwrap_or_default()
    }
}

/// `5 minutes`, `1day`
fn read_timespan(text: &str) -> Option<Timespan> {
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '-')
        .unwrap_or(text.len());
    let (amount, unit) = text.split_at_checked(digits)?;
    Timespan::new(amount.parse().ok()?, unit.trim())
}

/// The value that a string stands for.
fn read(text: &str, target: DataType) -> Option<Value> {
    match target {
        DataType::Date => {
            let instant = DateFormat::new("strict_date_optional_time").parse(text)?;
            Some(Value::Date(instant.truncated()))
        }
        DataType::DateNanos => DateFormat::new("strict_date_optional_time")
            .parse(text)
            .map(Value::Date),
        DataType::Ip => text.parse().ok().map(Value::ip),
        DataType::Version => Some(Value::Version(Version::new(text))),
        DataType::Boolean => match text.to_ascii_lowercase().as_str() {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => None,
        },
        _ => None,
    }
}
