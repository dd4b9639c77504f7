//! Values as bytes, for grouping and for counting distinct values.

use crate::event::Value;

/// Adds the bytes of a value: equal values of one column have equal bytes, different ones have not,
/// and no value's bytes are the beginning of another's.
pub(super) fn add(bytes: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Text(text) => text_bytes(bytes, 1, text),
        Value::Integer(number) => whole(bytes, i128::from(*number)),
        Value::Unsigned(number) => whole(bytes, i128::from(*number)),
        Value::Double(number) => {
            bytes.push(3);
            // Zero has two signs and is one value.
            let number = if *number == 0.0 { 0.0 } else { *number };
            bytes.extend(number.to_bits().to_le_bytes());
        }
        Value::Bool(value) => bytes.extend([4, u8::from(*value)]),
        Value::Date(instant) => {
            bytes.push(5);
            bytes.extend(instant.nanoseconds().to_le_bytes());
        }
        Value::Ip(address) => {
            bytes.push(6);
            bytes.extend(address.octets());
        }
        Value::Version(version) => text_bytes(bytes, 7, version.as_str()),
    }
}

fn text_bytes(bytes: &mut Vec<u8>, kind: u8, text: &str) {
    bytes.push(kind);
    bytes.extend(text.len().to_le_bytes());
    bytes.extend(text.as_bytes());
}

fn whole(bytes: &mut Vec<u8>, number: i128) {
    bytes.push(2);
    bytes.extend(number.to_le_bytes());
}

/// The bytes of one value.
pub(super) fn of(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    add(&mut bytes, value);
    bytes
}
