//! Between instants and the calendar, in UTC. By jiff's dates, which reach from -9999-01-01 to
//! 9999-12-31; its instants end a day earlier on both sides, so that every zone can show them.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, ISOWeekDate, Weekday};

use super::Timestamp;

/// What a text says of a date; the units that it does not give are `None`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fields {
    pub(super) year: Option<i16>,
    pub(super) month: Option<i8>,
    pub(super) day: Option<i8>,
    pub(super) day_of_year: Option<i16>,
    /// Of the year, which then consists of whole weeks (ISO 8601).
    pub(super) week: Option<i8>,
    /// Monday is 1.
    pub(super) weekday: Option<i8>,
    pub(super) hour: Option<i8>,
    pub(super) minute: Option<i8>,
    pub(super) second: Option<i8>,
    pub(super) nanos: Option<i32>,
    /// Seconds east of UTC.
    pub(super) offset: i32,
    /// The second half of a twelve-hour day.
    pub(super) afternoon: Option<bool>,
}

impl Fields {
    /// The first and the last instant that fit.
    pub(super) fn range(self) -> Option<(Timestamp, Timestamp)> {
        Some((self.instant(false)?, self.instant(true)?))
    }

    fn instant(self, filled: bool) -> Option<Timestamp> {
        let or = |least, greatest| if filled { greatest } else { least };
        let year = self.year.unwrap_or(1970);
        let date = if let Some(week) = self.week {
            let weekday = Weekday::from_monday_one_offset(self.weekday.unwrap_or(or(1, 7))).ok()?;
            ISOWeekDate::new(year, week, weekday).ok()?.date()
        } else if let Some(day) = self.day_of_year {
            let first = Date::new(year, 1, 1).ok()?;
            first.with().day_of_year(day).build().ok()?
        } else {
            // A time alone is of the first day of 1970.
            let dated = self.year.is_some() || self.month.is_some() || self.day.is_some();
            let month = self.month.unwrap_or(if dated { or(1, 12) } else { 1 });
            let first = Date::new(year, month, 1).ok()?;
            let last = if dated {
                or(1, first.days_in_month())
            } else {
                1
            };
            Date::new(year, month, self.day.unwrap_or(last)).ok()?
        };
        let hour = match (self.hour, self.afternoon) {
            (Some(hour), Some(afternoon)) => hour % 12 + if afternoon { 12 } else { 0 },
            (Some(hour), None) => hour,
            (None, _) => or(0, 23),
        };
        let (minute, second) = (
            self.minute.unwrap_or(or(0, 59)),
            self.second.unwrap_or(or(0, 59)),
        );
        let nanos = self.nanos.unwrap_or(if filled { 999_999_999 } else { 0 });
        let time = jiff::civil::Time::new(hour, minute, second, nanos).ok()?;
        let nanoseconds = nanoseconds(date.to_datetime(time));
        Timestamp::from_nanoseconds(nanoseconds - i128::from(self.offset) * 1_000_000_000)
    }
}

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// The date and time of an instant; `None` for one outside the years -9999 to 9999.
pub(super) fn datetime(instant: Timestamp) -> Option<DateTime> {
    let since = SignedDuration::try_from_nanos_i128(instant.nanoseconds())?;
    EPOCH.checked_add(since).ok()
}

/// The instant of a date and time.
pub(super) fn timestamp(datetime: DateTime) -> Option<Timestamp> {
    Timestamp::from_nanoseconds(nanoseconds(datetime))
}

fn nanoseconds(datetime: DateTime) -> i128 {
    datetime.duration_since(EPOCH).as_nanos()
}

/// ISO 8601, with milliseconds or nanoseconds.
pub(super) fn iso(instant: Timestamp, with_nanos: bool) -> Option<String> {
    let format = if with_nanos {
        "%Y-%m-%dT%H:%M:%S%.9fZ"
    } else {
        "%Y-%m-%dT%H:%M:%S%.3fZ"
    };
    Some(datetime(instant)?.strftime(format).to_string())
}
