//! The style of terminal reports: colours, aligned columns, and escapes.

use anstyle::AnsiColor;
pub(super) use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use crate::diagnostic::escape;

/// Errors and failures.
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();
/// Warnings.
pub(super) const WARN: Style = AnsiColor::Yellow.on_default().bold();
/// Success.
pub(super) const GOOD: Style = AnsiColor::Green.on_default().bold();
/// A line that went.
pub(super) const GONE: Style = AnsiColor::Red.on_default();
/// A line that came.
pub(super) const CAME: Style = AnsiColor::Green.on_default();
/// A key in front of its value.
pub(super) const DIM: Style = Style::new().dimmed();
/// The name of what a block is about.
pub(super) const NAME: Style = Style::new().bold();

/// The column in which values begin, as in the snapshots.
pub(super) const COLUMN: usize = 9;

/// Paints, or leaves plain.
#[derive(Debug, Clone, Copy)]
pub(super) struct Painter {
    pub(super) colour: bool,
}

impl Painter {
    /// The text in this style, made safe for a terminal.
    pub(super) fn paint(self, style: Style, text: &str) -> String {
        let text = clean(text);
        if self.colour {
            format!("{style}{text}{style:#}")
        } else {
            text
        }
    }

    /// A key, padded to the column of the values.
    pub(super) fn key(self, style: Style, key: &str) -> String {
        let pad = COLUMN.saturating_sub(key.width()).max(1);
        format!("{}{:pad$}", self.paint(style, key), "")
    }
}

/// The text in one line, without anything that would move the cursor or change the colours.
pub fn clean(text: &str) -> String {
    escape::line(text).into_owned()
}

/// How many columns a text takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// Breaks a list at its commas so that no line is wider than `width`, where that is possible.
pub(super) fn wrap<'a>(items: impl IntoIterator<Item = &'a str>, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for item in items {
        let fits = lines
            .last()
            .is_none_or(|line| line.is_empty() || line.width() + item.width() + 3 <= width);
        match lines.last_mut() {
            Some(line) if fits => {
                if !line.is_empty() {
                    line.push_str(", ");
                }
                line.push_str(item);
            }
            Some(line) => {
                line.push(',');
                lines.push(item.to_owned());
            }
            None => lines.push(item.to_owned()),
        }
    }
    lines
}

/// How wide a list behind the column of the keys may be, on a terminal with this many columns.
pub(super) fn list_width(columns: Option<usize>) -> usize {
    const WIDEST: usize = 88;
    const LEAST: usize = 30;
    let room = columns.map(|columns| columns.saturating_sub(COLUMN + 3));
    room.map_or(WIDEST, |room| room.clamp(LEAST, WIDEST))
}

/// An argument as a POSIX shell reads it.
pub(in crate::report) fn quote(argument: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "/._-=,".contains(character);
    if !argument.is_empty() && argument.chars().all(plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', "'\\''"))
    }
}
