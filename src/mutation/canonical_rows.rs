//! Detects mutants of ES|QL queries that cannot change a row: compares pipelines with columns left
//! out that nothing reads, and with conditions left out that always hold.
//!
//! A pipeline becomes segments: the steps up to one that looks at several rows. A row passes a
//! segment if all of its conditions are true, wherever in the segment they stand, since each column
//! is written once. Everything here is a proof; where there is none, pipelines differ.

use std::collections::{BTreeMap, BTreeSet};

use super::row_conditions::{Bounds, conjunction};
use crate::plan::pipeline::{
    AggregateFunction, Column, ColumnId, ColumnOrigin, Expr, ExprKind, Group, LocationId,
    Operation, Pipeline, Source,
};

/// Whether both pipelines give the same rows for any documents.
pub(super) fn is_equivalent(one: &Pipeline, other: &Pipeline) -> bool {
    let mut fields = Vec::new();
    Canonical::of(one, &mut fields) == Canonical::of(other, &mut fields)
}

/// What the rows depend on.
#[derive(Debug, PartialEq)]
struct Canonical {
    source: Source,
    segments: Vec<Segment>,
    /// The name of each column of the answer, with its column.
    outputs: Vec<(String, Option<ColumnId>)>,
}

/// Steps that look at rows one by one, and the step behind them.
#[derive(Debug, PartialEq, Default)]
struct Segment {
    conditions: Vec<Expr>,
    operations: Vec<Operation>,
}

/// Numbers columns the same in both pipelines: those of documents by what they read, others in the
/// order in which they are written.
struct Numbers<'f> {
    fields: &'f mut Vec<Column>,
    own: BTreeMap<ColumnId, ColumnId>,
    written: u32,
}

/// From this number on columns are written by steps.
const WRITTEN: u32 = 1 << 20;

impl Canonical {
    fn of(pipeline: &Pipeline, fields: &mut Vec<Column>) -> Self {
        let live = live_columns(pipeline);
        let mut numbers = Numbers {
            fields,
            own: BTreeMap::new(),
            written: WRITTEN,
        };
        for (id, column) in (0u32..).map(ColumnId).zip(&pipeline.columns) {
            if column.origin != ColumnOrigin::Computed {
                let number = numbers.field(column);
                numbers.own.insert(id, number);
            }
        }
        let mut canonical = Self {
            source: pipeline.source.clone(),
            segments: Vec::new(),
            outputs: Vec::new(),
        };
        let mut bounds = Bounds::default();
        let mut segment = Segment::default();
        for step in &pipeline.steps {
            let Some(operation) = without_dead(&step.operation, &live) else {
                continue;
            };
            if let Operation::Filter(conditions) = operation {
                segment.conditions.extend(conditions);
                continue;
            }
            if is_barrier(&operation) {
                segment.close(&mut bounds, &mut numbers);
                learn(&operation, &mut bounds);
                segment.operations.push(numbers.operation(operation));
                canonical.segments.push(std::mem::take(&mut segment));
            } else {
                learn(&operation, &mut bounds);
                segment.operations.push(numbers.operation(operation));
            }
        }
        segment.close(&mut bounds, &mut numbers);
        canonical.segments.push(segment);
        canonical.outputs = pipeline
            .outputs
            .iter()
            .map(|output| {
                let column = output.column.map(|id| numbers.number(id));
                (output.name.clone(), column)
            })
            .collect();
        canonical
    }
}

impl Segment {
    /// Leaves out conditions that need not be asked, and puts the others in an order.
    fn close(&mut self, bounds: &mut Bounds, numbers: &mut Numbers<'_>) {
        let conditions = conjunction(std::mem::take(&mut self.conditions), bounds);
        let mut keyed: Vec<(String, Expr)> = conditions
            .into_iter()
            .map(|condition| {
                let condition = numbers.expr(condition);
                (format!("{condition:?}"), condition)
            })
            .collect();
        keyed.sort_by(|(one, _), (other, _)| one.cmp(other));
        keyed.dedup_by(|(one, _), (other, _)| one == other);
        self.conditions = keyed.into_iter().map(|(_, condition)| condition).collect();
    }
}

/// Whether a step looks at more than one row, or makes several of one.
fn is_barrier(operation: &Operation) -> bool {
    !matches!(
        operation,
        Operation::Load(_)
            | Operation::Filter(_)
            | Operation::Compute(_)
            | Operation::Dissect { .. }
            | Operation::Grok { .. }
    )
}

/// The columns on which the rows of the answer depend.
fn live_columns(pipeline: &Pipeline) -> BTreeSet<ColumnId> {
    let outputs = pipeline.outputs.iter().filter_map(|output| output.column);
    let mut live: BTreeSet<ColumnId> = outputs.collect();
    for step in pipeline.steps.iter().rev() {
        // A condition is asked whatever is read behind it.
        let read = match without_dead(&step.operation, &live) {
            Some(operation) => columns_read(&operation),
            None => Vec::new(),
        };
        live.extend(read);
    }
    live
}

/// The operation without what it writes to columns that nothing reads; `None` if that is all.
fn without_dead(operation: &Operation, live: &BTreeSet<ColumnId>) -> Option<Operation> {
    let mut operation = operation.clone();
    match &mut operation {
        Operation::Load(_) => return None,
        Operation::Compute(fields) => {
            fields.retain(|field| live.contains(&field.column));
            if fields.is_empty() {
                return None;
            }
        }
        Operation::Group(group) | Operation::GroupJoin(group) => {
            group.aggregates.retain(|own| live.contains(&own.column));
        }
        Operation::Dissect { into, .. } if !into.iter().any(|own| live.contains(own)) => {
            return None;
        }
        Operation::Grok { into, .. } if !into.iter().any(|own| live.contains(&own.column)) => {
            return None;
        }
        Operation::Complete { into, .. } if !live.contains(into) => return None,
        _ => {}
    }
    Some(operation)
}

fn columns_read(operation: &Operation) -> Vec<ColumnId> {
    let mut columns = Vec::new();
    match operation {
        Operation::Load(_) | Operation::Limit(_) => {}
        Operation::Filter(exprs) => exprs.iter().for_each(|own| own.add_columns(&mut columns)),
        Operation::Compute(fields) => {
            for field in fields {
                field.expr.add_columns(&mut columns);
            }
        }
        Operation::Group(group) | Operation::GroupJoin(group) => {
            columns.extend(group.keys.iter().map(|key| key.from));
            for aggregate in &group.aggregates {
                let exprs = aggregate.arguments.iter().chain(&aggregate.filter);
                exprs.for_each(|own| own.add_columns(&mut columns));
            }
        }
        Operation::Sort(keys) => {
            for key in keys {
                key.expr.add_columns(&mut columns);
            }
        }
        Operation::Expand { from, .. } => columns.push(*from),
        Operation::Dissect { input, .. } | Operation::Grok { input, .. } => {
            input.add_columns(&mut columns);
        }
        Operation::Complete { prompt, .. } => prompt.add_columns(&mut columns),
        Operation::Lookup(lookup) => columns.extend(lookup.on.iter().map(|(column, _)| *column)),
    }
    columns
}

/// What a step says of the values of the columns that it writes.
fn learn(operation: &Operation, bounds: &mut Bounds) {
    match operation {
        Operation::Compute(fields) => {
            for field in fields {
                bounds.define(field.column, &field.expr);
            }
        }
        Operation::Group(group) => learn_group(group, bounds),
        _ => {}
    }
}

/// A count is never null, and a group has a row. Without keys there is a group of no rows.
fn learn_group(group: &Group, bounds: &mut Bounds) {
    for aggregate in &group.aggregates {
        let is_of_rows = !group.keys.is_empty() && aggregate.filter.is_none();
        let argument = aggregate.arguments.first();
        let least = match (aggregate.function, argument) {
            (AggregateFunction::Count, None) if is_of_rows => Some(1),
            (AggregateFunction::Count | AggregateFunction::CountDistinct, _) => Some(0),
            (AggregateFunction::Minimum | AggregateFunction::Maximum, Some(argument))
                if is_of_rows =>
            {
                bounds.least_of(argument)
            }
            _ => None,
        };
        if let Some(least) = least {
            bounds.at_least(aggregate.column, least);
        }
    }
}

impl Numbers<'_> {
    fn field(&mut self, column: &Column) -> ColumnId {
        let known = self.fields.iter().position(|own| own == column);
        let place = known.unwrap_or_else(|| {
            self.fields.push(column.clone());
            self.fields.len() - 1
        });
        ColumnId(u32::try_from(place).unwrap_or(u32::MAX))
    }

    fn number(&mut self, id: ColumnId) -> ColumnId {
        *self.own.entry(id).or_insert_with(|| {
            self.written += 1;
            ColumnId(self.written)
        })
    }

    /// The expression with the numbers of its columns, and nowhere.
    fn expr(&mut self, mut expr: Expr) -> Expr {
        self.renumber(&mut expr);
        expr
    }

    fn renumber(&mut self, expr: &mut Expr) {
        expr.location = LocationId(0);
        if let ExprKind::Column(column) = &mut expr.kind {
            *column = self.number(*column);
        }
        for child in expr.children_mut() {
            self.renumber(child);
        }
    }

    fn operation(&mut self, mut operation: Operation) -> Operation {
        match &mut operation {
            Operation::Load(_) | Operation::Limit(_) => {}
            Operation::Filter(exprs) => exprs.iter_mut().for_each(|own| self.renumber(own)),
            Operation::Compute(fields) => {
                for field in fields {
                    self.renumber(&mut field.expr);
                    field.column = self.number(field.column);
                }
            }
            Operation::Group(group) | Operation::GroupJoin(group) => self.group(group),
            Operation::Sort(keys) => keys.iter_mut().for_each(|key| self.renumber(&mut key.expr)),
            Operation::Expand { from, into } => {
                (*from, *into) = (self.number(*from), self.number(*into));
            }
            Operation::Dissect { input, into, .. } => {
                self.renumber(input);
                for own in into {
                    *own = self.number(*own);
                }
            }
            Operation::Grok { input, into, .. } => {
                self.renumber(input);
                for own in into {
                    own.column = self.number(own.column);
                }
            }
            Operation::Complete { prompt, into } => {
                self.renumber(prompt);
                *into = self.number(*into);
            }
            Operation::Lookup(lookup) => {
                for (column, _) in &mut lookup.on {
                    *column = self.number(*column);
                }
                for (_, column) in &mut lookup.columns {
                    *column = self.number(*column);
                }
            }
        }
        operation
    }

    fn group(&mut self, group: &mut Group) {
        for key in &mut group.keys {
            (key.from, key.into) = (self.number(key.from), self.number(key.into));
        }
        for aggregate in &mut group.aggregates {
            aggregate.location = LocationId(0);
            aggregate
                .arguments
                .iter_mut()
                .for_each(|own| self.renumber(own));
            if let Some(filter) = &mut aggregate.filter {
                self.renumber(filter);
            }
            aggregate.column = self.number(aggregate.column);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::schema::Origin;
    use crate::event::{FieldType, Mapping, Schema};
    use crate::language::esql::{self, CheckContext};

    fn pipeline(text: &str) -> Pipeline {
        let mut mapping = Mapping::new("i");
        for name in ["host", "user", "action"] {
            mapping.add(name, FieldType::named("keyword"), Origin::Declared);
        }
        mapping.add("port", FieldType::named("long"), Origin::Declared);
        let query = esql::parse(text).into_result().unwrap();
        let schema = Schema::new(vec![mapping]);
        esql::check(text, &query, &schema, CheckContext::default()).unwrap()
    }

    fn is_same(one: &str, other: &str) -> bool {
        is_equivalent(&pipeline(one), &pipeline(other))
    }

    /// The rest of a query behind FROM.
    fn same(one: &str, other: &str) {
        let (one, other) = (format!("FROM i | {one}"), format!("FROM i | {other}"));
        assert!(is_same(&one, &other), "{one}\n{other}");
    }

    fn differ(one: &str, other: &str) {
        let (one, other) = (format!("FROM i | {one}"), format!("FROM i | {other}"));
        assert!(!is_same(&one, &other), "{one}\n{other}");
    }

    #[test]
    fn a_group_by_keys_has_a_row() {
        let counted = |condition: &str| {
            format!("STATS n = COUNT(*) BY host | WHERE {condition} AND host == \"a\" | KEEP host")
        };
        same(&counted("n > 0"), &counted("n >= 1"));
        same(&counted("n >= 1"), &counted("n >= 0"));
        same(&counted("n >= 1"), &counted("n IS NOT NULL"));
        differ(&counted("n >= 1"), &counted("n >= 2"));
        let filtered = "STATS n = COUNT(*) WHERE port > 1 BY host | WHERE";
        differ(&format!("{filtered} n >= 1"), &format!("{filtered} n >= 0"));
        same(&format!("{filtered} n >= 0"), &format!("{filtered} true"));
        differ(
            "STATS n = COUNT(*) | WHERE n >= 1",
            "STATS n = COUNT(*) | WHERE n >= 0",
        );
        let twice = "STATS n = COUNT(*) BY host, user | STATS m = MAX(n) BY host | WHERE";
        same(&format!("{twice} m >= 1"), &format!("{twice} true"));
    }

    #[test]
    fn a_column_that_nothing_reads_changes_no_row() {
        let with = |aggregate: &str| format!("STATS n = COUNT(*), m = {aggregate} BY host");
        same(
            &format!("{} | KEEP n, host", with("MIN(port)")),
            &format!("{} | KEEP n, host", with("MAX(port)")),
        );
        differ(&with("MIN(port)"), &with("MAX(port)"));
        let read = "| WHERE m > 3 | KEEP n, host";
        differ(
            &format!("{} {read}", with("MIN(port)")),
            &format!("{} {read}", with("MAX(port)")),
        );
        same(
            "EVAL a = TO_LOWER(user) | KEEP host",
            "EVAL a = TO_UPPER(user) | KEEP host",
        );
    }

    #[test]
    fn a_test_of_a_field_makes_its_guard_redundant() {
        same(
            "WHERE user IS NOT NULL AND user == \"a\"",
            "WHERE user == \"a\"",
        );
        same(
            "WHERE user IS NOT NULL | WHERE NOT user LIKE \"a*\"",
            "WHERE NOT user LIKE \"a*\"",
        );
        same(
            "WHERE user IS NOT NULL | EVAL a = TO_LOWER(user) | WHERE a IN (\"a\", \"b\")",
            "EVAL a = TO_LOWER(user) | WHERE a IN (\"a\", \"b\")",
        );
        same(
            "WHERE user IS NOT NULL AND (user == \"a\" OR (user == \"b\" AND port == 1))",
            "WHERE user == \"a\" OR (user == \"b\" AND port == 1)",
        );
        differ(
            "WHERE user IS NOT NULL AND (user == \"a\" OR port == 1)",
            "WHERE user == \"a\" OR port == 1",
        );
        differ(
            "WHERE user IS NOT NULL AND COALESCE(user, \"a\") == \"a\"",
            "WHERE COALESCE(user, \"a\") == \"a\"",
        );
        differ(
            "WHERE user IS NOT NULL | STATS n = COUNT(*) BY user, host | WHERE user == \"a\" OR n > 1",
            "STATS n = COUNT(*) BY user, host | WHERE user == \"a\" OR n > 1",
        );
        differ(
            "WHERE user IS NOT NULL | LIMIT 3 | WHERE user == \"a\"",
            "LIMIT 3 | WHERE user == \"a\"",
        );
        differ(
            "WHERE user IS NOT NULL AND user IS NULL",
            "WHERE user IS NULL",
        );
    }

    #[test]
    fn conditions_are_the_same_however_they_are_written() {
        same(
            "WHERE host == \"a\" AND port >= 5",
            "WHERE port > 4 | WHERE host == \"a\"",
        );
        same("WHERE NOT host == \"a\"", "WHERE host != \"a\"");
        same(
            "WHERE NOT (host == \"a\" OR port == 1)",
            "WHERE host != \"a\" AND port != 1",
        );
        same("WHERE host == \"a\" OR false", "WHERE host == \"a\"");
        differ("WHERE host == \"a\"", "WHERE user == \"a\"");
        differ(
            "WHERE host == \"a\" OR port == 1",
            "WHERE host == \"a\" AND port == 1",
        );
        differ("WHERE port > 4.0", "WHERE port >= 4.0");
    }
}
