//! Instants moved, rounded down and subtracted, by the calendar in UTC.

use jiff::civil::{Date, DateTime};
use jiff::{Span, ToSpan};

use super::{Timestamp, calendar};

/// The units of a difference between two instants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateUnit {
    /// Complete years.
    Year,
    /// Complete quarters.
    Quarter,
    /// Complete months.
    Month,
    /// Weeks of seven days.
    Week,
    /// Days of 24 hours.
    Day,
    /// Hours.
    Hour,
    /// Minutes.
    Minute,
    /// Seconds.
    Second,
    /// Milliseconds.
    Millisecond,
    /// Microseconds.
    Microsecond,
    /// Nanoseconds.
    Nanosecond,
}

impl DateUnit {
    /// The unit of a word; `m` is a month and `n` a minute. `None` for another word.
    pub fn named(word: &str) -> Option<Self> {
        let lower = word.to_ascii_lowercase();
        Some(match lower.as_str() {
            "year" | "years" | "yyyy" | "yy" => Self::Year,
            "quarter" | "quarters" | "qq" | "q" => Self::Quarter,
            "month" | "months" | "mm" | "m" => Self::Month,
            "dayofyear" | "dy" | "y" | "day" | "days" | "dd" | "d" | "weekday" | "weekdays"
            | "dw" => Self::Day,
            "week" | "weeks" | "wk" | "ww" => Self::Week,
            "hour" | "hours" | "hh" => Self::Hour,
            "minute" | "minutes" | "mi" | "n" => Self::Minute,
            "second" | "seconds" | "ss" | "s" => Self::Second,
            "millisecond" | "milliseconds" | "ms" => Self::Millisecond,
            "microsecond" | "microseconds" | "mcs" => Self::Microsecond,
            "nanosecond" | "nanoseconds" | "ns" => Self::Nanosecond,
            _ => return None,
        })
    }
}

/// The parts of an instant in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateParts {
    /// The year.
    pub year: i64,
    /// The month, from 1.
    pub month: i64,
    /// The day of the month, from 1.
    pub day: i64,
    /// The day of the year, from 1.
    pub day_of_year: i64,
    /// The day of the week, Monday is 1.
    pub weekday: i64,
    /// The week of the week-based year of ISO 8601.
    pub iso_week: i64,
    /// The hour, from 0.
    pub hour: i64,
    /// The minute.
    pub minute: i64,
    /// The second.
    pub second: i64,
    /// The nanosecond within the second.
    pub nanosecond: i64,
}

impl Timestamp {
    /// The instant this many months, then this many days later; the day of a shorter month is its
    /// last.
    pub fn plus_calendar(self, months: i64, days: i64) -> Option<Self> {
        let date = calendar::datetime(self)?;
        let span = Span::new().try_months(months).ok()?;
        let moved = date.checked_add(span).ok()?;
        let moved = moved.checked_add(Span::new().try_days(days).ok()?).ok()?;
        calendar::timestamp(moved)
    }

    /// The instant this many milliseconds later.
    pub fn plus_millis(self, millis: i64) -> Option<Self> {
        Self::from_nanoseconds(self.nanoseconds() + i128::from(millis) * 1_000_000)
    }

    /// The start of the bucket of this many milliseconds, counted from the epoch.
    pub fn floor_millis(self, width: i64) -> Option<Self> {
        let start = self.millis().checked_div_euclid(width)?;
        start.checked_mul(width).map(Self::from_millis)
    }

    /// The start of the week; weeks begin on Monday.
    pub fn floor_week(self) -> Option<Self> {
        let date = calendar::datetime(self)?.date();
        let since = i64::from(date.weekday().to_monday_zero_offset());
        midnight(date.checked_sub(since.days()).ok()?)
    }

    /// The start of the bucket of so many months, counted from the first month of the calendar.
    pub fn floor_months(self, width: i64) -> Option<Self> {
        let date = calendar::datetime(self)?.date();
        let months = (i64::from(date.year()) - 1) * 12 + i64::from(date.month()) - 1;
        let start = months.checked_div_euclid(width)?.checked_mul(width)?;
        let year = i16::try_from(start.div_euclid(12) + 1).ok()?;
        let month = i8::try_from(start.rem_euclid(12) + 1).ok()?;
        midnight(Date::new(year, month, 1).ok()?)
    }

    /// The complete units from this instant to another; negative if the other is earlier.
    pub fn units_until(self, end: Self, unit: DateUnit) -> Option<i64> {
        let months = |count: i64| Some(complete_months(self, end)? / count);
        let nanos = |count: i128| {
            let difference = end.nanoseconds() - self.nanoseconds();
            i64::try_from(difference / count).ok()
        };
        match unit {
            DateUnit::Year => months(12),
            DateUnit::Quarter => months(3),
            DateUnit::Month => months(1),
            DateUnit::Week => nanos(7 * 86_400_000_000_000),
            DateUnit::Day => nanos(86_400_000_000_000),
            DateUnit::Hour => nanos(3_600_000_000_000),
            DateUnit::Minute => nanos(60_000_000_000),
            DateUnit::Second => nanos(1_000_000_000),
            DateUnit::Millisecond => nanos(1_000_000),
            DateUnit::Microsecond => nanos(1_000),
            DateUnit::Nanosecond => nanos(1),
        }
    }

    /// The parts of the instant.
    pub fn parts(self) -> Option<DateParts> {
        let datetime = calendar::datetime(self)?;
        let date = datetime.date();
        Some(DateParts {
            year: date.year().into(),
            month: date.month().into(),
            day: date.day().into(),
            day_of_year: date.day_of_year().into(),
            weekday: date.weekday().to_monday_one_offset().into(),
            iso_week: date.iso_week_date().week().into(),
            hour: datetime.hour().into(),
            minute: datetime.minute().into(),
            second: datetime.second().into(),
            nanosecond: datetime.subsec_nanosecond().into(),
        })
    }
}

fn midnight(date: Date) -> Option<Timestamp> {
    calendar::timestamp(date.at(0, 0, 0, 0))
}

/// The months from one instant to another, toward zero.
fn complete_months(start: Timestamp, end: Timestamp) -> Option<i64> {
    let (a, b) = (calendar::datetime(start)?, calendar::datetime(end)?);
    let count = |date: DateTime| i64::from(date.year()) * 12 + i64::from(date.month());
    let mut months = count(b) - count(a);
    let rest = |date: DateTime| (date.day(), date.time());
    if months > 0 && rest(b) < rest(a) {
        months -= 1;
    } else if months < 0 && rest(b) > rest(a) {
        months += 1;
    }
    Some(months)
}

#[cfg(test)]
mod tests {
    use super::super::DateFormat;
    use super::*;

    fn at(text: &str) -> Timestamp {
        DateFormat::usual().parse(text).unwrap()
    }

    #[test]
    fn months_are_complete_ones_and_days_are_clipped() {
        let (a, b) = (at("2023-12-31T23:59:59.999Z"), at("2024-01-01T00:00:00Z"));
        assert_eq!(a.units_until(b, DateUnit::Month), Some(0));
        assert_eq!(a.units_until(b, DateUnit::Millisecond), Some(1));
        let (a, b) = (at("2023-12-02T11:00:00Z"), at("2024-12-24T11:00:00Z"));
        assert_eq!(a.units_until(b, DateUnit::Quarter), Some(4));
        assert_eq!(b.units_until(a, DateUnit::Month), Some(-12));
        assert_eq!(at("2024-01-31").plus_calendar(1, 0), Some(at("2024-02-29")));
    }

    #[test]
    fn buckets_begin_at_the_epoch_on_mondays_and_in_january() {
        let day = at("1985-02-18T10:00:00Z");
        assert_eq!(day.floor_millis(240 * 3_600_000), Some(at("1985-02-11")));
        assert_eq!(day.floor_week(), Some(at("1985-02-18")));
        assert_eq!(day.floor_months(3), Some(at("1985-01-01")));
        assert_eq!(day.floor_months(12), Some(at("1985-01-01")));
        assert_eq!(
            at("1960-01-01T00:00:01Z").floor_millis(86_400_000),
            Some(at("1960-01-01"))
        );
    }
}
