//! Why a query of Elasticsearch's Query DSL, as filters are written in, is not taken.

use crate::diagnostic::cause::causes;

causes! {
    /// Why a query is not taken.
    BadQuery {
        /// It is none.
        Malformed(why: MalformedQuery) => "{why}";
        /// Trapline does not run it.
        Unsupported(why: UnsupportedQuery) => "{why}";
    }
}

impl From<MalformedQuery> for BadQuery {
    fn from(why: MalformedQuery) -> Self {
        Self::Malformed(why)
    }
}

impl From<UnsupportedQuery> for BadQuery {
    fn from(why: UnsupportedQuery) -> Self {
        Self::Unsupported(why)
    }
}

causes! {
    /// What of a query cannot be read.
    MalformedQuery {
        /// A pill of a rule's filters that is no table.
        NoFilter => "a filter is a table with `meta` and `query`";
        /// A query that is no table.
        NoTable => "a query is a table such as `{{match_phrase: {{FIELD: VALUE}}}}`";
        /// A table of no or several keys where the kind stands.
        NoKind => "a query has one key, its kind, such as `match_phrase`";
        /// `range` without a table of bounds.
        NoBounds => "`range` takes bounds such as `{{gte: 1}}`";
        /// A key that is no bound.
        UnknownBound(name: String) => "`range` has no bound `{name}`";
        /// No or several fields where one is asked for.
        NoField => "a condition names one field";
        /// A key that is not there.
        MissingKey(name: String) => "`{name}` is missing";
        /// Another value where a list stands.
        NoList(name: String) => "`{name}` takes a list of values";
        /// A value that is a list, a table or null.
        NoScalar => "a value is text, a number, `true` or `false`";
    }
}

causes! {
    /// What of a query Trapline does not run.
    UnsupportedQuery {
        /// A kind of query.
        Kind(name: String) => "a filter with `{name}`";
        /// An option of `match`.
        MatchOption(name: String) => "a `match` with `{name}`";
        /// An option of `query_string`.
        QueryStringOption(name: String) => "a `query_string` with `{name}`";
        /// A number of edits of `fuzzy`.
        Fuzziness(found: String) => "a `fuzzy` with fuzziness `{found}`";
        /// A form of `minimum_should_match`.
        MinimumShouldMatch(found: String) => "a filter with `minimum_should_match: {found}`";
        /// A type of `multi_match`.
        MultiMatch(found: String) => "a `multi_match` of type `{found}`";
    }
}

causes! {
    /// Why the filters of a rule are not taken.
    BadFilters {
        /// `name` is the key of the rule.
        Unreadable { name: String, why: MalformedQuery } => "`{name}` cannot be read: {why}";
    }
}
