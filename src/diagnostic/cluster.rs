//! Why a rule has no request for a cluster, and why an answer of a cluster says nothing of it.

use std::fmt;

use super::cause::{Part, causes};
use super::document::JsonFault;
use super::failure::{EngineRefusal, FailureKind, RefusedBy};
use super::query::dsl::UnsupportedQuery;
use super::unsupported::Unsupported;

causes! {
    /// Why a rule has no request.
    NotEmitted {
        /// Each of its requests holds values of the answer before.
        IndicatorMatch => "each request of a threat_match rule needs the answer to the one before";
        /// It searches no index.
        MachineLearning => "a machine_learning rule asks an anomaly job, not an index";
        /// There is nothing to send.
        NoQuery => "the rule has no query";
        /// The indices are Kibana's.
        NoIndex => "the rule names no index: Kibana takes those of a data view or its own default";
        /// An index pattern that is none.
        BadIndex => "an index pattern is no name of an index";
        /// A filter that Trapline does not read.
        Filter(why: UnsupportedQuery) => "the rule has {why}, which is not written";
        /// A filter or exception whose JSON would mean something else.
        Unwritten(name: String) =>
            "{name}: this condition cannot be written as Query DSL without loss";
        /// Kibana refuses the query.
        Query(why: Box<RefusedBy>) => "Kibana refuses the query: {why}";
        /// The history of a new-terms rule.
        History => "`history_window_start` cannot be read";
        /// Kibana refuses such a rule, for every term would be new.
        ShortHistory { start: String } =>
            "its history begins at {start}, not before the time range: give a later --from";
    }
}

causes! {
    /// Why a line is no response.
    BadResponse {
        /// It is no JSON.
        Json(why: JsonFault) => "the line is not valid JSON: {why}";
        /// It is something else than an object.
        NoObject => "the line is no JSON object";
        /// The request is not named.
        NoId => "`id` is missing: the id of a request that `scan --emit-requests` wrote";
        /// There is no answer.
        NoBody => "`response` is missing: the body that the cluster answered";
        /// One of the other keys.
        Value { name: &'static str, expected: &'static str } => "`{name}` is not {expected}";
    }
}

causes! {
    /// Why an answer has no results to compare.
    Unusable {
        /// Elasticsearch refuses the request; what it says.
        Refused(said: String) => "{said}";
        /// Something else went wrong: the HTTP status, the error's type and what it says.
        Failed { status: u32, said: String } => "the cluster failed with status {status}: {said}";
        /// The cluster is too old, or too new, for a parameter of the request.
        Parameter(said: String) => "the cluster does not know a parameter of the request: {said}";
        /// The search ended early.
        TimedOut => "the answer timed out";
        /// Some shards or clusters did not answer.
        Partial(sign: &'static str) => "the answer is partial: {sign}";
        /// No index fits the rule's patterns.
        NoShards => "no index of the cluster fits the patterns of the rule";
        /// A page of groups goes on after one that is not there.
        PageBefore(after: String) =>
            "a page is missing: this one goes on after {after}, and no page before it ends there";
        /// Documents were added or deleted while the pages were asked for.
        OtherDocuments => "its pages count different numbers of documents";
        /// It is no answer to such a request.
        Malformed(missing: &'static str) => "the answer has no `{missing}`";
    }
}

causes! {
    /// Why Trapline has no results, or not all, for the documents that were indexed.
    OfflineFault {
        /// Kibana or Elasticsearch would refuse the query.
        Refused(why: RefusedBy) => "{why}";
        /// The engine of `scan` cannot run the rule.
        NotRun(why: EngineRefusal) => "{why}";
        /// The query fails on a document.
        Fails(why: FailureKind) => "{why}";
        /// Not all documents were looked at.
        Dropped { count: u64 } => "{count} events were dropped (--max-documents)";
    }
}

causes! {
    /// Why nothing can be said of an answer.
    NotCompared {
        /// No rule has this id.
        NoRule(name: String) => "no rule has the id {name}";
        /// The rule has no request.
        NotEmitted(why: NotEmitted) => "{why}";
        /// The answer is that to something else.
        AnotherRequest(found: String) =>
            "it answers another request than the rule makes now ({found}): the rule, its exceptions, the time range or the size changed";
        /// Trapline does not run such rules.
        Unsupported(why: Unsupported) => "Trapline does not run the rule: {why}";
        /// Trapline cannot run the query.
        NotRun(why: RefusedBy) => "Trapline does not run the rule: {why}";
        /// Trapline's own search failed or is not whole.
        Offline(why: OfflineFault) => "the search offline is not whole: {why}";
        /// The request counts from the clock of the cluster.
        Clock =>
            "the request counts from the cluster's clock: give the time of the request as `now` beside `response`, for ES|QL";
        /// The answer says nothing.
        Unusable(why: Unusable) => "{why}";
        /// The answer has not all results: how many it has, and how many Trapline finds.
        Cut { shown: usize, found: usize } =>
            "the answer is cut off: all {shown} results that it has are found, of {found}";
        /// There are more pages of groups: the key after which the next begins, how many results the
        /// others have, and how many Trapline finds.
        NextPage { after: String, shown: usize, found: usize } =>
            "a page is missing: send the request with `after` {after}; all {shown} results so far are found, of {found}";
    }
}

causes! {
    /// In what an answer differs from what Trapline finds; `same` are the results of both.
    Differs {
        Missing { same: SameResults, missing: usize } => "{same}, {missing} missing, 0 extra";
        Extra { same: SameResults, missing: MissingResults, extra: usize } =>
            "{same}, {missing}, {extra} extra";
        MissingAndExtra { same: SameResults, missing: usize, extra: usize } =>
            "{same}, {missing} missing, {extra} extra";
        /// The filters select other documents.
        Documents {
            same: SameResults,
            missing: MissingResults,
            extra: usize,
            cluster: u64,
            trapline: u64,
        } =>
            "{same}, {missing}, {extra} extra, the filters select {cluster} documents on the cluster and {trapline} here";
    }
}

causes! {
    /// Who refuses a request.
    Refusal {
        Cluster { said: String } => "by the cluster alone", word "ByCluster";
        Trapline { why: OfflineFault } => "by Trapline alone", word "ByTrapline";
        Both { said: String, why: OfflineFault } => "by both", word "ByBoth";
    }
}

impl Refusal {
    /// The cluster's error.
    pub fn cluster(&self) -> Option<&str> {
        match self {
            Self::Cluster { said } | Self::Both { said, .. } => Some(said),
            Self::Trapline { .. } => None,
        }
    }

    /// Trapline's error.
    pub fn trapline(&self) -> Option<&OfflineFault> {
        match self {
            Self::Trapline { why } | Self::Both { why, .. } => Some(why),
            Self::Cluster { .. } => None,
        }
    }
}

/// How many results both have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SameResults(pub usize);

impl fmt::Display for SameResults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let results = if self.0 == 1 { "result" } else { "results" };
        write!(f, "{} {results} the same", self.0)
    }
}

impl Part for SameResults {
    fn part(&self) -> Option<String> {
        self.0.part()
    }
}

/// How many results Trapline alone has; of an answer that is cut off nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingResults {
    /// So many.
    Counted(usize),
    /// The answer is cut off.
    CutOff,
}

impl fmt::Display for MissingResults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Counted(count) => write!(f, "{count} missing"),
            Self::CutOff => f.write_str("the answer is cut off"),
        }
    }
}

impl Part for MissingResults {
    fn part(&self) -> Option<String> {
        match self {
            Self::Counted(count) => count.part(),
            Self::CutOff => None,
        }
    }
}
