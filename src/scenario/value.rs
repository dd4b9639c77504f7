//! Types a written value: the type of the field decides, not the form of the text. Used by
//! `expand`.

use std::net::IpAddr;

use super::model::WrittenValue;
use crate::diagnostic::scenario_value::{ScenarioValue, ShownValue, TypeName, ValueFix};
use crate::event::field::{Family, IntegerType, Reading};
use crate::event::{FieldType, Scalar};

/// Plain words that YAML readers take for a boolean or for nothing.
const WORDS: &[&str] = &[
    "y", "n", "yes", "no", "on", "off", "true", "false", "null", "~",
];

/// Where a value is set, for messages.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) path: &'a str,
    pub(super) source: &'a str,
}

/// The value that the document holds.
pub(super) fn scalar(
    value: &WrittenValue,
    field_type: &FieldType,
    place: Place<'_>,
) -> Result<Scalar, ScenarioValue> {
    match field_type.family() {
        Some(Family::Number) => number(value, field_type, place),
        Some(Family::Boolean) => boolean(value, place),
        Some(Family::Ip) => address(value, place),
        Some(Family::Date) => date(value, field_type, place),
        Some(Family::Text | Family::Version) => text(value, place),
        None if *field_type == FieldType::Object => {
            let name = place.path.to_owned();
            let fix = ValueFix::FieldInObject { name };
            Err(wrong(place, "object", value, Some(fix)))
        }
        None => Ok(Scalar::text(value.text.as_str())),
    }
}

fn wrong(
    place: Place<'_>,
    expected: &str,
    value: &WrittenValue,
    fix: Option<ValueFix>,
) -> ScenarioValue {
    ScenarioValue::WrongType {
        name: place.path.to_owned(),
        source: place.source.to_owned(),
        found: ShownValue(value.text.clone()),
        expected: TypeName(expected.to_owned()),
        fix: fix.map(Box::new),
    }
}

fn text(value: &WrittenValue, place: Place<'_>) -> Result<Scalar, ScenarioValue> {
    let word = value.text.to_ascii_lowercase();
    if !value.quoted && WORDS.contains(&word.as_str()) {
        return Err(ScenarioValue::YamlWord {
            name: place.path.to_owned(),
            found: value.text.clone(),
        });
    }
    Ok(Scalar::text(value.text.as_str()))
}

fn number(
    value: &WrittenValue,
    field_type: &FieldType,
    place: Place<'_>,
) -> Result<Scalar, ScenarioValue> {
    let name = field_type.to_string();
    let written = value.text.as_str();
    let json = serde_json::from_str::<serde_json::Number>(written).is_ok();
    if !json {
        let mended = mended_number(written);
        let fix = mended.map(|number| ValueFix::Number { number });
        return Err(wrong(place, &name, value, fix));
    }
    let scalar = if value.quoted {
        Scalar::text(written)
    } else {
        Scalar::Number(written.into())
    };
    let whole = matches!(field_type, FieldType::Integer(_));
    if whole
        && written
            .parse::<f64>()
            .is_ok_and(|number| number.fract() != 0.0)
    {
        return Err(wrong(place, &name, value, Some(ValueFix::WholeNumber)));
    }
    match field_type.read(scalar.raw()) {
        Reading::Malformed => {
            let fix = range(field_type).map(|range| ValueFix::Range {
                field_type: TypeName(name.clone()),
                range,
            });
            Err(wrong(place, &name, value, fix))
        }
        _ => Ok(scalar),
    }
}

/// The JSON number that a YAML or a careless number means.
fn mended_number(written: &str) -> Option<String> {
    let bare = written.replace('_', "");
    let bare = bare.strip_prefix('+').unwrap_or(&bare);
    if let Some(digits) = bare.strip_prefix("0x") {
        return i64::from_str_radix(digits, 16).ok().map(|n| n.to_string());
    }
    if let Some(digits) = bare.strip_prefix("0o") {
        return i64::from_str_radix(digits, 8).ok().map(|n| n.to_string());
    }
    bare.parse::<i64>().ok().map(|n| n.to_string())
}

fn range(field_type: &FieldType) -> Option<&'static str> {
    match field_type {
        FieldType::Integer(kind) => Some(match kind {
            IntegerType::Byte => "-128 to 127",
            IntegerType::Short => "-32768 to 32767",
            IntegerType::Integer => "-2147483648 to 2147483647",
            IntegerType::Long => "-9223372036854775808 to 9223372036854775807",
            IntegerType::UnsignedLong => "0 to 18446744073709551615",
        }),
        _ => None,
    }
}

fn boolean(value: &WrittenValue, place: Place<'_>) -> Result<Scalar, ScenarioValue> {
    match (value.text.as_str(), value.quoted) {
        ("true", false) => Ok(Scalar::Bool(true)),
        ("false", false) => Ok(Scalar::Bool(false)),
        ("true" | "false", true) => Ok(Scalar::text(value.text.as_str())),
        (other, _) => {
            let fix = match other.to_ascii_lowercase().as_str() {
                "yes" | "y" | "on" | "1" | "true" => ValueFix::True,
                "no" | "n" | "off" | "0" | "false" => ValueFix::False,
                _ => ValueFix::TrueOrFalse,
            };
            Err(wrong(place, "boolean", value, Some(fix)))
        }
    }
}

fn address(value: &WrittenValue, place: Place<'_>) -> Result<Scalar, ScenarioValue> {
    let written = value.text.as_str();
    if written.parse::<IpAddr>().is_ok() {
        return Ok(Scalar::text(written));
    }
    let address_before = |separator: char| {
        let (before, _) = written.rsplit_once(separator)?;
        let address = before.parse::<IpAddr>().ok()?;
        Some(address.to_string())
    };
    let fix = if let Some(address) = address_before('/') {
        ValueFix::OneAddress { address }
    } else if let Some(address) = address_before(':') {
        ValueFix::WithoutPort { address }
    } else if written == "localhost" {
        ValueFix::AddressOfLocalhost
    } else {
        ValueFix::Address
    };
    Err(wrong(place, "ip", value, Some(fix)))
}

fn date(
    value: &WrittenValue,
    field_type: &FieldType,
    place: Place<'_>,
) -> Result<Scalar, ScenarioValue> {
    let written = value.text.as_str();
    let number = serde_json::from_str::<serde_json::Number>(written).is_ok();
    let scalar = if number && !value.quoted {
        Scalar::Number(written.into())
    } else {
        Scalar::text(written)
    };
    if field_type.read(scalar.raw()) == Reading::Malformed {
        return Err(wrong(place, "date", value, Some(ValueFix::Date)));
    }
    Ok(scalar)
}
