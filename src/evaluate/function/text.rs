//! Functions on text (`InternalEqlScriptUtils`, `StringUtils` of the EQL plugin) and on addresses.
//! Positions and lengths count UTF-16 units, as Java's strings do.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};

use super::super::pattern::fold::fold;
use super::super::{FailureKind, QueryFailure};
use crate::event::Value;
use crate::plan::Function;

/// A value that a script holds as text; addresses and versions are texts there.
pub(super) fn text_of(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Text(text) => Some(Cow::Borrowed(text)),
        Value::Ip(_) => Some(Cow::Owned(value.to_string())),
        Value::Version(version) => Some(Cow::Borrowed(version.as_str())),
        _ => None,
    }
}

/// The functions that cannot fail.
pub(super) fn call(
    function: Function,
    insensitive: bool,
    arguments: &[Option<Value>],
) -> Option<Value> {
    let text = |index: usize| arguments.get(index)?.as_ref().and_then(text_of);
    let cased = |index: usize| {
        let text = text(index)?;
        Some(if insensitive {
            Cow::Owned(fold(&text).into_owned())
        } else {
            text
        })
    };
    Some(match function {
        Function::Concat => {
            let mut joined = String::new();
            for argument in arguments {
                joined.push_str(&argument.as_ref()?.to_string());
            }
            Value::text(&joined)
        }
        Function::String => Value::text(&arguments.first()?.as_ref()?.to_string()),
        Function::Length => whole(units(&text(0)?).len()),
        Function::StartsWith => Value::Bool(cased(0)?.starts_with(&*cased(1)?)),
        Function::EndsWith => Value::Bool(cased(0)?.ends_with(&*cased(1)?)),
        Function::StringContains => {
            let (source, sub) = (cased(0)?, cased(1)?);
            let empty = source.is_empty() || sub.is_empty();
            Value::Bool(!empty && source.contains(&*sub))
        }
        Function::IndexOf => {
            let (source, sub) = (units(&cased(0)?), units(&cased(1)?));
            let start = match arguments.get(2) {
                Some(Some(Value::Integer(start))) => usize::try_from(*start).unwrap_or(0),
                _ => 0,
            };
            whole(find(&source, &sub, start)?)
        }
        Function::Substring => substring(&text(0)?, arguments.get(1), arguments.get(2)),
        _ => return None,
    })
}

/// `between(source, left, right[, greedy])`; null where a side is not found
/// (`test_folding`, against the documentation, which says empty).
pub(super) fn between(
    arguments: &[Option<Value>],
    insensitive: bool,
) -> Result<Option<Value>, QueryFailure> {
    let (source, left, right, greedy) = match arguments {
        [Some(source), Some(left), Some(right)] => (source, left, right, false),
        [
            Some(source),
            Some(left),
            Some(right),
            Some(Value::Bool(greedy)),
        ] => (source, left, right, *greedy),
        _ => return Ok(None),
    };
    let (Some(source), Some(left), Some(right)) = (text_of(source), text_of(left), text_of(right))
    else {
        return Ok(None);
    };
    if source.is_empty() {
        return Ok(Some(Value::text("")));
    }
    let cased = |text: &str| {
        if insensitive {
            units(&fold(text))
        } else {
            units(text)
        }
    };
    let (searched, left, right) = (cased(&source), cased(&left), cased(&right));
    let Some(start) = find(&searched, &left, 0) else {
        return Ok(None);
    };
    let start = start + left.len();
    let end = if greedy {
        find_last(&searched, &right)
    } else {
        find(&searched, &right, start)
    };
    let Some(end) = end else {
        return Ok(None);
    };
    match units(&source).get(start..end) {
        Some(part) => Ok(Some(Value::text(&String::from_utf16_lossy(part)))),
        None => Err(FailureKind::Between { start, end }.into()),
    }
}

/// `cidrMatch(ip, cidr…)`
pub(super) fn cidr_match(arguments: &[Option<Value>]) -> Result<Option<Value>, QueryFailure> {
    let Some((Some(source), blocks)) = arguments.split_first() else {
        return Ok(None);
    };
    let address = match source {
        Value::Ip(address) => *address,
        Value::Text(text) => match parse_address(text) {
            Some(address) => address,
            None => {
                return Err(FailureKind::NotAnAddress(text.to_string()).into());
            }
        },
        _ => return Ok(None),
    };
    let mut found = false;
    for block in blocks {
        let Some(Value::Text(block)) = block else {
            return Ok(None);
        };
        let (low, high) =
            parse_block(block).ok_or_else(|| FailureKind::NotABlock(block.to_string()))?;
        found |= (low..=high).contains(&address.to_bits());
    }
    Ok(Some(Value::Bool(found)))
}

fn parse_address(text: &str) -> Option<Ipv6Addr> {
    match Value::ip(text.parse::<IpAddr>().ok()?) {
        Value::Ip(address) => Some(address),
        _ => None,
    }
}

/// The first and last address of a block; host bits are allowed, a lone address is a block.
fn parse_block(text: &str) -> Option<(u128, u128)> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix.parse::<u32>().ok()?)),
        None => (text, None),
    };
    let is_v4 = matches!(address.parse::<IpAddr>().ok()?, IpAddr::V4(_));
    let bits = if is_v4 { 32 } else { 128 };
    let prefix = prefix.unwrap_or(bits);
    if prefix > bits {
        return None;
    }
    let host = u128::MAX.checked_shr(128 - (bits - prefix)).unwrap_or(0);
    let address = parse_address(address)?.to_bits();
    Some((address & !host, address | host))
}

/// As Python's slices: negative positions count from the end, everything is clamped.
fn substring(source: &str, start: Option<&Option<Value>>, end: Option<&Option<Value>>) -> Value {
    let Some(Some(Value::Integer(start))) = start else {
        return Value::text(source);
    };
    let units = units(source);
    let length = i64::try_from(units.len()).unwrap_or(i64::MAX);
    let position = |value: i64| {
        let from_start = if value < 0 {
            value.saturating_add(length)
        } else {
            value
        };
        usize::try_from(from_start.clamp(0, length)).unwrap_or(0)
    };
    let end = match end {
        Some(Some(Value::Integer(end))) => position(*end),
        _ => units.len(),
    };
    let part = units.get(position(*start)..end).unwrap_or(&[]);
    Value::text(&String::from_utf16_lossy(part))
}

fn units(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

fn whole(value: usize) -> Value {
    Value::Integer(i64::try_from(value).unwrap_or(i64::MAX))
}

/// As `String.indexOf`; an empty text is found where the search starts.
fn find(source: &[u16], sub: &[u16], start: usize) -> Option<usize> {
    if sub.is_empty() {
        return Some(start.min(source.len()));
    }
    let rest = source.get(start..)?;
    let found = rest.windows(sub.len()).position(|window| window == sub)?;
    Some(start + found)
}

/// As `String.lastIndexOf`.
fn find_last(source: &[u16], sub: &[u16]) -> Option<usize> {
    if sub.is_empty() {
        return Some(source.len());
    }
    source.windows(sub.len()).rposition(|window| window == sub)
}
