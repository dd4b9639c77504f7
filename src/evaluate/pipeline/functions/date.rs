//! Instants: moving, truncating, subtracting, printing.

use super::super::warning::Failure;
use super::{Arguments, Computed, Prepared, number, of_text};
use crate::diagnostic::esql_warning::{BadArgument, BadConversion};
use crate::event::time::{DateFormat, DateParts, DateUnit};
use crate::event::{Timestamp, Value};
use crate::plan::pipeline::{DataType, Timespan};

const MILLIS_OF_DAY: i64 = 86_400_000;

fn out_of_range() -> Failure {
    number::overflow(DataType::Long)
}

/// A date and a timespan later.
pub(in super::super) fn moved(value: &Value, timespan: Timespan) -> Result<Value, Failure> {
    let Value::Date(instant) = value else {
        return Err(Failure::Argument(BadArgument::NoDate));
    };
    let moved = match timespan {
        Timespan::Period { months, days } => instant.plus_calendar(months, days),
        Timespan::Duration(millis) => instant.plus_millis(millis),
    };
    moved.map(Value::Date).ok_or_else(out_of_range)
}

/// The start of the bucket that a date lies in.
pub(super) fn truncate(args: Arguments<'_>, prepared: &Prepared) -> Computed {
    let (Some(instant), Prepared::Timespan(timespan)) = (args.date(0), prepared) else {
        return Ok(None);
    };
    let bad = || Failure::Argument(BadArgument::EmptyInterval);
    let start = match *timespan {
        Timespan::Duration(width) if width > 0 => instant.floor_millis(width),
        Timespan::Period { months: 0, days: 7 } => instant.floor_week(),
        Timespan::Period { months: 0, days } if days > 0 => {
            instant.floor_millis(days.checked_mul(MILLIS_OF_DAY).ok_or_else(bad)?)
        }
        Timespan::Period { months, days: 0 } if months > 0 => instant.floor_months(months),
        Timespan::Period { months, days } if months > 0 && days > 0 => {
            return Err(Failure::Argument(BadArgument::MixedInterval));
        }
        _ => return Err(bad()),
    };
    start
        .map(|start| Some(Value::Date(start)))
        .ok_or_else(out_of_range)
}

pub(super) fn difference(args: Arguments<'_>) -> Computed {
    let (Some(unit), Some(start), Some(end)) = (args.text(0), args.date(1), args.date(2)) else {
        return Ok(None);
    };
    let Some(known) = DateUnit::named(unit) else {
        let found = unit.to_owned();
        return Err(Failure::Argument(BadArgument::DateUnit { found }));
    };
    let units = start.units_until(end, known);
    let small = units.and_then(|units| i32::try_from(units).ok());
    match small {
        Some(units) => Ok(Some(Value::Integer(units.into()))),
        None => Err(Failure::Conversion(match units {
            Some(units) => BadConversion::OutOfRange {
                found: units.to_string(),
                expected: DataType::Integer.name(),
            },
            None => BadConversion::DifferenceOutOfRange,
        })),
    }
}

pub(super) fn extract(args: Arguments<'_>) -> Computed {
    let (Some(part), Some(instant)) = (args.text(0), args.date(1)) else {
        return Ok(None);
    };
    let Some(parts) = instant.parts() else {
        return Err(out_of_range());
    };
    let seconds = parts.hour * 3_600 + parts.minute * 60 + parts.second;
    let value = match part.to_ascii_lowercase().as_str() {
        "year" | "year_of_era" => parts.year,
        "month_of_year" => parts.month,
        "day_of_month" => parts.day,
        "day_of_year" => parts.day_of_year,
        "day_of_week" => parts.weekday,
        "aligned_day_of_week_in_month" => (parts.day - 1) % 7 + 1,
        "aligned_day_of_week_in_year" => (parts.day_of_year - 1) % 7 + 1,
        "aligned_week_of_month" => (parts.day - 1) / 7 + 1,
        "aligned_week_of_year" => (parts.day_of_year - 1) / 7 + 1,
        "era" => i64::from(parts.year > 0),
        "proleptic_month" => parts.year * 12 + parts.month - 1,
        "epoch_day" => instant.millis().div_euclid(MILLIS_OF_DAY),
        "hour_of_day" => parts.hour,
        "clock_hour_of_day" => (parts.hour + 23) % 24 + 1,
        "hour_of_ampm" => parts.hour % 12,
        "clock_hour_of_ampm" => (parts.hour + 11) % 12 + 1,
        "ampm_of_day" => parts.hour / 12,
        "minute_of_hour" => parts.minute,
        "minute_of_day" => parts.hour * 60 + parts.minute,
        "second_of_minute" => parts.second,
        "second_of_day" => seconds,
        "milli_of_second" => parts.nanosecond / 1_000_000,
        "milli_of_day" => seconds * 1_000 + parts.nanosecond / 1_000_000,
        "micro_of_second" => parts.nanosecond / 1_000,
        "micro_of_day" => seconds * 1_000_000 + parts.nanosecond / 1_000,
        "nano_of_second" => parts.nanosecond,
        "nano_of_day" => seconds * 1_000_000_000 + parts.nanosecond,
        "instant_seconds" => instant.millis().div_euclid(1_000),
        "offset_seconds" => 0,
        _ => {
            let found = part.to_owned();
            return Err(Failure::Argument(BadArgument::DatePart { found }));
        }
    };
    Ok(Some(Value::Integer(value)))
}

const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn name(names: &[&'static str], number: i64) -> &'static str {
    let index = usize::try_from(number - 1).unwrap_or(usize::MAX);
    names.get(index).copied().unwrap_or("")
}

pub(super) fn day_name(args: Arguments<'_>) -> Computed {
    let parts = args.date(0).and_then(Timestamp::parts);
    Ok(parts.map(|parts| Value::text(name(&DAYS, parts.weekday))))
}

pub(super) fn month_name(args: Arguments<'_>) -> Computed {
    let parts = args.date(0).and_then(Timestamp::parts);
    Ok(parts.map(|parts| Value::text(name(&MONTHS, parts.month))))
}

/// `DATE_FORMAT(format, date)`; without a format ISO 8601.
pub(super) fn format(args: Arguments<'_>) -> Computed {
    if args.len() == 1 {
        let Some(instant) = args.date(0) else {
            return Ok(None);
        };
        return of_text(instant.to_string());
    }
    let (Some(pattern), Some(instant)) = (args.text(0), args.date(1)) else {
        return Ok(None);
    };
    let Some(parts) = instant.parts() else {
        return Err(out_of_range());
    };
    match print(pattern, &parts) {
        Some(text) => of_text(text),
        None => Err(Failure::Argument(BadArgument::DateFormat {
            found: pattern.to_owned(),
        })),
    }
}

/// Prints by the letters of Java's `DateTimeFormatter`.
fn print(pattern: &str, parts: &DateParts) -> Option<String> {
    let mut out = String::new();
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '\'' {
            if rest.peek() == Some(&'\'') {
                rest.next();
                out.push('\'');
            } else {
                out.extend(rest.by_ref().take_while(|c| *c != '\''));
            }
            continue;
        }
        if !c.is_ascii_alphabetic() {
            out.push(c);
            continue;
        }
        let mut count = 1;
        while rest.peek() == Some(&c) {
            rest.next();
            count += 1;
        }
        out.push_str(&printed(c, count, parts)?);
    }
    Some(out)
}

fn printed(letter: char, count: usize, parts: &DateParts) -> Option<String> {
    let padded = |number: i64| format!("{number:0>count$}");
    let short = |name: &str| name.get(..3).unwrap_or(name).to_owned();
    Some(match letter {
        'y' | 'u' | 'Y' if count == 2 => format!("{:02}", parts.year.rem_euclid(100)),
        'y' | 'u' | 'Y' => padded(parts.year),
        'M' | 'L' if count == 4 => name(&MONTHS, parts.month).to_owned(),
        'M' | 'L' if count == 3 => short(name(&MONTHS, parts.month)),
        'M' | 'L' => padded(parts.month),
        'd' => padded(parts.day),
        'D' => padded(parts.day_of_year),
        'E' if count == 4 => name(&DAYS, parts.weekday).to_owned(),
        'E' => short(name(&DAYS, parts.weekday)),
        'e' => padded(parts.weekday),
        'w' => padded(parts.iso_week),
        'H' => padded(parts.hour),
        'k' => padded((parts.hour + 23) % 24 + 1),
        'h' => padded((parts.hour + 11) % 12 + 1),
        'K' => padded(parts.hour % 12),
        'a' => if parts.hour < 12 { "AM" } else { "PM" }.to_owned(),
        'm' => padded(parts.minute),
        's' => padded(parts.second),
        'S' => {
            let nanos = format!("{:09}", parts.nanosecond);
            nanos.get(..count.min(9))?.to_owned()
        }
        'n' => padded(parts.nanosecond),
        'X' | 'Z' | 'x' | 'z' | 'V' => "Z".to_owned(),
        _ => return None,
    })
}

/// `DATE_PARSE(format, text)`; without a format ISO 8601.
pub(super) fn parse(args: Arguments<'_>) -> Computed {
    let (format, text) = if args.len() == 1 {
        ("strict_date_optional_time", args.text(0))
    } else {
        (args.text(0).unwrap_or(""), args.text(1))
    };
    let Some(text) = text else { return Ok(None) };
    match DateFormat::new(format).parse(text) {
        Some(instant) => Ok(Some(Value::Date(instant.truncated()))),
        None => Err(Failure::Argument(BadArgument::Date {
            found: text.to_owned(),
            format: format.to_owned(),
        })),
    }
}
