//! What a written value is: the type of its field decides, so that `event.code: 1` is the text "1"
//! and `source.port: 1` a number. Called by `meaning` only.

use std::net::IpAddr;

use super::event::Text;
use crate::event::Scalar;
use crate::event::field::{Family, FieldType, Reading};

/// Why a value is none of the field's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BadValue {
    /// A plain word that other readers of YAML take for a boolean or null.
    Word,
    /// The field is a parent of other fields.
    Parent,
    /// The value is none of the type's, with what it would have to be.
    Type(&'static str),
}

/// The value that `text` is in a field of this type.
pub(super) fn scalar(field_type: &FieldType, text: &Text) -> Result<Scalar, BadValue> {
    let scalar = match field_type {
        FieldType::Object | FieldType::Nested => return Err(BadValue::Parent),
        FieldType::Integer(_) => integer(&text.text)?,
        FieldType::Float(_) => float(&text.text)?,
        FieldType::Boolean => match text.text.as_str() {
            "true" => Scalar::Bool(true),
            "false" => Scalar::Bool(false),
            _ => return Err(BadValue::Type("`true` or `false`")),
        },
        FieldType::Ip if text.text.parse::<IpAddr>().is_err() => {
            return Err(BadValue::Type("an IPv4 or IPv6 address"));
        }
        field_type if is_text(field_type) && !text.quoted && is_word(&text.text) => {
            return Err(BadValue::Word);
        }
        _ => Scalar::text(text.text.as_str()),
    };
    match field_type.read(scalar.raw()) {
        Reading::Malformed => Err(BadValue::Type(wanted(field_type))),
        Reading::Value(_) | Reading::Ignored => Ok(scalar),
    }
}

/// Whether a plain text is one that YAML 1.1 or 1.2 reads as a boolean or null.
fn is_word(text: &str) -> bool {
    let folded = text.to_ascii_lowercase();
    matches!(
        folded.as_str(),
        "" | "~" | "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n"
    )
}

fn is_text(field_type: &FieldType) -> bool {
    matches!(
        field_type.family(),
        Some(Family::Text | Family::Version) | None
    )
}

fn wanted(field_type: &FieldType) -> &'static str {
    match field_type {
        FieldType::Integer(_) => "a whole number within the type's range",
        FieldType::Float(_) => "a number within the type's range",
        FieldType::Date(_) | FieldType::DateNanos(_) => "a date such as 2024-01-01T00:00:00Z",
        FieldType::Ip => "an IPv4 or IPv6 address",
        _ => "a value that the type can hold",
    }
}

/// A whole number, written as JSON writes it.
fn integer(text: &str) -> Result<Scalar, BadValue> {
    let number: i128 = text.parse().map_err(|_| BadValue::Type("a whole number"))?;
    Ok(Scalar::Number(number.to_string().into()))
}

/// A number, written as JSON writes it.
fn float(text: &str) -> Result<Scalar, BadValue> {
    let number: f64 = text.parse().map_err(|_| BadValue::Type("a number"))?;
    if !number.is_finite() {
        return Err(BadValue::Type("a finite number"));
    }
    let exact = serde_json::from_str::<serde_json::Number>(text).is_ok();
    let written = if exact {
        text.to_owned()
    } else {
        number.to_string()
    };
    Ok(Scalar::Number(written.into()))
}

/// A value of a field that no list knows, as dynamic mapping would see it.
pub(super) fn dynamic(text: &Text) -> Scalar {
    let number = || serde_json::from_str::<serde_json::Number>(&text.text).is_ok();
    match text.text.as_str() {
        "true" if !text.quoted => Scalar::Bool(true),
        "false" if !text.quoted => Scalar::Bool(false),
        written if !text.quoted && number() => Scalar::Number(written.into()),
        written => Scalar::text(written),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;

    fn plain(text: &str) -> Text {
        Text {
            text: text.to_owned(),
            quoted: false,
            span: Span::default(),
        }
    }

    fn read(name: &str, text: &str) -> Result<Scalar, BadValue> {
        scalar(&FieldType::named(name), &plain(text))
    }

    #[test]
    fn a_keyword_keeps_what_its_author_wrote() {
        for text in ["1", "007", "1e3", "0x10", "1_000", "2024-01-01", "12:30"] {
            assert_eq!(read("keyword", text), Ok(Scalar::text(text)));
        }
    }

    #[test]
    fn a_plain_word_in_a_keyword_is_an_error_and_a_quoted_one_is_not() {
        for text in ["no", "On", "TRUE", "~", "null", "y"] {
            assert_eq!(read("keyword", text), Err(BadValue::Word), "{text}");
            let quoted = Text {
                quoted: true,
                ..plain(text)
            };
            let keyword = FieldType::named("keyword");
            assert_eq!(scalar(&keyword, &quoted), Ok(Scalar::text(text)));
        }
    }

    #[test]
    fn numbers_are_written_as_json_writes_them() {
        assert_eq!(read("long", "007"), Ok(Scalar::Number("7".into())));
        assert_eq!(read("float", "1e3"), Ok(Scalar::Number("1e3".into())));
        assert_eq!(read("float", "007"), Ok(Scalar::Number("7".into())));
        assert_eq!(read("float", ".5"), Ok(Scalar::Number("0.5".into())));
        for (name, text) in [
            ("long", "http"),
            ("long", "9223372036854775808"),
            ("byte", "300"),
            ("long", "1.5"),
            ("float", "inf"),
            ("ip", "10.0.0"),
            ("boolean", "yes"),
            ("date", "yesterday"),
            ("object", "x"),
        ] {
            assert!(read(name, text).is_err(), "{name} {text}");
        }
    }
}
