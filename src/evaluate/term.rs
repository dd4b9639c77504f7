//! A value as aggregations group by it: equal values are one term, and terms have an order.

use std::cmp::Ordering;
use std::fmt;

use crate::event::Value;
use crate::event::schema::MappedField;
use crate::event::value::Scalar;
use crate::event::{FieldType, field::Reading};

/// A typed value that can be a key. Numbers are equal by value and addresses by address, however
/// they are written; texts keep their case.
#[derive(Debug, Clone)]
pub struct Term(Value);

impl Term {
    /// The term of a value.
    pub fn new(value: Value) -> Self {
        Self(value)
    }

    /// The terms of a field on one document: each value that the mapping indexes, once, ascending.
    /// A text field has none, because it cannot be grouped by.
    pub fn of_field(field: &MappedField, values: &[Scalar]) -> Vec<Self> {
        let indexed = values
            .iter()
            .filter_map(|value| match field.read(value.raw()) {
                Reading::Value(value) => Some(Self(value)),
                Reading::Ignored | Reading::Malformed => None,
            });
        let mut terms: Vec<Self> = match field.field_type {
            FieldType::Text { .. } => Vec::new(),
            _ => indexed.collect(),
        };
        terms.sort();
        terms.dedup();
        terms
    }

    /// The value.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// The value, taken out.
    pub fn into_value(self) -> Value {
        self.0
    }

    /// The order among values of different families, which have no order of their own.
    fn family(&self) -> u8 {
        match self.0 {
            Value::Bool(_) => 0,
            Value::Integer(_) | Value::Unsigned(_) | Value::Double(_) => 1,
            Value::Date(_) => 2,
            Value::Ip(_) => 3,
            Value::Version(_) => 4,
            Value::Text(_) => 5,
        }
    }
}

impl Ord for Term {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_value = || self.0.compare(&other.0).unwrap_or(Ordering::Equal);
        self.family().cmp(&other.family()).then_with(by_value)
    }
}

impl PartialOrd for Term {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Term {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Term {}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Every combination of one term a field, in ascending order; none where a field has no term.
/// Composite aggregations make their keys so.
pub fn combinations(fields: &[Vec<Term>]) -> Vec<Vec<Term>> {
    let mut combinations = vec![Vec::new()];
    for terms in fields {
        let longer = combinations.iter().flat_map(|start: &Vec<Term>| {
            terms.iter().map(|term| {
                let mut longer = start.clone();
                longer.push(term.clone());
                longer
            })
        });
        combinations = longer.collect();
    }
    combinations
}
