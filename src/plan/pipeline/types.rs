//! The types of a pipeline's columns and expressions, and sets of them for signatures.

use std::fmt;

/// The type of a column or an expression. Timespans are types of expressions only: no column has
/// one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DataType {
    /// The type of the literal null: goes with every type.
    Null,
    /// true and false
    Boolean,
    /// 32 bits
    Integer,
    /// 64 bits
    Long,
    /// 64 bits without sign
    UnsignedLong,
    /// IEEE 754, 64 bits
    Double,
    /// Text that is compared as a whole.
    Keyword,
    /// Analysed text; in expressions as keyword.
    Text,
    /// An IPv4 or IPv6 address.
    Ip,
    /// A software version.
    Version,
    /// An instant in milliseconds.
    Date,
    /// An instant in nanoseconds.
    DateNanos,
    /// A point on the earth, held as its well-known text.
    GeoPoint,
    /// A span of days, months and years.
    DatePeriod,
    /// A span of an exact length.
    TimeDuration,
    /// A column that cannot be used: of a type that no query can use, or of several types.
    Unsupported,
}

impl DataType {
    /// As the answer of a query names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Long => "long",
            Self::UnsignedLong => "unsigned_long",
            Self::Double => "double",
            Self::Keyword => "keyword",
            Self::Text => "text",
            Self::Ip => "ip",
            Self::Version => "version",
            Self::Date => "date",
            Self::DateNanos => "date_nanos",
            Self::GeoPoint => "geo_point",
            Self::DatePeriod => "date_period",
            Self::TimeDuration => "time_duration",
            Self::Unsupported => "unsupported",
        }
    }

    /// As messages name it: a date is a `datetime` there.
    pub fn in_message(self) -> &'static str {
        match self {
            Self::Date => "datetime",
            other => other.name(),
        }
    }

    /// Whether it is one of the types of text.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Keyword | Self::Text)
    }

    /// Whether it is one of the types of numbers.
    pub fn is_number(self) -> bool {
        TypeSet::NUMBER.contains(self)
    }

    /// Whether it is one of the types of instants.
    pub fn is_date(self) -> bool {
        matches!(self, Self::Date | Self::DateNanos)
    }

    /// Whether it is one of the types of timespans.
    pub fn is_timespan(self) -> bool {
        matches!(self, Self::DatePeriod | Self::TimeDuration)
    }

    /// The type that a function gives for an argument of this type: no function gives text.
    #[must_use]
    pub fn computed(self) -> Self {
        match self {
            Self::Text => Self::Keyword,
            other => other,
        }
    }

    /// The type in which both can be compared or combined; `None` if there is none.
    pub fn common(self, other: Self) -> Option<Self> {
        match (self, other) {
            (a, b) if a == b => Some(a.computed()),
            (Self::Null, b) => Some(b.computed()),
            (a, Self::Null) => Some(a.computed()),
            (a, b) if a.is_text() && b.is_text() => Some(Self::Keyword),
            (a, b) if a.is_date() && b.is_date() => Some(Self::DateNanos),
            (a, b) if a.is_number() && b.is_number() => Some(a.wider(b)),
            _ => None,
        }
    }

    /// The wider of two types of numbers.
    fn wider(self, other: Self) -> Self {
        match (self, other) {
            (Self::Double, _) | (_, Self::Double) => Self::Double,
            (Self::UnsignedLong, _) | (_, Self::UnsignedLong) => Self::UnsignedLong,
            (Self::Long, _) | (_, Self::Long) => Self::Long,
            _ => Self::Integer,
        }
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of types, for the parameters of functions. Null is in every set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypeSet(u32);

impl TypeSet {
    /// Boolean alone.
    pub const BOOLEAN: Self = Self::of(&[DataType::Boolean]);
    /// Text of any kind.
    pub const TEXT: Self = Self::of(&[DataType::Keyword, DataType::Text]);
    /// Whole numbers.
    pub const WHOLE: Self = Self::of(&[DataType::Integer, DataType::Long, DataType::UnsignedLong]);
    /// 32-bit integers.
    pub const INTEGER: Self = Self::of(&[DataType::Integer]);
    /// Numbers.
    pub const NUMBER: Self = Self::WHOLE.and(Self::of(&[DataType::Double]));
    /// Instants.
    pub const DATE: Self = Self::of(&[DataType::Date, DataType::DateNanos]);
    /// Addresses.
    pub const IP: Self = Self::of(&[DataType::Ip]);
    /// Versions.
    pub const VERSION: Self = Self::of(&[DataType::Version]);
    /// Points.
    pub const POINT: Self = Self::of(&[DataType::GeoPoint]);
    /// Timespans.
    pub const TIMESPAN: Self = Self::of(&[DataType::DatePeriod, DataType::TimeDuration]);
    /// Everything that has an order.
    pub const ORDERED: Self = Self::BOOLEAN
        .and(Self::TEXT)
        .and(Self::NUMBER)
        .and(Self::DATE)
        .and(Self::IP)
        .and(Self::VERSION);
    /// Everything that a column can be.
    pub const ANY: Self = Self::ORDERED.and(Self::POINT);

    const fn of(types: &[DataType]) -> Self {
        let (mut bits, mut index) = (1 << DataType::Null as u32, 0);
        while index < types.len() {
            #[expect(clippy::indexing_slicing, reason = "the index is below the length")]
            let bit = types[index] as u32;
            bits |= 1 << bit;
            index += 1;
        }
        Self(bits)
    }

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the type is in the set.
    pub const fn contains(self, data_type: DataType) -> bool {
        self.0 & (1 << data_type as u32) != 0
    }

    /// The set in words, for messages: `numeric`, `string`, `ip`.
    pub fn in_message(self) -> String {
        const NAMED: &[(TypeSet, &str)] = &[
            (TypeSet::ANY, "any type"),
            (TypeSet::NUMBER, "numeric"),
            (TypeSet::WHOLE, "whole number"),
            (TypeSet::INTEGER, "integer"),
            (TypeSet::TEXT, "string"),
            (TypeSet::DATE, "datetime"),
            (TypeSet::TIMESPAN, "dateperiod or timeduration"),
            (TypeSet::BOOLEAN, "boolean"),
            (TypeSet::IP, "ip"),
            (TypeSet::VERSION, "version"),
            (TypeSet::POINT, "geo_point"),
        ];
        let (mut words, mut covered) = (Vec::new(), Self::of(&[]));
        for (set, word) in NAMED {
            let inside = set.0 & !self.0 == 0;
            let is_new = set.0 & !covered.0 != 0;
            if inside && is_new {
                words.push(*word);
                covered = covered.and(*set);
            }
        }
        words.join(" or ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_widen_and_null_goes_with_everything() {
        use DataType::{Date, DateNanos, Double, Integer, Ip, Keyword, Long, Null, Text};
        for (a, b, common) in [
            (Integer, Long, Some(Long)),
            (Long, Double, Some(Double)),
            (Keyword, Text, Some(Keyword)),
            (Text, Text, Some(Keyword)),
            (Date, DateNanos, Some(DateNanos)),
            (Null, Ip, Some(Ip)),
            (Keyword, Ip, None),
            (Integer, Keyword, None),
        ] {
            assert_eq!(a.common(b), common, "{a} {b}");
            assert_eq!(b.common(a), common, "{b} {a}");
        }
    }

    #[test]
    fn sets_name_themselves() {
        assert_eq!(TypeSet::TEXT.in_message(), "string");
        assert_eq!(
            TypeSet::DATE.and(TypeSet::NUMBER).in_message(),
            "numeric or datetime"
        );
        assert!(TypeSet::IP.contains(DataType::Null) && !TypeSet::IP.contains(DataType::Keyword));
    }
}
