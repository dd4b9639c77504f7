//! The index patterns of a query's FROM.

use super::parser::parse;
use crate::diagnostic::Span;

/// The patterns of FROM and their places; none where the query does not begin so.
pub fn index_patterns(text: &str) -> Vec<(String, Span)> {
    let query = parse(text).query;
    let patterns = query.iter().flat_map(super::syntax::Query::patterns);
    patterns
        .map(|pattern| (pattern.text.clone(), pattern.span))
        .collect()
}
