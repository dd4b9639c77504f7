//! Numbers as numeric fields hold them: what a document's value becomes, and what a query's
//! constant is reduced to before the two are compared (`NumberFieldMapper`,
//! `ScaledFloatFieldMapper`).

use super::value::{Raw, Value};

/// The integer types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntegerType {
    /// `byte`
    Byte,
    /// `short`
    Short,
    /// `integer`
    Integer,
    /// `long`
    Long,
    /// `unsigned_long`
    UnsignedLong,
}

/// The floating-point types.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FloatType {
    /// `half_float`
    Half,
    /// `float`
    Single,
    /// `double`
    Double,
    /// `scaled_float` with its factor.
    Scaled(f64),
}

impl IntegerType {
    /// The least and the greatest value.
    pub(super) fn bounds(self) -> (i128, i128) {
        match self {
            Self::Byte => (i8::MIN.into(), i8::MAX.into()),
            Self::Short => (i16::MIN.into(), i16::MAX.into()),
            Self::Integer => (i32::MIN.into(), i32::MAX.into()),
            Self::Long => (i64::MIN.into(), i64::MAX.into()),
            Self::UnsignedLong => (0, u64::MAX.into()),
        }
    }
}

/// Integers take numbers and numeric text; a fraction is cut off (`coerce`).
pub(super) fn read_integer(kind: IntegerType, raw: Raw<'_>) -> Option<Value> {
    let text = match raw {
        Raw::Bool(_) => return None,
        raw => raw.as_text().trim(),
    };
    let (low, high) = kind.bounds();
    let whole = match text.parse::<i128>() {
        Ok(whole) => whole,
        Err(_) => whole_of(text.parse().ok()?)?,
    };
    if whole < low || whole > high {
        return None;
    }
    match i64::try_from(whole) {
        Ok(value) => Some(Value::Integer(value)),
        Err(_) => u64::try_from(whole).ok().map(Value::Unsigned),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the magnitude is checked before the cast"
)]
fn whole_of(double: f64) -> Option<i128> {
    (double.abs() < 1e20).then(|| double.trunc() as i128)
}

/// Floating-point types take numbers and numeric text, and keep what their precision allows.
pub(super) fn read_float(kind: FloatType, raw: Raw<'_>) -> Option<Value> {
    let text = match raw {
        Raw::Bool(_) => return None,
        raw => raw.as_text().trim(),
    };
    reduce(kind, text.parse().ok()?).map(Value::Double)
}

/// A constant of a query as a field of this type compares it for equality.
pub(super) fn reduced(kind: FloatType, constant: &Value) -> Option<Value> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a floating-point field loses it as well"
    )]
    let number = match constant {
        Value::Double(value) => *value,
        Value::Integer(value) => *value as f64,
        Value::Unsigned(value) => *value as f64,
        other => return Some(other.clone()),
    };
    reduce(kind, number).map(Value::Double)
}

/// `None` for what is infinite in the type, which Elasticsearch refuses.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a float field holds its values in single precision"
)]
fn reduce(kind: FloatType, value: f64) -> Option<f64> {
    let reduced = match kind {
        FloatType::Double => value,
        FloatType::Single => f64::from(value as f32),
        FloatType::Half => half(f64::from(value as f32)),
        FloatType::Scaled(factor) => (value * factor).round() / factor,
    };
    reduced.is_finite().then_some(reduced)
}

/// The nearest number of half precision, of two the even one (`HalfFloatPoint`): eleven
/// significant bits, the least exponent -14, the greatest number 65504.
fn half(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let mut spacing = 2_f64.powi(-24);
    while value.abs() >= spacing * 2048.0 {
        spacing *= 2.0;
    }
    let rounded = (value / spacing).round_ties_even() * spacing;
    if rounded.abs() > 65_504.0 {
        return f64::INFINITY.copysign(value);
    }
    rounded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_has_eleven_bits_and_ties_go_to_the_even_number() {
        for (value, nearest) in [
            (7.2, 7.199_218_75),
            (1.0, 1.0),
            (2049.0, 2048.0),
            (2051.0, 2052.0),
            (-0.1, -0.099_975_585_937_5),
            (65_504.0, 65_504.0),
            (5.960_464_477_539_063e-8, 5.960_464_477_539_063e-8),
            (1e-9, 0.0),
        ] {
            assert!((half(value) - nearest).abs() < f64::EPSILON, "{value}");
        }
        assert!(half(65_520.0).is_infinite());
        assert_eq!(read_float(FloatType::Half, Raw::Number("70000")), None);
    }

    #[test]
    fn a_constant_is_reduced_as_the_values_of_documents_are() {
        for kind in [
            FloatType::Double,
            FloatType::Single,
            FloatType::Half,
            FloatType::Scaled(100.0),
        ] {
            for text in ["7.2", "0.1", "73.1", "-1.005", "3", "16777"] {
                let stored = read_float(kind, Raw::Number(text)).unwrap();
                let constant = Value::Double(text.parse().unwrap());
                let order = reduced(kind, &constant).unwrap().compare(&stored);
                assert_eq!(order, Some(std::cmp::Ordering::Equal), "{kind:?} {text}");
            }
        }
    }
}
