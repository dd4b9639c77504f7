//! Join keys as bytes: equal keys have equal bytes, and the values can be read back. Written by
//! `event_context.rs`, compared by `sequence.rs` and `end_of_stream.rs`; what `scan` keeps of
//! documents is written in the same way.

use std::cmp::Ordering;
use std::net::Ipv6Addr;

use crate::event::value::Version;
use crate::event::{Timestamp, Value};

/// The encoding of a missing optional key.
pub(super) const NULL: u8 = 0;
const TEXT: u8 = 1;
const WHOLE: u8 = 2;
const DOUBLE: u8 = 3;
const BOOL: u8 = 4;
const DATE: u8 = 5;
const IP: u8 = 6;
const VERSION: u8 = 7;

/// Appends a text.
pub(super) fn write_text(text: &str, bytes: &mut Vec<u8>) {
    write_tagged(TEXT, text, bytes);
}

fn write_tagged(tag: u8, text: &str, bytes: &mut Vec<u8>) {
    bytes.push(tag);
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

/// Appends a value. Numbers are equal by value among all numeric types.
pub fn write(value: &Value, bytes: &mut Vec<u8>) {
    let whole = |value: i128, bytes: &mut Vec<u8>| {
        bytes.push(WHOLE);
        bytes.extend_from_slice(&value.to_le_bytes());
    };
    match value {
        Value::Text(text) => write_text(text, bytes),
        Value::Integer(value) => whole(i128::from(*value), bytes),
        Value::Unsigned(value) => whole(i128::from(*value), bytes),
        Value::Double(value) => match whole_of(*value) {
            Some(value) => whole(value, bytes),
            None => {
                bytes.push(DOUBLE);
                bytes.extend_from_slice(&value.to_bits().to_le_bytes());
            }
        },
        Value::Bool(value) => bytes.extend_from_slice(&[BOOL, u8::from(*value)]),
        Value::Date(value) => {
            bytes.push(DATE);
            bytes.extend_from_slice(&value.nanoseconds().to_le_bytes());
        }
        Value::Ip(value) => {
            bytes.push(IP);
            bytes.extend_from_slice(&value.octets());
        }
        Value::Version(value) => write_tagged(VERSION, value.as_str(), bytes),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the double is whole and within the range of 64-bit integers"
)]
fn whole_of(value: f64) -> Option<i128> {
    (value.fract() == 0.0 && value.abs() < 2e19).then_some(value as i128)
}

/// The values of a key.
pub fn read(mut bytes: &[u8]) -> Vec<Option<Value>> {
    let mut values = Vec::new();
    while let Some((tag, rest)) = bytes.split_first() {
        let (value, rest) = read_one(*tag, rest);
        values.push(value);
        bytes = rest;
    }
    values
}

fn read_one(tag: u8, rest: &[u8]) -> (Option<Value>, &[u8]) {
    let sixteen = |make: fn([u8; 16]) -> Option<Value>| match rest.split_first_chunk::<16>() {
        Some((chunk, rest)) => (make(*chunk), rest),
        None => (None, &[][..]),
    };
    match tag {
        TEXT | VERSION => {
            let Some((length, rest)) = rest.split_first_chunk::<4>() else {
                return (None, &[]);
            };
            let length = u32::from_le_bytes(*length) as usize;
            let (text, rest) = rest.split_at_checked(length).unwrap_or((rest, &[]));
            let text = std::str::from_utf8(text).unwrap_or("");
            let value = if tag == TEXT {
                Value::text(text)
            } else {
                Value::Version(Version::new(text))
            };
            (Some(value), rest)
        }
        WHOLE => sixteen(|chunk| {
            let whole = i128::from_le_bytes(chunk);
            let unsigned = || u64::try_from(whole).ok().map(Value::Unsigned);
            i64::try_from(whole)
                .map(Value::Integer)
                .ok()
                .or_else(unsigned)
        }),
        DATE => sixteen(|chunk| {
            Timestamp::from_nanoseconds(i128::from_le_bytes(chunk)).map(Value::Date)
        }),
        IP => sixteen(|chunk| Some(Value::Ip(Ipv6Addr::from(chunk)))),
        DOUBLE => match rest.split_first_chunk::<8>() {
            Some((bits, rest)) => {
                let value = f64::from_bits(u64::from_le_bytes(*bits));
                (Some(Value::Double(value)), rest)
            }
            None => (None, &[]),
        },
        BOOL => match rest.split_first() {
            Some((value, rest)) => (Some(Value::Bool(*value != 0)), rest),
            None => (None, &[]),
        },
        _ => (None, rest),
    }
}

/// The order of keys: element by element, a missing one first.
pub(super) fn compare(a: &[u8], b: &[u8]) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    let (a, b) = (read(a), read(b));
    let orders = a.iter().zip(&b).map(|(a, b)| match (a, b) {
        (Some(a), Some(b)) => a.compare(b).unwrap_or(Ordering::Equal),
        (a, b) => a.is_some().cmp(&b.is_some()),
    });
    orders
        .into_iter()
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}
