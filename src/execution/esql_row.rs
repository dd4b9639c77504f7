//! A row of an ES|QL rule as Kibana makes an alert of it: which event it is, what its columns say, and
//! which of them the index of alerts takes.

use crate::data_source::takes;
use crate::evaluate::pipeline::OutputRow;
use crate::event::{Event, Scalar, Value};
use crate::plan::pipeline::{Cell, Operation, Pipeline};

/// The columns that say which document a row is of; they are no fields of an alert.
const IDENTITY: [&str; 3] = ["_id", "_index", "_version"];

/// What Kibana takes out of every document that it makes an alert of.
const BANNED: [&str; 3] = ["kibana", "signal", "threshold_result"];

/// What of a row, beside its event, makes its alert another one, where an event alerts once: the values
/// that MV_EXPAND has taken apart; the whole row where it does not show them (`generateAlertId`,
/// `getMvExpandUsage`).
pub fn expanded_values(pipeline: &Pipeline, row: &OutputRow) -> Vec<String> {
    let mut steps = pipeline.steps.iter();
    let is_expansion = |operation: &Operation| matches!(operation, Operation::Expand { .. });
    if !steps.any(|step| is_expansion(&step.operation)) {
        return Vec::new();
    }
    let expanded = pipeline.steps.iter().map(|step| match &step.operation {
        Operation::Expand { into, .. } => {
            let mut outputs = pipeline.outputs.iter();
            let place = outputs.position(|output| output.column == Some(*into))?;
            Some(row.cells.get(place)?.text())
        }
        _ => Some(String::new()),
    });
    let values: Option<Vec<String>> = expanded.collect();
    values.unwrap_or_else(|| row.cells.iter().map(Cell::text).collect())
}

/// The values of a row in a field, as suppression groups by them: of the column, and where it has none
/// of the event, which Kibana fetches by its `_id`.
pub fn values(
    pipeline: &Pipeline,
    row: &OutputRow,
    event: Option<&Event>,
    field: &str,
) -> Vec<String> {
    let mut outputs = pipeline.outputs.iter();
    let place = outputs.position(|output| output.name == field);
    let cell = place.and_then(|place| row.cells.get(place));
    if let Some(cell) = cell.filter(|cell| !cell.is_null()) {
        return cell.values().iter().map(ToString::to_string).collect();
    }
    let event = event.filter(|_| pipeline.is_deduplicated());
    let values = event.map_or(&[][..], |event| event.values(field));
    values.iter().map(ToString::to_string).collect()
}

/// The document that the alert is made of: the event, if it alerts once, under the columns that have a
/// value (`rowToDocument`, `mergeEsqlResultInSource`), without what does not fit into an alert
/// (`traverseAndMutateDoc`).
pub fn document(pipeline: &Pipeline, row: &OutputRow, event: Option<&Event>) -> Event {
    let event = event.filter(|_| pipeline.is_deduplicated());
    let mut document = event.cloned().unwrap_or_default();
    for (output, cell) in pipeline.outputs.iter().zip(&row.cells) {
        if !IDENTITY.contains(&output.name.as_str()) && !cell.is_null() {
            let values = cell.values().iter().map(scalar);
            document.set(&output.name, values.collect());
        }
    }
    let fields = document.fields().map(|(path, values)| {
        let top = path.split('.').next().unwrap_or(path);
        let kept = values.iter().filter(|value| takes(path, value));
        let kept = kept.filter(|_| !BANNED.contains(&top));
        (path.to_owned(), kept.cloned().collect::<Vec<Scalar>>())
    });
    for (path, kept) in fields.collect::<Vec<_>>() {
        document.set(&path, kept);
    }
    document
}

/// A value as the answer of a query writes it.
fn scalar(value: &Value) -> Scalar {
    match value {
        Value::Integer(_) | Value::Unsigned(_) | Value::Double(_) => {
            Scalar::Number(value.to_string().into())
        }
        Value::Bool(value) => Scalar::Bool(*value),
        other => Scalar::text(other.to_string()),
    }
}
