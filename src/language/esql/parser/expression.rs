//! Expressions from `or` down to arithmetic. Loosest first: `or`, `and`, `not`, comparison,
//! `+ -`, `* / %`, unary minus, `::`.

use super::super::error::{TOO_DEEP, UNEXPECTED, not_supported};
use super::super::syntax::{Expr, ExprKind, Text};
use super::super::token::TokenKind;
use super::{Failed, Parser, Result};
use crate::diagnostic::Span;
use crate::diagnostic::query::EsqlSyntax;
use crate::diagnostic::query::esql_syntax::EsqlPart;
use crate::language::QueryError;
use crate::plan::pipeline::Operator;

/// Expressions nested deeper than this are refused: nobody writes them.
const MAX_DEPTH: usize = 200;

const COMPARISONS: [(&str, Operator); 6] = [
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("<", Operator::Less),
    (">", Operator::Greater),
];
const SUMS: [(&str, Operator); 2] = [("+", Operator::Add), ("-", Operator::Subtract)];
const PRODUCTS: [(&str, Operator); 3] = [
    ("*", Operator::Multiply),
    ("/", Operator::Divide),
    ("%", Operator::Remainder),
];

impl Parser<'_> {
    /// A whole expression.
    pub(super) fn expression(&mut self) -> Result<Expr> {
        self.nested(|parser| {
            parser.chain("or", ExprKind::Or, |parser| {
                parser.chain("and", ExprKind::And, Self::negation)
            })
        })
    }

    /// Refuses what is nested too deeply.
    pub(super) fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= MAX_DEPTH {
            let cause = EsqlSyntax::TooDeep;
            self.record(QueryError::new(TOO_DEEP, self.next.span, cause));
            return Err(Failed);
        }
        self.depth += 1;
        let result = inner(self);
        self.depth = self.depth.saturating_sub(1);
        result
    }

    fn chain(
        &mut self,
        keyword: &str,
        kind: fn(Vec<Expr>) -> ExprKind,
        part: impl Fn(&mut Self) -> Result<Expr>,
    ) -> Result<Expr> {
        let start = self.next.span;
        let first = part(self)?;
        if !self.next.kind.is_word(keyword) {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.accept_word(keyword) {
            parts.push(part(self)?);
        }
        Ok(Expr::new(kind(parts), self.span_from(start)))
    }

    fn negation(&mut self) -> Result<Expr> {
        let start = self.next.span;
        if !self.accept_word("not") {
            return self.condition();
        }
        let inner = self.nested(Self::negation)?;
        Ok(Expr::new(
            ExprKind::Not(Box::new(inner)),
            self.span_from(start),
        ))
    }

    /// A value, and what is said of it: a comparison, `in`, `like`, `is null`, `:`.
    fn condition(&mut self) -> Result<Expr> {
        let start = self.next.span;
        let value = self.sum()?;
        for (sign, operator) in COMPARISONS {
            if self.accept(sign) {
                let right = self.sum()?;
                let kind = ExprKind::Binary(operator, Box::new(value), Box::new(right));
                self.no_second_comparison();
                return Ok(Expr::new(kind, self.span_from(start)));
            }
        }
        if self.next.kind.is("=~") {
            let cause = EsqlSyntax::InsensitiveEqual;
            self.record(not_supported(self.next.span, cause));
            return Err(Failed);
        }
        if self.next.kind.is(":") {
            return self.match_operator(value, start);
        }
        if self.accept_word("is") {
            let negated = self.accept_word("not");
            self.expect_word("null")?;
            let value = Box::new(value);
            let kind = ExprKind::IsNull { value, negated };
            return Ok(Expr::new(kind, self.span_from(start)));
        }
        let negated = self.accept_word("not");
        if self.accept_word("in") {
            return self.membership(value, negated, start);
        }
        let is_regex = self.next.kind.is_word("rlike");
        if is_regex || self.next.kind.is_word("like") {
            self.advance();
            return self.like(value, is_regex, negated, start);
        }
        if negated {
            return Err(self.unexpected(EsqlPart::Membership));
        }
        Ok(value)
    }

    /// `a < b < c` is refused by the grammar; said where the second comparison stands.
    fn no_second_comparison(&mut self) {
        let is_comparison = COMPARISONS.iter().any(|(sign, _)| self.next.kind.is(sign));
        if is_comparison {
            let cause = EsqlSyntax::ChainedComparison;
            self.record(QueryError::new(UNEXPECTED, self.next.span, cause));
        }
    }

    fn membership(&mut self, value: Expr, negated: bool, start: Span) -> Result<Expr> {
        self.expect("(")?;
        let items = self.list(Self::sum)?;
        self.expect(")")?;
        let kind = ExprKind::In {
            value: Box::new(value),
            items,
            negated,
        };
        Ok(Expr::new(kind, self.span_from(start)))
    }

    fn like(&mut self, value: Expr, is_regex: bool, negated: bool, start: Span) -> Result<Expr> {
        let is_list = self.accept("(");
        let patterns = if is_list {
            let patterns = self.list(Self::text)?;
            self.expect(")")?;
            patterns
        } else {
            vec![self.text()?]
        };
        let kind = ExprKind::Like {
            value: Box::new(value),
            patterns,
            is_list,
            is_regex,
            negated,
        };
        Ok(Expr::new(kind, self.span_from(start)))
    }

    fn match_operator(&mut self, value: Expr, start: Span) -> Result<Expr> {
        let field = match value.kind {
            ExprKind::Column(name) => name,
            ExprKind::Cast(inner, _) if matches!(inner.kind, ExprKind::Column(_)) => {
                match inner.kind {
                    ExprKind::Column(name) => name,
                    _ => return Err(Failed),
                }
            }
            _ => return Err(self.unexpected(EsqlPart::Comparison)),
        };
        self.advance();
        let query = self.operand()?;
        let kind = ExprKind::Match {
            field,
            query: Box::new(query),
        };
        Ok(Expr::new(kind, self.span_from(start)))
    }

    /// Values with operators between them.
    pub(super) fn sum(&mut self) -> Result<Expr> {
        self.left_associative(&SUMS, |parser| {
            parser.left_associative(&PRODUCTS, Self::signed)
        })
    }

    fn left_associative(
        &mut self,
        operators: &[(&str, Operator)],
        part: impl Fn(&mut Self) -> Result<Expr>,
    ) -> Result<Expr> {
        let start = self.next.span;
        let mut left = part(self)?;
        let mut count = 0;
        while let Some((_, operator)) = operators.iter().find(|(sign, _)| self.next.kind.is(sign)) {
            count += 1;
            if count > MAX_DEPTH {
                let cause = EsqlSyntax::TooManyOperators;
                self.record(QueryError::new(TOO_DEEP, self.next.span, cause));
                return Err(Failed);
            }
            self.advance();
            let right = part(self)?;
            let kind = ExprKind::Binary(*operator, Box::new(left), Box::new(right));
            left = Expr::new(kind, self.span_from(start));
        }
        Ok(left)
    }

    fn signed(&mut self) -> Result<Expr> {
        let start = self.next.span;
        if self.accept("+") {
            return self.nested(Self::signed);
        }
        if !self.accept("-") {
            return self.operand();
        }
        let inner = self.nested(Self::signed)?;
        let span = self.span_from(start);
        // A minus before a number is part of it, so that the least integers can be written.
        let kind = match inner.kind {
            ExprKind::Integer(digits) if !digits.starts_with('-') => {
                ExprKind::Integer(format!("-{digits}"))
            }
            ExprKind::Decimal(number) => ExprKind::Decimal(-number),
            _ => ExprKind::Negate(Box::new(inner)),
        };
        Ok(Expr::new(kind, span))
    }

    /// The name of a type behind `::`.
    pub(super) fn type_name(&mut self) -> Result<Text> {
        match &self.next.kind {
            TokenKind::Word(word) => {
                let (value, span) = (word.clone(), self.next.span);
                self.advance();
                Ok(Text { value, span })
            }
            _ => Err(self.unexpected(EsqlPart::Type)),
        }
    }
}
