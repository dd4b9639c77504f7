//! Why Elasticsearch would fail a condition on a field, or Trapline cannot run it. KQL, Lucene,
//! filters and exceptions share them.

use super::lucene::LuceneCause;
use crate::diagnostic::cause::causes;

causes! {
    /// Why Elasticsearch would fail a condition.
    RefusedCondition {
        /// A kind of query that the field's type does not have; `expected` are the types that have it.
        WrongType { kind: &'static str, expected: &'static str, name: String, found: String } =>
            "Can only use {kind} queries on {expected} fields - not on [{name}] which is of type [{found}]";
        OnFlattenedKey { kind: &'static str } =>
            "[{kind}] queries are not currently supported on keyed [flattened] fields.";
        OpenRangeOnFlattened =>
            "[range] queries on keyed [flattened] fields must include both an upper and a lower bound.";
        NoText { name: String } => "No text specified for text query on [{name}]";
        NotIndexed { name: String } =>
            "Cannot search on field [{name}] since it is not indexed nor has doc values.";
        BadValue { name: String, why: BadValue } => "failed to create query on [{name}]: {why}";
        QueryString { text: String, why: LuceneCause } => "Failed to parse query [{text}]: {why}";
        GroupedText { name: String } => "text cannot be grouped by: fielddata is disabled on [{name}]",
            help "every execution fails in Elasticsearch: take a field of type keyword";
        NotNested { name: String } => "[nested] failed to find nested object under path [{name}]";
    }
}

causes! {
    /// Why a field's type cannot hold a text.
    BadValue {
        Unreadable { found: String } => "For input string: \"{found}\"";
        NotAnAddress { found: String } => "'{found}' is not an IP string literal.";
        NotABoolean { found: String } =>
            "Can't parse boolean value [{found}], expected [true] or [false]";
        NotADate { found: String, format: String } =>
            "failed to parse date field [{found}] with format [{format}]";
    }
}

causes! {
    /// What of a condition Trapline cannot run.
    UnsupportedCondition {
        TimeZone { name: String } => "unsupported: the time zone `{name}`";
        RangeOfBooleans { name: String } =>
            "unsupported: a range on [{name}], which is of type [boolean]";
        FieldType { name: String, found: String } =>
            "unsupported: a condition on [{name}], which is of type [{found}]";
        MinimumShouldMatch { least: usize, clauses: usize } =>
            "unsupported: `minimum_should_match` of {least} among {clauses}";
        TooManyClauses => "too many clauses: a query may have at most 65,535";
        QueryTooLong { bytes: usize, most: usize } =>
            "unsupported: a query of {bytes} bytes; Trapline runs queries of at most {most}";
    }
}
