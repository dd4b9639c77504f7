//! Names of fields and of their types as a project's source states them.

use crate::diagnostic::data_source::BadFields;
use crate::diagnostic::suggest::nearest;

/// The types of Elasticsearch's mappings. Queries of rules use those that come first.
pub(super) const TYPES: &[&str] = &[
    "keyword",
    "constant_keyword",
    "wildcard",
    "text",
    "match_only_text",
    "long",
    "integer",
    "short",
    "byte",
    "unsigned_long",
    "double",
    "float",
    "half_float",
    "scaled_float",
    "boolean",
    "date",
    "date_nanos",
    "ip",
    "version",
    "nested",
    "flattened",
    "object",
    "geo_point",
    "geo_shape",
    "binary",
    "integer_range",
    "long_range",
    "float_range",
    "double_range",
    "date_range",
    "ip_range",
    "histogram",
    "aggregate_metric_double",
    "dense_vector",
    "completion",
    "search_as_you_type",
    "token_count",
    "point",
    "shape",
];

/// Whether a list can hold the path.
pub(super) fn is_path(path: &str) -> bool {
    let is_bad = |c: char| c.is_whitespace() || c.is_control();
    !path.is_empty()
        && !path.starts_with(['#', '.'])
        && !path.ends_with('.')
        && !path.contains("..")
        && !path.contains(is_bad)
}

/// What is wrong with a type that Elasticsearch does not have; `None` for one that it has.
pub(super) fn unknown_type(name: &str) -> Option<BadFields> {
    (!TYPES.contains(&name)).then(|| BadFields::UnknownType {
        name: name.to_owned(),
        suggestion: nearest(name, TYPES.iter().copied()).map(str::to_owned),
    })
}
