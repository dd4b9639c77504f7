//! Functions that see whole cells.

use rustc_hash::FxHashSet;

use super::super::key;
use super::super::warning::Failure;
use super::{Cells, number};
use crate::diagnostic::esql_warning::BadConversion;
use crate::event::Value;
use crate::plan::pipeline::cell::order;
use crate::plan::pipeline::{Cell, DataType};

fn text(value: &Value) -> &str {
    match value {
        Value::Text(text) => text,
        _ => "",
    }
}

/// The one whole number of a cell.
fn index(cell: &Cell) -> Result<Option<i64>, Failure> {
    match cell {
        Cell::One(Value::Integer(number)) => Ok(Some(*number)),
        Cell::Many(_) => Err(Failure::SEVERAL),
        _ => Ok(None),
    }
}

pub(super) fn append(args: Cells<'_>, data_type: DataType) -> Cell {
    if args.iter().any(Cell::is_null) {
        return Cell::NULL;
    }
    let values = args.iter().flat_map(Cell::values).cloned().collect();
    number::widened(Cell::of(values), data_type)
}

pub(super) fn concat(args: Cells<'_>) -> Result<Cell, Failure> {
    let (values, delimiter) = (args.get(0), args.get(1));
    match delimiter {
        Cell::Null(reason) => Ok(Cell::Null(*reason)),
        Cell::Many(_) => Err(Failure::SEVERAL),
        Cell::One(delimiter) if !values.is_null() => {
            let parts: Vec<&str> = values.values().iter().map(text).collect();
            Ok(Cell::One(Value::text(&parts.join(text(delimiter)))))
        }
        Cell::One(_) => Ok(values.clone()),
    }
}

fn set(cell: &Cell) -> FxHashSet<Vec<u8>> {
    cell.values().iter().map(key::of).collect()
}

/// Never null: a null is the empty set.
pub(super) fn contains(args: Cells<'_>) -> Cell {
    let all = set(args.get(0));
    let holds = args
        .get(1)
        .values()
        .iter()
        .all(|value| all.contains(&key::of(value)));
    Cell::One(Value::Bool(holds))
}

pub(super) fn intersects(args: Cells<'_>) -> Cell {
    let all = set(args.get(0));
    let holds = args
        .get(1)
        .values()
        .iter()
        .any(|value| all.contains(&key::of(value)));
    Cell::One(Value::Bool(holds))
}

/// The values of the first that the second has too, each once.
pub(super) fn intersection(args: Cells<'_>) -> Cell {
    let mut wanted = set(args.get(1));
    let values = args.get(0).values().iter();
    Cell::of(
        values
            .filter(|value| wanted.remove(&key::of(value)))
            .cloned()
            .collect(),
    )
}

pub(super) fn union(args: Cells<'_>) -> Cell {
    distinct(args.iter().flat_map(Cell::values))
}

fn distinct<'c>(values: impl Iterator<Item = &'c Value>) -> Cell {
    let mut seen = FxHashSet::default();
    Cell::of(
        values
            .filter(|value| seen.insert(key::of(value)))
            .cloned()
            .collect(),
    )
}

pub(super) fn dedupe(args: Cells<'_>) -> Cell {
    match args.get(0) {
        Cell::Many(values) => distinct(values.iter()),
        other => other.clone(),
    }
}

pub(super) fn count(args: Cells<'_>) -> Cell {
    match args.get(0) {
        Cell::Null(reason) => Cell::Null(*reason),
        other => Cell::from(i64::try_from(other.values().len()).ok().map(Value::Integer)),
    }
}

/// The first or the last value.
pub(super) fn end(args: Cells<'_>, last: bool) -> Cell {
    match args.get(0) {
        Cell::Many(values) if last => Cell::from(values.last().cloned()),
        Cell::Many(values) => Cell::from(values.first().cloned()),
        other => other.clone(),
    }
}

pub(super) fn extreme(args: Cells<'_>, greatest: bool) -> Cell {
    match args.get(0) {
        many @ Cell::Many(_) if greatest => Cell::from(many.greatest().cloned()),
        many @ Cell::Many(_) => Cell::from(many.least().cloned()),
        other => other.clone(),
    }
}

/// The greatest or least of all arguments; null if one is null.
pub(super) fn extreme_of(
    args: Cells<'_>,
    data_type: DataType,
    greatest: bool,
) -> Result<Cell, Failure> {
    let mut best: Option<Value> = None;
    for cell in args.iter() {
        let value = match cell {
            Cell::Null(reason) => return Ok(Cell::Null(*reason)),
            Cell::Many(_) if args.len() > 1 => return Err(Failure::SEVERAL),
            many => {
                if greatest {
                    many.greatest()
                } else {
                    many.least()
                }
            }
        };
        let Some(value) = value else { continue };
        let is_better = best.as_ref().is_none_or(|best| {
            let order = order(value, best);
            if greatest {
                order.is_gt()
            } else {
                order.is_lt()
            }
        });
        if is_better {
            best = Some(value.clone());
        }
    }
    Ok(number::widened(Cell::from(best), data_type))
}

/// From 0, inclusive, negative from the end, clipped; nothing left is null.
pub(super) fn slice(args: Cells<'_>) -> Result<Cell, Failure> {
    let cell = args.get(0);
    let Some(start) = index(args.get(1))? else {
        return Ok(Cell::NULL);
    };
    let end = if args.len() > 2 {
        match index(args.get(2))? {
            Some(end) => end,
            None => return Ok(Cell::NULL),
        }
    } else {
        start
    };
    if (start < 0) == (end < 0) && start > end {
        return Err(Failure::Conversion(BadConversion::ReversedSlice));
    }
    let values = cell.values();
    let count = i64::try_from(values.len()).unwrap_or(i64::MAX);
    let from_end = |place: i64| {
        if place < 0 {
            count.saturating_add(place)
        } else {
            place
        }
    };
    let (start, end) = (from_end(start).max(0), from_end(end).min(count - 1));
    if start > end {
        return Ok(Cell::NULL);
    }
    let place = |place: i64| usize::try_from(place).unwrap_or(0);
    let taken = values.get(place(start)..=place(end)).unwrap_or(&[]);
    Ok(Cell::of(taken.to_vec()))
}

pub(super) fn sort(args: Cells<'_>) -> Cell {
    let Cell::Many(values) = args.get(0) else {
        return args.get(0).clone();
    };
    let mut values = values.to_vec();
    values.sort_by(order);
    let is_descending =
        matches!(args.get(1), Cell::One(Value::Text(text)) if text.eq_ignore_ascii_case("desc"));
    if is_descending {
        values.reverse();
    }
    Cell::of(values)
}

pub(super) fn sum(args: Cells<'_>, data_type: DataType) -> Result<Cell, Failure> {
    let cell = args.get(0);
    let Cell::Many(values) = cell else {
        return Ok(cell.clone());
    };
    if data_type == DataType::Double {
        return Ok(Cell::One(Value::Double(total(values))));
    }
    let sum: i128 = values.iter().filter_map(number::as_whole).sum();
    match number::whole(sum, data_type) {
        Some(sum) => Ok(Cell::One(sum)),
        None => Err(number::overflow(data_type)),
    }
}

fn total(values: &[Value]) -> f64 {
    let mut sum = crate::evaluate::pipeline::aggregate::Compensated::default();
    for value in values.iter().filter_map(number::as_real) {
        sum.add(value);
    }
    sum.total()
}

#[expect(clippy::cast_precision_loss, reason = "a cell holds few values")]
pub(super) fn average(args: Cells<'_>) -> Cell {
    match args.get(0) {
        Cell::Null(reason) => Cell::Null(*reason),
        cell => {
            let values = cell.values();
            Cell::One(Value::Double(total(values) / values.len() as f64))
        }
    }
}

/// The middle value; of an even number the mean of the two in the middle.
pub(super) fn median(args: Cells<'_>, data_type: DataType) -> Result<Cell, Failure> {
    let Cell::Many(values) = args.get(0) else {
        return Ok(args.get(0).clone());
    };
    let mut values = values.to_vec();
    values.sort_by(order);
    let middle = values.len() / 2;
    let Some(upper) = values.get(middle) else {
        return Ok(Cell::NULL);
    };
    if values.len() % 2 == 1 {
        return Ok(Cell::One(upper.clone()));
    }
    let Some(lower) = middle.checked_sub(1).and_then(|at| values.get(at)) else {
        return Ok(Cell::NULL);
    };
    if data_type == DataType::Double {
        let pair = number::as_real(lower).zip(number::as_real(upper));
        return Ok(Cell::from(
            pair.map(|(a, b)| Value::Double(f64::midpoint(a, b))),
        ));
    }
    let pair = number::as_whole(lower).zip(number::as_whole(upper));
    let mean = pair.map(|(a, b)| (a + b).div_euclid(2));
    Ok(Cell::from(
        mean.and_then(|mean| number::whole(mean, data_type)),
    ))
}

/// Joins the values of two cells in pairs; what one has more than the other stays alone.
pub(super) fn zip(args: Cells<'_>) -> Cell {
    let (left, right) = (args.get(0).values(), args.get(1).values());
    if args.len() > 2 && args.get(2).is_null() {
        return Cell::NULL;
    }
    let delimiter = if args.len() > 2 {
        args.get(2).values().first().map_or("", text)
    } else {
        ","
    };
    let count = left.len().max(right.len());
    let joined = (0..count).map(|at| match (left.get(at), right.get(at)) {
        (Some(a), Some(b)) => Value::text(&format!("{}{delimiter}{}", text(a), text(b))),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => Value::text(""),
    });
    Cell::of(joined.collect())
}
