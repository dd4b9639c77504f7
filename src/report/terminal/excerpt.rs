//! A line of a file with carets under a place in it.

use std::fmt::Write as _;

use super::style::{BAD, DIM, Painter, clean, width};
use crate::replay::outcome::Place;

/// How much of a line is shown at most.
const SHOWN: usize = 96;
/// How much of a line is shown however narrow the terminal is.
const LEAST: usize = 40;
/// The columns in front of a line.
const MARGIN: usize = 10;

/// How many columns of a line are shown on a terminal of this width.
pub(super) fn room(columns: Option<usize>) -> usize {
    columns.map_or(SHOWN, |columns| {
        columns.saturating_sub(MARGIN + 1).clamp(LEAST, SHOWN)
    })
}

/// Draws the place with words beside its carets, on a terminal with this many columns.
pub(super) fn draw(
    place: &Place,
    words: &str,
    columns: Option<usize>,
    painter: Painter,
    text: &mut String,
) {
    let shown_columns = room(columns);
    let (number, _) = place.source.line_column(place.span.start);
    let whole = place.source.text();
    let start = place.span.range().start.min(whole.len());
    let end = place.span.range().end.min(whole.len());
    let line_start = whole.get(..start).and_then(|before| before.rfind('\n'));
    let line_start = line_start.map_or(0, |at| at + 1);
    let line = whole.get(line_start..).unwrap_or("");
    let line = line.lines().next().unwrap_or("");
    let blank = line.len() - line.trim_start().len();
    let before = line.get(blank..start - line_start).unwrap_or("");
    let marked = whole.get(start..end).unwrap_or("");
    let marked = marked.lines().next().unwrap_or("");
    let after = line.get(start - line_start + marked.len()..).unwrap_or("");
    let before = near_end(before, shown_columns);
    let shown = cut_to(&format!("{before}{marked}{after}"), shown_columns);
    let number = number.to_string();
    let _ = writeln!(
        text,
        "  {} {} {}",
        painter.paint(DIM, &format!("{number:>5}")),
        painter.paint(DIM, "│"),
        clean(&shown)
    );
    let words = clean(words);
    let room = shown_columns.saturating_sub(width(&before));
    let beside = (width(marked) + width(&words) < room).then_some(words.as_str());
    let carets = "^".repeat(width(marked).max(1).min(room.max(1)));
    let _ = writeln!(
        text,
        "        {} {:pad$}{}{}",
        painter.paint(DIM, "│"),
        "",
        painter.paint(BAD, &carets),
        beside.map_or_else(String::new, |words| format!(" {words}")),
        pad = width(&before)
    );
    if beside.is_none() {
        let _ = writeln!(text, "        {} {words}", painter.paint(DIM, "│"));
    }
}

/// The end of what stands before a place far to the right.
fn near_end(before: &str, shown: usize) -> String {
    // From so far on a line is shown from its middle.
    let far = shown * 3 / 4;
    if width(before) <= far {
        return before.to_owned();
    }
    let skip = before.chars().count().saturating_sub(far / 2);
    format!("…{}", before.chars().skip(skip).collect::<String>())
}

/// As much of a line as is shown where the width is not known.
pub(super) fn cut(line: &str) -> String {
    cut_to(line, SHOWN)
}

/// The maximum number of characters of a line.
pub(super) fn cut_to(line: &str, shown: usize) -> String {
    if line.chars().count() <= shown {
        return line.to_owned();
    }
    format!(
        "{}…",
        line.chars()
            .take(shown.saturating_sub(1))
            .collect::<String>()
    )
}
