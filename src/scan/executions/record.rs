//! A document as bytes: what was read of it, and where it is.

use std::sync::Arc;

use crate::event::Timestamp;
use crate::scan::EventRecord;

/// Stands for a text that is not there.
const NONE: u32 = u32::MAX;

/// The bytes of a document of a rule.
pub(super) fn encode(rule: u32, reading: &[u8], record: &EventRecord) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(reading.len() + 128);
    bytes.extend_from_slice(&rule.to_le_bytes());
    write(&mut bytes, Some(reading));
    bytes.extend_from_slice(&record.file.to_le_bytes());
    bytes.extend_from_slice(&record.line.to_le_bytes());
    let time = record.time.map_or(i128::MIN, Timestamp::nanoseconds);
    bytes.extend_from_slice(&time.to_le_bytes());
    for text in [&record.index, &record.id, &record.timestamp] {
        write(&mut bytes, text.as_deref().map(str::as_bytes));
    }
    for (name, value) in &record.values {
        write(&mut bytes, Some(name.as_bytes()));
        write(&mut bytes, Some(value.as_bytes()));
    }
    bytes
}

/// The rule, the bytes that were read of the document, and where it is; `None` if the bytes were not
/// made by [`encode`].
pub(super) fn decode(bytes: &[u8]) -> Option<(u32, &[u8], EventRecord)> {
    let (rule, mut rest) = bytes.split_first_chunk::<4>()?;
    let reading = read(&mut rest)??;
    let (file, after) = rest.split_first_chunk::<4>()?;
    let (line, after) = after.split_first_chunk::<8>()?;
    let (time, after) = after.split_first_chunk::<16>()?;
    let time = i128::from_le_bytes(*time);
    rest = after;
    let [index, id, timestamp] = [text(&mut rest)?, text(&mut rest)?, text(&mut rest)?];
    let mut values = Vec::new();
    while !rest.is_empty() {
        let (name, value) = (text(&mut rest)??, text(&mut rest)??);
        values.push((Arc::from(name), value));
    }
    let record = EventRecord {
        file: u32::from_le_bytes(*file),
        line: u64::from_le_bytes(*line),
        time: Timestamp::from_nanoseconds(time).filter(|_| time != i128::MIN),
        index,
        id,
        timestamp,
        values,
    };
    Some((u32::from_le_bytes(*rule), reading, record))
}

fn write(bytes: &mut Vec<u8>, part: Option<&[u8]>) {
    let length = part.map_or(NONE, |part| u32::try_from(part.len()).unwrap_or(NONE));
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(part.unwrap_or(&[]));
}

/// The next part; `None` where the bytes end too early.
#[expect(
    clippy::option_option,
    reason = "a part that is not there is no end of the bytes"
)]
fn read<'b>(bytes: &mut &'b [u8]) -> Option<Option<&'b [u8]>> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    *bytes = rest;
    let length = u32::from_le_bytes(*length);
    if length == NONE {
        return Some(None);
    }
    let (part, rest) = rest.split_at_checked(length as usize)?;
    *bytes = rest;
    Some(Some(part))
}

#[expect(
    clippy::option_option,
    reason = "a text that is not there is no end of the bytes"
)]
fn text(bytes: &mut &[u8]) -> Option<Option<Box<str>>> {
    let Some(part) = read(bytes)? else {
        return Some(None);
    };
    Some(Some(std::str::from_utf8(part).ok()?.into()))
}
