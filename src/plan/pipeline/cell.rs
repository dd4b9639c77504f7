//! The content of one column in one row: no value, one, or several.

use std::cmp::Ordering;

use crate::event::Value;

/// Why a cell has no value. A reader of "this condition was null" wants to know which it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NullReason {
    /// The document has no value for the field, or a null was written.
    Missing,
    /// An operator that takes one value was given several.
    SeveralValues,
    /// A conversion, a computation or a pattern failed on the value.
    Failed,
}

/// The content of one column in one row.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// No value.
    Null(NullReason),
    /// One value.
    One(Value),
    /// Two or more values.
    Many(Box<[Value]>),
}

impl Cell {
    /// No value, because there is none.
    pub const NULL: Self = Self::Null(NullReason::Missing);

    /// The cell of so many values.
    pub fn of(mut values: Vec<Value>) -> Self {
        match (values.len(), values.pop()) {
            (_, None) => Self::NULL,
            (1, Some(value)) => Self::One(value),
            (_, Some(last)) => {
                values.push(last);
                Self::Many(values.into())
            }
        }
    }

    /// The values, in order.
    pub fn values(&self) -> &[Value] {
        match self {
            Self::Null(_) => &[],
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }

    /// The values as one text.
    pub fn text(&self) -> String {
        let values: Vec<String> = self.values().iter().map(ToString::to_string).collect();
        match self {
            Self::Null(_) => "null".to_owned(),
            _ => values.join(", "),
        }
    }

    /// The only value; several as one text.
    pub fn as_one(&self) -> Option<Value> {
        match self {
            Self::Null(_) => None,
            Self::One(value) => Some(value.clone()),
            Self::Many(_) => Some(Value::text(&self.text())),
        }
    }

    /// Whether there is no value.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null(_))
    }

    /// The least value.
    pub fn least(&self) -> Option<&Value> {
        self.values().iter().min_by(|a, b| order(a, b))
    }

    /// The greatest value.
    pub fn greatest(&self) -> Option<&Value> {
        self.values().iter().max_by(|a, b| order(a, b))
    }
}

impl From<Option<Value>> for Cell {
    fn from(value: Option<Value>) -> Self {
        value.map_or(Self::NULL, Self::One)
    }
}

/// The order of values of one type. A NaN follows every other double, so that the order is total.
pub fn order(a: &Value, b: &Value) -> Ordering {
    if let (Value::Double(a), Value::Double(b)) = (a, b) {
        return a.partial_cmp(b).unwrap_or_else(|| a.total_cmp(b));
    }
    a.compare(b).unwrap_or(Ordering::Equal)
}
