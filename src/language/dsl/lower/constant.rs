//! Tests of numbers, dates, addresses, booleans and versions: the query's text is read as a value
//! of the field's type, and one that cannot be read is Elasticsearch's error.

use std::net::IpAddr;

use super::super::error::{BadValue, Refusal, RefusedCondition, UnsupportedCondition};
use super::super::query::{Bound, FieldTest, Range};
use crate::event::field::Reading;
use crate::event::time::DateFormat;
use crate::event::{FieldType, Raw, Timestamp, Value};
use crate::language::eql::lower::cidr_block;
use crate::plan::predicate::End;
use crate::plan::{Comparison, FieldId, Predicate};

/// A test of a field that is no text.
pub(super) fn test(
    field: FieldId,
    path: &str,
    field_type: &FieldType,
    test: &FieldTest,
    now: Timestamp,
) -> Result<Predicate, Refusal> {
    let term = |text: &str| term(field, path, field_type, text, now);
    let refused = |kind: &'static str, expected: &'static str| {
        Err(Refusal::from(RefusedCondition::WrongType {
            kind,
            expected,
            name: path.to_owned(),
            found: field_type.to_string(),
        }))
    };
    match test {
        FieldTest::Exists => Ok(Predicate::Exists(field)),
        FieldTest::Term { value, .. }
        | FieldTest::Match { text: value, .. }
        | FieldTest::Phrase { text: value, .. } => term(value),
        FieldTest::Terms(values) => {
            let parts: Result<_, _> = values.iter().map(|value| term(value)).collect();
            Ok(Predicate::any(parts?))
        }
        FieldTest::Wildcard { .. } => refused("wildcard", "keyword, text and wildcard"),
        FieldTest::Prefix { .. } => refused("prefix", "keyword, text and wildcard"),
        FieldTest::Regexp { .. } => refused("regexp", "keyword, text and wildcard"),
        FieldTest::Fuzzy { .. } => refused("fuzzy", "keyword and text"),
        FieldTest::Range(range) => self::range(field, path, field_type, range, now),
        FieldTest::Null => Err(RefusedCondition::NoText {
            name: path.to_owned(),
        }
        .into()),
    }
}

/// A value is exactly this text.
pub(super) fn equal(field: FieldId, text: &str) -> Predicate {
    compare(field, Value::text(text))
}

fn compare(field: FieldId, value: Value) -> Predicate {
    Predicate::Compare {
        field,
        comparison: Comparison::Equal,
        value,
    }
}

fn failed<T>(path: &str, why: BadValue) -> Result<T, Refusal> {
    let name = path.to_owned();
    Err(RefusedCondition::BadValue { name, why }.into())
}

/// A value equals the text, read by the type.
fn term(
    field: FieldId,
    path: &str,
    field_type: &FieldType,
    text: &str,
    now: Timestamp,
) -> Result<Predicate, Refusal> {
    match field_type {
        FieldType::Date(format) | FieldType::DateNanos(format) => {
            let (low, high) = dates(path, format, text, now)?;
            Ok(Predicate::Between {
                field,
                low: Value::Date(low),
                high: Value::Date(high),
            })
        }
        FieldType::Ip if text.contains('/') => match cidr_block(text) {
            Some((low, high)) => Ok(Predicate::Between { field, low, high }),
            None => failed(
                path,
                BadValue::NotAnAddress {
                    found: text.to_owned(),
                },
            ),
        },
        _ => Ok(compare(field, value(path, field_type, text)?)),
    }
}

/// A text as a value of a type.
fn value(path: &str, field_type: &FieldType, text: &str) -> Result<Value, Refusal> {
    let trimmed = text.trim();
    let read = match field_type {
        FieldType::Integer(_) => return number(path, trimmed),
        FieldType::Ip => match text.parse::<IpAddr>() {
            Ok(address) => return Ok(Value::ip(address)),
            Err(_) => {
                return failed(
                    path,
                    BadValue::NotAnAddress {
                        found: text.to_owned(),
                    },
                );
            }
        },
        FieldType::Boolean => match text {
            "true" => return Ok(Value::Bool(true)),
            "false" => return Ok(Value::Bool(false)),
            _ => {
                return failed(
                    path,
                    BadValue::NotABoolean {
                        found: text.to_owned(),
                    },
                );
            }
        },
        other => other.read(Raw::Text(text)),
    };
    match read {
        Reading::Value(value) => Ok(value),
        Reading::Ignored | Reading::Malformed => failed(
            path,
            BadValue::Unreadable {
                found: text.to_owned(),
            },
        ),
    }
}

/// A number as it is compared with integers: a fraction equals none of them.
fn number(path: &str, text: &str) -> Result<Value, Refusal> {
    if let Ok(whole) = text.parse::<i64>() {
        return Ok(Value::Integer(whole));
    }
    if let Ok(whole) = text.parse::<u64>() {
        return Ok(Value::Unsigned(whole));
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Value::Double(number)),
        _ => failed(
            path,
            BadValue::Unreadable {
                found: text.to_owned(),
            },
        ),
    }
}

/// A date with what its rounding covers.
fn dates(
    path: &str,
    format: &DateFormat,
    text: &str,
    now: Timestamp,
) -> Result<(Timestamp, Timestamp), Refusal> {
    match format.parse_range(text, now) {
        Some(range) => Ok(range),
        None => failed(
            path,
            BadValue::NotADate {
                found: text.to_owned(),
                format: format.as_str().to_owned(),
            },
        ),
    }
}

/// Dates without a zone are in this one, which must be that of the stored dates.
pub(super) fn utc(zone: &str) -> Result<(), Refusal> {
    if ["Zulu", "UTC", "Z", "GMT", "+00:00", "Etc/UTC"].contains(&zone) {
        return Ok(());
    }
    Err(UnsupportedCondition::TimeZone {
        name: zone.to_owned(),
    }
    .into())
}

/// A range of texts, by their bytes.
pub(super) fn range_of_texts(field: FieldId, range: &Range) -> Predicate {
    ends(field, range, |_, text| Ok(Value::text(text))).unwrap_or(Predicate::Constant(false))
}

fn range(
    field: FieldId,
    path: &str,
    field_type: &FieldType,
    range: &Range,
    now: Timestamp,
) -> Result<Predicate, Refusal> {
    match field_type {
        FieldType::Date(own) | FieldType::DateNanos(own) => {
            if let Some(zone) = &range.time_zone {
                utc(zone)?;
            }
            let other = range.format.as_deref().map(DateFormat::new);
            let format = other.as_ref().unwrap_or(own);
            ends(field, range, |bound, text| {
                let (low, high) = dates(path, format, text, now)?;
                // A rounded date is filled up for `gt` and `lte`, and not for the other two.
                Ok(Value::Date(match bound {
                    Bound::Above | Bound::To => high,
                    Bound::From | Bound::Below => low,
                }))
            })
        }
        FieldType::Boolean => Err(UnsupportedCondition::RangeOfBooleans {
            name: path.to_owned(),
        }
        .into()),
        _ => ends(field, range, |_, text| value(path, field_type, text)),
    }
}

fn ends(
    field: FieldId,
    range: &Range,
    value: impl Fn(Bound, &str) -> Result<Value, Refusal>,
) -> Result<Predicate, Refusal> {
    let (mut low, mut high) = (None, None);
    for (bound, text) in &range.bounds {
        let value = value(*bound, text)?;
        let end = |inclusive| Some(End { value, inclusive });
        match bound {
            Bound::Above => low = end(false),
            Bound::From => low = end(true),
            Bound::Below => high = end(false),
            Bound::To => high = end(true),
        }
    }
    Ok(match (low, high) {
        (None, None) => Predicate::Exists(field),
        (Some(end), None) => one_end(field, end, Comparison::Greater, Comparison::GreaterOrEqual),
        (None, Some(end)) => one_end(field, end, Comparison::Less, Comparison::LessOrEqual),
        (low, high) => Predicate::Range { field, low, high },
    })
}

fn one_end(field: FieldId, end: End, open: Comparison, closed: Comparison) -> Predicate {
    Predicate::Compare {
        field,
        comparison: if end.inclusive { closed } else { open },
        value: end.value,
    }
}
