//! Join keys as numbers: each value of a key field gets a number once, equal values the same one,
//! so that deciding again never touches a text.

use std::cmp::Ordering;
use std::net::Ipv6Addr;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::slots::Slot;
use crate::event::{Timestamp, Value};
use crate::plan::FieldId;

/// The number of a key value.
pub(super) type KeyValue = u32;

/// The number that stands for a missing optional key; equal only to itself.
pub(super) const NULL: KeyValue = KeyValue::MAX;

/// The values of all key fields on all events.
#[derive(Debug, Default)]
pub(super) struct Keys {
    columns: Vec<Column>,
    values: Vec<Value>,
    texts: FxHashMap<Arc<str>, KeyValue>,
    others: FxHashMap<Ident, KeyValue>,
}

/// One key field: the numbers of its values, event by event.
#[derive(Debug)]
struct Column {
    field: FieldId,
    ends: Vec<u32>,
    values: Vec<KeyValue>,
}

/// The identity of a key value: numbers of all numeric types are equal by value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Ident {
    Whole(i128),
    Double(u64),
    Bool(bool),
    Date(Timestamp),
    Ip(Ipv6Addr),
    Version(Arc<str>),
}

impl Keys {
    /// No event yet, for these fields.
    pub(super) fn new(mut fields: Vec<FieldId>) -> Self {
        fields.sort_unstable();
        fields.dedup();
        let column = |field| Column {
            field,
            ends: Vec::new(),
            values: Vec::new(),
        };
        Self {
            columns: fields.into_iter().map(column).collect(),
            ..Self::default()
        }
    }

    /// Adds the next event; `slot` gives a field's values on it.
    pub(super) fn push<'s, 'e: 's>(&mut self, slot: impl Fn(FieldId) -> &'s Slot<'e>) {
        let mut columns = std::mem::take(&mut self.columns);
        for column in &mut columns {
            let slot = slot(column.field);
            let start = column.values.len();
            for text in &slot.texts {
                column.values.push(self.number_of_text(text));
            }
            for value in &slot.values {
                column.values.push(self.number_of(value));
            }
            sort_tail(&mut column.values, start);
            let end = u32::try_from(column.values.len()).unwrap_or(u32::MAX);
            column.ends.push(end);
        }
        self.columns = columns;
    }

    /// The numbers of the values of a field on an event, ascending, each once.
    pub(super) fn of(&self, field: FieldId, event: usize) -> &[KeyValue] {
        let column = self.columns.iter().find(|column| column.field == field);
        column.map_or(&[], |column| {
            let end = column.ends.get(event).copied().unwrap_or(0) as usize;
            let start = event
                .checked_sub(1)
                .and_then(|before| column.ends.get(before));
            let start = start.copied().unwrap_or(0) as usize;
            column.values.get(start..end).unwrap_or(&[])
        })
    }

    /// The value of this number; `None` for the missing one.
    pub(super) fn value(&self, number: KeyValue) -> Option<&Value> {
        self.values.get(number as usize)
    }

    /// The order of two key values: the missing one first, then by value.
    pub(super) fn compare(&self, a: KeyValue, b: KeyValue) -> Ordering {
        match (self.value(a), self.value(b)) {
            (Some(a), Some(b)) => a.compare(b).unwrap_or(Ordering::Equal),
            (a, b) => a.is_some().cmp(&b.is_some()),
        }
        .then(a.cmp(&b))
    }

    fn number_of_text(&mut self, text: &str) -> KeyValue {
        if let Some(number) = self.texts.get(text) {
            return *number;
        }
        let number = next_number(&self.values);
        let text: Arc<str> = Arc::from(text);
        self.values.push(Value::Text(Arc::clone(&text)));
        self.texts.insert(text, number);
        number
    }

    fn number_of(&mut self, value: &Value) -> KeyValue {
        let ident = match value {
            Value::Text(text) => return self.number_of_text(text),
            Value::Integer(value) => Ident::Whole(i128::from(*value)),
            Value::Unsigned(value) => Ident::Whole(i128::from(*value)),
            Value::Double(value) => double(*value),
            Value::Bool(value) => Ident::Bool(*value),
            Value::Date(value) => Ident::Date(*value),
            Value::Ip(value) => Ident::Ip(*value),
            Value::Version(value) => Ident::Version(Arc::from(value.as_str())),
        };
        if let Some(number) = self.others.get(&ident) {
            return *number;
        }
        let number = next_number(&self.values);
        self.values.push(value.clone());
        self.others.insert(ident, number);
        number
    }
}

fn next_number(values: &[Value]) -> KeyValue {
    KeyValue::try_from(values.len()).unwrap_or(NULL)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the double is whole and within the range of 64-bit integers"
)]
fn double(value: f64) -> Ident {
    if value.fract() == 0.0 && value.abs() < 2e19 {
        Ident::Whole(value as i128)
    } else {
        Ident::Double(value.to_bits())
    }
}

/// Sorts what follows `start` and takes out what occurs twice there.
fn sort_tail(values: &mut Vec<KeyValue>, start: usize) {
    if values.len() < start + 2 {
        return;
    }
    let mut tail = values.split_off(start);
    tail.sort_unstable();
    tail.dedup();
    values.append(&mut tail);
}
