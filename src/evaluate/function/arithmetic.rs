//! Arithmetic and `number()` (`Arithmetics`, `ToNumberFunctionProcessor`): whole numbers stay
//! whole and never wrap around, anything with a double is a double.

use super::super::{FailureKind, QueryFailure};
use crate::event::Value;
use crate::plan::Function;

/// A number, as wide as its type makes it.
#[derive(Clone, Copy)]
enum Number {
    Whole(i128),
    Double(f64),
}

fn number_of(value: &Value) -> Option<Number> {
    match value {
        Value::Integer(value) => Some(Number::Whole((*value).into())),
        Value::Unsigned(value) => Some(Number::Whole((*value).into())),
        Value::Double(value) => Some(Number::Double(*value)),
        _ => None,
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "Java promotes long to double with the same loss"
)]
fn as_double(number: Number) -> f64 {
    match number {
        Number::Whole(value) => value as f64,
        Number::Double(value) => value,
    }
}

/// `a + b` and its like; null where an operand is no number.
pub(super) fn binary(
    function: Function,
    a: &Value,
    b: &Value,
) -> Result<Option<Value>, QueryFailure> {
    let unsigned = matches!(a, Value::Unsigned(_)) || matches!(b, Value::Unsigned(_));
    let (Some(a), Some(b)) = (number_of(a), number_of(b)) else {
        return Ok(None);
    };
    let (Number::Whole(x), Number::Whole(y)) = (a, b) else {
        let (a, b) = (as_double(a), as_double(b));
        return Ok(Some(Value::Double(match function {
            Function::Add => a + b,
            Function::Subtract => a - b,
            Function::Multiply => a * b,
            Function::Divide => a / b,
            _ => a % b,
        })));
    };
    let result = match function {
        Function::Add => x.checked_add(y),
        Function::Subtract => x.checked_sub(y),
        Function::Multiply => x.checked_mul(y),
        Function::Divide | Function::Modulo if y == 0 => {
            return Err(FailureKind::DivisionByZero.into());
        }
        Function::Divide => x.checked_div(y),
        _ => x.checked_rem(y),
    };
    whole(result, unsigned).map(Some)
}

/// `-a`
pub(super) fn negate(value: &Value) -> Result<Option<Value>, QueryFailure> {
    match value {
        Value::Integer(value) => whole(i128::from(*value).checked_neg(), false).map(Some),
        Value::Unsigned(value) => whole(i128::from(*value).checked_neg(), true).map(Some),
        Value::Double(value) => Ok(Some(Value::Double(-value))),
        _ => Ok(None),
    }
}

fn whole(value: Option<i128>, unsigned: bool) -> Result<Value, QueryFailure> {
    if let Some(value) = value {
        match i64::try_from(value) {
            Ok(value) if !unsigned || value >= 0 => return Ok(Value::Integer(value)),
            _ => {}
        }
        if unsigned && let Ok(value) = u64::try_from(value) {
            return Ok(Value::Unsigned(value));
        }
    }
    let name = if unsigned { "unsigned_long" } else { "long" };
    Err(FailureKind::Overflow { name }.into())
}

/// `number(source[, base])`; a text that is no number is a failure, not null.
pub(super) fn number(arguments: &[Option<Value>]) -> Result<Option<Value>, QueryFailure> {
    let (source, base) = match arguments {
        [Some(Value::Text(source))] => (source, None),
        [Some(Value::Text(source)), base] => (source, base.as_ref()),
        _ => return Ok(None),
    };
    let digits = source.strip_prefix("0x");
    let base = match base {
        Some(Value::Integer(base)) => *base,
        _ if digits.is_some() => 16,
        _ => 10,
    };
    let failure = || -> QueryFailure {
        FailureKind::NotANumber {
            found: source.to_string(),
            base,
        }
        .into()
    };
    if base == 10 {
        let whole = source.parse().ok().map(Value::Integer);
        let value = whole.or_else(|| parse_double(source).map(Value::Double));
        return value.map(Some).ok_or_else(failure);
    }
    let radix = u32::try_from(base)
        .ok()
        .filter(|radix| (2..=36).contains(radix));
    let text = match digits {
        Some(digits) if base == 16 => digits,
        _ => source,
    };
    let value = radix.and_then(|radix| i64::from_str_radix(text, radix).ok());
    value.map(Value::Integer).map(Some).ok_or_else(failure)
}

/// As `Double.parseDouble` reads it, but for hexadecimal fractions.
fn parse_double(text: &str) -> Option<f64> {
    let text = text.trim();
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    match unsigned {
        "NaN" => return Some(f64::NAN),
        "Infinity" if text.starts_with('-') => return Some(f64::NEG_INFINITY),
        "Infinity" => return Some(f64::INFINITY),
        _ => {}
    }
    let text = text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text);
    let allowed = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-');
    text.bytes()
        .all(allowed)
        .then(|| text.parse().ok())
        .flatten()
}
