//! The rows of an ES|QL query as a table for people.

use unicode_width::UnicodeWidthStr;

use crate::plan::pipeline::{Cell, Output};

/// The widest that a column is drawn.
const WIDEST: usize = 60;

/// The table: names, then a row a line. Control characters are escaped.
pub fn table<'r>(columns: &[Output], rows: impl IntoIterator<Item = &'r [Cell]>) -> String {
    let mut lines: Vec<Vec<String>> = vec![columns.iter().map(|c| cut_to_width(&c.name)).collect()];
    for row in rows {
        lines.push(row.iter().map(|cell| cut_to_width(&text(cell))).collect());
    }
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.width()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let mut out = String::new();
    for line in &lines {
        let mut drawn = String::new();
        for (cell, width) in line.iter().zip(&widths) {
            drawn.push_str(cell);
            drawn.push_str(&" ".repeat(width - cell.width().min(*width) + 2));
        }
        out.push_str(drawn.trim_end());
        out.push('\n');
    }
    let count = lines.len() - 1;
    out.push_str(&format!(
        "{count} row{}\n",
        if count == 1 { "" } else { "s" }
    ));
    out
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Null(_) => "null".to_owned(),
        Cell::One(value) => value.to_string(),
        Cell::Many(values) => {
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            format!("[{}]", values.join(", "))
        }
    }
}

fn cut_to_width(text: &str) -> String {
    let mut shown = String::new();
    for c in text.chars() {
        if shown.width() >= WIDEST {
            shown.push('…');
            break;
        }
        if c.is_control() {
            shown.extend(c.escape_debug());
        } else {
            shown.push(c);
        }
    }
    shown
}
