//! Numbers and dates that make a comparison or a computation come out as wanted.

use crate::event::time::DateUnit;
use crate::event::{Timestamp, Value};
use crate::plan::pipeline::{Cell, Operator};

/// A number as near as a hundredth, and the one at this step.
fn doubles_at(at: f64, step: i64) -> [f64; 2] {
    let small = at.abs().max(1.0) / 100.0;
    let near = match step.signum() {
        0 => at,
        sign => at + f64::from(i8::try_from(sign).unwrap_or(0)) * small,
    };
    [near, at + real(step)]
}

/// The cells next to a value that compare with it so.
pub(super) fn for_comparison(operator: Operator, other: &Cell) -> Vec<Cell> {
    let Cell::One(value) = other else {
        return match (operator, other) {
            (Operator::Equal, Cell::Many(_)) => vec![other.clone()],
            _ => Vec::new(),
        };
    };
    let steps: &[i64] = match operator {
        Operator::Equal => &[0],
        Operator::NotEqual => &[1, -1],
        Operator::Less => &[-1, -2, -1000, -100_000],
        Operator::LessOrEqual => &[0, -1, -1000, -100_000],
        Operator::Greater => &[1, 2, 1000, 100_000],
        Operator::GreaterOrEqual => &[0, 1, 1000, 100_000],
        _ => return Vec::new(),
    };
    match value {
        Value::Integer(at) => {
            let numbers = steps.iter().map(|step| at.saturating_add(*step));
            numbers
                .map(|number| Cell::One(Value::Integer(number)))
                .collect()
        }
        Value::Unsigned(at) => {
            let numbers = steps.iter().filter_map(|step| at.checked_add_signed(*step));
            numbers
                .map(|number| Cell::One(Value::Unsigned(number)))
                .collect()
        }
        Value::Double(at) => {
            let numbers = steps.iter().flat_map(|step| doubles_at(*at, *step));
            numbers
                .map(|number| Cell::One(Value::Double(number)))
                .collect()
        }
        Value::Date(at) => {
            let dates = steps
                .iter()
                .map(|step| at.millis().saturating_add(step * 1000));
            dates
                .map(|millis| Cell::One(Value::Date(Timestamp::from_millis(millis))))
                .collect()
        }
        Value::Bool(own) => {
            let own = *own == (operator == Operator::Equal);
            vec![Cell::One(Value::Bool(own))]
        }
        Value::Text(text) if operator == Operator::NotEqual => {
            let last = if text.ends_with('1') { '2' } else { '1' };
            let mut other: String = text.chars().collect();
            other.pop();
            other.push(last);
            [other, format!("{text}1")]
                .map(|text| Cell::One(Value::text(&text)))
                .to_vec()
        }
        other if operator == Operator::Equal => vec![Cell::One(other.clone())],
        _ => Vec::new(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a step of a proposal")]
fn real(number: i64) -> f64 {
    number as f64
}

fn number(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::One(Value::Integer(number)) => Some(real(*number)),
        Cell::One(Value::Double(number)) => Some(*number),
        Cell::One(Value::Unsigned(number)) => number.to_string().parse().ok(),
        _ => None,
    }
}

/// A whole number, upwards.
pub(super) fn whole(cell: &Cell) -> Option<i64> {
    match cell {
        Cell::One(Value::Integer(number)) => Some(*number),
        other => {
            let number = number(other)?.ceil();
            (number.abs() < 9e15).then(|| format!("{number:.0}").parse().ok())?
        }
    }
}

fn cell(number: f64, is_whole: bool) -> Vec<Cell> {
    let double = Cell::One(Value::Double(number));
    if !number.is_finite() {
        return Vec::new();
    }
    match whole(&double).filter(|_| is_whole) {
        Some(up) => [up, up.saturating_add(1), up.saturating_sub(1)]
            .map(|number| Cell::One(Value::Integer(number)))
            .to_vec(),
        None => vec![double],
    }
}

/// `-` of a number.
pub(super) fn negated(cell: &Cell) -> Option<Cell> {
    match cell {
        Cell::One(Value::Integer(number)) => Some(Cell::One(Value::Integer(number.checked_neg()?))),
        Cell::One(Value::Double(number)) => Some(Cell::One(Value::Double(-number))),
        _ => None,
    }
}

fn is_whole(a: &Cell) -> bool {
    !matches!(a, Cell::One(Value::Double(_)))
}

/// What the left side must be for an operation with this right side to give the wanted.
pub(super) fn left_of(operator: Operator, wanted: &Cell, right: &Cell) -> Vec<Cell> {
    let (Some(want), Some(other)) = (number(wanted), number(right)) else {
        return Vec::new();
    };
    let left = match operator {
        Operator::Add => want - other,
        Operator::Subtract => want + other,
        Operator::Multiply => want / other,
        Operator::Divide => want * other,
        _ => return Vec::new(),
    };
    cell(left, is_whole(wanted) || is_whole(right))
}

/// What the right side must be.
pub(super) fn right_of(operator: Operator, wanted: &Cell, left: &Cell) -> Vec<Cell> {
    let (Some(want), Some(other)) = (number(wanted), number(left)) else {
        return Vec::new();
    };
    let right = match operator {
        Operator::Add => want - other,
        Operator::Subtract => other - want,
        Operator::Multiply => want / other,
        Operator::Divide => other / want,
        _ => return Vec::new(),
    };
    cell(right, is_whole(wanted) || is_whole(left))
}

/// The instant this many units later; `None` out of range, and for units below a millisecond.
pub(super) fn later(date: Timestamp, count: i64, unit: DateUnit) -> Option<Timestamp> {
    let millis = match unit {
        DateUnit::Year => return date.plus_calendar(count.checked_mul(12)?, 0),
        DateUnit::Quarter => return date.plus_calendar(count.checked_mul(3)?, 0),
        DateUnit::Month => return date.plus_calendar(count, 0),
        DateUnit::Week => 604_800_000,
        DateUnit::Day => 86_400_000,
        DateUnit::Hour => 3_600_000,
        DateUnit::Minute => 60_000,
        DateUnit::Second => 1_000,
        DateUnit::Millisecond => 1,
        DateUnit::Microsecond | DateUnit::Nanosecond => return None,
    };
    date.plus_millis(count.checked_mul(millis)?)
}
