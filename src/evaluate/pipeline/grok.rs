//! GROK: takes parts of a text by regular expressions.

use super::QueryFailure;
use super::functions::convert;
use super::node::Node;
use crate::evaluate::pattern::Finder;
use crate::event::Value;
use crate::plan::pipeline::{Cell, ColumnId, DataType, Function, GrokColumn, GrokPattern};

/// A GROK command, compiled.
#[derive(Debug)]
pub(super) struct GrokSpec {
    pub(super) input: Node,
    /// Each with the place of the column of each of its captures.
    patterns: Vec<(Finder, Vec<usize>)>,
    columns: Vec<(ColumnId, DataType)>,
}

impl GrokSpec {
    pub(super) fn new(
        input: Node,
        patterns: &[GrokPattern],
        into: &[GrokColumn],
    ) -> Result<Self, QueryFailure> {
        let compiled = patterns.iter().map(|pattern| {
            let column_of = |name: &str| into.iter().position(|column| column.name == name);
            let places = pattern
                .captures
                .iter()
                .filter_map(|(name, _)| column_of(name));
            Ok((Finder::oniguruma(&pattern.expression)?, places.collect()))
        });
        Ok(Self {
            input,
            patterns: compiled.collect::<Result<_, QueryFailure>>()?,
            columns: into
                .iter()
                .map(|column| (column.column, column.data_type))
                .collect(),
        })
    }

    /// The columns, each with its cell.
    pub(super) fn cells(&self, input: &Cell) -> Vec<(ColumnId, Cell)> {
        let mut found: Vec<Vec<Value>> = vec![Vec::new(); self.columns.len()];
        for value in input.values() {
            if let Value::Text(text) = value {
                self.take(text, &mut found);
            }
        }
        let columns = self.columns.iter().zip(found);
        columns
            .map(|((column, _), values)| (*column, Cell::of(values)))
            .collect()
    }

    /// The groups of the first pattern that matches.
    fn take(&self, text: &str, found: &mut [Vec<Value>]) {
        for (finder, places) in &self.patterns {
            let Some(groups) = finder.groups(text, places.len()) else {
                continue;
            };
            for (place, group) in places.iter().zip(groups) {
                let data_type = self.columns.get(*place).map(|(_, data_type)| *data_type);
                if let (Some(group), Some(data_type), Some(values)) =
                    (group, data_type, found.get_mut(*place))
                {
                    values.extend(typed(group, data_type));
                }
            }
            return;
        }
    }
}

/// The text as a value of a type; one that is none is left out.
fn typed(text: &str, data_type: DataType) -> Option<Value> {
    let text = Value::text(text);
    let function = match data_type {
        DataType::Integer => Function::ToInteger,
        DataType::Long => Function::ToLong,
        DataType::Double => Function::ToDouble,
        DataType::Boolean => Function::ToBoolean,
        _ => return Some(text),
    };
    convert::each(function, &text).ok()
}
