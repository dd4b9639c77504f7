//! What a scenario gives an ES|QL rule beside events: the answers of a language model, and the
//! tables that rows are joined with.

use crate::evaluate::pipeline::{CompletionAnswer, RequestData, TableRows};
use crate::event::Value;
use crate::event::io::RowMemory;
use crate::plan::pipeline::{Cell, DataType};
use crate::scenario::model::{self, Case, LookupTable, Scenario, WrittenValue};

/// What the scenario gives its attack, or a case. The answers of a case come before those of the
/// scenario.
pub(in crate::replay) fn given(
    scenario: &Scenario,
    case: Option<&Case>,
    memory: RowMemory,
) -> RequestData {
    let own = case.map_or(&[][..], |case| case.completions.as_slice());
    let answer = |answer: &model::CompletionAnswer| CompletionAnswer {
        prompt: answer.prompt.clone(),
        answer: answer.answer.clone(),
    };
    RequestData {
        answers: own
            .iter()
            .chain(&scenario.completions)
            .map(answer)
            .collect(),
        tables: scenario.tables.iter().map(table).collect(),
        memory,
    }
}

/// What the scenario gives in any of its cases, with which its query is compiled.
pub(in crate::replay) fn of_all(scenario: &Scenario) -> RequestData {
    let memory = RowMemory::default();
    let mut all = given(scenario, None, memory);
    for case in &scenario.cases {
        all.answers
            .extend(given(scenario, Some(case), memory).answers);
    }
    all
}

fn table(table: &LookupTable) -> TableRows {
    let mut columns: Vec<String> = Vec::new();
    for (column, _) in table.rows.iter().flatten() {
        if !columns.contains(column) {
            columns.push(column.clone());
        }
    }
    let types: Vec<DataType> = columns
        .iter()
        .map(|column| type_of(values(table, column)))
        .collect();
    let rows = table.rows.iter().map(|row| {
        let cells = columns.iter().zip(&types).map(|(column, data_type)| {
            let own = row.iter().find(|(name, _)| name == column);
            let values = own.map_or(&[][..], |(_, values)| values.as_slice());
            Cell::of(
                values
                    .iter()
                    .map(|value| typed(value, *data_type))
                    .collect(),
            )
        });
        cells.collect()
    });
    TableRows {
        name: table.name.clone(),
        match_field: table.match_field.clone(),
        rows: rows.collect(),
        columns,
        types,
    }
}

fn values<'t>(
    table: &'t LookupTable,
    column: &'t str,
) -> impl Iterator<Item = &'t WrittenValue> + Clone + 't {
    let cells = table.rows.iter().flatten();
    cells
        .filter(move |(name, _)| name == column)
        .flat_map(|(_, values)| values)
}

/// The narrowest type that all values of a column have.
fn type_of<'v>(mut values: impl Iterator<Item = &'v WrittenValue> + Clone) -> DataType {
    let all = |fits: fn(&str) -> bool| {
        let mut values = values.clone();
        values.all(|value| !value.quoted && fits(&value.text))
    };
    if values.clone().next().is_none() {
        return DataType::Keyword;
    }
    if all(|text| text.parse::<i64>().is_ok()) {
        DataType::Long
    } else if all(|text| text.parse::<f64>().is_ok()) {
        DataType::Double
    } else if values.all(|value| !value.quoted && matches!(&*value.text, "true" | "false")) {
        DataType::Boolean
    } else {
        DataType::Keyword
    }
}

fn typed(value: &WrittenValue, data_type: DataType) -> Value {
    let text = || Value::text(&value.text);
    match data_type {
        DataType::Long => value.text.parse().map_or_else(|_| text(), Value::Integer),
        DataType::Double => value.text.parse().map_or_else(|_| text(), Value::Double),
        DataType::Boolean => Value::Bool(value.text == "true"),
        _ => text(),
    }
}
