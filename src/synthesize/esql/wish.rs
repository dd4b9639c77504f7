//! What a search wants a column to hold.

use crate::event::Value;
use crate::plan::pipeline::Cell;
use crate::plan::predicate::WildcardPattern;

/// What a column should hold.
#[derive(Debug, Clone)]
pub(super) enum Wish {
    /// Something.
    Any,
    /// Nothing.
    Null,
    /// One of these.
    Cells(Vec<Cell>),
    /// A text that a pattern matches.
    Pattern(WildcardPattern),
    /// A text of one of these lengths, of this character.
    Length(Vec<i64>, char),
    /// This many values.
    Count(i64),
}

/// The number of values that a wish for a count is answered with at most.
pub(super) const MAX_VALUES: usize = 500;

impl Wish {
    pub(super) fn texts(texts: &[String]) -> Self {
        Self::Cells(texts.iter().map(|text| text_cell(text)).collect())
    }
}

/// A cell of one text.
pub(super) fn text_cell(text: &str) -> Cell {
    Cell::One(Value::text(text))
}

/// The cells of a wish.
pub(super) fn cells(wish: &Wish) -> &[Cell] {
    match wish {
        Wish::Cells(cells) => cells,
        _ => &[],
    }
}

/// The only text of a cell.
pub(super) fn one_text(cell: &Cell) -> Option<String> {
    match cell {
        Cell::One(Value::Text(text)) => Some(text.to_string()),
        _ => None,
    }
}
