//! Functions on text. Positions and lengths count characters.

use super::super::warning::Failure;
use super::{Arguments, Computed, Prepared, of_text};
use crate::diagnostic::esql_warning::{BadArgument, BadEscape};
use crate::evaluate::QueryFailure;
use crate::evaluate::pattern::Finder;
use crate::event::Value;
use crate::plan::pipeline::Cell;

/// The longest text that a function makes (Elasticsearch: 1 MB).
const LONGEST: usize = 1 << 20;

pub(super) fn concat(args: Arguments<'_>) -> Computed {
    let mut joined = String::new();
    for index in 0..args.len() {
        joined.push_str(args.text(index).unwrap_or(""));
    }
    if joined.len() > LONGEST {
        let most = LONGEST;
        return Err(Failure::Argument(BadArgument::ConcatTooLong { most }));
    }
    of_text(joined)
}

pub(super) fn length(args: Arguments<'_>, measure: fn(&str) -> usize) -> Computed {
    let length = args.text(0).map(measure);
    Ok(length
        .and_then(|length| i64::try_from(length).ok())
        .map(Value::Integer))
}

pub(super) fn mapped(args: Arguments<'_>, map: impl FnOnce(&str) -> String) -> Computed {
    Ok(args.text(0).map(|text| Value::Text(map(text).into())))
}

pub(super) fn compared(args: Arguments<'_>, compare: fn(&str, &str) -> bool) -> Computed {
    let pair = args.text(0).zip(args.text(1));
    Ok(pair.map(|(text, part)| Value::Bool(compare(text, part))))
}

/// White space as Java's `Character.isWhitespace`.
pub(super) fn trim(text: &str, left: bool, right: bool) -> String {
    let mut trimmed = text;
    if left {
        trimmed = trimmed.trim_start();
    }
    if right {
        trimmed = trimmed.trim_end();
    }
    trimmed.to_owned()
}

/// The first `count` characters.
fn head(text: &str, count: usize) -> &str {
    let end = text
        .char_indices()
        .nth(count)
        .map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or("")
}

/// What follows the first `count` characters.
fn tail(text: &str, count: usize) -> &str {
    text.get(head(text, count).len()..).unwrap_or("")
}

fn count(number: Option<i64>) -> usize {
    usize::try_from(number.unwrap_or(0).max(0)).unwrap_or(usize::MAX)
}

pub(super) fn left(args: Arguments<'_>) -> Computed {
    let Some(text) = args.text(0) else {
        return Ok(None);
    };
    of_text(head(text, count(args.whole(1))))
}

pub(super) fn right(args: Arguments<'_>) -> Computed {
    let Some(text) = args.text(0) else {
        return Ok(None);
    };
    let length = text.chars().count();
    of_text(tail(text, length.saturating_sub(count(args.whole(1)))))
}

/// From 1; 0 counts as 1, a negative start counts from the end.
pub(super) fn substring(args: Arguments<'_>) -> Computed {
    let (Some(text), Some(start)) = (args.text(0), args.whole(1)) else {
        return Ok(None);
    };
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let begin = match start {
        1.. => (start - 1).min(length),
        0 => 0,
        _ => (length.saturating_add(start)).max(0),
    };
    let rest = tail(text, count(Some(begin)));
    if args.len() < 3 {
        return of_text(rest);
    }
    let taken = args.whole(2).unwrap_or(0);
    if taken < 0 {
        let found = taken;
        return Err(Failure::Argument(BadArgument::NegativeLength { found }));
    }
    of_text(head(rest, count(Some(taken))))
}

pub(super) fn locate(args: Arguments<'_>) -> Computed {
    let (Some(text), Some(part)) = (args.text(0), args.text(1)) else {
        return Ok(None);
    };
    let start = count(args.whole(2)).max(1);
    let before = head(text, start - 1);
    let found = text.get(before.len()..).and_then(|rest| rest.find(part));
    let position = found.map_or(0, |at| {
        let until = text.get(..before.len() + at).unwrap_or("");
        until.chars().count() + 1
    });
    // A start behind the text finds nothing, not even an empty part.
    let is_inside = start <= text.chars().count().max(1);
    let position = if is_inside { position } else { 0 };
    Ok(i64::try_from(position).ok().map(Value::Integer))
}

pub(super) fn replace(args: Arguments<'_>, prepared: &Prepared) -> Computed {
    let (Some(text), Some(new)) = (args.text(0), args.text(2)) else {
        return Ok(None);
    };
    let bad = |failure: &QueryFailure| Failure::Pattern(failure.kind.clone());
    let replaced = match prepared {
        Prepared::Finder(Ok(finder)) => finder.replace_all(text, new),
        Prepared::Finder(Err(reason)) => return Err(bad(reason)),
        _ => {
            let pattern = args.text(1).unwrap_or("");
            let finder = Finder::java(pattern).map_err(|failure| bad(&failure))?;
            finder.replace_all(text, new)
        }
    };
    match replaced {
        Ok(replaced) if replaced.len() > LONGEST => {
            Err(Failure::Argument(BadArgument::TextTooLong {
                most: LONGEST,
            }))
        }
        Ok(replaced) => of_text(replaced),
        Err(why) => Err(Failure::Argument(BadArgument::Replacement(why))),
    }
}

/// The parts between the delimiters, in order. Empty parts stay; an empty delimiter cuts nothing.
pub(in super::super) fn split(values: &[&Value]) -> Cell {
    let [Value::Text(text), Value::Text(delimiter)] = values else {
        return Cell::NULL;
    };
    if delimiter.is_empty() {
        return Cell::One(Value::Text(text.clone()));
    }
    Cell::of(text.split(&**delimiter).map(Value::text).collect())
}

pub(super) fn repeat(args: Arguments<'_>) -> Computed {
    let (Some(text), Some(times)) = (args.text(0), args.whole(1)) else {
        return Ok(None);
    };
    repeated(text, times)
}

pub(super) fn space(args: Arguments<'_>) -> Computed {
    match args.whole(0) {
        Some(times) => repeated(" ", times),
        None => Ok(None),
    }
}

fn repeated(text: &str, times: i64) -> Computed {
    if times < 0 {
        let found = times;
        return Err(Failure::Argument(BadArgument::NegativeNumber { found }));
    }
    let times = count(Some(times));
    match text.len().checked_mul(times) {
        Some(length) if length <= LONGEST => of_text(text.repeat(times)),
        _ => Err(Failure::Argument(BadArgument::RepeatedTooLong {
            most: LONGEST,
        })),
    }
}

/// Letters, digits and `-_.~*`-like characters stay, a space becomes `+` or `%20`.
pub(super) fn url_encode(text: &str, plus: bool) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                encoded.push(char::from(byte));
            }
            b'*' if plus => encoded.push('*'),
            b'~' if !plus => encoded.push('~'),
            b' ' if plus => encoded.push('+'),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

pub(super) fn url_decode(args: Arguments<'_>) -> Computed {
    let Some(text) = args.text(0) else {
        return Ok(None);
    };
    match decoded(text) {
        Ok(text) => of_text(text),
        Err(why) => Err(Failure::Argument(BadArgument::UrlEncoding(why))),
    }
}

/// A URL-encoded text, decoded as Java's `URLDecoder` does.
fn decoded(text: &str) -> Result<String, BadEscape> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.chars();
    let mut buffer = [0; 4];
    while let Some(character) = rest.next() {
        match character {
            '+' => bytes.push(b' '),
            '%' => {
                let (Some(high), Some(low)) = (rest.next(), rest.next()) else {
                    return Err(BadEscape::Incomplete);
                };
                bytes.push(escaped(high, low)?);
            }
            other => bytes.extend_from_slice(other.encode_utf8(&mut buffer).as_bytes()),
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The byte of two digits; as Java reads numbers, the first may be a sign.
fn escaped(high: char, low: char) -> Result<u8, BadEscape> {
    let wrong = |index: usize| BadEscape::NotHex {
        index,
        found: String::from_iter([high, low]),
    };
    let first = match high {
        '+' | '-' => 0,
        digit => digit.to_digit(16).ok_or_else(|| wrong(0))?,
    };
    let second = low.to_digit(16).ok_or_else(|| wrong(1))?;
    if high == '-' && second > 0 {
        return Err(BadEscape::Negative);
    }
    u8::try_from(first * 16 + second).map_err(|_| wrong(0))
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(super) fn base64_encode(bytes: &[u8]) -> String {
    let mut encoded = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            if place > chunk.len() {
                encoded.push('=');
                continue;
            }
            let index = (group >> (18 - 6 * place)) & 63;
            let letter = BASE64.get(index as usize).copied().unwrap_or(b'=');
            encoded.push(char::from(letter));
        }
    }
    encoded
}

/// Padding may be left out; every other character is refused.
pub(super) fn base64_decode(args: Arguments<'_>) -> Computed {
    let Some(text) = args.text(0) else {
        return Ok(None);
    };
    let letters = text.trim_end_matches('=');
    let padding = text.len() - letters.len();
    let wrong = || {
        let found = text.to_owned();
        Failure::Argument(BadArgument::Base64 { found })
    };
    let is_padded_right = padding == 0 || (padding <= 2 && text.len() % 4 == 0);
    if letters.len() % 4 == 1 || !is_padded_right {
        return Err(wrong());
    }
    let (mut bytes, mut buffer, mut bits) = (Vec::new(), 0_u32, 0);
    for letter in letters.bytes() {
        let index = BASE64
            .iter()
            .position(|own| *own == letter)
            .ok_or_else(wrong)?;
        buffer = buffer << 6 | u32::try_from(index).unwrap_or(0);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(buffer >> bits & 0xFF).unwrap_or(0));
        }
    }
    of_text(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_decoded_is_said_as_java_says_it() {
        let illegal = "URLDecoder: Illegal hex characters in escape (%) pattern - ";
        let incomplete = "URLDecoder: Incomplete trailing escape (%) pattern";
        for (text, decoded_as) in [
            ("a+b%20c", Ok("a b c".to_owned())),
            ("%C3%BC%41", Ok("\u{fc}A".to_owned())),
            ("%", Err(incomplete.to_owned())),
            ("x%4", Err(incomplete.to_owned())),
            ("%zz", Err(format!("{illegal}Error at index 0 in: \"zz\""))),
            ("%4z", Err(format!("{illegal}Error at index 1 in: \"4z\""))),
            ("%-1", Err(format!("{illegal}negative value"))),
        ] {
            let found = decoded(text).map_err(|bad| bad.to_string());
            assert_eq!(found, decoded_as, "{text}");
        }
    }
}
