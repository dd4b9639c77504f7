//! Reads the columns of fields and metadata from a document.

use serde_json::Value as JsonValue;

use super::Input;
use super::expression::Environment;
use super::functions::convert;
use super::warning::ReadAs;
use crate::event::field::{FieldType, Reading};
use crate::event::schema::MappedField;
use crate::event::{Event, EventId, Scalar, Value};
use crate::plan::pipeline::cell::order;
use crate::plan::pipeline::{Cell, Column, ColumnOrigin, DataType, Metadata, NullReason};

/// The cell of a column for a document.
pub(super) fn read(
    column: &Column,
    event: EventId,
    input: &Input<'_>,
    env: &Environment<'_>,
) -> Cell {
    let Some(document) = input.events.get(event.index()) else {
        return Cell::NULL;
    };
    match &column.origin {
        ColumnOrigin::Computed => Cell::NULL,
        ColumnOrigin::Metadata(kind) => metadata(*kind, document, event, input),
        ColumnOrigin::Ignored(fields) => {
            let mapping = usize::from(document.mapping.0);
            let ignored = fields.iter().filter(|(_, readers)| {
                let reader = readers.get(mapping).and_then(Option::as_ref);
                reader.is_some_and(|reader| has_ignored(reader, document))
            });
            Cell::of(ignored.map(|(path, _)| Value::text(path)).collect())
        }
        ColumnOrigin::Field {
            readers,
            conversion,
        } => {
            let mapping = usize::from(document.mapping.0);
            let Some(Some(reader)) = readers.get(mapping) else {
                return Cell::NULL;
            };
            let cell = field(reader, document);
            let Some((function, location)) = conversion else {
                return cell;
            };
            let mut values = Vec::new();
            for value in cell.values() {
                match convert::each(*function, value) {
                    Ok(value) => values.push(value),
                    Err(failure) => env.warn(*location, ReadAs::Null, &failure),
                }
            }
            if values.is_empty() && !cell.is_null() {
                return Cell::Null(NullReason::Failed);
            }
            stored(values, column.data_type)
        }
    }
}

/// Whether the document has a value of the field that is too long to be indexed.
fn has_ignored(reader: &MappedField, document: &Event) -> bool {
    let mut values = reader.sources().flat_map(|path| document.values(path));
    values.any(|value| reader.read(value.raw()) == Reading::Ignored)
}

fn field(reader: &MappedField, document: &Event) -> Cell {
    let field_type = match &reader.field_type {
        FieldType::Unindexed(inner) => inner,
        other => other,
    };
    if let Some(constant) = field_type.constant_value() {
        return Cell::One(Value::text(constant));
    }
    if matches!(field_type, FieldType::Unsupported(name) if name == "geo_point") {
        let scalars = document.values(&reader.read_from);
        return points(&reader.read_from, scalars, document);
    }
    let mut values = Vec::new();
    let null_value = reader.options.null_value.iter();
    let null_value = null_value.filter(|_| document.is_null(&reader.read_from));
    let scalars = reader.sources().flat_map(|path| document.values(path));
    for scalar in scalars.chain(null_value) {
        let reading = match field_type {
            FieldType::Text { .. } => Reading::Value(Value::text(scalar.raw().as_text())),
            _ if matches!(reader.field_type, FieldType::Unindexed(_)) => {
                field_type.read(scalar.raw())
            }
            _ => reader.read(scalar.raw()),
        };
        if let Reading::Value(value) = reading {
            values.push(value);
        }
    }
    match field_type {
        FieldType::Text { .. } => Cell::of(values),
        FieldType::Keyword { .. }
        | FieldType::ConstantKeyword { .. }
        | FieldType::Wildcard { .. }
        | FieldType::Ip
        | FieldType::Version => stored(values, DataType::Keyword),
        _ => stored(values, DataType::Long),
    }
}

/// Values as they come out of storage: sorted, and for texts, addresses and versions each once.
fn stored(mut values: Vec<Value>, data_type: DataType) -> Cell {
    if values.len() > 1 {
        values.sort_by(order);
        let is_set = matches!(
            data_type,
            DataType::Keyword | DataType::Ip | DataType::Version
        );
        if is_set {
            values.dedup();
        }
    }
    Cell::of(values)
}

/// A point is written as text, as an array of two numbers, or as an object of `lat` and `lon`.
fn points(path: &str, scalars: &[Scalar], document: &Event) -> Cell {
    let number = |scalar: &Scalar| scalar.raw().as_text().parse::<f64>().ok();
    let part = |name: &str| {
        let values = document.values(&format!("{path}.{name}")).iter();
        values.map(number).collect::<Vec<Option<f64>>>()
    };
    let (longitudes, latitudes) = (part("lon"), part("lat"));
    let pairs = longitudes.into_iter().zip(latitudes);
    let mut values: Vec<Value> = pairs
        .filter_map(|(longitude, latitude)| Some(convert::point(longitude?, latitude?)))
        .collect();
    let mut numbers = Vec::new();
    for scalar in scalars {
        match scalar {
            Scalar::Number(_) => numbers.extend(number(scalar)),
            other => {
                let text = Value::text(other.raw().as_text());
                values.extend(convert::geo_point(&text).ok());
            }
        }
    }
    for pair in numbers.chunks_exact(2) {
        if let [longitude, latitude] = pair {
            values.push(convert::point(*longitude, *latitude));
        }
    }
    Cell::of(values)
}

fn metadata(kind: Metadata, document: &Event, event: EventId, input: &Input<'_>) -> Cell {
    let text = |text: &Option<String>| Cell::from(text.as_deref().map(Value::text));
    match kind {
        Metadata::Id => match &document.id {
            Some(id) => Cell::One(Value::text(id)),
            // Every stored document has an id; one that none was given has its number.
            None => Cell::One(Value::text(&format!("{}", event.0))),
        },
        Metadata::Index => text(&document.index),
        Metadata::Version => Cell::One(Value::Integer(1)),
        Metadata::IndexMode => Cell::One(Value::text("standard")),
        Metadata::Source => match input.sources.get(event.index()) {
            Some(source) => Cell::One(Value::text(source)),
            None => {
                let source = JsonValue::Object(document.to_source());
                Cell::One(Value::text(&source.to_string()))
            }
        },
        Metadata::Score => Cell::NULL,
    }
}
