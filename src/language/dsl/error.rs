//! Why Elasticsearch would refuse a query on a mapping, or Trapline cannot run it.

use crate::diagnostic::query::QueryCause;
pub use crate::diagnostic::query::condition::{BadValue, RefusedCondition, UnsupportedCondition};
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
A query of more than 4 MiB is such a condition, too.
",
};

/// All codes of conditions on fields.
pub const CODES: &[&Code] = &[REFUSED, UNSUPPORTED];

/// Why a query cannot be run on a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Elasticsearch would fail, with this message in substance.
    Elasticsearch(RefusedCondition),
    /// Trapline cannot run it.
    Unsupported(UnsupportedCondition),
}

impl From<RefusedCondition> for Refusal {
    fn from(condition: RefusedCondition) -> Self {
        Self::Elasticsearch(condition)
    }
}

impl From<UnsupportedCondition> for Refusal {
    fn from(condition: UnsupportedCondition) -> Self {
        Self::Unsupported(condition)
    }
}

impl From<Refusal> for QueryCause {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Elasticsearch(condition) => condition.into(),
            Refusal::Unsupported(condition) => condition.into(),
        }
    }
}

impl Refusal {
    /// The code of its kind.
    pub fn code(&self) -> &'static Code {
        match self {
            Self::Elasticsearch(_) => REFUSED,
            Self::Unsupported(_) => UNSUPPORTED,
        }
    }

    /// As the error of a query, at the place of the condition.
    pub fn at(self, span: Span) -> QueryError {
        QueryError::new(self.code(), span, self)
    }
}
