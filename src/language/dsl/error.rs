//! Why Elasticsearch would refuse a query on a mapping, or Trapline cannot run it.

use crate::diagnostic::{Code, Span};
use crate::language::error::QueryError;

/// Elasticsearch would refuse a condition for the type of its field.
pub const REFUSED: &Code = &Code {
    number: "E621",
    title: "condition does not fit the field's type",
    page: "\
Elasticsearch fails such a query when it runs: Kibana accepts the rule, and every execution ends with an
error. A wildcard asks for text (`keyword`, `wildcard`, `text`), a number field takes numbers, an `ip`
field addresses and CIDR blocks, a `date` field dates and date math, a `boolean` field `true` and `false`.

```
source.ip: 10.* and destination.port: http
```

Write

```
source.ip: 10.0.0.0/8 and destination.port: 80
```

A field that no index maps is no error: the condition matches nothing.
",
};

/// A condition that Elasticsearch can run and Trapline cannot.
pub const UNSUPPORTED: &Code = &Code {
    number: "E622",
    title: "condition that Trapline cannot run",
    page: "\
Elasticsearch may run the condition; Trapline does not, and says so instead of answering wrongly.
",
};

/// All codes of conditions on fields.
pub const CODES: &[&Code] = &[REFUSED, UNSUPPORTED];

/// Why a query cannot be run on a mapping.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Elasticsearch would fail, with this message in substance.
    #[error(transparent)]
    Elasticsearch(#[from] RefusedCondition),
    /// Trapline cannot run it.
    #[error("unsupported: {0}")]
    Unsupported(#[from] UnsupportedCondition),
}

/// Why Elasticsearch would fail a condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefusedCondition {
    /// A kind of query that the field's type does not have.
    #[error(
        "Can only use {kind} queries on {types} fields - not on [{field}] which is of type \
         [{field_type}]"
    )]
    WrongType {
        /// The kind of query.
        kind: &'static str,
        /// The types that have it.
        types: &'static str,
        /// The field.
        field: String,
        /// Its type.
        field_type: String,
    },
    /// A kind of query that flattened fields do not have.
    #[error("[{kind}] queries are not currently supported on {part} [flattened] fields.")]
    OnFlattened {
        /// The kind of query.
        kind: &'static str,
        /// `root` or `keyed`.
        part: &'static str,
    },
    /// A range on a key of a flattened field with one end only.
    #[error(
        "[range] queries on keyed [flattened] fields must include both an upper and a lower bound."
    )]
    OpenRangeOnFlattened,
    /// Null where a text must stand.
    #[error("No text specified for text query on [{0}]")]
    NoText(String),
    /// A field with neither index nor doc values.
    #[error("Cannot search on field [{0}] since it is not indexed nor has doc values.")]
    NotIndexed(String),
    /// A text that the field's type cannot hold.
    #[error("failed to create query on [{field}]: {why}")]
    BadValue {
        /// The field.
        field: String,
        /// Why.
        why: BadValue,
    },
    /// A query string that cannot be read.
    #[error("Failed to parse query [{text}]: {message}")]
    QueryString {
        /// The query string.
        text: String,
        /// What is wrong with it.
        message: String,
    },
    /// No nested object under a path.
    #[error("[nested] failed to find nested object under path [{0}]")]
    NotNested(String),
}

/// Why a field's type cannot hold a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadValue {
    /// No number, or no value of another type.
    #[error("For input string: \"{0}\"")]
    Unreadable(String),
    /// No address.
    #[error("'{0}' is not an IP string literal.")]
    NotAnAddress(String),
    /// Neither true nor false.
    #[error("Can't parse boolean value [{0}], expected [true] or [false]")]
    NotABoolean(String),
    /// No date in the field's format.
    #[error("failed to parse date field [{text}] with format [{format}]")]
    NotADate {
        /// The text.
        text: String,
        /// The format.
        format: String,
    },
}

/// What of a condition Trapline cannot run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnsupportedCondition {
    /// A zone that is not UTC.
    #[error("the time zone `{0}`")]
    TimeZone(String),
    /// A range on a boolean field.
    #[error("a range on [{0}], which is of type [boolean]")]
    RangeOfBooleans(String),
    /// A type whose values Trapline does not read.
    #[error("a condition on [{field}], which is of type [{field_type}]")]
    FieldType {
        /// The field.
        field: String,
        /// Its type.
        field_type: String,
    },
    /// More combinations than are tried.
    #[error("`minimum_should_match` of {least} among {clauses}")]
    MinimumShouldMatch {
        /// How many must match.
        least: usize,
        /// Among so many.
        clauses: usize,
    },
}

impl Refusal {
    /// As the error of a query, at the place of the condition.
    pub fn at(self, span: Span) -> QueryError {
        let code = match &self {
            Self::Elasticsearch(_) => REFUSED,
            Self::Unsupported(_) => UNSUPPORTED,
        };
        QueryError::new(code, span, self.to_string())
    }
}
