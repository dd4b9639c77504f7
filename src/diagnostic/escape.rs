//! Escapes of text that comes from input, one function for each kind of sink. Names and values of
//! rules, scenarios and events may be written by somebody who means harm: they must not move a
//! cursor, turn the direction of text, begin a line of their own, or be taken for a command of CI.
//!
//! Reports escape what they write into a line; the console passes everything through
//! [`terminal`] or [`json`] once more, so that nothing that was forgotten reaches a person's
//! terminal.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character does something else than being shown: C0, DEL and C1, marks that turn the
/// direction of text, and separators of lines.
pub fn is_active(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

fn push_escaped(character: char, text: &mut String) {
    match character {
        '\n' => text.push_str("\\n"),
        '\r' => text.push_str("\\r"),
        '\t' => text.push_str("\\t"),
        _ => {
            let _ = write!(text, "\\u{{{:x}}}", u32::from(character));
        }
    }
}

/// Text that stays within its line and does nothing there.
pub fn line(text: &str) -> Cow<'_, str> {
    escape(text, |_| false)
}

/// The same for text of several lines.
pub fn lines(text: &str) -> Cow<'_, str> {
    escape(text, |character| matches!(character, '\n' | '\t'))
}

fn escape(text: &str, is_kept: impl Fn(char) -> bool) -> Cow<'_, str> {
    let is_escaped = |character: char| is_active(character) && !is_kept(character);
    if !text.contains(is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_escaped(character) {
            push_escaped(character, &mut escaped);
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

/// The parameters of the colours in which Trapline and its diagnostics write.
const COLOURS: &[&str] = &[
    "", "0", "1", "2", "31", "32", "33", "34", "35", "36", "37", "91", "92", "93", "94", "95", "96",
];

/// The length of a colour that Trapline may have written, at the start of the text.
fn colour(text: &str) -> Option<usize> {
    let rest = text.strip_prefix("\u{1b}[")?;
    let end = rest.find('m')?;
    let mut parameters = rest.get(..end)?.split(';');
    parameters
        .all(|parameter| COLOURS.contains(&parameter))
        .then_some(end + 3)
}

/// Where the guide is published: what a link of ours leads to.
pub(super) const SITE: &str = "https://trapline-dev.github.io/trapline";

/// The length of the beginning of a link to the guide, or of the end of a link, at the start of the
/// text.
fn link(text: &str) -> Option<usize> {
    let rest = text.strip_prefix("\u{1b}]8;;")?;
    let end = rest.find("\u{1b}\\")?;
    let address = rest.get(..end)?;
    let is_page = |path: &str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_".contains(&byte);
        path.starts_with('/') && path.bytes().all(is_plain)
    };
    let is_ours = address.is_empty() || address.strip_prefix(SITE).is_some_and(is_page);
    is_ours.then_some(end + 6)
}

/// A whole text for a terminal or a log of CI: lines and, where asked for, our colours; no command
/// that GitHub's runner looks for in what a step prints: `::command` at the start of a line, and
/// `##[command]` anywhere.
pub fn terminal(text: &str, has_colours: bool) -> Cow<'_, str> {
    let is_plain = |character: char| !is_active(character) || matches!(character, '\n' | '\t');
    let is_harmless = text.chars().all(is_plain) && !text.contains("::") && !text.contains("##[");
    if is_harmless {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    let (mut rest, mut begins_line) = (text, true);
    while let Some(character) = rest.chars().next() {
        let ours = has_colours.then(|| colour(rest).or_else(|| link(rest)));
        let length = match ours.flatten() {
            Some(length) => length,
            None => character.len_utf8(),
        };
        let (piece, after) = rest.split_at(length);
        if piece.len() > character.len_utf8() {
            safe.push_str(piece);
        } else if begins_line && is_command(rest) {
            safe.push_str("\\:");
        } else if rest.starts_with("##[") {
            safe.push_str("#\\");
        } else if is_plain(character) {
            safe.push(character);
        } else {
            push_escaped(character, &mut safe);
        }
        begins_line = character == '\n' || begins_line && (character.is_whitespace() || length > 1);
        rest = after;
    }
    Cow::Owned(safe)
}

/// Whether a line is a command of GitHub's runner, which knows none that begins with a colon.
fn is_command(line: &str) -> bool {
    let rest = line.strip_prefix("::");
    rest.is_some_and(|rest| !rest.starts_with(':'))
}

/// JSON whose strings do nothing on a terminal or in a log: the same value, with more escapes.
pub fn json(text: &str) -> Cow<'_, str> {
    let is_escaped =
        |character: char| is_active(character) && !matches!(character, '\n' | '\t' | '\r');
    // Checks all bytes without an early exit, so that the compiler can vectorize it.
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t' | b'\r');
    let is_ascii = text
        .bytes()
        .fold(true, |so_far, byte| so_far & is_plain(byte));
    if (is_ascii || !text.contains(is_escaped)) && !text.contains("##[") {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    let mut before = ['\0'; 2];
    for character in text.chars() {
        if is_escaped(character) || character == '[' && before == ['#'; 2] {
            // All of them lie in the first plane.
            let _ = write!(safe, "\\u{:04x}", u32::from(character));
        } else {
            safe.push(character);
        }
        before = [before[1], character];
    }
    Cow::Owned(safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "a\u{1b}]0;P\u{7}\r\n\u{9b}2J\u{202e}\u{2028}\u{7f}b";

    #[test]
    fn a_link_leads_to_the_guide_or_is_no_link() {
        let link = |address: &str| format!("\u{1b}]8;;{address}\u{1b}\\E101\u{1b}]8;;\u{1b}\\");
        let own = link(&format!("{SITE}/errors/E101/"));
        assert_eq!(terminal(&own, true), own);
        assert!(terminal(&own, false).starts_with("\\u{1b}]"));
        for other in [
            "https://evil.example/",
            &format!("{SITE}.evil.example/"),
            &format!("{SITE}/\u{7}"),
        ] {
            assert!(
                terminal(&link(other), true).starts_with("\\u{1b}]"),
                "{other}"
            );
        }
    }

    #[test]
    fn a_line_stays_one_and_does_nothing() {
        let shown = line(HOSTILE);
        assert_eq!(
            shown,
            "a\\u{1b}]0;P\\u{7}\\r\\n\\u{9b}2J\\u{202e}\\u{2028}\\u{7f}b"
        );
        assert_eq!(lines("a\n\tb\u{85}"), "a\n\tb\\u{85}");
        assert!(matches!(line("plain ä 漢"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_terminal_gets_our_colours_and_nothing_else() {
        let text = "\u{1b}[1m\u{1b}[31mx\u{1b}[0m\u{1b}[7m\u{1b}[2Jy";
        assert_eq!(
            terminal(text, true),
            "\u{1b}[1m\u{1b}[31mx\u{1b}[0m\\u{1b}[7m\\u{1b}[2Jy"
        );
        assert!(!terminal(text, false).contains('\u{1b}'));
    }

    #[test]
    fn a_log_of_ci_holds_no_command() {
        let text = "a\n  ::error::x\n\u{1b}[1m::warning::y\n::stop-commands::t ##[add-mask]z\n     ::: a.yaml:3 a::b";
        assert_eq!(
            terminal(text, true),
            "a\n  \\::error::x\n\u{1b}[1m\\::warning::y\n\\::stop-commands::t #\\#[add-mask]z\n     ::: a.yaml:3 a::b"
        );
    }

    #[test]
    fn json_keeps_its_value() {
        let value = serde_json::json!({HOSTILE: [HOSTILE, "##[add-mask]x", "[1]"]});
        let text = value.to_string();
        let safe = json(&text);
        assert!(!safe.contains(is_active) && !safe.contains("##["), "{safe}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&safe).unwrap(),
            value
        );
    }
}
