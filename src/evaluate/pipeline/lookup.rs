//! Joins with tables: LOOKUP JOIN and ENRICH.

use super::TableRows;
use super::row::Row;
use crate::event::Value;
use crate::plan::pipeline::cell::order;
use crate::plan::pipeline::{Cell, Lookup};

/// The rows that a row becomes.
pub(super) fn rows(lookup: &Lookup, row: Row, tables: &[TableRows]) -> Vec<Row> {
    let Some(table) = tables.iter().find(|table| table.name == lookup.table) else {
        return vec![row];
    };
    let place = |name: &str| table.columns.iter().position(|column| column == name);
    let cell = |cells: &[Cell], name: &str| {
        let found = place(name).and_then(|place| cells.get(place));
        found.cloned().unwrap_or(Cell::NULL)
    };
    let fits = |cells: &&Vec<Cell>| {
        lookup.on.iter().all(|(column, name)| {
            let (left, right) = (row.get(*column), cell(cells, name));
            // A join on equality takes single values; ENRICH takes any of several.
            let left = match left {
                Cell::Many(_) if lookup.one_row_a_match => &[],
                other => other.values(),
            };
            let equal = |a: &Value, b: &Value| order(a, b).is_eq();
            left.iter()
                .any(|a| right.values().iter().any(|b| equal(a, b)))
        })
    };
    let matching: Vec<&Vec<Cell>> = table.rows.iter().filter(fits).collect();
    if matching.is_empty() {
        return vec![row];
    }
    if !lookup.one_row_a_match {
        let mut joined = row.clone();
        for (name, column) in &lookup.columns {
            let values = matching
                .iter()
                .flat_map(|cells| cell(cells, name).values().to_vec());
            joined.set(*column, Cell::of(values.collect()));
        }
        return vec![joined];
    }
    let joined = matching.into_iter().map(|cells| {
        let mut joined = row.clone();
        for (name, column) in &lookup.columns {
            joined.set(*column, cell(cells, name));
        }
        joined
    });
    joined.collect()
}
