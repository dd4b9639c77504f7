//! A row: its cells, and the documents that it comes from.

use std::sync::Arc;

use super::held;
use crate::event::EventId;
use crate::plan::pipeline::{Cell, ColumnId};

/// A row of a run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    cells: Vec<Cell>,
    pub(super) events: Provenance,
}

/// The documents that a row comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Provenance {
    /// One document.
    One(EventId),
    /// None, or several in order.
    Several(Arc<[EventId]>),
}

impl Provenance {
    /// The documents, in order.
    pub(super) fn events(&self) -> &[EventId] {
        match self {
            Self::One(event) => std::slice::from_ref(event),
            Self::Several(events) => events,
        }
    }

    /// The document, if the row still is one.
    pub(super) fn document(&self) -> Option<EventId> {
        match self {
            Self::One(event) => Some(*event),
            Self::Several(_) => None,
        }
    }
}

impl Row {
    /// A row without values.
    pub(super) fn new(width: usize, events: Provenance) -> Self {
        Self {
            cells: vec![Cell::NULL; width],
            events,
        }
    }

    /// The cell of a column.
    pub(super) fn get(&self, column: ColumnId) -> &Cell {
        static NULL: Cell = Cell::NULL;
        self.cells.get(column.index()).unwrap_or(&NULL)
    }

    /// About how many bytes it takes.
    pub(super) fn memory(&self) -> usize {
        let cells = self.cells.iter().map(held::of_cell);
        size_of::<Self>() + cells.sum::<usize>()
    }

    pub(super) fn set(&mut self, column: ColumnId, cell: Cell) {
        if let Some(old) = self.cells.get_mut(column.index()) {
            *old = cell;
        }
    }
}
