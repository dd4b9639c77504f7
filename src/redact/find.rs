//! Finds sensitive values by their form: e-mail addresses, SIDs, GUIDs, IP addresses.

use std::net::IpAddr;

use super::words::is_word;

/// A sensitive value that begins at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// `name@domain.tld`
    Email,
    /// The SID of a person or a machine, by the numbers of its domain.
    Sid(String),
    /// Five groups of hexadecimal digits.
    Guid,
    /// Version 4 or 6.
    Address(IpAddr),
}

/// The token that the text begins with, and its length in bytes.
pub(super) fn token(text: &str) -> Option<(usize, Token)> {
    sid(text)
        .or_else(|| guid(text))
        .or_else(|| address(text))
        .or_else(|| email(text))
}

fn run(text: &str, of: impl Fn(char) -> bool) -> usize {
    text.find(|character: char| !of(character))
        .unwrap_or(text.len())
}

/// `S-1-5-21-…` and `S-1-12-1-…`: other SIDs are the same on every machine.
fn sid(text: &str) -> Option<(usize, Token)> {
    let head = text.get(..2)?;
    if !head.eq_ignore_ascii_case("s-") {
        return None;
    }
    let length = 2 + run(text.get(2..)?, |c| c.is_ascii_digit() || c == '-');
    let whole = text.get(..length)?.trim_end_matches('-');
    if text.get(whole.len()..)?.chars().next().is_some_and(is_word) {
        return None;
    }
    let numbers: Vec<&str> = whole.split('-').skip(1).collect();
    match numbers.as_slice() {
        ["1", "5", "21", a, b, c, _] => Some((whole.len(), Token::Sid(format!("{a}-{b}-{c}")))),
        ["1", "12", "1", rest @ ..] if rest.len() == 4 => {
            Some((whole.len(), Token::Sid(format!("cloud-{}", rest.join("-")))))
        }
        _ => None,
    }
}

fn guid(text: &str) -> Option<(usize, Token)> {
    const LENGTH: usize = 36;
    let whole = text.get(..LENGTH)?;
    let groups: Vec<usize> = whole.split('-').map(str::len).collect();
    let hexadecimal = whole.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit());
    let ends = !text.get(LENGTH..)?.chars().next().is_some_and(is_word);
    (groups == [8, 4, 4, 4, 12] && hexadecimal && ends).then_some((LENGTH, Token::Guid))
}

fn address(text: &str) -> Option<(usize, Token)> {
    let dotted = text.get(..run(text, |c| c.is_ascii_digit() || c == '.'))?;
    let dotted = dotted.trim_end_matches('.');
    if let Ok(found @ IpAddr::V4(_)) = dotted.parse() {
        let after = text.get(dotted.len()..)?.chars().next();
        return (!after.is_some_and(is_word)).then_some((dotted.len(), Token::Address(found)));
    }
    let colons = text.get(..run(text, |c| c.is_ascii_hexdigit() || c == ':' || c == '.'))?;
    let after = text.get(colons.len()..)?.chars().next();
    // A time of day has colons as well, and is no address.
    if colons.matches(':').count() < 2 || after.is_some_and(is_word) {
        return None;
    }
    let found: IpAddr = colons.parse().ok()?;
    Some((colons.len(), Token::Address(found)))
}

fn email(text: &str) -> Option<(usize, Token)> {
    let local = run(text, |c| c.is_alphanumeric() || "._%+-".contains(c));
    let rest = text.get(local..)?.strip_prefix('@')?;
    let domain = rest.get(..run(rest, |c| c.is_alphanumeric() || ".-".contains(c)))?;
    let domain = domain.trim_end_matches(['.', '-']);
    let dotted = domain.contains('.') && !domain.starts_with('.');
    (local > 0 && dotted).then_some((local + 1 + domain.len(), Token::Email))
}
