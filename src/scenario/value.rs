//! Types a written value: the type of the field decides, not the form of the text. Used by
//! `expand`.

use std::net::IpAddr;

use super::error::{WRONG_TYPE, YAML_WORD};
use super::model::WrittenValue;
use crate::diagnostic::Code;
use crate::event::field::{Family, IntegerType, Reading};
use crate::event::{FieldType, Scalar};

/// Why a value does not fit its field.
pub(super) struct Misfit {
    pub(super) code: &'static Code,
    pub(super) message: String,
    pub(super) help: Vec<String>,
}

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
) -> Result<Scalar, Misfit> {
    match field_type.family() {
        Some(Family::Number) => number(value, field_type, place),
        Some(Family::Boolean) => boolean(value, place),
        Some(Family::Ip) => address(value, place),
        Some(Family::Date) => date(value, field_type, place),
        Some(Family::Text | Family::Version) => text(value, place),
        None if *field_type == FieldType::Object => Err(wrong(
            place,
            "an object",
            value,
            vec![format!("set a field in it, such as `{}.name`", place.path)],
        )),
        None => Ok(Scalar::text(value.text.as_str())),
    }
}

fn wrong(place: Place<'_>, what: &str, value: &WrittenValue, help: Vec<String>) -> Misfit {
    let Place { path, source } = place;
    let text = shortened(&value.text);
    Misfit {
        code: &WRONG_TYPE,
        message: format!("`{text}` does not fit `{path}`, {what} on `{source}`"),
        help,
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or("")),
        None => text.to_owned(),
    }
}

fn text(value: &WrittenValue, place: Place<'_>) -> Result<Scalar, Misfit> {
    let word = value.text.to_ascii_lowercase();
    if !value.quoted && WORDS.contains(&word.as_str()) {
        return Err(Misfit {
            code: &YAML_WORD,
            message: format!(
                "`{}` without quotes is no text to many YAML readers, and `{}` holds text",
                value.text, place.path
            ),
            help: vec![format!("write '{}'", value.text)],
        });
    }
    Ok(Scalar::text(value.text.as_str()))
}

fn number(
    value: &WrittenValue,
    field_type: &FieldType,
    place: Place<'_>,
) -> Result<Scalar, Misfit> {
    let name = field_type.to_string();
    let what = match name.as_str() {
        "integer" | "unsigned_long" => format!("an {name}"),
        _ => format!("a {name}"),
    };
    let written = value.text.as_str();
    let json = serde_json::from_str::<serde_json::Number>(written).is_ok();
    if !json {
        let mended = mended_number(written);
        let help = mended.map(|mended| format!("write {mended}"));
        return Err(wrong(place, &what, value, help.into_iter().collect()));
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
        let help = "Elasticsearch would cut the fraction off; write a whole number".to_owned();
        return Err(wrong(place, &what, value, vec![help]));
    }
    match field_type.read(scalar.raw()) {
        Reading::Malformed => {
            let help = range(field_type).map(|range| format!("{what} holds {range}"));
            Err(wrong(place, &what, value, help.into_iter().collect()))
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

fn boolean(value: &WrittenValue, place: Place<'_>) -> Result<Scalar, Misfit> {
    match (value.text.as_str(), value.quoted) {
        ("true", false) => Ok(Scalar::Bool(true)),
        ("false", false) => Ok(Scalar::Bool(false)),
        ("true" | "false", true) => Ok(Scalar::text(value.text.as_str())),
        (other, _) => {
            let help = match other.to_ascii_lowercase().as_str() {
                "yes" | "y" | "on" | "1" | "true" => "write `true`",
                "no" | "n" | "off" | "0" | "false" => "write `false`",
                _ => "write `true` or `false`",
            };
            Err(wrong(place, "a boolean", value, vec![help.to_owned()]))
        }
    }
}

fn address(value: &WrittenValue, place: Place<'_>) -> Result<Scalar, Misfit> {
    let written = value.text.as_str();
    if written.parse::<IpAddr>().is_ok() {
        return Ok(Scalar::text(written));
    }
    let address_before = |separator: char| {
        let (before, _) = written.rsplit_once(separator)?;
        before.parse::<IpAddr>().ok()
    };
    let help = if let Some(network) = address_before('/') {
        format!("an event has one address, not a network: {network}")
    } else if let Some(host) = address_before(':') {
        format!("the port is a field of its own; write {host}")
    } else if written == "localhost" {
        "write 127.0.0.1 or \"::1\"".to_owned()
    } else {
        "an address such as 10.0.5.23 or \"::1\"".to_owned()
    };
    Err(wrong(place, "an ip", value, vec![help]))
}

fn date(value: &WrittenValue, field_type: &FieldType, place: Place<'_>) -> Result<Scalar, Misfit> {
    let written = value.text.as_str();
    let number = serde_json::from_str::<serde_json::Number>(written).is_ok();
    let scalar = if number && !value.quoted {
        Scalar::Number(written.into())
    } else {
        Scalar::text(written)
    };
    if field_type.read(scalar.raw()) == Reading::Malformed {
        let help = "a date such as 2024-01-01T00:00:00.000Z".to_owned();
        return Err(wrong(place, "a date", value, vec![help]));
    }
    Ok(scalar)
}
