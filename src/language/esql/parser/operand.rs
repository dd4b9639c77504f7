//! Operands: constants, columns, functions, brackets, and casts of them.

use super::super::error::BAD_NUMBER;
use super::super::syntax::{Expr, ExprKind, Text};
use super::super::token::{RESERVED, TokenKind};
use super::{Failed, Parser, Result};
use crate::diagnostic::Span;
use crate::diagnostic::query::EsqlSyntax;
use crate::diagnostic::query::esql_syntax::EsqlPart;
use crate::language::QueryError;
use crate::plan::pipeline::Timespan;

impl Parser<'_> {
    /// An operand with its casts.
    pub(super) fn operand(&mut self) -> Result<Expr> {
        let start = self.next.span;
        let mut operand = self.primary()?;
        while self.accept("::") {
            let type_name = self.type_name()?;
            let kind = ExprKind::Cast(Box::new(operand), type_name);
            operand = Expr::new(kind, self.span_from(start));
        }
        Ok(operand)
    }

    fn primary(&mut self) -> Result<Expr> {
        let span = self.next.span;
        match self.next.kind.clone() {
            TokenKind::Sign("(") => {
                self.advance();
                let inner = self.expression()?;
                self.expect(")")?;
                Ok(inner)
            }
            TokenKind::Sign("[") => self.list_literal(span),
            // A sign before a number in a map or a list.
            TokenKind::Sign("-" | "+") => self.nested(Self::sum),
            TokenKind::Integer(digits) => {
                self.advance();
                self.whole_number(digits, span)
            }
            TokenKind::Decimal(text) => {
                self.advance();
                match text.parse::<f64>() {
                    Ok(number) if number.is_finite() => {
                        Ok(Expr::new(ExprKind::Decimal(number), span))
                    }
                    _ => {
                        let cause = EsqlSyntax::NumberOutOfRange { found: text };
                        self.record(QueryError::new(BAD_NUMBER, span, cause));
                        Err(Failed)
                    }
                }
            }
            TokenKind::Text(value) => {
                self.advance();
                Ok(Expr::new(ExprKind::Text(value), span))
            }
            TokenKind::Parameter(name) => {
                self.advance();
                Ok(Expr::new(ExprKind::Parameter(name), span))
            }
            TokenKind::Word(word) => self.word(&word, span),
            TokenKind::Quoted(_) => self.column(span),
            _ => Err(self.unexpected(EsqlPart::Value)),
        }
    }

    fn word(&mut self, word: &str, span: Span) -> Result<Expr> {
        let constant = match word.to_ascii_lowercase().as_str() {
            "null" => Some(ExprKind::Null),
            "true" => Some(ExprKind::Bool(true)),
            "false" => Some(ExprKind::Bool(false)),
            _ => None,
        };
        if let Some(kind) = constant {
            self.advance();
            return Ok(Expr::new(kind, span));
        }
        let after = self.lexer.skip_space(span.end as usize);
        if self.lexer.rest(after).starts_with('(')
            && !RESERVED.iter().any(|own| word.eq_ignore_ascii_case(own))
        {
            return self.call(word, span);
        }
        self.column(span)
    }

    fn column(&mut self, start: Span) -> Result<Expr> {
        let name = self.name()?;
        Ok(Expr::new(ExprKind::Column(name), self.span_from(start)))
    }

    fn call(&mut self, word: &str, span: Span) -> Result<Expr> {
        self.advance();
        self.expect("(")?;
        let name = Text {
            value: word.to_owned(),
            span,
        };
        let (mut arguments, mut options, mut star) = (Vec::new(), Vec::new(), false);
        if self.accept("*") {
            star = true;
        } else if !self.next.kind.is(")") {
            loop {
                if self.next.kind.is("{") {
                    options = self.options()?;
                    break;
                }
                arguments.push(self.expression()?);
                if !self.accept(",") {
                    break;
                }
            }
        }
        self.expect(")")?;
        let kind = ExprKind::Call {
            name,
            arguments,
            star,
            options,
        };
        Ok(Expr::new(kind, self.span_from(span)))
    }

    /// A number, or a timespan where the name of a unit follows.
    fn whole_number(&mut self, digits: String, span: Span) -> Result<Expr> {
        if let TokenKind::Word(unit) = &self.next.kind
            && Timespan::is_unit(unit)
        {
            let unit = unit.clone();
            self.advance();
            let span = self.span_from(span);
            let timespan = digits
                .parse()
                .ok()
                .and_then(|amount| Timespan::new(amount, &unit));
            let Some(timespan) = timespan else {
                let amount = digits;
                let cause = EsqlSyntax::LongTimespan { amount, unit };
                self.record(QueryError::new(BAD_NUMBER, span, cause));
                return Err(Failed);
            };
            return Ok(Expr::new(ExprKind::Timespan(timespan), span));
        }
        Ok(Expr::new(ExprKind::Integer(digits), span))
    }

    fn list_literal(&mut self, start: Span) -> Result<Expr> {
        self.advance();
        let items = self.list(|parser| parser.nested(Self::sum))?;
        self.expect("]")?;
        let span = self.span_from(start);
        let is_constant = |item: &Expr| {
            matches!(
                item.kind,
                ExprKind::Bool(_) | ExprKind::Integer(_) | ExprKind::Decimal(_) | ExprKind::Text(_)
            )
        };
        if let Some(other) = items.iter().find(|item| !is_constant(item)) {
            let cause = EsqlSyntax::ListItem;
            self.record(QueryError::new(BAD_NUMBER, other.span, cause));
            return Err(Failed);
        }
        Ok(Expr::new(ExprKind::List(items), span))
    }
}
