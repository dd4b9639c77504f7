//! `JSON_EXTRACT`: one value of a JSON text by its path.
//!
//! The text is validated as a whole once. Then the value is found by scanning, because a parsed
//! tree would keep neither the first of duplicate keys nor the text of a number.

use serde::de::IgnoredAny;

use super::super::warning::Failure;
use super::{Arguments, Computed, of_text};
use crate::diagnostic::esql_warning::BadArgument;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

pub(super) fn extract(args: Arguments<'_>) -> Computed {
    let (Some(text), Some(path)) = (args.text(0), args.text(1)) else {
        return Ok(None);
    };
    let Some(steps) = steps(path) else {
        return Err(Failure::Argument(BadArgument::JsonPath {
            found: path.to_owned(),
        }));
    };
    let invalid = |_| Failure::Argument(BadArgument::Json);
    serde_json::from_str::<IgnoredAny>(text).map_err(invalid)?;
    let mut value = text.trim_ascii();
    for step in &steps {
        let found = match step {
            Step::Key(key) => member(value, key),
            Step::Index(index) => match element(value, *index) {
                None if value.starts_with('[') => {
                    return Err(Failure::Argument(BadArgument::JsonIndex));
                }
                other => other,
            },
        };
        match found {
            Some(inner) => value = inner,
            None => {
                return Err(Failure::Argument(BadArgument::NoSuchPath {
                    found: path.to_owned(),
                }));
            }
        }
    }
    if value == "null" {
        return Ok(None);
    }
    if value.starts_with('"') {
        let bare: String = serde_json::from_str(value).map_err(invalid)?;
        return of_text(bare);
    }
    of_text(compact(value))
}

/// JSON without white space between its tokens.
fn compact(raw: &str) -> String {
    let (mut out, mut in_string, mut escaped) = (String::with_capacity(raw.len()), false, false);
    for c in raw.chars() {
        if in_string {
            out.push(c);
            if escaped {
                escaped = false;
            } else if c == '\\' {
                escaped = true;
            } else if c == '"' {
                in_string = false;
            }
        } else if !c.is_ascii_whitespace() {
            in_string = c == '"';
            out.push(c);
        }
    }
    out
}

/// `$.a.b`, `a['key with.dot'][0]`; `None` for a text that is no path.
fn steps(path: &str) -> Option<Vec<Step>> {
    let mut rest = path.trim();
    let mut steps = Vec::new();
    if let Some(tail) = rest.strip_prefix('$') {
        rest = tail;
    }
    let mut is_first = true;
    while !rest.is_empty() {
        if let Some(tail) = rest.strip_prefix('[') {
            if let Some(quote) = tail.chars().next().filter(|c| matches!(c, '\'' | '"')) {
                let (key, after) = quoted(tail.get(1..)?, quote)?;
                steps.push(Step::Key(key));
                rest = after.strip_prefix(']')?;
            } else {
                let (index, after) = tail.split_once(']')?;
                steps.push(Step::Index(index.trim().parse().ok()?));
                rest = after;
            }
        } else {
            let tail = match rest.strip_prefix('.') {
                Some(tail) => tail,
                None if is_first => rest,
                None => return None,
            };
            let end = tail.find(['.', '[']).unwrap_or(tail.len());
            let (key, after) = tail.split_at(end);
            if key.is_empty() {
                return None;
            }
            steps.push(Step::Key(key.to_owned()));
            rest = after;
        }
        is_first = false;
    }
    Some(steps)
}

/// A quoted key, its escapes resolved, and what follows its closing quote.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut key = String::new();
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        if c == '\\' {
            key.push(characters.next()?.1);
        } else if c == quote {
            return Some((key, text.get(at + 1..)?));
        } else {
            key.push(c);
        }
    }
    None
}

/// The first member of this name; duplicates behind it do not count.
fn member<'j>(object: &'j str, key: &str) -> Option<&'j str> {
    let mut rest = object.strip_prefix('{')?.trim_ascii_start();
    while rest.starts_with('"') {
        let (name, after) = rest.split_at_checked(value_length(rest))?;
        let after = after
            .trim_ascii_start()
            .strip_prefix(':')?
            .trim_ascii_start();
        let (value, after) = after.split_at_checked(value_length(after))?;
        if serde_json::from_str::<String>(name).is_ok_and(|name| name == key) {
            return Some(value);
        }
        rest = after
            .trim_ascii_start()
            .strip_prefix(',')?
            .trim_ascii_start();
    }
    None
}

fn element(array: &str, index: usize) -> Option<&str> {
    let mut rest = array.strip_prefix('[')?.trim_ascii_start();
    for at in 0.. {
        if rest.starts_with(']') {
            return None;
        }
        let (value, after) = rest.split_at_checked(value_length(rest))?;
        if at == index {
            return Some(value);
        }
        rest = after
            .trim_ascii_start()
            .strip_prefix(',')?
            .trim_ascii_start();
    }
    None
}

/// The length of the value that a valid text begins with.
fn value_length(text: &str) -> usize {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    in_string = false;
                    if depth == 0 {
                        return at + 1;
                    }
                }
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return at,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            b',' | b' ' | b'\t' | b'\r' | b'\n' if depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read() {
        let key = |key: &str| Step::Key(key.to_owned());
        assert_eq!(steps("$.a.b"), Some(vec![key("a"), key("b")]));
        assert_eq!(
            steps("['a.b'].c[0]"),
            Some(vec![key("a.b"), key("c"), Step::Index(0)])
        );
        assert_eq!(steps("$"), Some(vec![]));
        assert_eq!(steps("a[x]"), None);
        assert_eq!(steps("a..b"), None);
    }

    #[test]
    fn white_space_goes_outside_of_strings() {
        assert_eq!(
            compact("{ \"a b\" : [1, \"x\\\" y\"] }"),
            "{\"a b\":[1,\"x\\\" y\"]}"
        );
    }
}
