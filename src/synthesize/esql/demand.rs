//! What the values of a group's aggregates ask of the rows that are grouped.

use super::formula::{Goal, Parts, Want, below, parts, rewritten};
use super::levels::{Definition, Levels};
use super::probe::State;
use super::wish::text_cell;
use crate::event::Value;
use crate::plan::pipeline::{
    Aggregate, AggregateFunction, Cell, ColumnId, DataType, Expr, ExprKind, Function, Operator,
};
use crate::replay::START;

/// How many rows are needed.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Need {
    /// This many.
    Rows(usize),
    /// Rows with this many different values.
    Different(Expr, usize),
    /// The goals hold for every row.
    Never,
}

/// Rows that a group needs.
#[derive(Debug, Clone)]
pub(super) struct Demand {
    /// What they meet: one of these.
    pub(super) ways: Vec<Vec<Goal>>,
    pub(super) need: Need,
}

/// What an aggregate is as long as nothing is asked of it.
pub(super) fn usual(aggregate: &Aggregate, data_type: DataType) -> Cell {
    match aggregate.function {
        AggregateFunction::Count | AggregateFunction::CountDistinct => Cell::One(Value::Integer(1)),
        _ => sample(data_type),
    }
}

/// The parts of a goal that must all hold.
pub(super) fn conjuncts(levels: &Levels<'_>, goal: &Goal, into: &mut Vec<Goal>) {
    match parts(levels, goal) {
        Parts::All(goals) => {
            for goal in goals {
                conjuncts(levels, &goal, into);
            }
        }
        Parts::Known(_) => {}
        Parts::Literal(_) | Parts::Any(_) => into.push(goal.clone()),
    }
}

/// The demands of the aggregates that the row's tests read.
pub(super) fn demands(levels: &Levels<'_>, level: usize, row: &State<'_>) -> Vec<Demand> {
    let mut columns: Vec<ColumnId> = Vec::new();
    for settled in &row.settled {
        for column in levels.bases(&settled.expr) {
            if levels.is_free(level, column) && !columns.contains(&column) {
                columns.push(column);
            }
        }
    }
    let mut demands = Vec::new();
    for column in columns {
        let Definition::Aggregate(aggregate) = levels.definition(column) else {
            continue;
        };
        let cell = row.cells.iter().find(|(own, _)| *own == column);
        let cell = cell.map_or(Cell::NULL, |(_, cell)| cell.clone());
        let is_usual = levels
            .pipeline
            .column(column)
            .is_some_and(|own| usual(aggregate, own.data_type) == cell);
        if is_usual && is_of_values(aggregate.function) {
            demands.extend(of_tests(levels, level, aggregate, row));
        } else {
            add(levels, aggregate, &cell, &mut demands);
        }
    }
    // What most rows are needed for first; and what is asked of all before that.
    demands.sort_by_key(|demand| match &demand.need {
        Need::Never => 0,
        _ if demand.ways.iter().all(Vec::is_empty) => 2,
        _ => 1,
    });
    demands
}

/// Whether the aggregate of one row is that row's value.
fn is_of_values(function: AggregateFunction) -> bool {
    matches!(
        function,
        AggregateFunction::Values
            | AggregateFunction::Top { .. }
            | AggregateFunction::Minimum
            | AggregateFunction::Maximum
            | AggregateFunction::First
            | AggregateFunction::Last
            | AggregateFunction::Average
    )
}

/// What is asked of an aggregate to which nothing had to be done: that of the values themselves.
fn of_tests(
    levels: &Levels<'_>,
    level: usize,
    aggregate: &Aggregate,
    row: &State<'_>,
) -> Option<Demand> {
    let argument = aggregate.arguments.first()?;
    let mut least = Vec::new();
    if let Some(filter) = &aggregate.filter {
        least.push(Goal::new(filter.clone(), Want::True));
    }
    least.push(Goal::new(is_null(argument), Want::False));
    let mut tested = least.clone();
    for settled in &row.settled {
        let bases = levels.bases(&settled.expr);
        let own = bases
            .iter()
            .filter(|column| levels.is_free(level, **column));
        if own.clone().count() == 1 && own.copied().next() == Some(aggregate.column) {
            let whole = below(levels, &settled.expr);
            let own = rewritten(&whole, &mut |column| {
                (column == aggregate.column).then(|| argument.clone())
            });
            tested.push(Goal::new(own, settled.want));
        }
    }
    Some(Demand {
        ways: vec![tested, least],
        need: Need::Rows(1),
    })
}

fn expr(kind: ExprKind, of: &Expr, data_type: DataType) -> Expr {
    Expr {
        kind,
        data_type,
        location: of.location,
    }
}

pub(super) fn is_null(of: &Expr) -> Expr {
    let kind = ExprKind::IsNull(Box::new(of.clone()));
    expr(kind, of, DataType::Boolean)
}

pub(super) fn equals(of: &Expr, value: Value) -> Goal {
    let constant = expr(ExprKind::Constant(Cell::One(value)), of, of.data_type);
    let kind = ExprKind::Binary(Operator::Equal, Box::new(of.clone()), Box::new(constant));
    Goal::new(expr(kind, of, DataType::Boolean), Want::True)
}

fn contains(of: &Expr, value: Value) -> Goal {
    let constant = expr(ExprKind::Constant(Cell::One(value)), of, of.data_type);
    let kind = ExprKind::Call(Function::MvContains, vec![of.clone(), constant]);
    Goal::new(expr(kind, of, DataType::Boolean), Want::True)
}

fn count(cell: &Cell) -> usize {
    let count = super::numbers::whole(cell).unwrap_or(0).max(0);
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn add(levels: &Levels<'_>, aggregate: &Aggregate, cell: &Cell, demands: &mut Vec<Demand>) {
    let argument = aggregate.arguments.first();
    let argument = argument.map(|own| super::formula::inlined(levels, own));
    let argument = argument.filter(|own| !own.is_constant());
    let filter = aggregate.filter.as_ref();
    let base: Vec<Goal> = filter
        .map(|filter| Goal::new(filter.clone(), Want::True))
        .into_iter()
        .collect();
    let mut with_value = base.clone();
    if let Some(own) = &argument {
        with_value.push(Goal::new(is_null(own), Want::False));
    }
    let never = never(aggregate, argument.as_ref());
    match aggregate.function {
        AggregateFunction::Count | AggregateFunction::CountDistinct if count(cell) == 0 => {
            demands.extend(never);
        }
        AggregateFunction::Count => demands.push(rows(vec![with_value], count(cell))),
        AggregateFunction::CountDistinct => {
            let Some(own) = argument else { return };
            demands.push(Demand {
                ways: vec![with_value],
                need: Need::Different(below(levels, &own), count(cell)),
            });
        }
        AggregateFunction::Sum => match (argument, cell) {
            (Some(own), Cell::One(value)) => sum(&own, &base, value, count(cell), demands),
            _ => demands.extend(never),
        },
        AggregateFunction::Values | AggregateFunction::Top { .. } => {
            let Some(own) = argument else { return };
            if cell.is_null() {
                demands.extend(never);
                return;
            }
            for value in cell.values() {
                let mut single = base.clone();
                single.push(equals(&own, value.clone()));
                let mut among = base.clone();
                among.push(contains(&own, value.clone()));
                demands.push(rows(vec![single, among], 1));
            }
        }
        AggregateFunction::Present => demands.push(rows(vec![with_value], 1)),
        AggregateFunction::Absent => demands.extend(never),
        _ => {
            let Some(own) = argument else { return };
            match cell {
                Cell::One(Value::Date(date)) if *date == START => {
                    demands.push(rows(vec![with_value], 1));
                }
                Cell::One(value) => {
                    let mut goals = base;
                    goals.push(equals(&own, value.clone()));
                    demands.push(rows(vec![goals], 1));
                }
                _ => demands.extend(never),
            }
        }
    }
}

/// This many rows that meet one of these ways.
fn rows(ways: Vec<Vec<Goal>>, count: usize) -> Demand {
    Demand {
        ways,
        need: Need::Rows(count),
    }
}

/// That no row counts for the aggregate; `None` where every row does.
fn never(aggregate: &Aggregate, argument: Option<&Expr>) -> Option<Demand> {
    let goal = match (&aggregate.filter, argument) {
        (Some(filter), _) => Goal::new(filter.clone(), Want::NotTrue),
        (None, Some(own)) => Goal::new(is_null(own), Want::True),
        (None, None) => return None,
    };
    Some(Demand {
        ways: vec![vec![goal]],
        need: Need::Never,
    })
}

/// A row with the sum; or rows that add up to it.
fn sum(own: &Expr, base: &[Goal], value: &Value, count: usize, demands: &mut Vec<Demand>) {
    let mut goals = base.to_vec();
    goals.push(equals(own, value.clone()));
    if count == 0 {
        demands.push(Demand {
            ways: vec![goals],
            need: Need::Never,
        });
        return;
    }
    demands.push(rows(vec![goals], 1));
    by_ones(own, base, count, demands);
}

/// Where no row alone has the sum: this many rows that add one.
fn by_ones(own: &Expr, base: &[Goal], count: usize, demands: &mut Vec<Demand>) {
    let is_flag = has_case(own);
    if count < 2 || !is_flag {
        return;
    }
    let mut goals = base.to_vec();
    goals.push(equals(own, Value::Integer(1)));
    demands.pop();
    demands.push(Demand {
        ways: vec![goals],
        need: Need::Rows(count),
    });
}

fn has_case(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Call(Function::Case, _))
        || expr.children().into_iter().any(has_case)
}

/// Some value of a type.
pub(super) fn sample(data_type: DataType) -> Cell {
    match data_type {
        DataType::Date | DataType::DateNanos => Cell::One(Value::Date(START)),
        DataType::Boolean => Cell::One(Value::Bool(true)),
        DataType::Double => Cell::One(Value::Double(1.0)),
        DataType::Ip => Cell::One(Value::ip(std::net::Ipv4Addr::new(10, 0, 5, 23).into())),
        other if other.is_number() => Cell::One(Value::Integer(1)),
        _ => text_cell("sample"),
    }
}
