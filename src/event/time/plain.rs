//! `2024-01-31T12:34:56.789Z`, the form of nearly every time in documents, read without the
//! pattern that it fits. The formats of `format.rs` give the same instants.

use super::Timestamp;

const DAY: i64 = 86_400_000;

/// Whether a format takes the form: its names stand for the same pattern of ISO 8601.
pub(super) fn is_of(format: &str) -> bool {
    let name = format.strip_prefix("strict_").unwrap_or(format);
    matches!(
        name,
        "date_optional_time" | "date_optional_time_nanos" | "iso8601"
    )
}

/// The instant of a text of this form; `None` for other texts and for days that do not exist.
pub(super) fn read(text: &str) -> Option<Timestamp> {
    let (date, rest) = text.as_bytes().split_first_chunk::<11>()?;
    let (time, rest) = rest.split_first_chunk::<8>()?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T'] = date else {
        return None;
    };
    let [h1, h2, b':', i1, i2, b':', s1, s2] = time else {
        return None;
    };
    let year = pair(*y1, *y2)? * 100 + pair(*y3, *y4)?;
    let days = days(year, pair(*m1, *m2)?, pair(*d1, *d2)?)?;
    let (hour, minute, second) = (pair(*h1, *h2)?, pair(*i1, *i2)?, pair(*s1, *s2)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let nanos = match rest {
        b"Z" => 0,
        [b'.', digits @ .., b'Z'] => fraction(digits)?,
        _ => return None,
    };
    Some(Timestamp {
        millis: days * DAY
            + hour * 3_600_000
            + minute * 60_000
            + second * 1_000
            + i64::from(nanos / 1_000_000),
        nanos: nanos % 1_000_000,
    })
}

fn pair(tens: u8, ones: u8) -> Option<i64> {
    Some(i64::from(digit(tens)?) * 10 + i64::from(digit(ones)?))
}

fn digit(byte: u8) -> Option<u32> {
    byte.is_ascii_digit().then(|| u32::from(byte - b'0'))
}

/// The nanoseconds of one to nine digits behind the point.
fn fraction(digits: &[u8]) -> Option<u32> {
    if !(1..=9).contains(&digits.len()) {
        return None;
    }
    let mut nanos = 0;
    let mut unit = 100_000_000;
    for byte in digits {
        nanos += digit(*byte)? * unit;
        unit /= 10;
    }
    Some(nanos)
}

/// The days from 1970-01-01 to a day of the Gregorian calendar. Years begin with March here, so
/// that the day that some lack is their last.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    let (year, month) = match month {
        1 | 2 => (year - 1, month + 9),
        _ => (year, month - 3),
    };
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(year * 365 + leaps + (month * 153 + 2) / 5 + day - 1 - 719_468)
}

#[cfg(test)]
mod tests {
    use super::super::format::Format;
    use super::*;

    #[test]
    fn the_short_way_gives_what_the_pattern_gives() {
        let format = Format::new("strict_date_optional_time").unwrap();
        let mut taken = 0;
        for year in [
            0, 1, 4, 100, 1600, 1899, 1900, 1969, 1970, 2000, 2023, 2024, 9999,
        ] {
            for month in 0..=13 {
                for day in [0, 1, 2, 27, 28, 29, 30, 31, 32] {
                    for time in ["00:00:00Z", "23:59:59.9Z", "12:34:56.123456789Z"] {
                        let text = format!("{year:04}-{month:02}-{day:02}T{time}");
                        let slow = format.parse(&text).map(|(low, _)| low);
                        let short = read(&text);
                        assert_eq!(short, slow, "{text}");
                        taken += usize::from(short.is_some());
                    }
                }
            }
        }
        assert!(taken > 2_000);
    }

    #[test]
    fn another_form_is_left_to_the_pattern() {
        for text in [
            "",
            "2024-01-31",
            "2024-01-31T12:34:56",
            "2024-01-31T12:34:56.Z",
            "2024-01-31T12:34:56.1234567890Z",
            "2024-01-31T12:34:56,789Z",
            "2024-01-31T12:34:56.789+01:00",
            "2024-01-31T24:00:00Z",
            "2024-01-31T12:60:00Z",
            "2024-01-31T12:34:60Z",
            "2024-01-31T12:34:5xZ",
            "+024-01-31T12:34:56Z",
            "2024-01-31t12:34:56Z",
            "2024-01-31T12:34:56.78xZ",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn only_the_names_of_iso_8601_take_it() {
        for name in ["strict_date_optional_time", "date_optional_time", "iso8601"] {
            assert!(is_of(name) && Format::new(name).is_some());
        }
        for name in ["date_time_no_millis", "epoch_millis", "yyyy-MM-dd", ""] {
            assert!(!is_of(name));
        }
    }
}
