//! Times within a scenario, relative to its start: `0.8s`, `-0.214s`, `1m30s`.

use std::fmt::Write;

const UNITS: [(&str, i128); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Milliseconds of a text such as `2s`, `-0.214s`, `1m30s`, `2h`, `500ms`: numbers with units, the
/// larger first. `None` for anything else, and for what is no whole number of milliseconds.
pub fn parse_offset(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut total = 0_i128;
    let mut units = UNITS.iter();
    loop {
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at_checked(number_end)?;
        let unit_end = after
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(unit_end)?;
        let (_, millis) = units.find(|(name, _)| *name == unit)?;
        total = total.checked_add(scaled(number, *millis)?)?;
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    i64::try_from(if negative { -total } else { total }).ok()
}

/// A decimal number times `unit`, if that is whole.
fn scaled(number: &str, unit: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if whole.is_empty() || fraction.is_empty() || fraction.len() > 18 {
        return None;
    }
    let fraction_unit = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let fraction = fraction.parse::<i128>().ok()?.checked_mul(unit)?;
    if fraction % fraction_unit != 0 {
        return None;
    }
    whole
        .parse::<i128>()
        .ok()?
        .checked_mul(unit)?
        .checked_add(fraction / fraction_unit)
}

/// Milliseconds as text: `0s`, `+0.8s`, `-0.214s`, `+1m30s`, `+2h`; [`parse_offset`] reads it.
pub fn format_offset(millis: i64) -> String {
    if millis == 0 {
        return "0s".to_owned();
    }
    let mut text = String::from(if millis < 0 { "-" } else { "+" });
    let total = millis.unsigned_abs();
    let (hours, minutes) = (total / 3_600_000, total / 60_000 % 60);
    let (seconds, fraction) = (total / 1_000 % 60, total % 1_000);
    // Writing to a `String` cannot fail.
    if hours > 0 {
        let _ = write!(text, "{hours}h");
    }
    if minutes > 0 {
        let _ = write!(text, "{minutes}m");
    }
    if fraction > 0 {
        let fraction = format!("{fraction:03}");
        let _ = write!(text, "{seconds}.{}s", fraction.trim_end_matches('0'));
    } else if seconds > 0 {
        let _ = write!(text, "{seconds}s");
    }
    text
}
