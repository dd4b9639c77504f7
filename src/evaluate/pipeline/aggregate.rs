//! Aggregates: one state a group and aggregate, fed with the rows of the group.

use rustc_hash::FxHashSet;

use super::expression::{Environment, is_true};
use super::functions::number;
use super::held;
use super::key;
use super::node::Node;
use super::row::Row;
use super::warning::Failure;
use crate::diagnostic::esql_warning::BadArithmetic;
use crate::event::Value;
use crate::plan::pipeline::cell::order;
use crate::plan::pipeline::{AggregateFunction, Cell, ColumnId, DataType, LocationId};

/// An aggregate with its expressions compiled.
#[derive(Debug)]
pub(super) struct AggregateSpec {
    pub(super) column: ColumnId,
    pub(super) function: AggregateFunction,
    pub(super) arguments: Vec<Node>,
    pub(super) filter: Option<Node>,
    pub(super) data_type: DataType,
    pub(super) location: LocationId,
}

/// A sum of doubles whose error does not grow with the number of values.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Compensated {
    sum: f64,
    correction: f64,
}

impl Compensated {
    /// Adds a value, by Kahan's method.
    pub(super) fn add(&mut self, value: f64) {
        if !value.is_finite() {
            self.sum += value;
            return;
        }
        if self.sum.is_finite() {
            let corrected = value + self.correction;
            let updated = self.sum + corrected;
            self.correction = corrected - (updated - self.sum);
            self.sum = updated;
        }
    }

    /// The sum so far.
    pub(super) fn total(&self) -> f64 {
        self.sum
    }
}

/// The state of one aggregate of one group.
#[derive(Debug)]
pub(super) enum State {
    Count(i64),
    Distinct(FxHashSet<Vec<u8>>),
    WholeSum(Option<i128>),
    RealSum(Option<Compensated>),
    Average {
        sum: Compensated,
        count: u64,
    },
    Extreme {
        best: Option<Value>,
        greatest: bool,
    },
    Values {
        seen: FxHashSet<Vec<u8>>,
        values: Vec<Value>,
    },
    Top(Vec<Value>),
    /// The value of the row whose second argument is first or last.
    ByOrder {
        best: Option<(Value, Cell)>,
        last: bool,
    },
    Numbers(Vec<f64>),
    Weighted {
        sum: Compensated,
        weights: Compensated,
        count: u64,
    },
    Present(bool),
}

impl State {
    pub(super) fn new(spec: &AggregateSpec) -> Self {
        match spec.function {
            AggregateFunction::Count => Self::Count(0),
            AggregateFunction::CountDistinct => Self::Distinct(FxHashSet::default()),
            AggregateFunction::Sum if spec.data_type == DataType::Double => Self::RealSum(None),
            AggregateFunction::Sum => Self::WholeSum(None),
            AggregateFunction::Average => Self::Average {
                sum: Compensated::default(),
                count: 0,
            },
            AggregateFunction::Minimum | AggregateFunction::Maximum => Self::Extreme {
                best: None,
                greatest: spec.function == AggregateFunction::Maximum,
            },
            AggregateFunction::Values => Self::Values {
                seen: FxHashSet::default(),
                values: Vec::new(),
            },
            AggregateFunction::Top { .. } => Self::Top(Vec::new()),
            AggregateFunction::First | AggregateFunction::Last => Self::ByOrder {
                best: None,
                last: spec.function == AggregateFunction::Last,
            },
            AggregateFunction::Percentile(_)
            | AggregateFunction::StandardDeviation
            | AggregateFunction::Variance
            | AggregateFunction::MedianAbsoluteDeviation => Self::Numbers(Vec::new()),
            AggregateFunction::WeightedAverage => Self::Weighted {
                sum: Compensated::default(),
                weights: Compensated::default(),
                count: 0,
            },
            AggregateFunction::Present | AggregateFunction::Absent => Self::Present(false),
        }
    }

    /// Takes a row of the group.
    pub(super) fn add(&mut self, spec: &AggregateSpec, row: &Row, env: &Environment<'_>) {
        if let Some(filter) = &spec.filter
            && !is_true(&filter.eval(row, env))
        {
            return;
        }
        let Some(argument) = spec.arguments.first() else {
            // COUNT(*)
            if let Self::Count(count) = self {
                *count += 1;
            }
            return;
        };
        let cell = argument.eval(row, env);
        match self {
            Self::Weighted { .. } | Self::ByOrder { .. } => {
                let second = spec.arguments.get(1).map(|second| second.eval(row, env));
                self.add_pair(&cell, second.as_deref().unwrap_or(&Cell::NULL));
            }
            _ => {
                for value in cell.values() {
                    let grown = self.add_value(spec, value);
                    if grown > 0 {
                        env.hold(grown);
                    }
                }
            }
        }
    }

    /// Takes a value; returns by how many bytes that makes the state larger.
    fn add_value(&mut self, spec: &AggregateSpec, value: &Value) -> usize {
        match self {
            Self::Count(count) => *count += 1,
            Self::Distinct(seen) => {
                return insert(seen, value).unwrap_or(0);
            }
            Self::WholeSum(sum) => {
                let number = number::as_whole(value).unwrap_or(0);
                *sum = Some(sum.unwrap_or(0).saturating_add(number));
            }
            Self::RealSum(sum) => {
                let mut total = sum.unwrap_or_default();
                total.add(number::as_real(value).unwrap_or(0.0));
                *sum = Some(total);
            }
            Self::Average { sum, count } => {
                sum.add(number::as_real(value).unwrap_or(0.0));
                *count += 1;
            }
            Self::Extreme { best, greatest } => {
                let is_better = best.as_ref().is_none_or(|best| {
                    let order = order(value, best);
                    if *greatest {
                        order.is_gt()
                    } else {
                        order.is_lt()
                    }
                });
                if is_better {
                    *best = Some(value.clone());
                }
            }
            Self::Values { seen, values } => {
                if let Some(bytes) = insert(seen, value) {
                    values.push(value.clone());
                    return bytes + size_of::<Value>() + held::of_value(value);
                }
            }
            Self::Top(values) => {
                if let AggregateFunction::Top { limit, descending } = spec.function {
                    let before = values.len();
                    insert_sorted(values, value, limit, descending);
                    let grown = values.len() - before;
                    return grown * (size_of::<Value>() + held::of_value(value));
                }
            }
            Self::Numbers(numbers) => {
                numbers.extend(number::as_real(value));
                return size_of::<f64>();
            }
            Self::Present(present) => *present = true,
            Self::Weighted { .. } | Self::ByOrder { .. } => {}
        }
        0
    }

    fn add_pair(&mut self, cell: &Cell, second: &Cell) {
        match self {
            Self::Weighted {
                sum,
                weights,
                count,
            } => {
                if let (Cell::One(value), Cell::One(weight)) = (cell, second)
                    && let Some((value, weight)) =
                        number::as_real(value).zip(number::as_real(weight))
                {
                    sum.add(value * weight);
                    weights.add(weight);
                    *count += 1;
                }
            }
            Self::ByOrder { best, last } => {
                let by = if *last {
                    second.greatest()
                } else {
                    second.least()
                };
                let Some(by) = by.filter(|_| !cell.is_null()) else {
                    return;
                };
                let is_better = best.as_ref().is_none_or(|(best, _)| {
                    let order = order(by, best);
                    if *last { order.is_gt() } else { order.is_lt() }
                });
                if is_better {
                    *best = Some((by.clone(), cell.clone()));
                }
            }
            _ => {}
        }
    }

    /// The value of the aggregate. An overflow is a failure.
    #[expect(clippy::cast_precision_loss, reason = "a mean is a double")]
    pub(super) fn finish(self, spec: &AggregateSpec) -> Result<Cell, Failure> {
        let real = |number: f64| {
            if number.is_finite() {
                Ok(Cell::One(Value::Double(number)))
            } else {
                let found = Value::Double(number).to_string();
                Err(Failure::Arithmetic(BadArithmetic::NotFinite { found }))
            }
        };
        Ok(match self {
            Self::Count(count) => Cell::One(Value::Integer(count)),
            Self::Distinct(seen) => Cell::from(i64::try_from(seen.len()).ok().map(Value::Integer)),
            Self::WholeSum(None) | Self::RealSum(None) => Cell::NULL,
            Self::WholeSum(Some(sum)) => match number::whole(sum, spec.data_type) {
                Some(sum) => Cell::One(sum),
                None => return Err(number::overflow(spec.data_type)),
            },
            Self::RealSum(Some(sum)) => return real(sum.total()),
            Self::Average { count: 0, .. } => Cell::NULL,
            Self::Average { sum, count } => return real(sum.total() / count as f64),
            Self::Extreme { best, .. } => Cell::from(best),
            Self::Values { values, .. } | Self::Top(values) => Cell::of(values),
            Self::ByOrder { best, .. } => best.map_or(Cell::NULL, |(_, cell)| cell),
            Self::Numbers(numbers) => {
                return statistic(spec.function, numbers).map_or(Ok(Cell::NULL), real);
            }
            Self::Weighted { count: 0, .. } => Cell::NULL,
            Self::Weighted { sum, weights, .. } => {
                if weights.total() == 0.0 {
                    return Err(Failure::Arithmetic(BadArithmetic::ByZero));
                }
                return real(sum.total() / weights.total());
            }
            Self::Present(present) => {
                let is_absent = spec.function == AggregateFunction::Absent;
                Cell::One(Value::Bool(present != is_absent))
            }
        })
    }
}

/// Adds a value to a set; how many bytes that takes, or `None` of one that is in it.
fn insert(seen: &mut FxHashSet<Vec<u8>>, value: &Value) -> Option<usize> {
    let key = key::of(value);
    let bytes = 2 * size_of::<Vec<u8>>() + key.len();
    seen.insert(key).then_some(bytes)
}

/// Keeps the first `limit` values in order; among equals the earlier.
fn insert_sorted(values: &mut Vec<Value>, value: &Value, limit: usize, descending: bool) {
    let place = values.partition_point(|own| {
        let order = order(own, value);
        if descending {
            order.is_ge()
        } else {
            order.is_le()
        }
    });
    if place < limit {
        values.insert(place, value.clone());
        values.truncate(limit);
    }
}

#[expect(clippy::cast_precision_loss, reason = "statistics are doubles")]
fn statistic(function: AggregateFunction, mut numbers: Vec<f64>) -> Option<f64> {
    if numbers.is_empty() {
        return None;
    }
    let count = numbers.len() as f64;
    numbers.sort_by(f64::total_cmp);
    let variance = |numbers: &[f64]| {
        let mut sum = Compensated::default();
        for number in numbers {
            sum.add(*number);
        }
        let mean = sum.total() / count;
        let mut squares = Compensated::default();
        for number in numbers {
            squares.add((number - mean).powi(2));
        }
        squares.total() / count
    };
    match function {
        AggregateFunction::Percentile(percent) => percentile(&numbers, percent),
        AggregateFunction::Variance => Some(variance(&numbers)),
        AggregateFunction::StandardDeviation => Some(variance(&numbers).sqrt()),
        AggregateFunction::MedianAbsoluteDeviation => {
            let median = percentile(&numbers, 50.0)?;
            let mut distances: Vec<f64> = numbers.iter().map(|n| (n - median).abs()).collect();
            distances.sort_by(f64::total_cmp);
            percentile(&distances, 50.0)
        }
        _ => None,
    }
}

/// Linear between the two nearest of sorted values.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "the place lies within the values"
)]
fn percentile(sorted: &[f64], percent: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = (percent / 100.0).clamp(0.0, 1.0) * last as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    let (low, high) = (sorted.get(below)?, sorted.get(above)?);
    Some(low + (high - low) * (place - place.floor()))
}
