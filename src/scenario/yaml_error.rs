//! Says what is wrong with a text that is no YAML, in the words of people who write scenarios.
//! Called by `scenario::yaml` only.

use std::sync::Arc;

use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::{Error, Location};

use super::error::{BACKSLASH, LIMIT, SYNTAX, TAB};
use crate::diagnostic::{Code, Diagnostic, SourceText, Span};

/// The parser's error as a diagnostic. `skipped` bytes of the file were not given to the parser.
pub(super) fn explain(source: &Arc<SourceText>, skipped: usize, error: &Error) -> Diagnostic {
    let error = innermost(error);
    let offset = error
        .location()
        .map_or(0, |location| offset(source, location, skipped));
    if let Some(found) = limit(error) {
        return found.at(source, at(source, offset), "");
    }
    // The parser points at the tab or behind it.
    if let Some(tab) = indenting_tab(source.text(), offset) {
        return tabs(source, tab);
    }
    let words = wording(source, offset, &error.to_string());
    let span = if words.code == BACKSLASH {
        quoted(source.text(), offset)
    } else {
        at(source, offset)
    };
    let diagnostic = Diagnostic::error(words.code, words.message).at(source, span, words.label);
    words
        .help
        .iter()
        .fold(diagnostic, |diagnostic, help| diagnostic.help(*help))
}

/// The error itself, without what the crate wraps around it.
fn innermost(error: &Error) -> &Error {
    match error {
        Error::AliasError { error, .. } | Error::WithSnippet { error, .. } => innermost(error),
        error => error,
    }
}

/// Errors about size and depth.
fn limit(error: &Error) -> Option<Diagnostic> {
    let deep = || {
        Diagnostic::error(LIMIT, "the file nests deeper than 64 levels")
            .help("a scenario needs no more than eight")
    };
    match error {
        Error::Budget { breach, .. } => Some(match breach {
            BudgetBreach::Depth { .. } => deep(),
            BudgetBreach::Nodes { .. } => {
                Diagnostic::error(LIMIT, "the file holds more than 250,000 values")
                    .help("split it into several files")
            }
            _ => Diagnostic::error(LIMIT, "the file is too large to be read")
                .help("split it into several files, and use fewer anchors"),
        }),
        Error::AliasReplayCounterOverflow { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => Some(
            Diagnostic::error(LIMIT, "the file's aliases repeat more than 250,000 values")
                .help("an alias whose anchor holds aliases multiplies; write the values out, or split the file"),
        ),
        error if error.to_string().starts_with("recursion limit") => Some(deep()),
        _ => None,
    }
}

/// What to say about one of the parser's messages.
struct Words {
    code: &'static Code,
    message: String,
    label: &'static str,
    help: Vec<&'static str>,
}

fn wording(source: &SourceText, offset: usize, raw: &str) -> Words {
    let message = raw
        .rsplit_once(" at line ")
        .map_or(raw, |(message, _)| message);
    let words = |message: &str, label, help: &[&'static str]| Words {
        code: SYNTAX,
        message: message.to_owned(),
        label,
        help: help.to_vec(),
    };
    let has = |part: &str| message.contains(part);
    if has("escape character") || has("hexadecimal") {
        return Words {
            code: BACKSLASH,
            ..words(
                "a backslash in double quotes begins an escape, and this is none",
                "double quotes",
                &["write it in single quotes, or without quotes: C:\\Windows"],
            )
        };
    }
    if has("mapping values are not allowed") {
        return words(
            "a `:` cannot stand here",
            "a second `:` on one line, or a line indented differently",
            &[
                "a text that contains `: ` needs single quotes; keys of one map begin in the same column",
            ],
        );
    }
    if has("':' indicator") || has("',' or ']'") || has("',' or '}'") || has("flow") {
        return words(
            "a `[` or `{` is not closed before this",
            "",
            &["close it, or put the text in single quotes if no list or map is meant"],
        );
    }
    if has("unknown anchor") {
        return words(
            "no anchor of this name stands before the alias",
            "read as an alias",
            &["a text that begins with `*` needs single quotes; an anchor is written `&name`"],
        );
    }
    if has("unclosed quote") || has("unexpected end of stream") {
        return words(
            "the quote is never closed",
            "opened here",
            &["close it; a single quote within single quotes is written twice"],
        );
    }
    if has("unsupported tag") {
        return words(
            "tags are not used in scenarios",
            "read as a tag",
            &["a text that begins with `!` needs single quotes"],
        );
    }
    if has("unexpected character") {
        let found = source
            .text()
            .get(offset..)
            .and_then(|rest| rest.chars().next());
        return words(
            &found.map_or_else(
                || "a text cannot begin so".to_owned(),
                |c| format!("a text cannot begin with `{c}` unless it is quoted"),
            ),
            "",
            &["put the text in single quotes"],
        );
    }
    if has("block mapping") || has("block collection") || has("simple key") {
        return words(
            "this line does not fit the lines before it",
            "another kind of line, or another column",
            &[
                "items of one list begin with `- ` in one column, keys of one map stand in one column and end in `:`",
            ],
        );
    }
    words(&format!("not YAML: {message}"), "", &[])
}

/// Several places are one mistake: an editor that indents with tabs.
fn tabs(source: &Arc<SourceText>, offset: usize) -> Diagnostic {
    let lines = source
        .text()
        .lines()
        .filter(|line| indent(line).contains('\t'))
        .count();
    let diagnostic =
        Diagnostic::error(TAB, "YAML is indented with spaces, and this line has a tab")
            .at(source, Span::of(offset..offset + 1), "a tab")
            .help("replace it with spaces");
    match lines {
        0 | 1 => diagnostic,
        lines => diagnostic.help(format!("{lines} lines of the file are indented with tabs")),
    }
}

/// The first tab in the indentation of the line at `offset`, or of the one before it.
fn indenting_tab(text: &str, offset: usize) -> Option<usize> {
    let starts = |end: usize| {
        text.get(..end)
            .and_then(|head| head.rfind('\n'))
            .map_or(0, |at| at + 1)
    };
    let line = starts(offset.min(text.len()));
    let before = starts(line.saturating_sub(1));
    [line, before].into_iter().find_map(|start| {
        let at = indent(text.get(start..)?).find('\t')?;
        Some(start + at)
    })
}

fn indent(line: &str) -> &str {
    let end = line
        .find(|c| !matches!(c, ' ' | '\t'))
        .unwrap_or(line.len());
    line.get(..end).unwrap_or("")
}

/// The double-quoted text that begins at or after `offset`, to its closing quote or the line's
/// end.
fn quoted(text: &str, offset: usize) -> Span {
    let rest = text.get(offset..).unwrap_or("");
    let line = rest.lines().next().unwrap_or("");
    let end = line
        .get(1..)
        .and_then(|inner| inner.find('"'))
        .map_or(line.len(), |at| at + 2);
    Span::of(offset..offset + end)
}

/// The character at `offset`.
fn at(source: &SourceText, offset: usize) -> Span {
    let width = source
        .text()
        .get(offset..)
        .and_then(|rest| rest.chars().next())
        .map_or(0, char::len_utf8);
    Span::of(offset..offset + width)
}

/// The byte offset of a place, on a character boundary.
fn offset(source: &SourceText, location: Location, skipped: usize) -> usize {
    let text = source.text();
    let offset = if let Some(offset) = location.span().byte_offset() {
        usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .saturating_add(skipped)
    } else {
        line_column(text.get(skipped..).unwrap_or(""), location) + skipped
    };
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// The byte offset of a line and a column that count from one, in characters.
fn line_column(text: &str, location: Location) -> usize {
    let number = |value: u64| {
        usize::try_from(value)
            .unwrap_or(usize::MAX)
            .saturating_sub(1)
    };
    let start: usize = text
        .split_inclusive('\n')
        .take(number(location.line()))
        .map(str::len)
        .sum();
    let line = text.get(start..).unwrap_or("");
    let column = line
        .char_indices()
        .nth(number(location.column()))
        .map_or(line.len(), |(at, _)| at);
    start + column
}
