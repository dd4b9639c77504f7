//! Date math: `+1M`, `-2h`, `/d` (`JavaDateMathParser`).

use jiff::civil::DateTime;
use jiff::{Span, ToSpan};

use super::{Timestamp, calendar};

/// How many milliseconds `now-9m`, `now-1M`, `now-1d-2h` or `now` lies before now; a rounding
/// (`now-1d/d`) is left out, so that a range is never taken for longer than it is. A month has 28
/// days and a year 365, the shortest that there are.
pub fn milliseconds_back(text: &str) -> Option<i64> {
    let mut rest = text.strip_prefix("now")?.chars().peekable();
    let mut total = 0_i64;
    while let Some(operator) = rest.next() {
        let mut digits = String::new();
        while let Some(digit) = rest.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        let letter = rest.next()?;
        let length = if letter == 'm' && rest.next_if_eq(&'s').is_some() {
            1
        } else {
            Unit::new(letter)?.least_millis()
        };
        let amount: i64 = if digits.is_empty() {
            1
        } else {
            digits.parse().ok()?
        };
        let span = amount.checked_mul(length)?;
        total = match operator {
            '-' => total.checked_add(span)?,
            '+' => total.checked_sub(span)?,
            '/' if digits.is_empty() && rest.peek().is_none() => total,
            _ => return None,
        };
    }
    Some(total)
}

/// The units of date math.
#[derive(Clone, Copy)]
enum Unit {
    Year,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
}

/// Applies the operations from left to right. A rounding gives the first instant of the unit at
/// the low end, its last at the high end.
pub(super) fn apply(base: Timestamp, math: &str) -> Option<(Timestamp, Timestamp)> {
    Some((run(base, math, false)?, run(base, math, true)?))
}

fn run(base: Timestamp, math: &str, up: bool) -> Option<Timestamp> {
    let mut now = calendar::datetime(base)?;
    let mut rest = math.chars().peekable();
    while let Some(operator) = rest.next() {
        let mut digits = String::new();
        while let Some(digit) = rest.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        let amount: i64 = if digits.is_empty() {
            1
        } else {
            digits.parse().ok()?
        };
        let unit = Unit::new(rest.next()?)?;
        now = match operator {
            '+' => now.checked_add(unit.span(amount)?).ok()?,
            '-' => now.checked_add(unit.span(amount.checked_neg()?)?).ok()?,
            '/' if amount == 1 => {
                let start = unit.start(now)?;
                if up {
                    // Behind the last unit of the year 9999 there is no date.
                    match start.checked_add(unit.span(1)?) {
                        Ok(next) => next.checked_sub(1.nanosecond()).ok()?,
                        Err(_) => DateTime::MAX,
                    }
                } else {
                    start
                }
            }
            _ => return None,
        };
    }
    calendar::timestamp(now)
}

impl Unit {
    fn new(letter: char) -> Option<Self> {
        Some(match letter {
            'y' => Self::Year,
            'M' => Self::Month,
            'w' => Self::Week,
            'd' => Self::Day,
            'h' | 'H' => Self::Hour,
            'm' => Self::Minute,
            's' => Self::Second,
            _ => return None,
        })
    }

    /// The length of the shortest such unit.
    fn least_millis(self) -> i64 {
        const DAY: i64 = 86_400_000;
        match self {
            Self::Year => 365 * DAY,
            Self::Month => 28 * DAY,
            Self::Week => 7 * DAY,
            Self::Day => DAY,
            Self::Hour => 3_600_000,
            Self::Minute => 60_000,
            Self::Second => 1_000,
        }
    }

    fn span(self, amount: i64) -> Option<Span> {
        let span = Span::new();
        match self {
            Self::Year => span.try_years(amount),
            Self::Month => span.try_months(amount),
            Self::Week => span.try_weeks(amount),
            Self::Day => span.try_days(amount),
            Self::Hour => span.try_hours(amount),
            Self::Minute => span.try_minutes(amount),
            Self::Second => span.try_seconds(amount),
        }
        .ok()
    }

    /// The first instant of the unit that `now` lies in; weeks begin on Monday.
    fn start(self, now: DateTime) -> Option<DateTime> {
        let date = now.date();
        let midnight = |date: jiff::civil::Date| date.at(0, 0, 0, 0);
        Some(match self {
            Self::Year => midnight(date.first_of_year()),
            Self::Month => midnight(date.first_of_month()),
            Self::Week => {
                let days = i64::from(date.weekday().to_monday_zero_offset());
                midnight(date.checked_sub(days.days()).ok()?)
            }
            Self::Day => midnight(date),
            Self::Hour => date.at(now.hour(), 0, 0, 0),
            Self::Minute => date.at(now.hour(), now.minute(), 0, 0),
            Self::Second => date.at(now.hour(), now.minute(), now.second(), 0),
        })
    }
}
