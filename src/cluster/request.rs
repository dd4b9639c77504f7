//! One search request of a rule over a time range.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};
use sha1_smol::Sha1;

use super::aggregation::{new_terms, runtime_fields, threshold};
use super::filter::{self, TimeFields};
use super::index_path;
use super::time_range::TimeRange;
use crate::compile::RuleCompiler;
use crate::diagnostic::cluster::NotEmitted;
use crate::rule::{NewTerms, Rule, RuleKind};

/// What a request asks for beside its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestOptions {
    /// The time range.
    pub range: TimeRange,
    /// How many results; `None` for the rule's `max_signals`, as Kibana asks.
    pub size: Option<u32>,
}

/// A request.
#[derive(Debug, Clone)]
pub struct Request {
    /// The rule.
    pub rule: Arc<Rule>,
    /// The rule's file.
    pub file: String,
    /// The time range.
    pub range: TimeRange,
    /// How many results it asks for.
    pub size: u32,
    /// The path and the parameters of the URL.
    pub path: String,
    /// The body.
    pub body: Json,
}

impl Request {
    /// Names the request: the rule's id, and a hash of all that is sent. Another request has another
    /// id.
    pub fn id(&self) -> String {
        let sent = format!("{}\n{}", self.path, self.body);
        let hash = Sha1::from(sent).digest().to_string();
        format!("{}:{}", self.rule.id, hash.get(..12).unwrap_or(&hash))
    }

    /// The request as a line of NDJSON.
    pub fn to_json(&self) -> Json {
        json!({
            "id": self.id(),
            "rule_id": self.rule.id,
            "rule": self.rule.name,
            "file": self.file,
            "type": self.rule.kind.rule_type().word(),
            "from": self.range.from.to_string(),
            "to": self.range.to.to_string(),
            "size": self.size,
            "method": "POST",
            "path": self.path,
            "body": self.body,
        })
    }
}

/// The request of a rule.
pub fn request(
    compiler: &mut RuleCompiler<'_>,
    rule: &Arc<Rule>,
    file: &str,
    options: RequestOptions,
) -> Result<Request, NotEmitted> {
    let draft = Draft {
        rule,
        times: TimeFields::of(rule),
        options,
    };
    let (path, body) = draft.sent(compiler)?;
    Ok(Request {
        rule: Arc::clone(rule),
        file: file.to_owned(),
        range: options.range,
        size: draft.size(),
        path,
        body,
    })
}

struct Draft<'r> {
    rule: &'r Rule,
    times: TimeFields<'r>,
    options: RequestOptions,
}

impl Draft<'_> {
    fn sent(&self, compiler: &mut RuleCompiler<'_>) -> Result<(String, Json), NotEmitted> {
        match &self.rule.kind {
            RuleKind::Eql => self.eql(compiler),
            RuleKind::Esql => self.esql(compiler),
            RuleKind::Query | RuleKind::SavedQuery { .. } => self.query(compiler),
            RuleKind::Threshold(settings) => {
                let counted = threshold(settings, self.times);
                // Without groups the total is the count, which Kibana takes as Elasticsearch gives it.
                let is_whole = !settings.group_by.is_empty();
                self.aggregated(compiler, self.options.range, counted, is_whole)
            }
            RuleKind::NewTerms(settings) => self.new_terms(compiler, settings),
            RuleKind::ThreatMatch(_) => Err(NotEmitted::IndicatorMatch),
            RuleKind::MachineLearning => Err(NotEmitted::MachineLearning),
        }
    }

    fn size(&self) -> u32 {
        let default = match self.rule.kind {
            // One more tells that there are more.
            RuleKind::Esql => self.rule.alert_limit().saturating_add(1),
            _ => self.rule.alert_limit(),
        };
        self.options.size.unwrap_or(default)
    }

    /// The path of a search over the rule's indices.
    fn path(&self, endpoint: &str) -> Result<String, NotEmitted> {
        if self.rule.index.is_empty() {
            return Err(NotEmitted::NoIndex);
        }
        let patterns = self.rule.index.iter().map(|(pattern, _)| pattern.as_str());
        let indices = index_path::segment(patterns).ok_or(NotEmitted::BadIndex)?;
        Ok(format!("/{indices}/{endpoint}"))
    }

    fn text(&self) -> Result<&str, NotEmitted> {
        let query = self.rule.query.as_ref().ok_or(NotEmitted::NoQuery)?;
        Ok(query.text.text())
    }

    /// The time range, then all else that selects documents.
    fn filters(
        &self,
        compiler: &mut RuleCompiler<'_>,
        range: TimeRange,
    ) -> Result<Json, NotEmitted> {
        let of_rule = filter::of_rule(compiler, self.rule, range.to)?;
        Ok(json!({"bool": {"filter": [self.times.within(range), of_rule]}}))
    }

    fn eql(&self, compiler: &mut RuleCompiler<'_>) -> Result<(String, Json), NotEmitted> {
        let parameters = "allow_no_indices=true&allow_partial_search_results=true";
        let path = self.path(&format!("_eql/search?{parameters}"))?;
        let mut body = Map::new();
        body.insert("size".to_owned(), self.size().into());
        body.insert("query".to_owned(), self.text()?.into());
        let filters = self.filters(compiler, self.options.range)?;
        body.insert("filter".to_owned(), filters);
        let own = &self.rule.fields;
        for (key, field) in [
            ("timestamp_field", &own.timestamp),
            ("event_category_field", &own.category),
            ("tiebreaker_field", &own.tiebreaker),
        ] {
            if let Some(field) = field {
                body.insert(key.to_owned(), field.as_str().into());
            }
        }
        body.insert("fields".to_owned(), self.times.requested());
        Ok((path, Json::Object(body)))
    }

    fn esql(&self, compiler: &mut RuleCompiler<'_>) -> Result<(String, Json), NotEmitted> {
        let text = self.text()?;
        // A part of the answer would be a wrong count, and of single events some of them.
        let is_partial = !crate::compile::groups_rows(text);
        let path = format!("/_query?drop_null_columns=true&allow_partial_results={is_partial}");
        let filters = self.filters(compiler, self.options.range)?;
        // Kibana writes the limit on the last line of the query, whatever stands there.
        let limited = format!("{text} | limit {}", self.size());
        Ok((path, json!({"query": limited, "filter": filters})))
    }

    fn query(&self, compiler: &mut RuleCompiler<'_>) -> Result<(String, Json), NotEmitted> {
        self.text()?;
        let path = self.path("_search?allow_no_indices=true&ignore_unavailable=true")?;
        let query = self.filters(compiler, self.options.range)?;
        let by_time = |field: &str| json!({field: {"order": "asc", "unmapped_type": "date"}});
        let sort: Json = self.times.all().map(by_time).collect();
        let fields = self.times.requested();
        let body = json!({"size": self.size(), "query": query, "fields": fields, "sort": sort});
        Ok((path, body))
    }

    fn new_terms(
        &self,
        compiler: &mut RuleCompiler<'_>,
        settings: &NewTerms,
    ) -> Result<(String, Json), NotEmitted> {
        let TimeRange { from, to } = self.options.range;
        let start = settings.history_start(to).ok_or(NotEmitted::History)?;
        if start >= from {
            return Err(NotEmitted::ShortHistory {
                start: start.to_string(),
            });
        }
        let history = TimeRange { from: start, to };
        let terms = new_terms(settings, self.times, from);
        self.aggregated(compiler, history, terms, true)
    }

    fn aggregated(
        &self,
        compiler: &mut RuleCompiler<'_>,
        range: TimeRange,
        aggregations: Json,
        is_whole: bool,
    ) -> Result<(String, Json), NotEmitted> {
        self.text()?;
        let path = self.path("_search?allow_no_indices=true&ignore_unavailable=true")?;
        let query = self.filters(compiler, range)?;
        let mut body = Map::new();
        body.insert("size".to_owned(), 0.into());
        if is_whole {
            body.insert("track_total_hits".to_owned(), true.into());
        }
        body.insert("query".to_owned(), query);
        body.insert("aggregations".to_owned(), aggregations);
        if let Some(fields) = runtime_fields(self.times) {
            body.insert("runtime_mappings".to_owned(), fields);
        }
        Ok((path, Json::Object(body)))
    }
}
