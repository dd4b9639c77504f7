//! The commands that keep rows or columns, order, cut and expand.

use super::super::error::{
    AGGREGATE, BAD_VALUE, COMMAND_PLACE, UNKNOWN_COLUMN, WRONG_TYPE, not_supported,
};
use super::super::syntax::{Command, CommandKind, Expr, Field, Name, SortKey, Text};
use super::{Checker, MAX_LIMIT, Result};
use crate::diagnostic::Span;
use crate::diagnostic::esql_warning::EsqlWarning;
use crate::diagnostic::query::text_part::Capitals;
use crate::diagnostic::query::{EsqlCommand, EsqlType};
use crate::event::Value;
use crate::language::QueryError;
use crate::plan::pipeline::{self as plan, Cell, Computed, DataType, ExprKind, Lookup, Operation};

impl Checker<'_> {
    pub(super) fn command(&mut self, command: &Command) {
        let span = command.span;
        match &command.kind {
            CommandKind::Where(condition) => self.filter(condition, span),
            CommandKind::Eval(fields) => self.eval(fields, span),
            CommandKind::Keep(names) => self.keep(names),
            CommandKind::Drop(names) => self.drop_columns(names),
            CommandKind::Rename(renamings) => self.rename(renamings),
            CommandKind::Stats(stats) => {
                self.stats(stats, span);
                self.end_search("STATS");
            }
            CommandKind::InlineStats(stats) => {
                if self.has_limit {
                    let cause = EsqlCommand::InlineStatsAfterLimit;
                    self.fail(QueryError::new(COMMAND_PLACE, span, cause));
                }
                self.inline_stats(stats, span);
                self.end_search("INLINE STATS");
            }
            CommandKind::Sort(keys) => self.sort(keys, span),
            CommandKind::Limit(count) => self.limit(count, span),
            CommandKind::MvExpand(name) => self.expand(name, span),
            CommandKind::Dissect {
                input,
                pattern,
                separator,
            } => self.dissect(input, pattern, separator.as_ref(), span),
            CommandKind::Grok { input, patterns } => self.grok(input, patterns, span),
            CommandKind::Completion {
                target,
                prompt,
                options: _,
            } => self.completion(target.as_ref(), prompt, span),
            CommandKind::Enrich { policy, on, with } => {
                self.enrich(policy, on.as_ref(), with, span);
            }
            CommandKind::LookupJoin { index, on } => self.lookup_join(index, on, span),
            // The parser said so.
            CommandKind::Unsupported(_) | CommandKind::Broken => {}
        }
    }

    /// Full-text search is refused behind this command.
    fn end_search(&mut self, command: &'static str) {
        self.no_search_after.get_or_insert(command);
    }

    fn filter(&mut self, condition: &Expr, span: Span) {
        let Ok(condition) = self.condition(condition) else {
            return;
        };
        let conditions = match condition.kind {
            ExprKind::And(parts) => parts,
            _ => vec![condition],
        };
        self.step(span, Operation::Filter(conditions));
    }

    /// An expression that is a condition.
    pub(super) fn condition(&mut self, condition: &Expr) -> Result<plan::Expr> {
        let span = condition.span;
        let condition = self.expression(condition)?;
        if matches!(condition.data_type, DataType::Boolean | DataType::Null) {
            return Ok(condition);
        }
        let cause = EsqlType::ConditionNotBoolean {
            found: Capitals(condition.data_type.in_message().to_owned()),
            expected: "boolean",
        };
        Err(self.fail(QueryError::new(WRONG_TYPE, span, cause)))
    }

    fn eval(&mut self, fields: &[Field], span: Span) {
        let mut computed = Vec::new();
        for field in fields {
            let name = self.field_name(field);
            let Ok(expr) = self.expression(&field.expr) else {
                // Later uses of the name would be reported as unknown too.
                let id = self.computed(&name, DataType::Null);
                self.define(&name, DataType::Null, id);
                continue;
            };
            if expr.data_type.is_timespan() {
                let cause = EsqlCommand::TimespanColumn {
                    expression: self.text_of(field.expr.span).to_owned(),
                    found: expr.data_type.name(),
                };
                self.fail(QueryError::new(WRONG_TYPE, field.expr.span, cause));
                continue;
            }
            // A column under another name is the same column.
            if let ExprKind::Column(id) = expr.kind {
                self.define(&name, expr.data_type, id);
                continue;
            }
            let id = self.computed(&name, expr.data_type);
            self.define(&name, expr.data_type, id);
            computed.push(Computed { column: id, expr });
        }
        if !computed.is_empty() {
            self.step(span, Operation::Compute(computed));
        }
    }

    fn sort(&mut self, keys: &[SortKey], span: Span) {
        let mut lowered = Vec::new();
        for key in keys {
            let Ok(expr) = self.expression(&key.expr) else {
                continue;
            };
            if matches!(expr.data_type, DataType::GeoPoint | DataType::Unsupported) {
                let found = expr.data_type.name();
                let cause = EsqlCommand::SortType { found };
                self.fail(QueryError::new(WRONG_TYPE, key.expr.span, cause));
                continue;
            }
            lowered.push(plan::SortKey {
                expr,
                descending: key.descending,
                nulls_first: key.nulls_first.unwrap_or(key.descending),
            });
        }
        if !lowered.is_empty() {
            self.step(span, Operation::Sort(lowered));
        }
    }

    fn limit(&mut self, count: &Expr, span: Span) {
        self.has_limit = true;
        self.end_search("LIMIT");
        let Ok(expr) = self.expression(count) else {
            return;
        };
        let number = match &expr.kind {
            ExprKind::Constant(Cell::One(Value::Integer(number))) => u64::try_from(*number).ok(),
            _ => None,
        };
        let Some(number) = number else {
            let cause = EsqlCommand::LimitValue {
                value: self.text_of(count.span).to_owned(),
                found: expr.data_type.name(),
            };
            self.fail(QueryError::new(BAD_VALUE, count.span, cause));
            return;
        };
        if number > MAX_LIMIT {
            let warning = EsqlWarning::ResultsLimited { most: MAX_LIMIT };
            self.pipeline.warnings.push(warning);
        }
        self.step(span, Operation::Limit(number.min(MAX_LIMIT)));
    }

    fn expand(&mut self, name: &Name, span: Span) {
        self.end_search("MV_EXPAND");
        let Ok((from, data_type)) = self.resolve(&name.text, name.span) else {
            return;
        };
        let into = self.computed(&name.text, data_type);
        self.step(span, Operation::Expand { from, into });
        self.scope
            .replace(&name.text, data_type, super::Binding::Column(into));
    }

    fn completion(&mut self, target: Option<&Name>, prompt: &Expr, span: Span) {
        let name = target.map_or("completion", |name| name.text.as_str());
        let lowered = self.expression(prompt);
        let into = self.computed(name, DataType::Keyword);
        self.define(name, DataType::Keyword, into);
        let Ok(lowered) = lowered else { return };
        if !lowered.data_type.is_text() && lowered.data_type != DataType::Null {
            let cause = EsqlCommand::PromptType {
                found: lowered.data_type.in_message(),
                expected: "text",
            };
            self.fail(QueryError::new(WRONG_TYPE, prompt.span, cause));
            return;
        }
        if !self.settings.has_answers {
            self.fail(not_supported(span, EsqlCommand::NoAnswers));
        }
        let operation = Operation::Complete {
            prompt: lowered,
            into,
        };
        self.step(span, operation);
    }

    fn enrich(
        &mut self,
        policy: &Text,
        on: Option<&Name>,
        with: &[(Option<Name>, Name)],
        span: Span,
    ) {
        let tables = self.settings.tables.iter();
        let name = policy
            .value
            .split_once(':')
            .map_or(&*policy.value, |(_, name)| name);
        let Some(table) = tables.clone().find(|table| table.name == name) else {
            let name = policy.value.clone();
            self.fail(not_supported(policy.span, EsqlCommand::NoPolicy { name }));
            return;
        };
        let match_field = table.match_field.clone().unwrap_or_default();
        let (key, key_span) = match on {
            Some(name) => (name.text.clone(), name.span),
            None => (match_field.clone(), policy.span),
        };
        let Ok((column, _)) = self.resolve(&key, key_span) else {
            return;
        };
        let mut columns = Vec::new();
        if with.is_empty() {
            for (field, data_type) in &table.columns {
                if *field != match_field {
                    columns.push((field.clone(), field.clone(), *data_type));
                }
            }
        }
        for (new, field) in with {
            let Some((_, data_type)) = table.columns.iter().find(|(own, _)| *own == field.text)
            else {
                let cause = EsqlCommand::UnknownEnrichField {
                    name: field.text.clone(),
                    policy: policy.value.clone(),
                };
                self.fail(QueryError::new(UNKNOWN_COLUMN, field.span, cause));
                continue;
            };
            let new = new.as_ref().unwrap_or(field).text.clone();
            columns.push((field.text.clone(), new, *data_type));
        }
        let lookup = Lookup {
            table: table.name.clone(),
            on: vec![(column, match_field)],
            columns: self.joined(columns),
            one_row_a_match: false,
        };
        self.step(span, Operation::Lookup(lookup));
    }

    fn lookup_join(&mut self, index: &Text, on: &[Name], span: Span) {
        self.end_search("LOOKUP JOIN");
        let mut tables = self.settings.tables.iter();
        let Some(table) = tables.find(|table| table.name == index.value) else {
            let name = index.value.clone();
            self.fail(not_supported(
                index.span,
                EsqlCommand::NoLookupIndex { name },
            ));
            return;
        };
        let mut keys = Vec::new();
        for name in on {
            let known = table.columns.iter().any(|(own, _)| *own == name.text);
            match self.resolve(&name.text, name.span) {
                Ok((column, _)) if known => keys.push((column, name.text.clone())),
                Ok(_) => {
                    let cause = EsqlCommand::UnknownJoinColumn {
                        name: name.text.clone(),
                    };
                    self.fail(QueryError::new(UNKNOWN_COLUMN, name.span, cause));
                }
                Err(_) => {}
            }
        }
        let is_key = |field: &str| on.iter().any(|name| name.text == field);
        let columns = table.columns.iter().filter(|(field, _)| !is_key(field));
        let columns = columns
            .map(|(field, data_type)| (field.clone(), field.clone(), *data_type))
            .collect();
        let lookup = Lookup {
            table: table.name.clone(),
            on: keys,
            columns: self.joined(columns),
            one_row_a_match: true,
        };
        self.step(span, Operation::Lookup(lookup));
    }

    /// Defines the columns of a table: `(in the table, in the rows, type)`.
    fn joined(
        &mut self,
        columns: Vec<(String, String, DataType)>,
    ) -> Vec<(String, plan::ColumnId)> {
        let mut joined = Vec::new();
        for (field, name, data_type) in columns {
            let id = self.computed(&name, data_type);
            self.define(&name, data_type, id);
            joined.push((field, id));
        }
        joined
    }

    /// An aggregate where none can stand.
    pub(super) fn misplaced_aggregate(&mut self, name: &str, span: Span) -> super::Failed {
        let name = name.to_owned();
        let cause = if self.stats.is_some() {
            EsqlType::NestedAggregate { name }
        } else {
            EsqlType::AggregateOutsideStats { name }
        };
        self.fail(QueryError::new(AGGREGATE, span, cause))
    }
}
