//! STATS and INLINE STATS.

use super::super::error::{AGGREGATE, BAD_VALUE, NOT_CONSTANT, WRONG_COUNT, WRONG_TYPE};
use super::super::syntax::{AggregateField, Expr, ExprKind, Name, Stats};
use super::scope::Scope;
use super::{Binding, Checker, Result, ScopeColumn, call};
use crate::diagnostic::Span;
use crate::diagnostic::esql_warning::{EsqlWarning, LineColumn};
use crate::diagnostic::query::esql_type::Counts;
use crate::diagnostic::query::{EsqlCommand, EsqlType};
use crate::event::Value;
use crate::language::QueryError;
use crate::plan::pipeline::aggregate::{self, AggregateSignature};
use crate::plan::pipeline::{
    self as plan, Aggregate, AggregateFunction, Cell, ColumnId, ColumnOrigin, Computed, DataType,
    Group, GroupKey, Operation, TypeSet,
};

/// The keys and aggregates of the STATS that is being checked.
#[derive(Debug, Default)]
pub(super) struct StatsScope {
    /// `(name, column of the group, type)`
    keys: Vec<(String, ColumnId, DataType)>,
    aggregates: Vec<Aggregate>,
    /// The condition of the aggregate that is being checked.
    filter: Option<plan::Expr>,
    /// The expression stands inside an aggregate, where it sees the rows.
    in_rows: bool,
}

/// A column that STATS gives.
struct StatsColumn {
    name: String,
    data_type: DataType,
    column: ColumnId,
    span: Span,
}

impl Checker<'_> {
    /// The aggregates in order, then the keys; everything else is gone.
    pub(super) fn stats(&mut self, stats: &Stats, span: Span) {
        let given = self.group(stats, span, Operation::Group);
        self.scope = given
            .into_iter()
            .map(|column| ScopeColumn {
                name: column.name,
                data_type: column.data_type,
                binding: Binding::Column(column.column),
            })
            .collect();
    }

    /// The old columns, then the aggregates, then the keys.
    pub(super) fn inline_stats(&mut self, stats: &Stats, span: Span) {
        let before = self.scope.clone();
        let keys = stats.by.len();
        let given = self.group(stats, span, Operation::GroupJoin);
        let first_key = given.len().saturating_sub(keys);
        let mut scope = before.clone();
        for (position, column) in given.into_iter().enumerate() {
            // A key that is a column as it is stays that column: the rows keep their own values.
            let old = before.get(&column.name).map(|old| old.binding.clone());
            let binding = match old {
                Some(old) if position >= first_key && stats_key_is_column(stats, &column.name) => {
                    old
                }
                _ => Binding::Column(column.column),
            };
            scope.put(ScopeColumn {
                name: column.name,
                data_type: column.data_type,
                binding,
            });
        }
        self.scope = scope;
    }

    /// Checks keys and aggregates and adds the steps. Gives the columns in order.
    fn group(
        &mut self,
        stats: &Stats,
        span: Span,
        operation: fn(Group) -> Operation,
    ) -> Vec<StatsColumn> {
        if stats.aggregates.is_empty() && stats.by.is_empty() {
            let found = self.text_of(span).to_owned();
            let cause = EsqlCommand::NothingToGroup { found };
            self.fail(QueryError::new(AGGREGATE, span, cause));
        }
        let before = self.scope.clone();
        let keys = self.keys(stats, span);
        self.stats = Some(StatsScope {
            keys: keys
                .iter()
                .map(|(key, group)| (key.name.clone(), group.into, key.data_type))
                .collect(),
            ..StatsScope::default()
        });
        let mut given: Vec<StatsColumn> = Vec::new();
        let mut computed = Vec::new();
        for field in &stats.aggregates {
            let column = self.aggregate_column(field, &mut computed);
            self.give(&mut given, column);
        }
        let aggregates = self
            .stats
            .take()
            .map(|scope| scope.aggregates)
            .unwrap_or_default();
        self.scope = before;
        let group_keys = keys.iter().map(|(_, group)| *group).collect();
        for (key, _) in keys {
            self.give(&mut given, key);
        }
        let group = Group {
            keys: group_keys,
            aggregates,
        };
        self.step(span, operation(group));
        if !computed.is_empty() {
            self.step(span, Operation::Compute(computed));
        }
        given
    }

    /// The column of an aggregate with its filter; an expression around aggregates is added to what
    /// is computed after them.
    fn aggregate_column(
        &mut self,
        field: &AggregateField,
        computed: &mut Vec<Computed>,
    ) -> StatsColumn {
        let name = self.field_name(&field.field);
        let place = field
            .field
            .name
            .as_ref()
            .map_or(field.field.expr.span, |n| n.span);
        let filter = match &field.filter {
            Some(filter) => {
                self.set_in_rows(true);
                let filter = self.condition(filter);
                self.set_in_rows(false);
                filter.ok()
            }
            None => None,
        };
        if let Some(scope) = &mut self.stats {
            scope.filter = filter;
        }
        let (column, data_type) = match self.expression(&field.field.expr) {
            Err(_) => (self.computed(&name, DataType::Null), DataType::Null),
            Ok(expr) => match expr.kind {
                plan::ExprKind::Column(id) => {
                    self.name_column(id, &name);
                    (id, expr.data_type)
                }
                _ => {
                    let (id, data_type) = (self.computed(&name, expr.data_type), expr.data_type);
                    computed.push(Computed { column: id, expr });
                    (id, data_type)
                }
            },
        };
        StatsColumn {
            name,
            data_type,
            column,
            span: place,
        }
    }

    /// An aggregate on its own has the name of its column; in an expression it has its own text.
    fn name_column(&mut self, id: ColumnId, name: &str) {
        let column = self.pipeline.columns.get_mut(id.index());
        if let Some(column) = column.filter(|column| column.origin == ColumnOrigin::Computed) {
            name.clone_into(&mut column.name);
        }
    }

    /// The last of several columns of one name wins.
    fn give(&mut self, given: &mut Vec<StatsColumn>, column: StatsColumn) {
        if let Some(old) = given.iter().position(|own| own.name == column.name) {
            let shadowed = given.remove(old);
            let place = |span: Span| {
                let (line, column) = self.source.line_column(span.start);
                LineColumn { line, column }
            };
            let warning = EsqlWarning::Shadowed {
                place: place(shadowed.span),
                name: column.name.clone(),
                by: place(column.span),
            };
            self.pipeline.warnings.push(warning);
        }
        given.push(column);
    }

    /// The keys: expressions are computed as columns of the rows first, and the aggregates see
    /// them by their names.
    fn keys(&mut self, stats: &Stats, span: Span) -> Vec<(StatsColumn, GroupKey)> {
        let (mut keys, mut computed): (Vec<(StatsColumn, GroupKey)>, Vec<Computed>) =
            (Vec::new(), Vec::new());
        let mut seen = Scope::default();
        for field in &stats.by {
            let name = self.field_name(field);
            let expr = match self.expression(&field.expr) {
                Ok(expr) => expr,
                Err(_) => self.constant(Cell::NULL, DataType::Null, field.expr.span),
            };
            if matches!(
                expr.data_type,
                DataType::Unsupported | DataType::DatePeriod | DataType::TimeDuration
            ) {
                let cause = EsqlCommand::GroupType {
                    name: name.clone(),
                    found: expr.data_type.name(),
                };
                self.fail(QueryError::new(WRONG_TYPE, field.expr.span, cause));
            }
            let data_type = expr.data_type;
            let from = match expr.kind {
                plan::ExprKind::Column(id) => id,
                _ => {
                    let id = self.computed(&name, data_type);
                    computed.push(Computed { column: id, expr });
                    id
                }
            };
            seen.put(ScopeColumn {
                name: name.clone(),
                data_type,
                binding: Binding::Column(from),
            });
            let into = self.computed(&name, data_type);
            let key = StatsColumn {
                name,
                data_type,
                column: into,
                span: field
                    .name
                    .as_ref()
                    .map_or(field.expr.span, |name| name.span),
            };
            keys.retain(|(own, _)| own.name != key.name);
            keys.push((key, GroupKey { from, into }));
        }
        for column in seen.columns() {
            self.scope.put(column);
        }
        if !computed.is_empty() {
            self.step(span, Operation::Compute(computed));
        }
        keys
    }

    fn set_in_rows(&mut self, in_rows: bool) {
        if let Some(scope) = &mut self.stats {
            scope.in_rows = in_rows;
        }
    }

    /// In an expression over aggregates a name must be a key; elsewhere it is none of this
    /// module's.
    pub(super) fn group_column(&mut self, name: &Name) -> Result<Option<(ColumnId, DataType)>> {
        let Some(scope) = self.stats.as_ref().filter(|scope| !scope.in_rows) else {
            return Ok(None);
        };
        let key = scope.keys.iter().find(|(own, _, _)| *own == name.text);
        if let Some((_, id, data_type)) = key {
            return Ok(Some((*id, *data_type)));
        }
        if !self.scope.contains(&name.text) {
            return Err(self.unknown_column(&name.text, name.span));
        }
        let cause = EsqlCommand::NotGrouped {
            name: name.text.clone(),
        };
        Err(self.fail(QueryError::new(AGGREGATE, name.span, cause)))
    }

    /// An aggregate: its argument sees the rows, its value is a column of the group.
    pub(super) fn aggregate(&mut self, expr: &Expr) -> Result<plan::Expr> {
        let ExprKind::Call {
            name,
            arguments,
            star,
            ..
        } = &expr.kind
        else {
            return Err(super::Failed);
        };
        let upper = name.value.to_ascii_uppercase();
        if self.stats.as_ref().is_none_or(|scope| scope.in_rows) {
            return Err(self.misplaced_aggregate(&upper, expr.span));
        }
        let Some(row) = aggregate::named(&upper) else {
            return Err(super::Failed);
        };
        let given = arguments.len();
        let (least, most) = row.arguments;
        if given < least || given > most || *star && row.name != "COUNT" {
            let cause = EsqlType::ArgumentCount {
                name: upper.to_lowercase(),
                found: given,
                expected: Counts::Between(least, most),
            };
            return Err(self.fail(QueryError::new(WRONG_COUNT, expr.span, cause)));
        }
        self.set_in_rows(true);
        let lowered: Vec<Result<plan::Expr>> = arguments
            .iter()
            .map(|argument| self.expression(argument))
            .collect();
        self.set_in_rows(false);
        let lowered: Result<Vec<plan::Expr>> = lowered.into_iter().collect();
        let lowered = lowered?;
        self.add_aggregate(row, lowered, expr)
    }

    fn add_aggregate(
        &mut self,
        row: &AggregateSignature,
        mut arguments: Vec<plan::Expr>,
        expr: &Expr,
    ) -> Result<plan::Expr> {
        let values = arguments.first();
        let argument_type = values.map_or(DataType::Null, |argument| argument.data_type);
        if !row.types.contains(argument_type) {
            return Err(self.wrong_argument(row.types, argument_type, expr));
        }
        let function = self.aggregate_function(row, &mut arguments, expr)?;
        let data_type = function.data_type(argument_type);
        let column = self.computed(self.text_of(expr.span).to_owned().as_str(), data_type);
        let location = self.location(expr.span);
        if let Some(scope) = &mut self.stats {
            let filter = scope.filter.clone();
            // `COUNT(1)` counts rows: a constant has a value in every one.
            scope.aggregates.push(Aggregate {
                column,
                function,
                arguments,
                filter,
                data_type,
                location,
            });
        }
        Ok(self.typed(plan::ExprKind::Column(column), data_type, expr.span))
    }

    fn wrong_argument(&mut self, types: TypeSet, found: DataType, expr: &Expr) -> super::Failed {
        let argument = expr
            .children()
            .first()
            .map_or(expr.span, |argument| argument.span);
        let cause = EsqlType::OperandType {
            name: None,
            expression: self.text_of(expr.span).to_owned(),
            value: self.text_of(argument).to_owned(),
            found: found.in_message(),
            expected: types.in_message(),
        };
        self.fail(QueryError::new(WRONG_TYPE, argument, cause))
    }

    /// The function with its constant arguments, which leave the list.
    fn aggregate_function(
        &mut self,
        row: &AggregateSignature,
        arguments: &mut Vec<plan::Expr>,
        expr: &Expr,
    ) -> Result<AggregateFunction> {
        Ok(match row.name {
            "COUNT" => AggregateFunction::Count,
            "COUNT_DISTINCT" => {
                // The precision decides how far an estimate may be off; the count here is exact.
                arguments.truncate(1);
                AggregateFunction::CountDistinct
            }
            "SUM" => AggregateFunction::Sum,
            "AVG" => AggregateFunction::Average,
            "MIN" => AggregateFunction::Minimum,
            "MAX" => AggregateFunction::Maximum,
            "VALUES" => AggregateFunction::Values,
            "FIRST" => AggregateFunction::First,
            "LAST" => AggregateFunction::Last,
            "MEDIAN" => AggregateFunction::Percentile(50.0),
            "STD_DEV" => AggregateFunction::StandardDeviation,
            "VARIANCE" => AggregateFunction::Variance,
            "MEDIAN_ABSOLUTE_DEVIATION" => AggregateFunction::MedianAbsoluteDeviation,
            "WEIGHTED_AVG" => AggregateFunction::WeightedAverage,
            "PRESENT" => AggregateFunction::Present,
            "ABSENT" => AggregateFunction::Absent,
            "PERCENTILE" => {
                let percent = self.constant_of(arguments.get(1), expr)?;
                arguments.truncate(1);
                match call::as_double(percent) {
                    Value::Double(percent) => AggregateFunction::Percentile(percent),
                    _ => return Err(self.bad_constant(expr)),
                }
            }
            "TOP" => self.top(arguments, expr)?,
            _ => return Err(super::Failed),
        })
    }

    fn top(&mut self, arguments: &mut Vec<plan::Expr>, expr: &Expr) -> Result<AggregateFunction> {
        let limit = self.constant_of(arguments.get(1), expr)?;
        let order = match arguments.get(2) {
            Some(order) => self.constant_of(Some(&order.clone()), expr)?,
            None => Value::text("asc"),
        };
        arguments.truncate(1);
        let limit = match limit {
            Value::Integer(limit) => usize::try_from(limit).ok().filter(|limit| *limit > 0),
            _ => None,
        };
        let descending = match &order {
            Value::Text(text) if text.eq_ignore_ascii_case("asc") => Some(false),
            Value::Text(text) if text.eq_ignore_ascii_case("desc") => Some(true),
            _ => None,
        };
        match (limit, descending) {
            (Some(limit), Some(descending)) => Ok(AggregateFunction::Top { limit, descending }),
            _ => Err(self.bad_constant(expr)),
        }
    }

    fn constant_of(&mut self, argument: Option<&plan::Expr>, whole: &Expr) -> Result<Value> {
        if let Some(plan::ExprKind::Constant(Cell::One(value))) = argument.map(|a| &a.kind) {
            return Ok(value.clone());
        }
        let expression = self.text_of(whole.span).to_owned();
        let cause = EsqlType::AggregateArgumentNotConstant { expression };
        Err(self.fail(QueryError::new(NOT_CONSTANT, whole.span, cause)))
    }

    fn bad_constant(&mut self, whole: &Expr) -> super::Failed {
        let expression = self.text_of(whole.span).to_owned();
        let cause = EsqlType::AggregateArgumentValue { expression };
        self.fail(QueryError::new(BAD_VALUE, whole.span, cause))
    }
}

/// Whether the key of this name is a column and no expression.
fn stats_key_is_column(stats: &Stats, name: &str) -> bool {
    stats.by.iter().any(|field| {
        matches!(&field.expr.kind, ExprKind::Column(column) if column.text == name)
            && field.name.as_ref().is_none_or(|own| own.text == name)
    })
}
