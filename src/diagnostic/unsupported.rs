//! What of a rule Trapline does not run.

use super::cause::causes;
use super::query::dsl::UnsupportedQuery;

causes! {
    /// What of a rule Trapline cannot run.
    Unsupported {
        /// Rules of this type.
        RuleType { name: &'static str } => "rules of type {name}";
        /// Rules of this type where one event after the other is looked at.
        OverRecordings { name: &'static str } =>
            "rules of type {name}, which alert by their executions, over recordings";
        /// Rules that match indicators, where none are given.
        WithoutIndicators => "rules of type threat_match without indicators";
        /// A rule whose query counts from the time of each execution, where one event after the
        /// other is looked at.
        CountsFromNow => "rules whose query counts from `now`, over recordings";
        /// A rule without a query.
        NoQuery => "rules without a query";
        /// One of the rule's own `filters`.
        Filter(why: UnsupportedQuery) => "{why}";
        /// A query that is too long.
        QueryTooLong { bytes: usize, most: usize } =>
            "a query of {bytes} bytes; Trapline runs queries of at most {most}";
    }
}
