//! Numbers: arithmetic and functions. Whole numbers do not wrap; what leaves the range is a null
//! and a warning.

use super::super::warning::Failure;
use super::{Arguments, Computed};
use crate::diagnostic::esql_warning::{BadArgument, BadArithmetic};
use crate::event::Value;
use crate::plan::pipeline::{Cell, DataType, Operator};

/// A number as a double.
#[expect(clippy::cast_precision_loss, reason = "a double is what is asked for")]
pub(in super::super) fn as_real(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Unsigned(number) => Some(*number as f64),
        Value::Double(number) => Some(*number),
        _ => None,
    }
}

/// A whole number.
pub(in super::super) fn as_whole(value: &Value) -> Option<i128> {
    match value {
        Value::Integer(number) => Some(i128::from(*number)),
        Value::Unsigned(number) => Some(i128::from(*number)),
        _ => None,
    }
}

/// A whole number of a type; `None` where it does not fit.
pub(in super::super) fn whole(number: i128, data_type: DataType) -> Option<Value> {
    match data_type {
        DataType::Integer => i32::try_from(number).ok().map(|n| Value::Integer(n.into())),
        DataType::UnsignedLong => u64::try_from(number).ok().map(|n| match i64::try_from(n) {
            Ok(small) => Value::Integer(small),
            Err(_) => Value::Unsigned(n),
        }),
        _ => i64::try_from(number).ok().map(Value::Integer),
    }
}

/// A cell of whole numbers as doubles where the expression is one of doubles.
pub(in super::super) fn widened(cell: Cell, data_type: DataType) -> Cell {
    if data_type != DataType::Double {
        return cell;
    }
    let wide = |value: &Value| as_real(value).map_or_else(|| value.clone(), Value::Double);
    match &cell {
        Cell::One(Value::Integer(_) | Value::Unsigned(_)) | Cell::Many(_) => {
            Cell::of(cell.values().iter().map(wide).collect())
        }
        _ => cell,
    }
}

pub(in super::super) fn overflow(data_type: DataType) -> Failure {
    let name = data_type.name();
    Failure::Arithmetic(BadArithmetic::Overflow { name })
}

/// A double that is a number; else the failure that Elasticsearch gives.
fn finite(number: f64) -> Result<Value, Failure> {
    if number.is_finite() {
        return Ok(Value::Double(number));
    }
    let found = Value::Double(number).to_string();
    Err(Failure::Arithmetic(BadArithmetic::NotFinite { found }))
}

pub(in super::super) fn arithmetic(
    operator: Operator,
    data_type: DataType,
    a: &Value,
    b: &Value,
) -> Result<Value, Failure> {
    if is_whole(data_type)
        && let (Some(a), Some(b)) = (as_whole(a), as_whole(b))
    {
        let by_zero = || Failure::Arithmetic(BadArithmetic::ByZero);
        let result = match operator {
            Operator::Add => a.checked_add(b),
            Operator::Subtract => a.checked_sub(b),
            Operator::Multiply => a.checked_mul(b),
            Operator::Divide => Some(a.checked_div(b).ok_or_else(by_zero)?),
            _ => Some(a.checked_rem(b).ok_or_else(by_zero)?),
        };
        let result = result.and_then(|result| whole(result, data_type));
        return result.ok_or_else(|| overflow(data_type));
    }
    let (Some(a), Some(b)) = (as_real(a), as_real(b)) else {
        return Err(Failure::Argument(BadArgument::NoNumbers));
    };
    if matches!(operator, Operator::Divide | Operator::Remainder) && b == 0.0 {
        return Err(Failure::Arithmetic(BadArithmetic::ByZero));
    }
    finite(match operator {
        Operator::Add => a + b,
        Operator::Subtract => a - b,
        Operator::Multiply => a * b,
        Operator::Divide => a / b,
        _ => a % b,
    })
}

pub(in super::super) fn negated(data_type: DataType, value: &Value) -> Result<Value, Failure> {
    match value {
        Value::Double(number) => Ok(Value::Double(-number)),
        other => as_whole(other)
            .and_then(|number| whole(-number, data_type))
            .ok_or_else(|| overflow(data_type)),
    }
}

pub(super) fn abs(args: Arguments<'_>) -> Computed {
    Ok(args.value(0).map(|value| match value {
        Value::Integer(number) => Value::Integer(number.saturating_abs()),
        Value::Double(number) => Value::Double(number.abs()),
        other => other.clone(),
    }))
}

/// A function that leaves whole numbers as they are.
pub(super) fn rounded(args: Arguments<'_>, round: fn(f64) -> f64) -> Computed {
    Ok(args.value(0).map(|value| match value {
        Value::Double(number) => Value::Double(round(*number)),
        other => other.clone(),
    }))
}

pub(super) fn real(args: Arguments<'_>, compute: fn(f64) -> f64) -> Computed {
    args.real(0).map(|x| finite(compute(x))).transpose()
}

pub(super) fn real_pair(args: Arguments<'_>, compute: fn(f64, f64) -> f64) -> Computed {
    let pair = args.real(0).zip(args.real(1));
    pair.map(|(x, y)| finite(compute(x, y))).transpose()
}

pub(super) fn square_root(args: Arguments<'_>) -> Computed {
    match args.real(0) {
        Some(x) if x < 0.0 => Err(Failure::Arithmetic(BadArithmetic::NegativeRoot)),
        x => Ok(x.map(|x| Value::Double(x.sqrt()))),
    }
}

pub(super) fn arc(args: Arguments<'_>, compute: fn(f64) -> f64, name: &'static str) -> Computed {
    match args.real(0) {
        Some(x) if x.abs() > 1.0 => Err(Failure::Arithmetic(BadArithmetic::OutOfRange { name })),
        x => Ok(x.map(|x| Value::Double(compute(x)))),
    }
}

/// `LOG(x)` and `LOG(base, x)`.
pub(super) fn logarithm(args: Arguments<'_>) -> Computed {
    let positive = |x: f64| {
        if x > 0.0 {
            Ok(x.ln())
        } else {
            Err(Failure::Arithmetic(BadArithmetic::LogNotPositive))
        }
    };
    let Some(first) = args.real(0) else {
        return Ok(None);
    };
    if args.len() == 1 {
        return positive(first).map(|x| Some(Value::Double(x)));
    }
    let Some(second) = args.real(1) else {
        return Ok(None);
    };
    let (base, x) = (positive(first)?, positive(second)?);
    if base == 0.0 {
        return Err(Failure::Arithmetic(BadArithmetic::LogBaseOne));
    }
    finite(x / base).map(Some)
}

pub(super) fn logarithm_10(args: Arguments<'_>) -> Computed {
    match args.real(0) {
        Some(x) if x <= 0.0 => Err(Failure::Arithmetic(BadArithmetic::LogNotPositive)),
        x => Ok(x.map(|x| Value::Double(x.log10()))),
    }
}

/// Half away from zero. Whole numbers change only for negative decimals.
pub(super) fn round(args: Arguments<'_>) -> Computed {
    let Some(value) = args.value(0) else {
        return Ok(None);
    };
    let decimals = if args.len() > 1 {
        args.whole(1).unwrap_or(0)
    } else {
        0
    };
    if let Some(number) = as_whole(value) {
        if decimals >= 0 {
            return Ok(Some(value.clone()));
        }
        let digits = u32::try_from(-decimals).unwrap_or(u32::MAX);
        let Some(unit) = 10_i128.checked_pow(digits.min(30)) else {
            return Ok(Some(Value::Integer(0)));
        };
        let half = unit / 2 * number.signum();
        let result = (number + half) / unit * unit;
        return Ok(whole(result, DataType::Long));
    }
    let Value::Double(number) = value else {
        return Ok(None);
    };
    Ok(Some(Value::Double(round_real(*number, decimals))))
}

/// Rounds the decimal text of a double, as Java's `BigDecimal` does.
pub(in super::super) fn round_real(number: f64, decimals: i64) -> f64 {
    if !number.is_finite() || decimals > 320 {
        return number;
    }
    if decimals < -320 {
        return 0.0;
    }
    if decimals <= 0 {
        let unit = 10_f64.powi(i32::try_from(-decimals).unwrap_or(0));
        return (number / unit).round() * unit;
    }
    // The shortest text of a double is the number that its author wrote.
    let text = format!("{:?}", number.abs());
    let places = usize::try_from(decimals).unwrap_or(0);
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((&text, "0"));
    if exponent != "0" {
        let unit = 10_f64.powi(i32::try_from(decimals).unwrap_or(0));
        let scaled = number * unit;
        return if scaled.is_finite() {
            scaled.round() / unit
        } else {
            number
        };
    }
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if fraction.len() <= places {
        return number;
    }
    let kept: String = whole.chars().chain(fraction.chars().take(places)).collect();
    let is_up = fraction
        .chars()
        .nth(places)
        .is_some_and(|digit| digit >= '5');
    let Ok(kept) = kept.parse::<u128>() else {
        return number;
    };
    let kept = kept + u128::from(is_up);
    let digits = format!("{kept:0>width$}", width = places + 1);
    let point = digits.len() - places;
    let (whole, fraction) = digits.split_at(point);
    let rounded: f64 = format!("{whole}.{fraction}").parse().unwrap_or(number);
    rounded.copysign(number)
}

pub(super) fn bucket(args: Arguments<'_>) -> Computed {
    let pair = args.real(0).zip(args.real(1));
    pair.map(|(x, width)| finite((x / width).floor() * width))
        .transpose()
}

/// Whether the type is one of whole numbers.
fn is_whole(data_type: DataType) -> bool {
    matches!(
        data_type,
        DataType::Integer | DataType::Long | DataType::UnsignedLong
    )
}
