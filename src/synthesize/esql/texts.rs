//! Texts from which a part, a replacement or a decoding gives the wanted text.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::wish::{MAX_VALUES, Wish, one_text, text_cell};
use crate::evaluate::pattern::{Finder, example};
use crate::plan::pipeline::{Cell, DissectPattern, Function, GrokPattern};

/// No text is made longer.
const LONGEST: i64 = 40_000;
/// This many texts of a pattern are tried.
const TRIED: usize = 8;

/// This many of a character.
pub(super) fn repeated(character: char, count: i64) -> Option<String> {
    let count = usize::try_from(count).ok().filter(|_| count <= LONGEST)?;
    Some(std::iter::repeat_n(character, count).collect())
}

/// Whole texts of which a key's part is what is wished; `now` says what the other keys' parts are.
pub(super) fn dissected(
    pattern: &DissectPattern,
    place: usize,
    wish: &Wish,
    now: &dyn Fn(usize) -> Option<String>,
) -> Vec<String> {
    let keys = pattern.keys();
    let wanted: Vec<String> = match wish {
        Wish::Cells(cells) => cells.iter().map(Cell::text).collect(),
        Wish::Pattern(pattern) => super::patterns::texts(pattern),
        _ => vec!["1".to_owned(), "sample".to_owned()],
    };
    let whole = |wanted: &String| {
        let mut text = pattern.prefix.clone();
        for part in &pattern.parts {
            let key = keys.iter().position(|key| *key == part.key);
            match key {
                Some(key) if key == place => text.push_str(wanted),
                Some(key) => text.push_str(&now(key).unwrap_or_else(|| "1".to_owned())),
                None => text.push('1'),
            }
            text.push_str(&part.delimiter);
        }
        text
    };
    wanted.iter().map(whole).collect()
}

/// Whole texts in which a pattern finds what is wished.
pub(super) fn grokked(patterns: &[GrokPattern], name: &str, wish: &Wish) -> Vec<String> {
    let wanted: Vec<String> = match wish {
        Wish::Cells(cells) => cells.iter().map(Cell::text).collect(),
        Wish::Pattern(pattern) => super::patterns::texts(pattern),
        Wish::Length(lengths, character) => {
            let texts = lengths.iter();
            texts
                .filter_map(|length| repeated(*character, *length))
                .collect()
        }
        _ => Vec::new(),
    };
    let mut found = Vec::new();
    for pattern in patterns {
        let mut captures = pattern.captures.iter();
        let Some(group) = captures.position(|(own, _)| own == name) else {
            continue;
        };
        for text in wanted.iter().take(TRIED) {
            let own = example::with_group(&pattern.expression, &format!("g{group}"), text);
            found.extend(own);
        }
        if wanted.is_empty() {
            found.extend(example::with_group(&pattern.expression, "", ""));
        }
    }
    found
}

/// A `REPLACE`: its arguments as far as they are constants, and the text that it takes now.
pub(super) struct Replace<'a> {
    pub(super) pattern: Option<&'a str>,
    pub(super) by: Option<&'a str>,
    pub(super) now: &'a str,
}

/// What a text was before `REPLACE` made the wished one of it.
pub(super) fn before_replace(wish: &Wish, replace: &Replace<'_>) -> Vec<Wish> {
    let (Some(pattern), Some(by)) = (replace.pattern, replace.by) else {
        return vec![wish.clone()];
    };
    match wish {
        Wish::Length(lengths, _) => {
            let stays = staying(pattern).unwrap_or('x');
            let mut wishes = vec![Wish::Length(lengths.clone(), stays)];
            let replaced = example::java(pattern).into_iter().take(3);
            // As long as the text is now, too: what counts may be the share that is replaced.
            let times = lengths
                .iter()
                .filter_map(|length| usize::try_from(*length).ok());
            let times: Vec<usize> = times.chain([replace.now.chars().count()]).collect();
            for piece in replaced.filter(|piece| !piece.is_empty()) {
                let wanted = times.iter().filter_map(|times| {
                    let whole = piece.len().checked_mul(*times)?;
                    (whole < 20_000).then(|| text_cell(&piece.repeat((*times).max(1))))
                });
                wishes.push(Wish::Cells(wanted.collect()));
            }
            wishes
        }
        Wish::Cells(cells) => {
            let mut before = cells.clone();
            for text in cells.iter().filter_map(one_text) {
                if !by.is_empty() && text.contains(by) {
                    let pieces = example::java(pattern).into_iter().take(4);
                    before.extend(pieces.map(|piece| text_cell(&text.replace(by, &piece))));
                }
            }
            vec![Wish::Cells(before)]
        }
        other => vec![other.clone()],
    }
}

/// A character that a replacement leaves alone.
fn staying(pattern: &str) -> Option<char> {
    let finder = Finder::java(pattern).ok()?;
    let own = pattern
        .chars()
        .filter(|c| !c.is_ascii() || c.is_alphanumeric());
    let mut tried = "xa1".chars().chain(own);
    tried.find(|c| {
        let text = c.to_string();
        finder.replace_all(&text, "").is_ok_and(|left| left == text)
    })
}

/// A text that splits into what is wished.
pub(super) fn joined(wish: &Wish, separator: &str) -> Wish {
    match wish {
        Wish::Cells(cells) => {
            let texts = cells.iter().flat_map(|cell| {
                let parts: Vec<String> = cell.values().iter().map(ToString::to_string).collect();
                let whole = parts.join(separator);
                [
                    format!("sample{separator}{whole}"),
                    whole.clone(),
                    format!("{whole}{separator}sample"),
                ]
            });
            Wish::Cells(texts.map(|text| text_cell(&text)).collect())
        }
        Wish::Count(count) => {
            let parts: Vec<String> = (1..=*count)
                .take(MAX_VALUES)
                .map(|number| number.to_string())
                .collect();
            Wish::Cells(vec![text_cell(&parts.join(separator))])
        }
        other => other.clone(),
    }
}

/// Texts in which a part stands at these places, from 1; 0 where it is not in them.
pub(super) fn located(part: &str, places: Vec<i64>) -> Vec<String> {
    let text = |place: i64| match place {
        ..=0 => Some("sample".to_owned()),
        _ => Some(format!("{}{part}", repeated('x', place - 1)?)),
    };
    places.into_iter().filter_map(text).collect()
}

/// What a substring that begins at a place, from 1, was cut from.
pub(super) fn shifted(wish: &Wish, start: i64) -> Wish {
    let Wish::Cells(cells) = wish else {
        return wish.clone();
    };
    let before = repeated('x', start - 1).unwrap_or_default();
    let texts = cells.iter().filter_map(one_text);
    Wish::Cells(
        texts
            .map(|text| text_cell(&format!("{before}{text}")))
            .collect(),
    )
}

/// What a text was before it was decoded or extracted.
pub(super) fn encoded(function: Function, wish: &Wish, path: Option<&str>) -> Wish {
    let texts: Vec<String> = match wish {
        Wish::Cells(cells) => cells.iter().map(Cell::text).collect(),
        Wish::Pattern(pattern) => super::patterns::texts(pattern),
        Wish::Any => vec!["sample".to_owned()],
        other => return other.clone(),
    };
    let before = texts.iter().filter_map(|text| match function {
        Function::UrlDecode => Some(text.replace('%', "%25").replace('+', "%2B")),
        Function::FromBase64 => Some(STANDARD.encode(text)),
        Function::ToBase64 => String::from_utf8(STANDARD.decode(text).ok()?).ok(),
        _ => Some(json_with(path?, text)),
    });
    Wish::Cells(before.map(|text| text_cell(&text)).collect())
}

/// A JSON text that holds a text at a path (`$.a.b[0]`).
fn json_with(path: &str, text: &str) -> String {
    let inner = text.replace('\\', "\\\\").replace('"', "\\\"");
    let mut json = format!("\"{inner}\"");
    let path = path.trim_start_matches('$').trim_start_matches('.');
    let parts: Vec<&str> = path
        .split(['.', '[', ']'])
        .filter(|part| !part.is_empty())
        .collect();
    for part in parts.iter().rev() {
        let name = part.trim_matches(['\'', '"']);
        let mut outer = String::new();
        let _ = match name.parse::<usize>() {
            Ok(_) => write!(outer, "[{json}]"),
            Err(_) => write!(outer, "{{\"{name}\":{json}}}"),
        };
        json = outer;
    }
    json
}
