//! Reads `at:`, the time of an event from the case's start: `2s`, `-0.214s`, `1m30s`, `500ms`.
//! Called by `scenario::event` only.

/// Ten years either way; a timestamp beyond is surely a slip.
const MAX_MILLIS: i64 = 10 * 366 * 24 * 3_600_000;

/// Milliseconds of a duration, or what is wrong with it.
pub(super) fn parse(text: &str) -> Result<i64, &'static str> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest.is_empty() {
        return Err("it has no number");
    }
    let mut total: i64 = 0;
    let mut largest = i64::MAX;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let letters = after
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let unit = match unit {
            "d" => 86_400_000,
            "h" => 3_600_000,
            "m" => 60_000,
            "s" => 1000,
            "ms" => 1,
            "" if number == "0" && text == "0" => 1,
            "" if number.is_empty() => return Err("it is no number with a unit"),
            "" => return Err("it has no unit"),
            _ => return Err("its unit is none of `d`, `h`, `m`, `s`, `ms`"),
        };
        if unit >= largest {
            return Err("its units stand out of order");
        }
        largest = unit;
        let millis = scaled(number, unit)?;
        total = total
            .checked_add(millis)
            .ok_or("it is more than ten years")?;
        rest = after;
    }
    if total > MAX_MILLIS {
        return Err("it is more than ten years");
    }
    Ok(if negative { -total } else { total })
}

/// `number` units in milliseconds, exactly.
fn scaled(number: &str, unit: i64) -> Result<i64, &'static str> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || fraction.contains('.') || number.ends_with('.') {
        return Err("it is no number with a unit");
    }
    let too_long = "it is more than ten years";
    let whole: i64 = whole.parse().map_err(|_| too_long)?;
    let mut millis = whole.checked_mul(unit).ok_or(too_long)?;
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > 9 {
        return Err("it is no whole number of milliseconds");
    }
    let mut scale: i64 = 1;
    let mut parts: i64 = 0;
    for digit in fraction.bytes() {
        scale *= 10;
        parts = parts * 10 + i64::from(digit - b'0');
    }
    let product = parts.checked_mul(unit).ok_or(too_long)?;
    if product % scale != 0 {
        return Err("it is no whole number of milliseconds");
    }
    millis += product / scale;
    Ok(millis)
}

/// Milliseconds as a scenario writes them: `2s`, `-0.214s`, `1m30s`.
pub(super) fn show(millis: i64) -> String {
    let sign = if millis < 0 { "-" } else { "" };
    let total = millis.unsigned_abs();
    let (hours, minutes, rest) = (total / 3_600_000, total / 60_000 % 60, total % 60_000);
    let mut text = sign.to_owned();
    if hours > 0 {
        text.push_str(&format!("{hours}h"));
    }
    if minutes > 0 {
        text.push_str(&format!("{minutes}m"));
    }
    if rest > 0 || total == 0 {
        let fraction = format!("{:03}", rest % 1000);
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        text.push_str(&format!("{}{point}{fraction}s", rest / 1000));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_whole_milliseconds_with_a_unit() {
        let good = [
            ("2s", 2000),
            ("-0.214s", -214),
            ("1m30s", 90_000),
            ("2h", 7_200_000),
            ("500ms", 500),
            ("2.001s", 2001),
            ("0", 0),
            ("1.5h", 5_400_000),
            ("0.0010s", 1),
        ];
        for (text, millis) in good {
            assert_eq!(parse(text), Ok(millis), "{text}");
        }
        for text in [
            "",
            "-",
            "2",
            "s",
            "2 s",
            "1.5ms",
            "0.0001s",
            "2x",
            "30s1m",
            "1s1s",
            "1..2s",
            ".5s",
            "1.s",
            "99999999999999999999s",
            "11d12000000h",
            "4000d",
            "٣s",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_is_shown_as_it_is_written() {
        for text in ["0s", "2s", "-0.214s", "1m30s", "2h", "0.5s", "1h0.001s"] {
            assert_eq!(show(parse(text).unwrap()), text);
        }
    }
}
