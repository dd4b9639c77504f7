//! `at`: the time of an event from the start of its case. Used by the parser of events.

pub(super) use crate::diagnostic::scenario_time::BadTime;

/// The longest time from the start, either way: ten thousand hours.
const LIMIT_MILLIS: i64 = 10_000 * 3_600_000;

/// Reads `2s`, `-0.214s`, `1m30s`, `2h`, `500ms` as milliseconds.
pub(super) fn parse(text: &str) -> Result<i64, BadTime> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut total = 0i64;
    let mut last = i64::MAX;
    if rest.is_empty() {
        return Err(BadTime::NoNumber);
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.');
        let (number, after) = rest.split_at(digits.unwrap_or(rest.len()));
        let letters = after.find(|c: char| !c.is_alphabetic());
        let (unit, after) = after.split_at(letters.unwrap_or(after.len()));
        if number.is_empty() {
            return Err(BadTime::NoNumber);
        }
        let unit = unit_millis(unit)?;
        if unit >= last {
            return Err(BadTime::Order);
        }
        last = unit;
        total += part_millis(number, unit)?;
        rest = after;
    }
    if total > LIMIT_MILLIS {
        return Err(BadTime::TooLong);
    }
    Ok(if negative { -total } else { total })
}

fn unit_millis(unit: &str) -> Result<i64, BadTime> {
    match unit {
        "ms" => Ok(1),
        "s" => Ok(1_000),
        "m" => Ok(60_000),
        "h" => Ok(3_600_000),
        "d" => Ok(24 * 3_600_000),
        "" => Err(BadTime::NoUnit),
        _ => Err(BadTime::UnknownUnit),
    }
}

/// `number` units in milliseconds, exactly; numbers beyond the limit are refused before they can
/// overflow.
fn part_millis(number: &str, unit: i64) -> Result<i64, BadTime> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || fraction.contains('.') || number.ends_with('.') {
        return Err(BadTime::NoNumber);
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > 9 {
        return Err(BadTime::Fraction);
    }
    let whole: i64 = whole.parse().map_err(|_| BadTime::TooLong)?;
    if whole > LIMIT_MILLIS / unit {
        return Err(BadTime::TooLong);
    }
    let digits: i64 = if fraction.is_empty() {
        0
    } else {
        fraction.parse().map_err(|_| BadTime::NoNumber)?
    };
    let scale = (0..fraction.len()).fold(1i64, |scale, _| scale * 10);
    if (digits * unit) % scale != 0 {
        return Err(BadTime::Fraction);
    }
    Ok(whole * unit + digits * unit / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units_from_large_to_small() {
        let cases = [
            ("2s", Ok(2_000)),
            ("-0.214s", Ok(-214)),
            ("1m30s", Ok(90_000)),
            ("2h", Ok(7_200_000)),
            ("500ms", Ok(500)),
            ("0s", Ok(0)),
            ("1.5h", Ok(5_400_000)),
            ("2.0010s", Ok(2_001)),
            ("10000h", Ok(LIMIT_MILLIS)),
            ("2", Err(BadTime::NoUnit)),
            ("2 s", Err(BadTime::NoUnit)),
            ("2d", Ok(172_800_000)),
            ("2w", Err(BadTime::UnknownUnit)),
            ("30s1m", Err(BadTime::Order)),
            ("1s1s", Err(BadTime::Order)),
            ("", Err(BadTime::NoNumber)),
            ("-", Err(BadTime::NoNumber)),
            ("soon", Err(BadTime::NoNumber)),
            ("1.s", Err(BadTime::NoNumber)),
            ("1.2.3s", Err(BadTime::NoNumber)),
            ("0.0005s", Err(BadTime::Fraction)),
            ("0.5ms", Err(BadTime::Fraction)),
            ("0.0000000000001s", Err(BadTime::Fraction)),
            ("10000h1ms", Err(BadTime::TooLong)),
            ("99999999999999999999s", Err(BadTime::TooLong)),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
