//! The types that a mapping gives to fields, and what each reads from a document's value.

use std::fmt;
use std::net::IpAddr;

use super::time::DateFormat;
use super::value::{Raw, Scalar, Value, Version};

/// The longest value, in characters, that ECS keyword fields index.
pub const ECS_IGNORE_ABOVE: u32 = 1024;

/// The type of a field in one mapping.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldType {
    /// `keyword`; longer values than `ignore_above` characters are not indexed.
    Keyword {
        /// The limit, `None` for no limit.
        ignore_above: Option<u32>,
        /// Has a normalizer: Elasticsearch refuses it for exact matches.
        normalized: bool,
    },
    /// `constant_keyword`.
    ConstantKeyword,
    /// `wildcard`.
    Wildcard {
        /// The limit, `None` for no limit.
        ignore_above: Option<u32>,
    },
    /// `text`, `match_only_text`.
    Text {
        /// The keyword that stands in for it.
        exact: Exact,
    },
    /// Integers: `byte`, `short`, `integer`, `long`, `unsigned_long`.
    Integer(IntegerType),
    /// `half_float`, `float`, `double`, `scaled_float`.
    Float(FloatType),
    /// `boolean`.
    Boolean,
    /// `date` with its format.
    Date(DateFormat),
    /// `date_nanos` with its format.
    DateNanos(DateFormat),
    /// `ip`.
    Ip,
    /// `version`.
    Version,
    /// `object`: a parent of other fields.
    Object,
    /// `nested`.
    Nested,
    /// `flattened`: an object whose keys are no fields of the mapping.
    Flattened,
    /// A key below a `flattened` field: KQL and aggregations read its leaf values as exact text.
    /// Exact values, prefixes, existence and ranges with two bounds can be asked; Elasticsearch
    /// refuses wildcards and regular expressions on it.
    FlattenedKey,
    /// A type that EQL cannot use, by its name.
    Unsupported(String),
}

/// The keyword sub-field that stands in for a `text` field wherever whole values count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exact {
    /// There is none.
    Missing,
    /// This one.
    One {
        /// Its limit, `None` for no limit.
        ignore_above: Option<u32>,
    },
    /// There are several: Elasticsearch takes none of them.
    Several,
}

impl Exact {
    fn limit(self) -> Option<u32> {
        match self {
            Self::One { ignore_above } => ignore_above,
            Self::Missing | Self::Several => None,
        }
    }
}

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

/// The families within which Elasticsearch lets types meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// keyword, constant_keyword, wildcard, text
    Text,
    /// all numbers
    Number,
    /// boolean
    Boolean,
    /// date, date_nanos
    Date,
    /// ip
    Ip,
    /// version
    Version,
}

/// What a mapping makes of one value of a document.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// The typed value.
    Value(Value),
    /// Not indexed, as if it were not there (longer than `ignore_above`).
    Ignored,
    /// The mapping refuses the value: Elasticsearch would refuse the document.
    Malformed,
}

impl FieldType {
    /// A keyword as ECS has it.
    pub fn ecs_keyword() -> Self {
        Self::Keyword {
            ignore_above: Some(ECS_IGNORE_ABOVE),
            normalized: false,
        }
    }

    /// The type that a field list or a mapping names, with the defaults of ECS; names that EQL
    /// cannot use give [`FieldType::Unsupported`].
    pub fn named(name: &str) -> Self {
        match name {
            "keyword" => Self::ecs_keyword(),
            "constant_keyword" => Self::ConstantKeyword,
            "wildcard" => Self::Wildcard { ignore_above: None },
            "text" | "match_only_text" => Self::Text {
                exact: Exact::Missing,
            },
            "byte" => Self::Integer(IntegerType::Byte),
            "short" => Self::Integer(IntegerType::Short),
            "integer" => Self::Integer(IntegerType::Integer),
            "long" => Self::Integer(IntegerType::Long),
            "unsigned_long" => Self::Integer(IntegerType::UnsignedLong),
            "half_float" => Self::Float(FloatType::Half),
            "float" => Self::Float(FloatType::Single),
            "double" => Self::Float(FloatType::Double),
            "scaled_float" => Self::Float(FloatType::Scaled(1000.0)),
            "boolean" => Self::Boolean,
            "date" => Self::Date(DateFormat::default()),
            "date_nanos" => Self::DateNanos(DateFormat::default()),
            "ip" => Self::Ip,
            "version" => Self::Version,
            "object" | "array" | "group" => Self::Object,
            "nested" => Self::Nested,
            "flattened" => Self::Flattened,
            other => Self::Unsupported(other.to_owned()),
        }
    }

    /// The type of a field that no mapping names, taken from a value of it: text and numbers as
    /// Elasticsearch's dynamic mapping takes them, but that text becomes keyword.
    pub fn dynamic(value: &Scalar) -> Self {
        match value {
            Scalar::Text(_) => Self::ecs_keyword(),
            Scalar::Bool(_) => Self::Boolean,
            Scalar::Number(text) if text.bytes().any(|b| matches!(b, b'.' | b'e' | b'E')) => {
                Self::Float(FloatType::Single)
            }
            Scalar::Number(_) => Self::Integer(IntegerType::Long),
        }
    }

    /// The family; `None` for types that no query can use.
    pub fn family(&self) -> Option<Family> {
        match self {
            Self::Keyword { .. }
            | Self::ConstantKeyword
            | Self::Wildcard { .. }
            | Self::Text { .. } => Some(Family::Text),
            Self::Integer(_) | Self::Float(_) => Some(Family::Number),
            Self::Boolean => Some(Family::Boolean),
            Self::Date(_) | Self::DateNanos(_) => Some(Family::Date),
            Self::Ip => Some(Family::Ip),
            Self::Version => Some(Family::Version),
            Self::Object
            | Self::Nested
            | Self::Flattened
            | Self::FlattenedKey
            | Self::Unsupported(_) => None,
        }
    }

    /// The text that the mapping indexes of `raw`, borrowed: for the text family what
    /// [`FieldType::read`] gives as a value. `None` where it indexes nothing, and for other types.
    pub fn read_text<'a>(&self, raw: Raw<'a>) -> Option<&'a str> {
        match self {
            Self::Keyword { ignore_above, .. } | Self::Wildcard { ignore_above } => {
                indexed_text(raw, *ignore_above)
            }
            Self::Text { exact } => indexed_text(raw, exact.limit()),
            Self::ConstantKeyword => indexed_text(raw, None),
            _ => None,
        }
    }

    /// What the mapping makes of `raw`.
    pub fn read(&self, raw: Raw<'_>) -> Reading {
        let value = match self {
            Self::Keyword { .. }
            | Self::Wildcard { .. }
            | Self::Text { .. }
            | Self::ConstantKeyword => {
                let text = self.read_text(raw);
                return text.map_or(Reading::Ignored, |text| Reading::Value(Value::text(text)));
            }
            Self::Integer(kind) => read_integer(*kind, raw),
            Self::Float(kind) => read_float(*kind, raw),
            Self::Boolean => match raw {
                Raw::Bool(value) => Some(Value::Bool(value)),
                Raw::Text("true") => Some(Value::Bool(true)),
                Raw::Text("false" | "") => Some(Value::Bool(false)),
                _ => None,
            },
            Self::Date(format) => match raw {
                Raw::Bool(_) => None,
                raw => format
                    .parse(raw.as_text())
                    .map(|instant| Value::Date(instant.truncated())),
            },
            Self::DateNanos(format) => match raw {
                Raw::Bool(_) => None,
                raw => format.parse(raw.as_text()).map(Value::Date),
            },
            Self::Ip => match raw {
                Raw::Text(text) => text.parse::<IpAddr>().ok().map(Value::ip),
                _ => None,
            },
            Self::Version => match raw {
                Raw::Bool(_) => None,
                raw => Some(Value::Version(Version::new(raw.as_text()))),
            },
            Self::FlattenedKey => Some(Value::text(raw.as_text())),
            Self::Object | Self::Nested | Self::Flattened | Self::Unsupported(_) => {
                return Reading::Ignored;
            }
        };
        value.map_or(Reading::Malformed, Reading::Value)
    }
}

fn indexed_text(raw: Raw<'_>, ignore_above: Option<u32>) -> Option<&str> {
    let text = raw.as_text();
    // Counted in UTF-16 units, as `KeywordFieldMapper` does; most values are far shorter.
    let too_long =
        |limit: u32| text.len() > limit as usize && text.encode_utf16().count() > limit as usize;
    (!ignore_above.is_some_and(too_long)).then_some(text)
}

/// Integers take numbers and numeric text; a fraction is cut off (`coerce`).
fn read_integer(kind: IntegerType, raw: Raw<'_>) -> Option<Value> {
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

impl IntegerType {
    fn bounds(self) -> (i128, i128) {
        match self {
            Self::Byte => (i8::MIN.into(), i8::MAX.into()),
            Self::Short => (i16::MIN.into(), i16::MAX.into()),
            Self::Integer => (i32::MIN.into(), i32::MAX.into()),
            Self::Long => (i64::MIN.into(), i64::MAX.into()),
            Self::UnsignedLong => (0, u64::MAX.into()),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a float field holds its values in single precision"
)]
fn read_float(kind: FloatType, raw: Raw<'_>) -> Option<Value> {
    let text = match raw {
        Raw::Bool(_) => return None,
        raw => raw.as_text().trim(),
    };
    let value: f64 = text.parse().ok()?;
    if !value.is_finite() {
        return None;
    }
    Some(Value::Double(match kind {
        FloatType::Double => value,
        FloatType::Single | FloatType::Half => f64::from(value as f32),
        FloatType::Scaled(factor) => (value * factor).round() / factor,
    }))
}

impl fmt::Display for FieldType {
    /// As a mapping names it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Keyword { .. } => "keyword",
            Self::ConstantKeyword => "constant_keyword",
            Self::Wildcard { .. } => "wildcard",
            Self::Text { .. } => "text",
            Self::Integer(IntegerType::Byte) => "byte",
            Self::Integer(IntegerType::Short) => "short",
            Self::Integer(IntegerType::Integer) => "integer",
            Self::Integer(IntegerType::Long) => "long",
            Self::Integer(IntegerType::UnsignedLong) => "unsigned_long",
            Self::Float(FloatType::Half) => "half_float",
            Self::Float(FloatType::Single) => "float",
            Self::Float(FloatType::Double) => "double",
            Self::Float(FloatType::Scaled(_)) => "scaled_float",
            Self::Boolean => "boolean",
            Self::Date(_) => "date",
            Self::DateNanos(_) => "date_nanos",
            Self::Ip => "ip",
            Self::Version => "version",
            Self::Object => "object",
            Self::Nested => "nested",
            Self::Flattened | Self::FlattenedKey => "flattened",
            Self::Unsupported(name) => name,
        })
    }
}
