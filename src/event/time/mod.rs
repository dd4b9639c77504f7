//! Instants and durations. Only this directory knows jiff.
//!
//! Everything that reads a date goes through [`DateFormat`]; the times of scenarios are
//! written by [`format_offset`].

mod arithmetic;
mod calendar;
mod format;
mod math;
mod offset;
mod plain;

use std::fmt;
use std::sync::Arc;
use std::sync::LazyLock;

pub use self::arithmetic::{DateParts, DateUnit};
use self::format::Format;
pub use self::math::milliseconds_back;
pub use self::offset::format_offset;

/// An instant: milliseconds since 1970-01-01T00:00:00Z, and for `date_nanos` the nanoseconds
/// within the millisecond. Time comes from the events, never from the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp {
    millis: i64,
    nanos: u32,
}

impl Timestamp {
    /// The instant this many milliseconds after the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self { millis, nanos: 0 }
    }

    /// The instant this many nanoseconds after the epoch; `None` when it is out of range.
    pub fn from_nanoseconds(nanoseconds: i128) -> Option<Self> {
        Some(Self {
            millis: i64::try_from(nanoseconds.div_euclid(1_000_000)).ok()?,
            nanos: u32::try_from(nanoseconds.rem_euclid(1_000_000)).ok()?,
        })
    }

    /// Milliseconds since the epoch, rounded down.
    pub fn millis(self) -> i64 {
        self.millis
    }

    /// Nanoseconds since the epoch.
    pub fn nanoseconds(self) -> i128 {
        i128::from(self.millis) * 1_000_000 + i128::from(self.nanos)
    }

    /// The same instant, to the millisecond.
    #[must_use]
    pub fn truncated(self) -> Self {
        Self::from_millis(self.millis)
    }
}

impl fmt::Display for Timestamp {
    /// ISO 8601 in UTC with milliseconds, and with nanoseconds where there are any:
    /// `2024-01-01T00:00:00.000Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match calendar::iso(*self, self.nanos != 0) {
            Some(text) => f.write_str(&text),
            None => write!(f, "{}", self.millis),
        }
    }
}

/// The format of a `date` field: one or more formats separated by `||`, as a mapping names them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DateFormat {
    // Shared, because every date field of a mapping has a copy.
    text: Arc<str>,
    formats: Arc<[Format]>,
    /// Its first part takes what [`plain`] reads.
    is_plain: bool,
    /// A part of it is no format that is known here.
    is_unread: bool,
}

impl Default for DateFormat {
    fn default() -> Self {
        Self::new("strict_date_optional_time||epoch_millis")
    }
}

impl DateFormat {
    /// Elasticsearch's default format, made once.
    pub fn usual() -> &'static Self {
        static USUAL: LazyLock<DateFormat> = LazyLock::new(DateFormat::default);
        &USUAL
    }

    /// A format as a mapping names it. A part that is no format takes no text.
    pub fn new(format: impl Into<String>) -> Self {
        let text: String = format.into();
        let parts: Vec<Option<Format>> = text.split("||").map(Format::new).collect();
        Self {
            is_plain: text.split("||").next().is_some_and(plain::is_of),
            text: text.into(),
            is_unread: parts.iter().any(Option::is_none),
            formats: parts.into_iter().flatten().collect(),
        }
    }

    /// Whether it has a part that Elasticsearch may know and that is not known here.
    pub fn is_unread(&self) -> bool {
        self.is_unread
    }

    /// As the mapping names it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The instant that `text` names, to the nanosecond; `None` when no format fits.
    pub fn parse(&self, text: &str) -> Option<Timestamp> {
        if self.is_plain
            && let Some(instant) = plain::read(text)
        {
            return Some(instant);
        }
        self.parse_filled(text).map(|(low, _)| low)
    }

    /// The instants that `text`, a constant of a query, stands for: the finest unit that it gives
    /// is filled up, so `2017-08-30` is the whole day. Date math (`now-1h/d`, `2024-01-01||+1M`)
    /// is taken relative to `now`. `None` when it is no date (`DateMathParser`).
    pub fn parse_range(&self, text: &str, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
        if let Some(math) = text.strip_prefix("now") {
            return math::apply(now, math);
        }
        match text.split_once("||") {
            Some((base, math)) => math::apply(self.parse(base)?, math),
            None => self.parse_filled(text),
        }
    }

    fn parse_filled(&self, text: &str) -> Option<(Timestamp, Timestamp)> {
        self.formats.iter().find_map(|format| format.parse(text))
    }
}

#[cfg(test)]
mod tests;
