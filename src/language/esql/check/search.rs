//! Full-text search: KQL, MATCH, MATCH_PHRASE and `:`. They ask the index, so that they read the
//! fields of the document, whatever EVAL has made of their names, and any value of an array will
//! do. They are never null.

use super::super::error::{BAD_PATTERN, NOT_CONSTANT, SEARCH_PLACE, WRONG_COUNT, not_supported};
use super::super::syntax::{Expr, ExprKind, Name, Text};
use super::{Checker, Result};
use crate::diagnostic::Span;
use crate::diagnostic::query::{Embedded, EsqlType};
use crate::event::Timestamp;
use crate::language::dsl::query::{FieldTest, Query};
use crate::language::plan_builder::{PlanBuilder, RequestFields};
use crate::language::{QueryError, kql};
use crate::plan::pipeline::{self as plan, DataType};
use crate::plan::{ClauseKind, Plan};

/// What a search in a condition orders by: nothing depends on it.
const REQUEST: RequestFields<'_> = RequestFields {
    timestamp: "@timestamp",
    tiebreaker: None,
};

impl Checker<'_> {
    pub(super) fn search_function(&mut self, expr: &Expr) -> Result<plan::Expr> {
        let ExprKind::Call {
            name,
            arguments,
            options,
            ..
        } = &expr.kind
        else {
            return Err(super::Failed);
        };
        let upper = name.value.to_uppercase();
        self.check_search_place(&upper, expr.span)?;
        if let Some((option, _)) = options
            .iter()
            .find(|(option, _)| option.value != "operator")
        {
            let cause = EsqlType::SearchOption {
                name: option.value.clone(),
                function: upper,
            };
            return Err(self.fail(not_supported(option.span, cause)));
        }
        match (upper.as_str(), arguments.as_slice()) {
            ("KQL", [query]) => {
                let text = self.search_text(query)?;
                self.kql(&text, query.span, expr.span)
            }
            ("MATCH" | "MATCH_PHRASE", [field, query]) => {
                let name = self.search_field(field)?;
                let text = self.search_text(query)?;
                let test = if upper == "MATCH" {
                    FieldTest::Match {
                        text,
                        all: asks_for_all(options),
                    }
                } else {
                    FieldTest::Phrase {
                        text,
                        slop: 0,
                        is_prefix: false,
                    }
                };
                self.search(&Query::field(name, test), expr.span)
            }
            ("QSTR", _) => {
                let cause = EsqlType::FunctionNotSupported { name: upper };
                Err(self.fail(not_supported(name.span, cause)))
            }
            _ => {
                let cause = EsqlType::SearchArguments {
                    name: upper.to_lowercase(),
                    found: arguments.len(),
                };
                Err(self.fail(QueryError::new(WRONG_COUNT, expr.span, cause)))
            }
        }
    }

    /// `field : "words"`
    pub(super) fn match_operator(
        &mut self,
        field: &Name,
        query: &Expr,
        span: Span,
    ) -> Result<plan::Expr> {
        self.check_search_place(":", span)?;
        if !self.scope.contains(&field.text) {
            return Err(self.unknown_column(&field.text, field.span));
        }
        let text = self.search_text(query)?;
        let test = FieldTest::Match { text, all: false };
        self.search(&Query::field(field.text.as_str(), test), span)
    }

    fn kql(&mut self, text: &str, query: Span, span: Span) -> Result<plan::Expr> {
        let lowered = kql::parse(text)
            .map_err(|error| vec![error])
            .and_then(|query| kql::lower_in_function(&query, self.schema, REQUEST));
        match lowered {
            Ok(plan) => Ok(self.searched(plan, span)),
            Err(errors) => {
                let cause = embedded(errors, true);
                Err(self.fail(QueryError::new(BAD_PATTERN, query, cause)))
            }
        }
    }

    fn search(&mut self, query: &Query, span: Span) -> Result<plan::Expr> {
        let mut builder = PlanBuilder::new(self.schema, Timestamp::default(), false);
        let root = builder.part(None, span, String::new);
        let condition = builder.condition(ClauseKind::Comparison, None, root, query);
        match builder.finish(root, condition, REQUEST) {
            Ok(plan) => Ok(self.searched(plan, span)),
            Err(errors) => {
                let cause = embedded(errors, false);
                Err(self.fail(QueryError::new(BAD_PATTERN, span, cause)))
            }
        }
    }

    fn searched(&mut self, plan: Plan, span: Span) -> plan::Expr {
        let kind = plan::ExprKind::Search(Box::new(plan));
        self.typed(kind, DataType::Boolean, span)
    }

    /// The field that is searched; a cast around it changes nothing for the index.
    fn search_field(&mut self, field: &Expr) -> Result<String> {
        match &field.kind {
            ExprKind::Column(name) if self.scope.contains(&name.text) => Ok(name.text.clone()),
            ExprKind::Column(name) => Err(self.unknown_column(&name.text, name.span)),
            ExprKind::Cast(inner, _) => self.search_field(inner),
            _ => {
                let found = self.text_of(field.span).to_owned();
                let cause = EsqlType::NotSearchable { found };
                Err(self.fail(QueryError::new(SEARCH_PLACE, field.span, cause)))
            }
        }
    }

    fn search_text(&mut self, query: &Expr) -> Result<String> {
        match &query.kind {
            ExprKind::Text(text) => Ok(text.clone()),
            ExprKind::Integer(digits) => Ok(digits.clone()),
            ExprKind::Decimal(number) => Ok(number.to_string()),
            ExprKind::Bool(value) => Ok(value.to_string()),
            _ => {
                let cause = EsqlType::SearchNotConstant {
                    found: self.text_of(query.span).to_owned(),
                    expected: "constant",
                };
                Err(self.fail(QueryError::new(NOT_CONSTANT, query.span, cause)))
            }
        }
    }

    fn check_search_place(&mut self, name: &str, span: Span) -> Result<()> {
        let Some(command) = self.no_search_after else {
            return Ok(());
        };
        let name = name.to_owned();
        let cause = EsqlType::SearchPlace { name, command };
        Err(self.fail(QueryError::new(SEARCH_PLACE, span, cause)))
    }
}

fn embedded(errors: Vec<QueryError>, is_kql: bool) -> Embedded {
    let reasons = errors.into_iter().map(|error| *error.cause).collect();
    Embedded { is_kql, reasons }
}

/// `{"operator": "AND"}`
fn asks_for_all(options: &[(Text, Expr)]) -> bool {
    options.iter().any(|(name, value)| {
        let is_and =
            matches!(&value.kind, ExprKind::Text(text) if text.eq_ignore_ascii_case("and"));
        name.value == "operator" && is_and
    })
}
