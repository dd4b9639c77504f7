//! The filter of a request: its time range, the rule's query in KQL or Lucene, the rule's filters and
//! the exceptions, joined as Kibana joins them.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::time_range::TimeRange;
use crate::compile::RuleCompiler;
use crate::diagnostic::cluster::NotEmitted;
use crate::event::Timestamp;
use crate::language::dsl;
use crate::rule::{ExceptionItem, Language, Query, Rule};

/// The field that every document has its time in.
const TIMESTAMP: &str = "@timestamp";

/// The fields that the time range of a rule looks at: `timestamp_override`, else `@timestamp`, and
/// the one that stands in for a missing override.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TimeFields<'r> {
    pub(super) primary: &'r str,
    pub(super) fallback: Option<&'r str>,
}

impl<'r> TimeFields<'r> {
    pub(super) fn of(rule: &'r Rule) -> Self {
        let primary = rule.fields.timestamp_override.as_deref();
        let primary = primary.unwrap_or(TIMESTAMP);
        let has_fallback = primary != TIMESTAMP && !rule.production.fallback_disabled;
        Self {
            primary,
            fallback: has_fallback.then_some(TIMESTAMP),
        }
    }

    pub(super) fn all(self) -> impl Iterator<Item = &'r str> {
        std::iter::once(self.primary).chain(self.fallback)
    }

    /// What `fields` of a request asks for: every field, and the times as ISO texts.
    pub(super) fn requested(self) -> Json {
        let every = json!({"field": "*", "include_unmapped": true});
        let times = self
            .all()
            .map(|field| json!({"field": field, "format": "strict_date_optional_time"}));
        std::iter::once(every).chain(times).collect()
    }

    /// The documents whose time lies in a range, both ends included: by the first field, or where a
    /// document lacks it by the other.
    pub(super) fn within(self, range: TimeRange) -> Json {
        let one = |field: &str| {
            json!({"range": {field: {
                "gte": range.from.to_string(),
                "lte": range.to.to_string(),
                "format": "strict_date_optional_time",
            }}})
        };
        let Some(fallback) = self.fallback else {
            return one(self.primary);
        };
        let missing = json!({"bool": {"must_not": {"exists": {"field": self.primary}}}});
        json!({"bool": {
            "should": [one(self.primary), {"bool": {"filter": [one(fallback), missing]}}],
            "minimum_should_match": 1,
        }})
    }
}

/// The rule's query, where it is a condition, its filters and the exceptions that are in force at
/// this time.
pub(super) fn of_rule(
    compiler: &mut RuleCompiler<'_>,
    rule: &Rule,
    at: Timestamp,
) -> Result<Json, NotEmitted> {
    if let Some(what) = &rule.production.unsupported {
        return Err(NotEmitted::Filter(what.clone()));
    }
    let (mut must, mut filter) = (Vec::new(), Vec::new());
    if let Some(query) = &rule.query {
        match query.language {
            Language::Lucene => must.extend(query_string(query)),
            Language::Kuery => {
                let translated = compiler.translated(rule, query);
                let translated =
                    translated.map_err(|refused| NotEmitted::Query(Box::new(refused.why)))?;
                if translated != dsl::Query::MatchAll {
                    filter.push(translated.to_json());
                }
            }
            Language::Eql | Language::Esql => {}
        }
    }
    for (query, _) in &rule.production.filters {
        filter.push(written("filters", query)?);
    }
    let items = compiler.exceptions_of(rule);
    let must_not = exceptions(&items, at)?;
    Ok(json!({"bool": {
        "must": must, "filter": filter, "should": [], "must_not": must_not,
    }}))
}

/// A Lucene text as Kibana sends it; nothing where it is blank.
fn query_string(query: &Query) -> Option<Json> {
    let text = query.text.text();
    let string = json!({"query": text, "analyze_wildcard": true, "time_zone": "Zulu"});
    (!text.trim().is_empty()).then(|| json!({"query_string": string}))
}

/// The exceptions that have not ended, as one condition.
fn exceptions(items: &[Arc<ExceptionItem>], at: Timestamp) -> Result<Vec<Json>, NotEmitted> {
    let current = items
        .iter()
        .filter(|item| item.expires.is_none_or(|end| end > at));
    let items = current.map(|item| written(&item.to_string(), &item.filter));
    let items = items.collect::<Result<Vec<Json>, _>>()?;
    if items.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![
        json!({"bool": {"should": items, "minimum_should_match": 1}}),
    ])
}

/// A condition as JSON. One that would not be read back as it is could mean something else there.
fn written(name: &str, query: &dsl::Query) -> Result<Json, NotEmitted> {
    let json = query.to_json();
    match dsl::read::read(&json) {
        Ok(again) if again == *query => Ok(json),
        _ => Err(NotEmitted::Unwritten(name.to_owned())),
    }
}
