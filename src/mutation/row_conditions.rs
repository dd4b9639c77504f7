//! Conditions on the rows of a pipeline without what need not be asked. A row goes on where a
//! condition is true; false and null are the same here.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::Value;
use crate::plan::pipeline::{Cell, ColumnId, DataType, Expr, ExprKind, Function, Operator};

/// What is known of columns whatever the documents are.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    /// Numbers that are never null, and never below this.
    least: BTreeMap<ColumnId, i64>,
    /// The columns without which a column that is computed is null.
    needs: BTreeMap<ColumnId, BTreeSet<ColumnId>>,
}

impl Bounds {
    /// A column is never null nor below a number.
    pub(super) fn at_least(&mut self, column: ColumnId, least: i64) {
        self.least.insert(column, least);
    }

    /// A column has the value of an expression.
    pub(super) fn define(&mut self, column: ColumnId, expr: &Expr) {
        let needs = self.null_with(expr);
        self.needs.insert(column, needs);
        if let Some(least) = self.least_of(expr) {
            self.at_least(column, least);
        }
    }

    /// The least that an expression can be, if it is never null.
    pub(super) fn least_of(&self, expr: &Expr) -> Option<i64> {
        match &expr.kind {
            ExprKind::Column(column) => self.least.get(column).copied(),
            _ => None,
        }
    }

    /// The columns without a value in any of which the expression is null.
    fn null_with(&self, expr: &Expr) -> BTreeSet<ColumnId> {
        let of_all = |parts: &[&Expr]| {
            let mut columns = BTreeSet::new();
            for part in parts {
                columns.extend(self.null_with(part));
            }
            columns
        };
        match &expr.kind {
            ExprKind::Column(column) => {
                let mut columns = self.needs.get(column).cloned().unwrap_or_default();
                columns.insert(*column);
                columns
            }
            ExprKind::Binary(..) | ExprKind::Negate(_) => of_all(&expr.children()),
            ExprKind::Not(inner) => self.null_with(inner),
            ExprKind::In(value, _) | ExprKind::Like(value, _) => self.null_with(value),
            ExprKind::Regex { value, .. } => self.null_with(value),
            ExprKind::Call(function, _) if is_strict(*function) => of_all(&expr.children()),
            _ => BTreeSet::new(),
        }
    }

    /// The columns that have a value on each row of which the condition is `outcome`.
    fn there_if(&self, expr: &Expr, outcome: bool) -> BTreeSet<ColumnId> {
        match &expr.kind {
            ExprKind::Not(inner) => self.there_if(inner, !outcome),
            ExprKind::And(parts) | ExprKind::Or(parts) => {
                let each = parts.iter().map(|part| self.there_if(part, outcome));
                let all_hold = matches!(expr.kind, ExprKind::And(_)) == outcome;
                let joined = each.reduce(|one, other| {
                    if all_hold {
                        one.union(&other).copied().collect()
                    } else {
                        one.intersection(&other).copied().collect()
                    }
                });
                joined.unwrap_or_default()
            }
            ExprKind::IsNull(value) if !outcome => self.null_with(value),
            ExprKind::IsNull(_) => BTreeSet::new(),
            _ => self.null_with(expr),
        }
    }
}

/// Functions that are null where an argument is.
fn is_strict(function: Function) -> bool {
    use Function as F;
    matches!(
        function,
        F::Concat
            | F::Length
            | F::Substring
            | F::Trim
            | F::TrimLeft
            | F::TrimRight
            | F::ToLower
            | F::ToUpper
            | F::Replace
            | F::StartsWith
            | F::EndsWith
            | F::Contains
            | F::Locate
            | F::ToString
            | F::ToInteger
            | F::ToLong
            | F::ToDouble
            | F::ToIp
            | F::CidrMatch
            | F::Round
            | F::DateDifference
    )
}

/// The conditions that must all be true, each only if none of the others makes it so; one that is
/// false where no row can meet them.
pub(super) fn conjunction(conditions: Vec<Expr>, bounds: &Bounds) -> Vec<Expr> {
    let mut open = conditions;
    open.reverse();
    let mut flat: Vec<Expr> = Vec::new();
    while let Some(condition) = open.pop() {
        let condition = simple(condition, bounds);
        match condition.kind {
            ExprKind::And(parts) => open.extend(parts.into_iter().rev()),
            ExprKind::Constant(ref cell) if is_bool(cell, true) => {}
            ExprKind::Constant(_) => return vec![constant(&condition, false)],
            _ => flat.push(condition),
        }
    }
    let mut at = 0;
    while let Some(condition) = flat.get(at) {
        let guarded = guarded_column(condition);
        let others = flat.iter().enumerate().filter(|(other, _)| *other != at);
        let is_implied = guarded.is_some_and(|column| {
            let mut others = others.map(|(_, other)| other);
            others.any(|other| bounds.there_if(other, true).contains(&column))
        });
        if is_implied {
            flat.remove(at);
        } else {
            at += 1;
        }
    }
    flat
}

/// The column of `column IS NOT NULL`.
fn guarded_column(condition: &Expr) -> Option<ColumnId> {
    let ExprKind::Not(inner) = &condition.kind else {
        return None;
    };
    let ExprKind::IsNull(value) = &inner.kind else {
        return None;
    };
    match value.kind {
        ExprKind::Column(column) => Some(column),
        _ => None,
    }
}

fn is_bool(cell: &Cell, wanted: bool) -> bool {
    matches!(cell, Cell::One(Value::Bool(value)) if *value == wanted)
}

fn constant(of: &Expr, value: bool) -> Expr {
    Expr {
        kind: ExprKind::Constant(Cell::One(Value::Bool(value))),
        data_type: DataType::Boolean,
        location: of.location,
    }
}

/// A condition of which only matters whether it is true.
fn simple(condition: Expr, bounds: &Bounds) -> Expr {
    let Expr {
        kind,
        data_type,
        location,
    } = condition;
    let with = |kind: ExprKind| Expr {
        kind,
        data_type,
        location,
    };
    match kind {
        ExprKind::Not(inner) => negated(*inner, bounds),
        ExprKind::And(parts) => {
            let mut parts = conjunction(parts, bounds);
            match parts.len() {
                0 => constant(&with(ExprKind::And(Vec::new())), true),
                1 => parts.remove(0),
                _ => with(ExprKind::And(sorted(parts))),
            }
        }
        ExprKind::Or(parts) => {
            let mut flat = Vec::new();
            for part in parts {
                let part = simple(part, bounds);
                match part.kind {
                    ExprKind::Or(inner) => flat.extend(inner),
                    ExprKind::Constant(ref cell) if is_bool(cell, true) => return part,
                    ExprKind::Constant(_) => {}
                    _ => flat.push(part),
                }
            }
            let mut flat = sorted(flat);
            match flat.len() {
                0 => constant(&with(ExprKind::Or(Vec::new())), false),
                1 => flat.remove(0),
                _ => with(ExprKind::Or(flat)),
            }
        }
        ExprKind::Constant(cell) => {
            let value = is_bool(&cell, true);
            constant(&with(ExprKind::Constant(cell)), value)
        }
        ExprKind::Binary(operator, left, right) => {
            compared(with(ExprKind::Binary(operator, left, right)), bounds)
        }
        ExprKind::IsNull(value) => {
            let never = bounds.least_of(&value).is_some();
            let whole = with(ExprKind::IsNull(value));
            if never {
                constant(&whole, false)
            } else {
                whole
            }
        }
        other => with(other),
    }
}

/// `NOT` of a condition of which only matters whether it is true.
fn negated(inner: Expr, bounds: &Bounds) -> Expr {
    let not = |part: Expr| Expr {
        data_type: DataType::Boolean,
        location: part.location,
        kind: ExprKind::Not(Box::new(part)),
    };
    let (data_type, location) = (inner.data_type, inner.location);
    let with = |kind: ExprKind| Expr {
        kind,
        data_type,
        location,
    };
    match inner.kind {
        ExprKind::Not(own) => simple(*own, bounds),
        ExprKind::And(parts) => simple(
            with(ExprKind::Or(parts.into_iter().map(not).collect())),
            bounds,
        ),
        ExprKind::Or(parts) => simple(
            with(ExprKind::And(parts.into_iter().map(not).collect())),
            bounds,
        ),
        // The negation of a null is null.
        ExprKind::Constant(cell) => {
            let value = is_bool(&cell, false);
            constant(&with(ExprKind::Constant(cell)), value)
        }
        ExprKind::Binary(operator, left, right) if opposite(operator).is_some() => {
            let operator = opposite(operator).unwrap_or(operator);
            compared(with(ExprKind::Binary(operator, left, right)), bounds)
        }
        ExprKind::IsNull(value) => {
            let never = bounds.least_of(&value).is_some();
            let whole = with(ExprKind::IsNull(value));
            if never {
                constant(&whole, true)
            } else {
                not(whole)
            }
        }
        other => not(with(other)),
    }
}

/// Both are null for the same operands.
fn opposite(operator: Operator) -> Option<Operator> {
    match operator {
        Operator::Equal => Some(Operator::NotEqual),
        Operator::NotEqual => Some(Operator::Equal),
        _ => None,
    }
}

/// A comparison of a whole number with a constant: `>= 3` as `> 2`, and what always holds as true.
fn compared(comparison: Expr, bounds: &Bounds) -> Expr {
    let ExprKind::Binary(operator, left, right) = &comparison.kind else {
        return comparison;
    };
    let is_whole = matches!(left.data_type, DataType::Integer | DataType::Long);
    let ExprKind::Constant(Cell::One(Value::Integer(limit))) = right.kind else {
        return comparison;
    };
    let moved = match operator {
        Operator::GreaterOrEqual => Some((Operator::Greater, limit.checked_sub(1))),
        Operator::LessOrEqual => Some((Operator::Less, limit.checked_add(1))),
        Operator::Greater | Operator::Less | Operator::Equal | Operator::NotEqual => {
            Some((*operator, Some(limit)))
        }
        _ => None,
    };
    let Some((operator, Some(limit))) = moved.filter(|_| is_whole) else {
        return comparison;
    };
    if let Some(least) = bounds.least_of(left) {
        let known = match operator {
            Operator::Greater if least > limit => Some(true),
            Operator::Less if least >= limit => Some(false),
            Operator::Equal if least > limit => Some(false),
            Operator::NotEqual if least > limit => Some(true),
            _ => None,
        };
        if let Some(known) = known {
            return constant(&comparison, known);
        }
    }
    let right = Expr {
        kind: ExprKind::Constant(Cell::One(Value::Integer(limit))),
        data_type: right.data_type,
        location: right.location,
    };
    Expr {
        kind: ExprKind::Binary(operator, left.clone(), Box::new(right)),
        data_type: comparison.data_type,
        location: comparison.location,
    }
}

/// Each once, in the order of what they are: their places aside.
fn sorted(parts: Vec<Expr>) -> Vec<Expr> {
    let mut keyed: Vec<(String, Expr)> = parts
        .into_iter()
        .map(|part| (format!("{:?}", nowhere(part.clone())), part))
        .collect();
    keyed.sort_by(|(one, _), (other, _)| one.cmp(other));
    keyed.dedup_by(|(one, _), (other, _)| one == other);
    keyed.into_iter().map(|(_, part)| part).collect()
}

fn nowhere(mut expr: Expr) -> Expr {
    expr.location = crate::plan::pipeline::LocationId(0);
    for child in expr.children_mut() {
        *child = nowhere(child.clone());
    }
    expr
}
