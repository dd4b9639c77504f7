//! Full-text search: KQL, QSTR, MATCH and `:`.

use super::super::error::{SEARCH_PLACE, not_supported};
use super::super::syntax::{Expr, ExprKind, Name};
use super::{Checker, Result};
use crate::diagnostic::Span;
use crate::language::QueryError;
use crate::plan::pipeline as plan;

impl Checker<'_> {
    pub(super) fn search_function(&mut self, expr: &Expr) -> Result<plan::Expr> {
        let name = match &expr.kind {
            ExprKind::Call { name, .. } => name.value.to_uppercase(),
            _ => String::new(),
        };
        self.check_search_place(&name, expr.span)?;
        let message = format!("the function {name} is not supported");
        Err(self.fail(not_supported(expr.span, message)))
    }

    pub(super) fn match_operator(
        &mut self,
        field: &Name,
        _query: &Expr,
        span: Span,
    ) -> Result<plan::Expr> {
        self.check_search_place(":", span)?;
        self.resolve(&field.text, field.span)?;
        let message = "the match operator `:` is not supported";
        Err(self.fail(not_supported(span, message)))
    }

    fn check_search_place(&mut self, name: &str, span: Span) -> Result<()> {
        let Some(command) = self.no_search_after else {
            return Ok(());
        };
        let message = format!("[{name}] function cannot be used after {command}");
        Err(self.fail(QueryError::new(SEARCH_PLACE, span, message)))
    }
}
