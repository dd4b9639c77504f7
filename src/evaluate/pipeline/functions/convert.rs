//! Conversions, one value at a time.

use super::super::warning::Failure;
use super::number;
use crate::diagnostic::esql_warning::{BadArgument, BadConversion};
use crate::event::time::DateFormat;
use crate::event::value::Version;
use crate::event::{Timestamp, Value};
use crate::plan::pipeline::{DataType, Function};

/// Converts one value; the function is one of those that take each value on its own.
pub(in super::super) fn each(function: Function, value: &Value) -> Result<Value, Failure> {
    match function {
        Function::ToLower => Ok(mapped(value, str::to_lowercase)),
        Function::ToUpper => Ok(mapped(value, str::to_uppercase)),
        Function::ToString => Ok(Value::text(&value.to_string())),
        Function::ToInteger => to_whole(value, DataType::Integer),
        Function::ToLong => to_whole(value, DataType::Long),
        Function::ToUnsignedLong => to_whole(value, DataType::UnsignedLong),
        Function::ToDouble => to_double(value),
        Function::ToBoolean => to_boolean(value),
        Function::ToIp => to_ip(value),
        Function::ToVersion => Ok(match value {
            Value::Text(text) => Value::Version(Version::new(text)),
            other => other.clone(),
        }),
        Function::ToDate => to_date(value),
        Function::ToDateNanos => to_date_nanos(value),
        Function::ToGeoPoint => geo_point(value),
        Function::ToDegrees => real(value, f64::to_degrees),
        Function::ToRadians => real(value, f64::to_radians),
        other => Err(super::wrong_call(other)),
    }
}

fn mapped(value: &Value, map: impl Fn(&str) -> String) -> Value {
    match value {
        Value::Text(text) => Value::Text(map(text).into()),
        other => other.clone(),
    }
}

fn real(value: &Value, compute: fn(f64) -> f64) -> Result<Value, Failure> {
    number::as_real(value)
        .map(|x| Value::Double(compute(x)))
        .ok_or(Failure::Argument(BadArgument::NoNumber))
}

fn unparsed(text: &str) -> Failure {
    let found = text.to_owned();
    Failure::Conversion(BadConversion::NoNumber { found })
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the magnitude is checked before the cast"
)]
fn to_whole(value: &Value, target: DataType) -> Result<Value, Failure> {
    let out_of_range = || {
        Failure::Conversion(BadConversion::OutOfRange {
            found: value.to_string(),
            expected: target.name(),
        })
    };
    let of_real = |x: f64| {
        // Half up, toward positive infinity.
        let rounded = (x + 0.5).floor();
        let rounded = if x.abs() >= 4_503_599_627_370_496.0 {
            x
        } else {
            rounded
        };
        (rounded.abs() < 1e20)
            .then_some(rounded as i128)
            .and_then(|whole| number::whole(whole, target))
            .ok_or_else(out_of_range)
    };
    match value {
        Value::Integer(_) | Value::Unsigned(_) => number::as_whole(value)
            .and_then(|whole| number::whole(whole, target))
            .ok_or_else(out_of_range),
        Value::Double(x) => of_real(*x),
        Value::Bool(value) => Ok(Value::Integer(i64::from(*value))),
        Value::Date(instant) => {
            number::whole(i128::from(instant.millis()), target).ok_or_else(out_of_range)
        }
        Value::Text(text) => match text.trim().parse::<i128>() {
            Ok(whole) => number::whole(whole, target).ok_or_else(out_of_range),
            Err(_) => of_real(decimal(text)?),
        },
        Value::Ip(_) | Value::Version(_) => Err(unparsed(&value.to_string())),
    }
}

/// A number in Java's notation; words such as `inf` are none.
fn decimal(text: &str) -> Result<f64, Failure> {
    let text = text.trim();
    let is_number = text
        .trim_start_matches(['+', '-'])
        .starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let parsed = text
        .parse::<f64>()
        .ok()
        .filter(|x| is_number && x.is_finite());
    parsed.ok_or_else(|| unparsed(text))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a double is what the query asks for"
)]
fn to_double(value: &Value) -> Result<Value, Failure> {
    match value {
        Value::Text(text) => decimal(text).map(Value::Double),
        Value::Bool(value) => Ok(Value::Double(f64::from(u8::from(*value)))),
        Value::Date(instant) => Ok(Value::Double(instant.millis() as f64)),
        other => number::as_real(other)
            .map(Value::Double)
            .ok_or_else(|| unparsed(&other.to_string())),
    }
}

fn to_boolean(value: &Value) -> Result<Value, Failure> {
    Ok(Value::Bool(match value {
        Value::Bool(value) => *value,
        Value::Text(text) => text.eq_ignore_ascii_case("true"),
        other => number::as_real(other).is_some_and(|x| x != 0.0),
    }))
}

fn to_ip(value: &Value) -> Result<Value, Failure> {
    match value {
        Value::Text(text) => text.parse().map(Value::ip).map_err(|_| {
            let found = text.to_string();
            Failure::Argument(BadArgument::Address { found })
        }),
        other => Ok(other.clone()),
    }
}

fn read_date(text: &str) -> Result<Timestamp, Failure> {
    let format = "strict_date_optional_time";
    DateFormat::new(format).parse(text).ok_or_else(|| {
        Failure::Argument(BadArgument::Date {
            found: text.to_owned(),
            format: format.to_owned(),
        })
    })
}

fn to_date(value: &Value) -> Result<Value, Failure> {
    match value {
        Value::Text(text) => read_date(text).map(|instant| Value::Date(instant.truncated())),
        Value::Date(instant) => Ok(Value::Date(instant.truncated())),
        other => {
            let millis = to_whole(other, DataType::Long)?;
            Ok(match millis {
                Value::Integer(millis) => Value::Date(Timestamp::from_millis(millis)),
                other => other,
            })
        }
    }
}

fn to_date_nanos(value: &Value) -> Result<Value, Failure> {
    match value {
        Value::Text(text) => read_date(text).map(Value::Date),
        Value::Date(instant) => Ok(Value::Date(*instant)),
        other => {
            let nanos = to_whole(other, DataType::Long)?;
            let instant = number::as_whole(&nanos).and_then(Timestamp::from_nanoseconds);
            instant.map(Value::Date).ok_or_else(|| {
                let found = other.to_string();
                Failure::Argument(BadArgument::NoNanosecondDate { found })
            })
        }
    }
}

/// The well-known text of a point.
pub(in super::super) fn point(longitude: f64, latitude: f64) -> Value {
    let (x, y) = (Value::Double(longitude), Value::Double(latitude));
    Value::text(&format!("POINT ({x} {y})"))
}

/// `POINT (lon lat)`, or `lat,lon`.
pub(in super::super) fn geo_point(value: &Value) -> Result<Value, Failure> {
    let Value::Text(text) = value else {
        return Ok(value.clone());
    };
    coordinates(text)
        .map(|(longitude, latitude)| point(longitude, latitude))
        .ok_or_else(|| {
            let found = text.to_string();
            Failure::Argument(BadArgument::UnreadablePoint { found })
        })
}

/// Longitude and latitude of a point.
pub(super) fn coordinates(text: &str) -> Option<(f64, f64)> {
    let trimmed = text.trim();
    let head = trimmed.get(..5).unwrap_or("");
    if head.eq_ignore_ascii_case("point") {
        let inner = trimmed
            .get(5..)?
            .trim()
            .strip_prefix('(')?
            .strip_suffix(')')?;
        let mut numbers = inner.split_whitespace().map(str::parse::<f64>);
        let (longitude, latitude) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
        return numbers.next().is_none().then_some((longitude, latitude));
    }
    let (latitude, longitude) = trimmed.split_once(',')?;
    Some((
        longitude.trim().parse().ok()?,
        latitude.trim().parse().ok()?,
    ))
}
