//! Why a rule is not run.

use super::cause::causes;
use super::failure::FailureKind;
use super::query::QueryCause;
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
    }
}

causes! {
    /// Why a rule is refused: its query, or something that it excludes.
    RefusedBy {
        /// No reason is given.
        Unknown => "no reason is given";
        /// The query.
        Query(why: Box<QueryCause>) => "{why}";
        /// An exclusion.
        Exclusion { exclusion: ExclusionName, why: Box<QueryCause> } => "{exclusion}: {why}";
        /// An exclusion, when it runs.
        FailedExclusion { exclusion: ExclusionName, why: Box<FailureKind> } => "{exclusion}: {why}";
    }
}

causes! {
    /// What hides documents from a rule.
    ExclusionName {
        /// The rule's own filters.
        Filters => "the rule's filters";
        /// The exception item of this name.
        Exception { exception: String } => "the exception {exception}";
    }
}
