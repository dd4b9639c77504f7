//! Times within a scenario, relative to its start: `0.8s`, `-0.214s`, `1m30s`.

use std::fmt::Write;

/// Milliseconds as text: `0s`, `+0.8s`, `-0.214s`, `+1m30s`, `+2h`.
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
