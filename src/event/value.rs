//! Values: what a document says ([`Raw`], [`Scalar`]) and what a mapping reads from it
//! ([`Value`]).

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use super::time::Timestamp;

/// One value of a document, borrowed: numbers as their JSON text, so that nothing is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Raw<'a> {
    /// A JSON string, decoded.
    Text(&'a str),
    /// A JSON number, as it was written.
    Number(&'a str),
    /// `true` or `false`.
    Bool(bool),
}

impl<'a> Raw<'a> {
    /// The value as text, as a keyword field indexes it.
    pub fn as_text(self) -> &'a str {
        match self {
            Self::Text(text) | Self::Number(text) => text,
            Self::Bool(true) => "true",
            Self::Bool(false) => "false",
        }
    }
}

/// One value of a document, owned.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scalar {
    /// A JSON string, decoded.
    Text(Box<str>),
    /// A JSON number, as it was written.
    Number(Box<str>),
    /// `true` or `false`.
    Bool(bool),
}

impl Scalar {
    /// A text value.
    pub fn text(text: impl Into<Box<str>>) -> Self {
        Self::Text(text.into())
    }

    /// The value, borrowed.
    pub fn raw(&self) -> Raw<'_> {
        match self {
            Self::Text(text) => Raw::Text(text),
            Self::Number(text) => Raw::Number(text),
            Self::Bool(value) => Raw::Bool(*value),
        }
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.raw().as_text())
    }
}

/// One typed value: a constant of a query, or what a mapping reads from a document.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Keyword, constant_keyword, wildcard; text through its exact sub-field.
    Text(Arc<str>),
    /// Any integer type that fits a signed 64-bit integer.
    Integer(i64),
    /// An unsigned_long above `i64::MAX`.
    Unsigned(u64),
    /// Any floating-point type.
    Double(f64),
    /// A boolean.
    Bool(bool),
    /// A date, in milliseconds for `date`, with nanoseconds for `date_nanos`.
    Date(Timestamp),
    /// An address; IPv4 is held as its IPv4-mapped IPv6 address, as Lucene orders it.
    Ip(Ipv6Addr),
    /// A version, ordered as semantic versions.
    Version(Version),
}

/// No value is NaN: JSON has none, and no constant of a query is one.
impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::Text(text) => text.hash(state),
            Self::Integer(value) => value.hash(state),
            Self::Unsigned(value) => value.hash(state),
            // Both zeros are equal.
            Self::Double(value) => (value + 0.0).to_bits().hash(state),
            Self::Bool(value) => value.hash(state),
            Self::Date(value) => value.hash(state),
            Self::Ip(value) => value.hash(state),
            Self::Version(value) => value.hash(state),
        }
    }
}

impl Value {
    /// A text value.
    pub fn text(text: &str) -> Self {
        Self::Text(Arc::from(text))
    }

    /// An address of either family.
    pub fn ip(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => Self::Ip(v4.to_ipv6_mapped()),
            IpAddr::V6(v6) => Self::Ip(v6),
        }
    }

    /// The order of two values of one family: numbers mathematically, text by UTF-8 bytes,
    /// addresses by their 16 bytes, versions semantically. `None` for different families and
    /// for NaN.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(b)),
            (Self::Date(a), Self::Date(b)) => Some(a.cmp(b)),
            (Self::Ip(a), Self::Ip(b)) => Some(a.octets().cmp(&b.octets())),
            (Self::Version(a), Self::Version(b)) => Some(a.cmp(b)),
            _ => compare_numbers(self, other),
        }
    }
}

/// The mathematical order of two numbers, without the loss of a conversion to double.
fn compare_numbers(a: &Value, b: &Value) -> Option<Ordering> {
    let whole = |value: &Value| match value {
        Value::Integer(value) => Some(i128::from(*value)),
        Value::Unsigned(value) => Some(i128::from(*value)),
        _ => None,
    };
    match (a, b) {
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(b),
        (Value::Double(a), b) => compare_whole(whole(b)?, *a).map(Ordering::reverse),
        (a, Value::Double(b)) => compare_whole(whole(a)?, *b),
        (a, b) => Some(whole(a)?.cmp(&whole(b)?)),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the double lies within the range of 64-bit integers when it is cast"
)]
fn compare_whole(whole: i128, double: f64) -> Option<Ordering> {
    if double.is_nan() {
        return None;
    }
    if double >= 2e19 {
        return Some(Ordering::Less);
    }
    if double <= -2e19 {
        return Some(Ordering::Greater);
    }
    let floor = double.floor();
    Some(match whole.cmp(&(floor as i128)) {
        Ordering::Equal if double > floor => Ordering::Less,
        order => order,
    })
}

/// A version string, ordered as Elasticsearch's `version` field orders it
/// (`VersionEncoder`): semantic versions first, everything else after them by text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Version {
    text: Arc<str>,
}

impl Version {
    /// Takes any text; one that is no semantic version sorts after all that are.
    pub fn new(text: &str) -> Self {
        Self {
            text: Arc::from(text),
        }
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `(numbers, pre-release, build)` of a valid version.
    fn parts(&self) -> Option<(Vec<u64>, Option<&str>, Option<&str>)> {
        let (rest, build) = match self.text.split_once('+') {
            Some((rest, build)) => (rest, Some(build)),
            None => (&*self.text, None),
        };
        let (numbers, pre) = match rest.split_once('-') {
            Some((numbers, pre)) => (numbers, Some(pre)),
            None => (rest, None),
        };
        let identifiers = |text: &str| {
            !text.is_empty()
                && text
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
        };
        if pre.is_some_and(|pre| !identifiers(pre)) || build.is_some_and(|b| !identifiers(b)) {
            return None;
        }
        let numbers = numbers
            .split('.')
            .map(|part| {
                let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
                digits.then(|| part.parse().ok()).flatten()
            })
            .collect::<Option<Vec<u64>>>()?;
        Some((numbers, pre, build))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.parts(), other.parts()) {
            (None, None) => self.text.cmp(&other.text),
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(a), Some(b)) => {
                a.0.cmp(&b.0)
                    .then_with(|| compare_pre_release(a.1, b.1))
                    .then_with(|| a.2.cmp(&b.2))
            }
        }
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A release is later than its pre-releases; identifiers compare numerically where both are
/// numbers, and a number is less than a word.
fn compare_pre_release(a: Option<&str>, b: Option<&str>) -> Ordering {
    let (a, b) = match (a, b) {
        (None, None) => return Ordering::Equal,
        (None, Some(_)) => return Ordering::Greater,
        (Some(_), None) => return Ordering::Less,
        (Some(a), Some(b)) => (a, b),
    };
    let identifier = |text: &str| -> (u8, u64, String) {
        match text.parse() {
            Ok(number) => (0, number, String::new()),
            Err(_) => (1, 0, text.to_owned()),
        }
    };
    let a: Vec<_> = a.split('.').map(identifier).collect();
    let b: Vec<_> = b.split('.').map(identifier).collect();
    a.cmp(&b)
}

impl fmt::Display for Value {
    /// As Java prints it in `string()` and `concat()`, and as join keys are shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Unsigned(value) => write!(f, "{value}"),
            Self::Double(value) => f.write_str(&java_double(*value)),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Date(value) => write!(f, "{value}"),
            Self::Ip(value) => match value.to_ipv4_mapped() {
                Some(v4) => write!(f, "{v4}"),
                None => write!(f, "{value}"),
            },
            Self::Version(value) => f.write_str(value.as_str()),
        }
    }
}

/// A double as `Double.toString` prints it: `1.0`, `1.0E10`, `1.0E-5`.
fn java_double(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let magnitude = value.abs();
    if magnitude == 0.0 || (1e-3..1e7).contains(&magnitude) {
        let text = format!("{value}");
        return if text.contains('.') {
            text
        } else {
            format!("{text}.0")
        };
    }
    let text = format!("{value:E}");
    match text.split_once('E') {
        Some((mantissa, exponent)) if !mantissa.contains('.') => format!("{mantissa}.0E{exponent}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_mathematically_across_types() {
        let less = Some(Ordering::Less);
        assert_eq!(Value::Integer(4).compare(&Value::Double(4.5)), less);
        assert_eq!(Value::Double(4.5).compare(&Value::Integer(5)), less);
        assert_eq!(
            Value::Integer(i64::MAX).compare(&Value::Unsigned(u64::MAX)),
            less
        );
        assert_eq!(Value::Integer(-5).compare(&Value::Double(-4.5)), less);
        assert_eq!(
            Value::Integer(5).compare(&Value::Double(5.0)),
            Some(Ordering::Equal)
        );
        assert_eq!(Value::Integer(5).compare(&Value::text("5")), None);
    }

    #[test]
    fn versions_order_semantically_and_invalid_ones_come_last() {
        let sorted = [
            "1.2.4",
            "1.5.0-alpha",
            "1.5.0-alpha.2",
            "1.5.0",
            "1.10.0",
            "2.0",
            "bad",
            "bad1",
        ];
        for pair in sorted.windows(2) {
            assert!(Version::new(pair[0]) < Version::new(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn doubles_print_as_java_prints_them() {
        let cases = [
            (1.0, "1.0"),
            (1e10, "1.0E10"),
            (1.5e-5, "1.5E-5"),
            (42.5, "42.5"),
        ];
        for (value, text) in cases {
            assert_eq!(Value::Double(value).to_string(), text);
        }
    }
}
