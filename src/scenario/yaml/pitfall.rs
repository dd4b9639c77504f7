//! Explains common YAML mistakes, each with its fix.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, SourceText, Span};
use crate::scenario::error::{BACKSLASH, LIMIT, SYNTAX, TAB};

/// What is wrong at a place of a document.
pub(super) struct Pitfall {
    code: &'static Code,
    message: String,
    range: Range<usize>,
    label: String,
    help: Vec<String>,
    /// Backslashes that begin no escape.
    bad_escapes: Vec<usize>,
}

impl Pitfall {
    fn new(code: &'static Code, range: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            range,
            label: String::new(),
            help: Vec::new(),
            bad_escapes: Vec::new(),
        }
    }

    fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// The same as a diagnostic of the file in which the document begins at `base`.
    pub(super) fn diagnostic(&self, source: &Arc<SourceText>, base: usize) -> Diagnostic {
        let span = Span::of(base + self.range.start..base + self.range.end);
        let mut diagnostic =
            Diagnostic::error(self.code, self.message.as_str()).at(source, span, &*self.label);
        diagnostic.help.clone_from(&self.help);
        diagnostic
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
        return explain_tabs(&tabs, first.clone());
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
        't' => "a tab",
        'n' | 'N' | 'L' | 'P' => "a line break",
        'r' => "a carriage return",
        _ => "another character",
    };
    let escape = escape?;
    Some(
        Pitfall::new(
            &BACKSLASH,
            at..at + 1 + escape.len_utf8(),
            "a backslash in double quotes begins an escape",
        )
        .label(format!("this is {meaning}"))
        .help(in_single_quotes(slice)),
    )
}

fn explain_limit(at: usize, message: &str) -> Pitfall {
    let deep = message.contains("recursion limit") || message.contains("Depth");
    let (message, help) = if deep {
        (
            "nested deeper than 32 levels",
            "write the value flat; a field is one dotted key",
        )
    } else if message.contains("alias") || message.contains("anchor") {
        (
            "the aliases of this file repeat too much",
            "a file holds at most 250,000 values, those that aliases repeat included",
        )
    } else {
        (
            "the file holds too much",
            "a file holds at most 250,000 values in 64 MiB of text, aliases included; split it",
        )
    };
    Pitfall::new(&LIMIT, at..at + 1, message)
        .label("the limit is reached here")
        .help(help)
}

fn explain_tabs(tabs: &[Range<usize>], first: Range<usize>) -> Pitfall {
    let found = Pitfall::new(&TAB, first, "YAML allows no tabs in the indentation")
        .label("a tab")
        .help("indent with spaces");
    match tabs.len() {
        0 | 1 => found,
        2 => found.help("another line is indented with a tab, too"),
        n => found.help(format!("{} more lines are indented with tabs", n - 1)),
    }
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
        return Pitfall::new(
            &SYNTAX,
            at..at + 1,
            "an escape in double quotes is not valid",
        );
    };
    let width = text
        .get(first + 1..)
        .and_then(|rest| rest.chars().next())
        .map_or(0, char::len_utf8);
    let mut found = Pitfall::new(
        &BACKSLASH,
        first..first + 1 + width,
        "a backslash in double quotes begins an escape",
    )
    .label("YAML knows no such escape")
    .help(in_single_quotes(text.get(start..end).unwrap_or("")));
    found.bad_escapes = bad;
    found
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

fn in_single_quotes(slice: &str) -> String {
    let inner = slice
        .strip_prefix('"')
        .and_then(|slice| slice.strip_suffix('"'));
    match inner {
        Some(inner) if inner.len() <= SHOWN_TEXT && !inner.contains('\n') => {
            let inner = plain_backslashes(inner).replace('\'', "''");
            format!("use single quotes, in which a backslash is a backslash: '{inner}'")
        }
        _ => "use single quotes, in which a backslash is a backslash".to_owned(),
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
        return Pitfall::new(&SYNTAX, one, "the bracket is never closed").label("opened here");
    }
    if says("illegal placement of ':'") || says("did not find expected ','") {
        return Pitfall::new(&SYNTAX, one, "a bracket above is never closed")
            .label("a new key begins here")
            .help("close the `[` or `{` before this line");
    }
    if says("misplaced bracket") {
        return Pitfall::new(&SYNTAX, one, "this bracket closes nothing");
    }
    if says("unexpected character") {
        return explain_character(text, at);
    }
    if says("unknown anchor") {
        return Pitfall::new(&SYNTAX, word(text, at), "no anchor has this name")
            .label("an alias (`*name`) stands for an anchor (`&name`) above it")
            .help("put the value in quotes if it begins with `*`");
    }
    if says("recursive references") {
        return Pitfall::new(&SYNTAX, word(text, at), "an alias within its own anchor");
    }
    if says("simple key expected ':'") {
        return explain_no_colon(line, line_text);
    }
    if says("block sequence entries are not allowed") {
        return Pitfall::new(&SYNTAX, one, "a list item at the indentation of its key")
            .help("begin the list on a line of its own, or write it in brackets: `[a, b]`")
            .help("put the value in quotes if it begins with `- `");
    }
    if says("did not find expected '-'") {
        return explain_no_item(text, at);
    }
    if says("trailing content after") {
        return Pitfall::new(&SYNTAX, at..line.end, "text after the closing quote")
            .help("put the whole value in quotes; within single quotes write `''` for `'`");
    }
    if says("comments must be separated") {
        return Pitfall::new(&SYNTAX, one, "a comment needs a blank before its `#`");
    }
    explain_other(message, one)
}

fn explain_open_quote(text: &str, at: usize, quote: Range<usize>) -> Pitfall {
    if let Some(end) = path_end(text, at)
        && let Some(path) = text.get(at..end).filter(|path| path.starts_with('"'))
    {
        let message = "a backslash in double quotes begins an escape";
        return Pitfall::new(&BACKSLASH, end - 2..end, message)
            .label("this is a quote within the text")
            .help(in_single_quotes(path));
    }
    Pitfall::new(&SYNTAX, quote, "the quote is never closed").label("opened here")
}

fn explain_no_item(text: &str, at: usize) -> Pitfall {
    let item = word(text, at);
    let found = text.get(item.clone());
    if found.is_some_and(|word| word.starts_with('-')) {
        return Pitfall::new(&SYNTAX, item, "a list item without a blank")
            .help("a list item begins with a dash and a blank: `- item`");
    }
    Pitfall::new(&SYNTAX, item, "a key where a list item is expected")
        .help("a list and a map cannot stand at the same place; check the indentation")
}

/// What the parser says itself, with the help that fits most such errors.
fn explain_other(message: &str, place: Range<usize>) -> Pitfall {
    let message = cleaned(message);
    let help = if message.contains("tag") {
        "tags are not used here; a value that begins with `!` needs single quotes"
    } else if message.contains("bracket") {
        "close what is opened here, or put the text in single quotes"
    } else {
        "align the keys of one map and the dashes of one list; end a key with `: `"
    };
    Pitfall::new(&SYNTAX, place, format!("not valid YAML: {message}")).help(help)
}

fn explain_colon(line: Range<usize>, line_text: &str, at: usize) -> Pitfall {
    let before = line_text.get(..at - line.start).unwrap_or("");
    if before.contains(": ") {
        return Pitfall::new(&SYNTAX, at..at + 1, "a second `: ` in one value")
            .label("here a new key would begin")
            .help("put the value in single quotes");
    }
    let start = line.start + (line_text.len() - line_text.trim_start().len());
    Pitfall::new(&SYNTAX, start..at, "a key where none can stand")
        .label("indented further than the line above allows")
        .help("align the keys of one map; a key with a value on its line has nothing below it")
}

fn explain_character(text: &str, at: usize) -> Pitfall {
    let character = text.get(at..).and_then(|rest| rest.chars().next());
    let found = match character {
        Some(quote @ ('@' | '`' | '%')) => {
            let message = format!("a value without quotes cannot begin with `{quote}`");
            return Pitfall::new(&SYNTAX, word(text, at), message)
                .help("put the value in single quotes");
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
            let message = format!("the control character U+{:04X}", u32::from(control));
            Pitfall::new(&SYNTAX, at..at + control.len_utf8(), message)
                .help("write it in double quotes as an escape, such as \"\\x07\"")
        }
        None => Pitfall::new(
            &SYNTAX,
            word(text, at),
            "a character that YAML does not allow",
        ),
    }
}

fn explain_no_colon(line: Range<usize>, line_text: &str) -> Pitfall {
    let trimmed = line_text.trim_start();
    let start = line.start + (line_text.len() - trimmed.len());
    let found = Pitfall::new(&SYNTAX, start..line.end, "expected `key: value`");
    if trimmed.starts_with('-') && !trimmed.starts_with("- ") {
        return found.help("a list item begins with a dash and a blank: `- item`");
    }
    match trimmed.split_once(':') {
        Some((key, value)) if !value.is_empty() => found
            .label("no blank after the colon")
            .help(format!("write `{key}: {value}`")),
        _ => found.label("no `: ` in this line"),
    }
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

fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
