//! An `_eql/search` response as a table: one line per event with its time, category, id and the
//! fields that the query names; sequences and samples are grouped under their keys.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::terminal::clean;
use crate::event::Event;

/// Fields that tell what an event is about, where the query names none.
const TELLING: &[&str] = &[
    "event.action",
    "host.name",
    "user.name",
    "process.name",
    "process.command_line",
    "file.path",
    "registry.path",
    "destination.ip",
    "dns.question.name",
    "message",
];
/// The most columns beside time, category and id.
const MAX_FIELDS: usize = 5;
/// The least width of a column.
const MIN_WIDTH: usize = 8;
/// The width of a column that nobody shortens.
const MAX_WIDTH: usize = 60;

/// How the table looks.
#[derive(Debug, Clone)]
pub struct TableOptions {
    /// The columns of the terminal; `None`: nothing is shortened below a fair width.
    pub width: Option<usize>,
    /// The field that holds the time.
    pub time: String,
    /// The field that holds the category.
    pub category: String,
    /// The fields that the query names.
    pub fields: Vec<String>,
}

/// One printed event; `None` is a missing one.
type Row = Option<Vec<String>>;

/// Draws the table, ending in a line with the count.
pub fn table(body: &Json, options: &TableOptions) -> String {
    let hits = body.get("hits");
    let list = |key: &str| hits.and_then(|hits| hits.get(key)).and_then(Json::as_array);
    let sequences = list("sequences").into_iter().flatten();
    let groups: Vec<(Option<String>, Vec<&Json>)> = match list("events") {
        Some(events) => vec![(None, events.iter().collect())],
        None => sequences
            .map(|sequence| {
                let events = sequence.get("events").and_then(Json::as_array);
                (Some(keys(sequence)), events.into_iter().flatten().collect())
            })
            .collect(),
    };
    let (count, one, many) = match list("events") {
        Some(events) => (events.len(), "event", "events"),
        None => (groups.len(), "match", "matches"),
    };
    let fields = chosen(
        groups.iter().flat_map(|(_, events)| events.iter().copied()),
        options,
    );
    let mut header = vec!["time".to_owned(), "category".to_owned(), "id".to_owned()];
    header.extend(fields.iter().cloned());
    let groups: Vec<(Option<String>, Vec<Row>)> = groups
        .into_iter()
        .map(|(key, events)| {
            let rows = events.into_iter().map(|event| row(event, &fields, options));
            (key, rows.collect())
        })
        .collect();
    let rows = groups.iter().flat_map(|(_, rows)| rows.iter().flatten());
    let widths = widths(&header, rows, options.width);
    let mut text = String::new();
    if count > 0 {
        line(&header, &widths, &mut text);
    }
    for (number, (key, rows)) in (1..).zip(&groups) {
        if let Some(key) = key {
            let key = clean(key);
            let _ = writeln!(
                text,
                "\n{number}{}{key}",
                if key.is_empty() { "" } else { "  " }
            );
        }
        for row in rows {
            match row {
                Some(cells) => line(cells, &widths, &mut text),
                None => text.push_str("(missing)\n"),
            }
        }
    }
    if count > 0 {
        text.push('\n');
    }
    let _ = writeln!(text, "{count} {}", if count == 1 { one } else { many });
    text
}

fn keys(sequence: &Json) -> String {
    let keys = sequence.get("join_keys").and_then(Json::as_array);
    let keys = keys.into_iter().flatten().map(|key| match key {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    });
    keys.collect::<Vec<_>>().join(", ")
}

fn source(event: &Json) -> Option<&Map<String, Json>> {
    event.get("_source").and_then(Json::as_object)
}

fn is_missing(event: &Json) -> bool {
    event.get("missing").and_then(Json::as_bool) == Some(true)
}

/// The fields that get a column: those of the query, else telling ones; any that an event has.
fn chosen<'e>(events: impl Iterator<Item = &'e Json>, options: &TableOptions) -> Vec<String> {
    let events: Vec<Event> = events
        .filter_map(source)
        .map(Event::from_document)
        .collect();
    let there = |path: &str| events.iter().any(|event| !event.values(path).is_empty());
    let named = options.fields.iter().map(String::as_str);
    let mut chosen: Vec<String> = Vec::new();
    for path in named.chain(TELLING.iter().copied()) {
        let shown = path == options.time || path == options.category;
        if chosen.len() < MAX_FIELDS && !shown && there(path) && !chosen.iter().any(|c| c == path) {
            chosen.push(path.to_owned());
        }
    }
    chosen
}

fn row(event: &Json, fields: &[String], options: &TableOptions) -> Row {
    if is_missing(event) {
        return None;
    }
    let id = event.get("_id").and_then(Json::as_str).unwrap_or("");
    let event = source(event).map(Event::from_document).unwrap_or_default();
    let cell = |path: &str| {
        let values = event.values(path).iter();
        let values: Vec<String> = values.map(|value| clean(&value.to_string())).collect();
        values.join(", ")
    };
    let mut cells = vec![cell(&options.time), cell(&options.category), clean(id)];
    cells.extend(fields.iter().map(|path| cell(path)));
    Some(cells)
}

/// What each column may take: all that it wants if there is room, else the widest give way.
fn widths<'r>(
    header: &[String],
    rows: impl Iterator<Item = &'r Vec<String>>,
    limit: Option<usize>,
) -> Vec<usize> {
    let mut widths: Vec<usize> = header.iter().map(|cell| cell.width()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    for width in &mut widths {
        *width = (*width).min(MAX_WIDTH);
    }
    let Some(limit) = limit else { return widths };
    let room = limit.saturating_sub(2 * widths.len().saturating_sub(1));
    while widths.iter().sum::<usize>() > room {
        match widths.iter_mut().max() {
            Some(widest) if *widest > MIN_WIDTH => *widest -= 1,
            _ => break,
        }
    }
    widths
}

fn line(cells: &[String], widths: &[usize], text: &mut String) {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        let cell = cut(cell, *width);
        line.push_str(&cell);
        let pad = width.saturating_sub(cell.width()) + 2;
        line.extend(std::iter::repeat_n(' ', pad));
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

/// The text in at most `width` columns, cut in the middle: both ends of a path tell something.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(1);
    let (head, tail) = (room - room / 2, room / 2);
    let mut cut = prefix(text.chars(), head);
    cut.push('…');
    let end: String = prefix(text.chars().rev(), tail).chars().rev().collect();
    cut.push_str(&end);
    cut
}

fn prefix(characters: impl Iterator<Item = char>, width: usize) -> String {
    let mut taken = 0;
    characters
        .take_while(|character| {
            taken += character.width().unwrap_or(0);
            taken <= width
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn look(width: usize, fields: &[&str]) -> TableOptions {
        TableOptions {
            width: Some(width),
            time: "@timestamp".into(),
            category: "event.category".into(),
            fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        }
    }

    fn event(id: &str, path: &str) -> Json {
        json!({"_index": "i", "_id": id, "_source": {
            "@timestamp": "2024-01-31T12:00:00Z", "event": {"category": ["process"]},
            "process.executable": path, "user.name": "日本\u{1b}[31m"}})
    }

    #[test]
    fn long_cells_are_cut_in_the_middle_and_controls_are_harmless() {
        let path = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe";
        let body = json!({"hits": {"events": [event("1", path), event("2", "cmd.exe")]}});
        let text = table(&body, &look(80, &["process.executable"]));
        insta::assert_snapshot!(text);
        assert!(text.lines().all(|line| line.width() <= 80));
    }

    #[test]
    fn sequences_stand_under_their_keys() {
        let missing = json!({"_index": "", "_id": "", "_source": {}, "missing": true});
        let body = json!({"hits": {"sequences": [
            {"join_keys": ["host-1", null, 4], "events": [event("1", "a"), missing]},
            {"events": [event("2", "b"), event("3", "c")]}]}});
        insta::assert_snapshot!(table(&body, &look(100, &["process.executable"])));
    }

    #[test]
    fn nothing_is_said_to_be_nothing() {
        let body = json!({"hits": {"events": []}});
        assert_eq!(table(&body, &look(80, &[])), "0 events\n");
    }

    #[test]
    fn a_cut_counts_columns_not_characters() {
        assert_eq!(cut("日本語日本語", 7), "日…語");
        assert_eq!(cut("abcdefgh", 5), "ab…gh");
        assert_eq!(cut("abc", 3), "abc");
    }
}
