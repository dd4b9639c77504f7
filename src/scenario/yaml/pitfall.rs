//! Explains common YAML mistakes, each with its fix.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::scenario_yaml::{CodePoint, EscapeMeaning, ScenarioYaml, SingleQuotes};
use crate::diagnostic::{Code, Diagnostic, SourceText, Span};
use crate::scenario::error::{BACKSLASH, LIMIT, SYNTAX, TAB};

/// What is wrong at a place of a document.
pub(super) struct Pitfall {
    code: &'static Code,
    range: Range<usize>,
    cause: ScenarioYaml,
    /// Backslashes that begin no escape.
    bad_escapes: Vec<usize>,
}

impl Pitfall {
    fn new(code: &'static Code, range: Range<usize>, cause: ScenarioYaml) -> Self {
        Self {
            code,
            range,
            cause,
            bad_escapes: Vec::new(),
        }
    }

    fn syntax(range: Range<usize>, cause: ScenarioYaml) -> Self {
        Self::new(&SYNTAX, range, cause)
    }

    /// The same as a diagnostic of the file in which the document begins at `base`.
    pub(super) fn diagnostic(&self, source: &Arc<SourceText>, base: usize) -> Diagnostic {
        let span = Span::of(base + self.range.start..base + self.range.end);
        Diagnostic::caused(self.code, &self.cause, source, span)
    }
}

/// Explains what the reader says at byte `at`.
pub(super) fn explain(text: &str, at: usize, message: &str, limit: bool) -> Pitfall {
    let at = floor(text, at);
    if limit {
        return explain_limit(at, message);
    }
    let tabs = tab_lines(text);
    if let Some(first) = tabs.first()
        && (message.contains("tab") || first.start <= at)
    {
        let cause = ScenarioYaml::TabIndentation { lines: tabs.len() };
        return Pitfall::new(&TAB, first.clone(), cause);
    }
    if message.contains("unknown escape") || message.contains("escape sequence") {
        return explain_escapes(text, at);
    }
    explain_syntax(text, at, message)
}

/// Makes the escapes that were reported harmless without moving anything; whether there were any.
pub(super) fn repair(text: &mut String, found: &Pitfall) -> bool {
    for at in &found.bad_escapes {
        if text.as_bytes().get(*at) == Some(&b'\\') {
            text.replace_range(*at..=*at, "/");
        }
    }
    !found.bad_escapes.is_empty()
}

/// A path in double quotes whose backslashes happen to be escapes: `"C:\temp"` holds a tab.
pub(super) fn path_in_double_quotes(slice: &str) -> Option<Pitfall> {
    let escapes = escapes(slice, 0);
    let looks_like_path = escapes.iter().any(|(at, escape)| {
        let before = slice.get(..*at).unwrap_or("");
        let root = before.ends_with([':', '%']) || before.ends_with("HKLM");
        root && escape.is_some_and(|escape| escape.is_ascii_alphanumeric())
    });
    if !looks_like_path {
        return None;
    }
    let (at, escape) = escapes
        .into_iter()
        .find(|(_, escape)| escape.is_some_and(|escape| escape.is_ascii_alphanumeric()))?;
    let meaning = match escape? {
        't' => EscapeMeaning::Tab,
        'n' | 'N' | 'L' | 'P' => EscapeMeaning::LineBreak,
        'r' => EscapeMeaning::CarriageReturn,
        _ => EscapeMeaning::OtherCharacter,
    };
    let escape = escape?;
    let cause = ScenarioYaml::Backslash {
        meaning,
        fix: in_single_quotes(slice),
    };
    let range = at..at + 1 + escape.len_utf8();
    Some(Pitfall::new(&BACKSLASH, range, cause))
}

fn explain_limit(at: usize, message: &str) -> Pitfall {
    let deep = message.contains("recursion limit") || message.contains("Depth");
    let cause = if deep {
        ScenarioYaml::NestedTooDeeply
    } else if message.contains("alias") || message.contains("anchor") {
        ScenarioYaml::TooManyAliases
    } else {
        ScenarioYaml::TooManyValues
    };
    Pitfall::new(&LIMIT, at..at + 1, cause)
}

/// The tabs in the indentation of lines with content.
fn tab_lines(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_start_matches([' ', '\t']);
        let indent = line.get(..line.len() - content.len()).unwrap_or("");
        if let Some(tab) = indent.find('\t')
            && !content.trim().is_empty()
        {
            let end = indent.rfind('\t').map_or(tab, |end| end + 1);
            found.push(offset + tab..offset + end);
        }
        offset += line.len();
    }
    found
}

fn explain_escapes(text: &str, at: usize) -> Pitfall {
    let rest = text.get(at..).unwrap_or("");
    let quote = rest.find('"').unwrap_or(0);
    let start = at + quote;
    let end = double_quoted_end(text, start);
    let bad: Vec<usize> = escapes(text.get(start..end).unwrap_or(""), start)
        .into_iter()
        .filter(|(_, escape)| !escape.is_some_and(is_escape))
        .map(|(at, _)| at)
        .collect();
    let Some(first) = bad.first().copied() else {
        return Pitfall::syntax(at..at + 1, ScenarioYaml::InvalidEscape);
    };
    let width = text
        .get(first + 1..)
        .and_then(|rest| rest.chars().next())
        .map_or(0, char::len_utf8);
    let fix = in_single_quotes(text.get(start..end).unwrap_or(""));
    Pitfall {
        code: &BACKSLASH,
        range: first..first + 1 + width,
        cause: ScenarioYaml::UnknownEscape { fix },
        bad_escapes: bad,
    }
}

/// Each backslash that begins an escape, and what follows it.
fn escapes(slice: &str, base: usize) -> Vec<(usize, Option<char>)> {
    let mut found = Vec::new();
    let mut characters = slice.char_indices();
    while let Some((at, character)) = characters.next() {
        if character == '\\' {
            found.push((base + at, characters.next().map(|(_, escape)| escape)));
        }
    }
    found
}

fn is_escape(escape: char) -> bool {
    matches!(
        escape,
        '0' | 'a'
            | 'b'
            | 't'
            | 'n'
            | 'v'
            | 'f'
            | 'r'
            | 'e'
            | ' '
            | '"'
            | '/'
            | '\\'
            | 'N'
            | '_'
            | 'L'
            | 'P'
            | 'x'
            | 'u'
            | 'U'
            | '\t'
            | '\n'
            | '\r'
    )
}

/// The end of a double-quoted scalar: after its closing quote, or the end of the line without one.
fn double_quoted_end(text: &str, start: usize) -> usize {
    if let Some(end) = path_end(text, start) {
        return end;
    }
    let mut escaped = false;
    for (at, character) in text.get(start..).unwrap_or("").char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return start + at + 1,
            _ => {}
        }
    }
    let line = text.get(start..).unwrap_or("").lines().next();
    start + line.map_or(0, str::len)
}

/// The end of a path whose last backslash stands before the closing quote (`"C:\Tools\"`), which
/// YAML takes for an escaped quote; the line ends there, or its flow does.
fn path_end(text: &str, start: usize) -> Option<usize> {
    let line = text.get(start..)?.lines().next()?;
    let quote = line.get(1..)?.find('"')? + 1;
    let rest = line.get(quote + 1..)?.trim_start();
    let is_end = rest.is_empty() || rest.starts_with([',', ']', '}', '#']);
    (is_end && line.get(..quote)?.ends_with('\\')).then_some(start + quote + 1)
}

/// A longer text is not shown once more.
const SHOWN_TEXT: usize = 240;

/// The text that the author means: `\\\\` is one backslash, but the two with which a path on a
/// network share begins stay where the rest of it is written with single ones.
fn plain_backslashes(inner: &str) -> String {
    let (share, rest) = match inner.strip_prefix(r"\\") {
        Some(rest) if !rest.starts_with('\\') => (r"\\", rest),
        _ => ("", inner),
    };
    let path = rest.replace(r"\\", r"\");
    format!("{share}{path}")
}

fn in_single_quotes(slice: &str) -> SingleQuotes {
    let inner = slice
        .strip_prefix('"')
        .and_then(|slice| slice.strip_suffix('"'));
    match inner {
        Some(inner) if inner.len() <= SHOWN_TEXT && !inner.contains('\n') => {
            let inner = plain_backslashes(inner).replace('\'', "''");
            SingleQuotes(Some(format!("'{inner}'")))
        }
        _ => SingleQuotes(None),
    }
}

fn explain_syntax(text: &str, at: usize, message: &str) -> Pitfall {
    let line = line_around(text, at);
    let line_text = text.get(line.clone()).unwrap_or("");
    let one = at..(at + 1).min(text.len()).max(at);
    let says = |part: &str| message.contains(part);
    if says("mapping values are not allowed") {
        return explain_colon(line, line_text, at);
    }
    if says("unclosed quote") {
        return explain_open_quote(text, at, one);
    }
    if says("unclosed bracket") {
        return Pitfall::syntax(one, ScenarioYaml::UnclosedBracket);
    }
    if says("illegal placement of ':'") || says("did not find expected ','") {
        return Pitfall::syntax(one, ScenarioYaml::KeyInBracket);
    }
    if says("misplaced bracket") {
        return Pitfall::syntax(one, ScenarioYaml::UnopenedBracket);
    }
    if says("unexpected character") {
        return explain_character(text, at);
    }
    if says("unknown anchor") {
        let (range, name) = word_and_text(text, at);
        return Pitfall::syntax(range, ScenarioYaml::UnknownAnchor { name });
    }
    if says("recursive references") {
        let (range, name) = word_and_text(text, at);
        return Pitfall::syntax(range, ScenarioYaml::RecursiveAlias { name });
    }
    if says("simple key expected ':'") {
        return explain_no_colon(line, line_text);
    }
    if says("block sequence entries are not allowed") {
        return Pitfall::syntax(one, ScenarioYaml::ItemAtKey);
    }
    if says("did not find expected '-'") {
        return explain_no_item(text, at);
    }
    if says("trailing content after") {
        return Pitfall::syntax(at..line.end, ScenarioYaml::TextAfterQuote);
    }
    if says("comments must be separated") {
        return Pitfall::syntax(one, ScenarioYaml::CommentWithoutBlank);
    }
    let said = cleaned(message).to_owned();
    Pitfall::syntax(one, ScenarioYaml::Other { said })
}

fn explain_open_quote(text: &str, at: usize, quote: Range<usize>) -> Pitfall {
    if let Some(end) = path_end(text, at)
        && let Some(path) = text.get(at..end).filter(|path| path.starts_with('"'))
    {
        let cause = ScenarioYaml::Backslash {
            meaning: EscapeMeaning::Quote,
            fix: in_single_quotes(path),
        };
        return Pitfall::new(&BACKSLASH, end - 2..end, cause);
    }
    Pitfall::syntax(quote, ScenarioYaml::UnclosedQuote)
}

fn explain_no_item(text: &str, at: usize) -> Pitfall {
    let item = word(text, at);
    let found = text.get(item.clone());
    if found.is_some_and(|word| word.starts_with('-')) {
        return Pitfall::syntax(item, ScenarioYaml::ItemWithoutBlank);
    }
    Pitfall::syntax(item, ScenarioYaml::KeyAmongItems)
}

fn explain_colon(line: Range<usize>, line_text: &str, at: usize) -> Pitfall {
    let before = line_text.get(..at - line.start).unwrap_or("");
    if before.contains(": ") {
        return Pitfall::syntax(at..at + 1, ScenarioYaml::SecondColon);
    }
    let start = line.start + (line_text.len() - line_text.trim_start().len());
    Pitfall::syntax(start..at, ScenarioYaml::MisplacedKey)
}

fn explain_character(text: &str, at: usize) -> Pitfall {
    let character = text.get(at..).and_then(|rest| rest.chars().next());
    let found = match character {
        Some(quote @ ('@' | '`' | '%')) => {
            let cause = ScenarioYaml::NeedsQuotes { found: quote };
            return Pitfall::syntax(word(text, at), cause);
        }
        _ => text
            .get(at..)
            .unwrap_or("")
            .char_indices()
            .find(|(_, c)| c.is_control() && !matches!(c, '\n' | '\r' | '\t')),
    };
    match found {
        Some((offset, control)) => {
            let at = at + offset;
            let found = CodePoint(control);
            Pitfall::syntax(
                at..at + control.len_utf8(),
                ScenarioYaml::ControlCharacter { found },
            )
        }
        None => Pitfall::syntax(word(text, at), ScenarioYaml::ForbiddenCharacter),
    }
}

fn explain_no_colon(line: Range<usize>, line_text: &str) -> Pitfall {
    let trimmed = line_text.trim_start();
    let start = line.start + (line_text.len() - trimmed.len());
    let cause = if trimmed.starts_with('-') && !trimmed.starts_with("- ") {
        ScenarioYaml::NoBlankAfterDash
    } else {
        match trimmed.split_once(':') {
            Some((key, value)) if !value.is_empty() => ScenarioYaml::NoBlankAfterColon {
                name: key.to_owned(),
                fix: value.to_owned(),
            },
            _ => ScenarioYaml::NoColon,
        }
    };
    Pitfall::syntax(start..line.end, cause)
}

/// What the reader says, without its place.
fn cleaned(message: &str) -> &str {
    message
        .rsplit_once(" at line ")
        .map_or(message, |(message, _)| message)
}

fn line_around(text: &str, at: usize) -> Range<usize> {
    let start = text
        .get(..at)
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |newline| newline + 1);
    let rest = text.get(start..).unwrap_or("");
    let length = rest.find('\n').unwrap_or(rest.len());
    let line = rest.get(..length).unwrap_or("").trim_end();
    start..start + line.len()
}

/// The word that begins at `at`.
fn word(text: &str, at: usize) -> Range<usize> {
    let rest = text.get(at..).unwrap_or("");
    let end = rest
        .find([' ', '\t', '\r', '\n', ',', ']', '}'])
        .unwrap_or(rest.len());
    at..at + end
}

/// The word that begins at `at`, and its text.
fn word_and_text(text: &str, at: usize) -> (Range<usize>, String) {
    let range = word(text, at);
    let name = text.get(range.clone()).unwrap_or("").to_owned();
    (range, name)
}

fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
