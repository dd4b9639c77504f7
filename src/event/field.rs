//! The types that a mapping gives to fields, and what each reads from a document's value.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

pub use super::number::{FloatType, IntegerType};
use super::number::{read_float, read_integer, reduced};
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
        /// The normalization of values before they are indexed and of constants before they are searched.
        normalizer: Normalizer,
    },
    /// `constant_keyword`: one value for all documents of the index.
    ConstantKeyword {
        /// The value, which every document of the index has, also one that does not carry the
        /// field. `None` where the mapping states none, or describes several indices: then a
        /// document has the value that it carries.
        value: Option<Box<str>>,
    },
    /// `wildcard`.
    Wildcard {
        /// The limit, `None` for no limit.
        ignore_above: Option<u32>,
    },
    /// `text`, `match_only_text`.
    Text {
        /// The keyword that stands in for it.
        exact: KeywordSubfield,
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
    /// A field of this type that has neither an index nor doc values (`index: false`,
    /// `doc_values: false`): a search on it fails, and no document counts as having a value.
    Unindexed(Box<Self>),
    /// A type that EQL cannot use, by its name.
    Unsupported(String),
}

/// The keyword sub-field that stands in for a `text` field wherever whole values count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeywordSubfield {
    /// There is none.
    Missing,
    /// This one.
    One {
        /// Its limit, `None` for no limit.
        ignore_above: Option<u32>,
        /// Its normalizer.
        normalizer: Normalizer,
    },
    /// There are several: Elasticsearch takes none of them.
    Several,
}

impl KeywordSubfield {
    fn limit(self) -> Option<u32> {
        match self {
            Self::One { ignore_above, .. } => ignore_above,
            Self::Missing | Self::Several => None,
        }
    }
}

/// The `normalizer` of a keyword.
///
/// EQL does not refuse such a field: `IndexResolver` takes no keyword for normalized. The index
/// normalizes the values of documents and the constants of a query alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Normalizer {
    /// There is none.
    #[default]
    Keep,
    /// The built-in `lowercase`.
    Lowercase,
    /// One that the settings of the index define, which a mapping does not show.
    Unknown,
}

impl Normalizer {
    /// The normalizer that a mapping names.
    pub fn named(name: &str) -> Self {
        match name {
            "lowercase" => Self::Lowercase,
            _ => Self::Unknown,
        }
    }

    /// What the index holds of `text`.
    pub fn apply(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Lowercase if text.chars().any(|c| lowercase(c) != c) => {
                Cow::Owned(text.chars().map(lowercase).collect())
            }
            Self::Keep | Self::Lowercase | Self::Unknown => Cow::Borrowed(text),
        }
    }
}

/// One character to one, as Lucene's `LowerCaseFilter` has it.
pub fn lowercase(character: char) -> char {
    character.to_lowercase().next().unwrap_or(character)
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

/// How a mapping reads one value of a document.
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
            normalizer: Normalizer::Keep,
        }
    }

    /// The type that a field list or a mapping names, with the defaults of ECS; names that EQL
    /// cannot use give [`FieldType::Unsupported`].
    pub fn named(name: &str) -> Self {
        match name {
            "keyword" => Self::ecs_keyword(),
            "constant_keyword" => Self::ConstantKeyword { value: None },
            "wildcard" => Self::Wildcard { ignore_above: None },
            "text" | "match_only_text" => Self::Text {
                exact: KeywordSubfield::Missing,
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
            | Self::ConstantKeyword { .. }
            | Self::Wildcard { .. }
            | Self::Text { .. } => Some(Family::Text),
            Self::Integer(_) | Self::Float(_) => Some(Family::Number),
            Self::Boolean => Some(Family::Boolean),
            Self::Date(_) | Self::DateNanos(_) => Some(Family::Date),
            Self::Ip => Some(Family::Ip),
            Self::Version => Some(Family::Version),
            Self::Unindexed(inner) => inner.family(),
            Self::Object
            | Self::Nested
            | Self::Flattened
            | Self::FlattenedKey
            | Self::Unsupported(_) => None,
        }
    }

    /// How the index changes a text of this type.
    pub fn normalizer(&self) -> Normalizer {
        match self {
            Self::Keyword { normalizer, .. }
            | Self::Text {
                exact: KeywordSubfield::One { normalizer, .. },
            } => *normalizer,
            _ => Normalizer::Keep,
        }
    }

    /// The value that every document has, whether it carries the field or not.
    pub fn constant_value(&self) -> Option<&str> {
        match self {
            Self::ConstantKeyword { value } => value.as_deref(),
            _ => None,
        }
    }

    /// Whether a search on the field fails because nothing of it is indexed.
    pub fn is_unindexed(&self) -> bool {
        matches!(self, Self::Unindexed(_))
    }

    /// The constant of a query as the index compares it with values of this type for equality:
    /// of the field's precision, or normalized. `None` for a number that the type cannot hold.
    pub fn reduce(&self, constant: &Value) -> Option<Value> {
        match (self, constant) {
            (Self::Float(kind), number) => reduced(*kind, number),
            (kind, Value::Text(text)) => Some(match kind.normalizer().apply(text) {
                Cow::Owned(changed) => Value::text(&changed),
                Cow::Borrowed(_) => constant.clone(),
            }),
            (_, constant) => Some(constant.clone()),
        }
    }

    /// The constant of a query as the index compares it with values of this type for order.
    /// A `scaled_float` is compared with the constant as it is written
    /// (`ScaledFloatFieldMapper.rangeQuery`).
    pub fn reduce_bound(&self, constant: &Value) -> Option<Value> {
        match self {
            Self::Float(FloatType::Scaled(_)) => Some(constant.clone()),
            kind => kind.reduce(constant),
        }
    }

    /// The text that the mapping indexes of `raw`: for the text family what [`FieldType::read`]
    /// gives as a value. `None` where it indexes nothing, and for other types.
    pub fn read_text<'a>(&self, raw: Raw<'a>) -> Option<Cow<'a, str>> {
        let text = match self {
            Self::Keyword { ignore_above, .. } | Self::Wildcard { ignore_above } => {
                indexed_text(raw, *ignore_above)
            }
            Self::Text { exact } => indexed_text(raw, exact.limit()),
            Self::ConstantKeyword { value } => {
                let text = raw.as_text();
                let fits = value.as_deref().is_none_or(|value| value == text);
                fits.then_some(text)
            }
            _ => None,
        };
        text.map(|text| self.normalizer().apply(text))
    }

    /// Reads `raw` as the mapping does.
    pub fn read(&self, raw: Raw<'_>) -> Reading {
        let value = match self {
            Self::Keyword { .. } | Self::Wildcard { .. } | Self::Text { .. } => {
                let text = self.read_text(raw);
                return text.map_or(Reading::Ignored, |text| Reading::Value(Value::text(&text)));
            }
            Self::ConstantKeyword { .. } => self.read_text(raw).map(|text| Value::text(&text)),
            Self::Integer(kind) => read_integer(*kind, raw),
            Self::Float(kind) => read_float(*kind, raw),
            Self::Boolean => match raw {
                Raw::Bool(value) => Some(Value::Bool(value)),
                Raw::Text("true") => Some(Value::Bool(true)),
                Raw::Text("false" | "") => Some(Value::Bool(false)),
                _ => None,
            },
            Self::Date(format) | Self::DateNanos(format)
                if format.is_unread() && format.parse(raw.as_text()).is_none() =>
            {
                return Reading::Ignored;
            }
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
            Self::Object
            | Self::Nested
            | Self::Flattened
            | Self::Unindexed(_)
            | Self::Unsupported(_) => {
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

impl fmt::Display for FieldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl FieldType {
    /// As a mapping names it.
    pub fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Keyword { .. } => "keyword",
            Self::ConstantKeyword { .. } => "constant_keyword",
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
            Self::Unsupported(name) => return Cow::Owned(name.clone()),
            Self::Unindexed(inner) => return inner.name(),
        })
    }
}
