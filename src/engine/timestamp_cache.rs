//! Parses the time of an event. Times within one minute differ only in their seconds, so the
//! mapping's parser runs once a minute.

use super::row::{CellKind, RawCell};
use crate::event::field::Reading;
use crate::event::time::DateFormat;
use crate::event::{FieldType, Timestamp, Value};

/// How much of `2024-01-31T12:34:56.789Z` names the minute.
const MINUTE: usize = 17;

/// Parses event times, and caches the minute of the last one.
#[derive(Debug)]
pub(super) struct TimestampCache {
    reader: FieldType,
    /// The field has the default date format of a mapping.
    usual: bool,
    minute: [u8; MINUTE],
    start: i64,
    known: bool,
}

impl TimestampCache {
    /// A clock that reads as `reader` does.
    pub(super) fn new(reader: FieldType) -> Self {
        let usual = FieldType::Date(DateFormat::default());
        Self {
            usual: reader == usual,
            reader,
            minute: [0; MINUTE],
            start: 0,
            known: false,
        }
    }

    /// The least of the values.
    pub(super) fn read<'r>(
        &mut self,
        values: impl Iterator<Item = RawCell<'r>>,
    ) -> Option<Timestamp> {
        values.filter_map(|raw| self.read_one(raw)).min()
    }

    fn read_one(&mut self, raw: RawCell<'_>) -> Option<Timestamp> {
        if self.usual
            && raw.kind == CellKind::Text
            && let Some((minute, rest)) = raw.text.as_bytes().split_first_chunk::<MINUTE>()
            && let Some(millis) = in_minute(rest)
        {
            if !self.known || self.minute != *minute {
                self.learn(minute, raw.text)?;
            }
            return Some(Timestamp::from_millis(self.start + millis));
        }
        read_slowly(&self.reader, raw)
    }

    /// Parses the start of a minute by the mapping's format and caches it.
    fn learn(&mut self, minute: &[u8; MINUTE], text: &str) -> Option<()> {
        self.known = false;
        let start = format!("{}00.000Z", text.get(..MINUTE)?);
        let raw = RawCell {
            kind: CellKind::Text,
            text: &start,
        };
        self.start = read_slowly(&self.reader, raw)?.millis();
        self.minute = *minute;
        self.known = true;
        Some(())
    }
}

fn read_slowly(reader: &FieldType, raw: RawCell<'_>) -> Option<Timestamp> {
    let mut buffer = String::new();
    match reader.read(raw.decode(&mut buffer)) {
        Reading::Value(Value::Date(time)) => Some(time),
        _ => None,
    }
}

/// The milliseconds that `SS.mmmZ` says, with one to nine digits behind the point.
fn in_minute(rest: &[u8]) -> Option<i64> {
    let [a, b, b'.', fraction @ .., b'Z'] = rest else {
        return None;
    };
    if !matches!(a, b'0'..=b'5') || !b.is_ascii_digit() || !(1..=9).contains(&fraction.len()) {
        return None;
    }
    let mut millis = i64::from(a - b'0') * 10_000 + i64::from(b - b'0') * 1_000;
    let mut unit = 100;
    for digit in fraction {
        if !digit.is_ascii_digit() {
            return None;
        }
        millis += i64::from(digit - b'0') * unit;
        unit /= 10;
    }
    Some(millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_way_gives_what_the_mapping_reads() {
        let reader = FieldType::named("date");
        let mut timestamps = TimestampCache::new(reader.clone());
        for text in [
            "2024-01-31T12:34:56.789Z",
            "2024-01-31T12:34:00.000Z",
            "2024-01-31T12:34:59.9Z",
            "2024-01-31T12:34:59.123456789Z",
            "2024-01-31T12:34:60.000Z",
            "2024-02-30T12:34:00.000Z",
            "2024-02-30T12:34:01.000Z",
            "1969-12-31T23:59:59.999Z",
            "2024-01-31T12:34:56Z",
            "2024-01-31T12:34:56.789+01:00",
            "2024-01-31",
            "1700000000000",
            "2024-13-31T12:34:56.789Z",
            "x024-01-31T12:34:56.789Z",
            "2024-01-31T12:34:5x.789Z",
        ] {
            let raw = RawCell {
                kind: CellKind::Text,
                text,
            };
            let short = timestamps.read(std::iter::once(raw));
            assert_eq!(short, read_slowly(&reader, raw), "{text}");
        }
    }
}
