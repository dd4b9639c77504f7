//! What a cluster answered: results, a refusal, or something that says nothing of the rule.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::aggregation::{CARDINALITY, NEW_TERMS, THRESHOLD};
use super::item::{Identity, Item, content};
use super::pages::{Pages, after_key};
use super::request::Request;
use super::response::Response;
use crate::diagnostic::cluster::Unusable;
use crate::rule::{RuleKind, Threshold};

/// The join keys of a sequence or sample; one without any has no such entry.
const JOIN_KEYS: &str = "join_keys";

/// The results of an answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Answer {
    pub(super) items: Vec<Item>,
    /// The sequences have their join keys.
    pub(super) has_join_keys: bool,
    /// There are, or may be, more results than the answer has.
    pub(super) is_cut: bool,
    /// The key after which more groups may follow, unless the pages could hold all that there are.
    pub(super) next: Option<String>,
    /// How many pages it has.
    pub(super) pages: usize,
    /// How many documents the filters select, where the answer says so.
    pub(super) documents: Option<Documents>,
}

/// How many documents there are. Unless it is asked to, Elasticsearch stops counting at 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Documents {
    pub(super) count: u64,
    /// There are no more.
    pub(super) is_exact: bool,
}

impl Documents {
    /// Whether there cannot be so many.
    pub(super) fn contradict(self, count: u64) -> bool {
        if self.is_exact {
            count != self.count
        } else {
            count < self.count
        }
    }
}

/// How the results of an answer are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading<'r> {
    pub(super) identity: Identity,
    /// The columns of rows that count; all without.
    pub(super) columns: Option<&'r BTreeSet<&'r str>>,
}

/// Reads an answer of one page or several.
pub(super) fn answer(
    request: &Request,
    pages: &Pages<'_>,
    reading: Reading<'_>,
) -> Result<Answer, Unusable> {
    if let Some(after) = &pages.first.after {
        return Err(Unusable::PageBefore(content(after)));
    }
    let mut whole = page(request, pages.first, reading)?;
    for response in &pages.rest {
        let next = page(request, response, reading)?;
        if next.documents != whole.documents {
            return Err(Unusable::OtherDocuments);
        }
        whole.items.extend(next.items);
        whole.next = next.next;
    }
    whole.pages = 1 + pages.rest.len();
    Ok(whole)
}

/// Reads one page.
fn page(request: &Request, response: &Response, reading: Reading<'_>) -> Result<Answer, Unusable> {
    usable(response)?;
    let reader = Reader {
        body: &response.body,
        size: request.size as usize,
        reading,
    };
    match &request.rule.kind {
        RuleKind::Eql => reader.eql(),
        RuleKind::Esql => reader.rows(),
        RuleKind::Threshold(settings) if settings.group_by.is_empty() => reader.counted(settings),
        RuleKind::Threshold(_) => reader.groups(THRESHOLD, true),
        RuleKind::NewTerms(_) => reader.groups(NEW_TERMS, false),
        _ => reader.hits(),
    }
}

/// Whether the whole request was answered.
fn usable(response: &Response) -> Result<(), Unusable> {
    let body = &response.body;
    if response.status >= 300 || body.get("error").is_some() {
        return Err(failed(response));
    }
    let is_true = |key: &str| body.get(key).and_then(Json::as_bool) == Some(true);
    if is_true("timed_out") {
        return Err(Unusable::TimedOut);
    }
    if is_true("is_partial") || is_true("is_running") {
        return Err(Unusable::Partial("is_partial"));
    }
    let count = |path: &str| body.pointer(path).and_then(Json::as_u64).unwrap_or(0);
    if count("/_shards/failed") > 0 {
        return Err(Unusable::Partial("some shards failed"));
    }
    let failures = body.get("shard_failures").and_then(Json::as_array);
    if failures.is_some_and(|failures| !failures.is_empty()) {
        return Err(Unusable::Partial("some shards failed"));
    }
    let clusters = ["skipped", "partial", "failed", "running"];
    if clusters
        .iter()
        .any(|key| count(&format!("/_clusters/{key}")) > 0)
    {
        return Err(Unusable::Partial("some clusters did not answer"));
    }
    if body.pointer("/_shards/total").and_then(Json::as_u64) == Some(0) {
        return Err(Unusable::NoShards);
    }
    Ok(())
}

/// The error of an answer. Only a request that Elasticsearch calls wrong is refused: a cluster that
/// is busy, or lets nobody in, says nothing of the rule.
fn failed(response: &Response) -> Unusable {
    let error = response.body.get("error").unwrap_or(&response.body);
    let text = |json: Option<&Json>| json.and_then(Json::as_str).unwrap_or_default().to_owned();
    let kind = text(error.get("type"));
    let reason = match error {
        Json::String(reason) => reason.clone(),
        error => text(error.get("reason")),
    };
    let message = match (kind.as_str(), reason.as_str()) {
        ("", "") => content(error).chars().take(200).collect(),
        ("", reason) => reason.to_owned(),
        (kind, reason) => format!("{kind}: {reason}"),
    };
    let is_parameter = ["unrecognized parameter", "unrecognized parameters"];
    if is_parameter.iter().any(|words| reason.contains(words)) {
        return Unusable::Parameter(reason);
    }
    match response.status {
        400 => Unusable::Refused(message),
        status => Unusable::Failed {
            status: status.into(),
            said: message,
        },
    }
}

struct Reader<'r> {
    body: &'r Json,
    size: usize,
    reading: Reading<'r>,
}

impl Reader<'_> {
    fn list(&self, path: &str, name: &'static str) -> Result<&[Json], Unusable> {
        let list = self.body.pointer(path).and_then(Json::as_array);
        list.map(Vec::as_slice).ok_or(Unusable::Malformed(name))
    }

    /// The number of hits, and whether it is exact.
    fn total(&self) -> Option<Documents> {
        let value = self.body.pointer("/hits/total/value")?.as_u64()?;
        let relation = self.body.pointer("/hits/total/relation");
        Some(Documents {
            count: value,
            is_exact: relation.and_then(Json::as_str) != Some("gte"),
        })
    }

    fn identity(&self, hit: &Json) -> Result<String, Unusable> {
        match self.reading.identity {
            Identity::Id => match hit.get("_id").and_then(Json::as_str) {
                Some(id) => Ok(id.to_owned()),
                None => Err(Unusable::Malformed("_id")),
            },
            Identity::Source => match hit.get("_source") {
                Some(source) => Ok(content(source)),
                None => Err(Unusable::Malformed("_source")),
            },
        }
    }

    fn event(&self, hit: &Json) -> Result<Item, Unusable> {
        Ok(Item::event(self.identity(hit)?, shown(hit)))
    }

    fn sequence(&self, sequence: &Json, has_join_keys: bool) -> Result<Item, Unusable> {
        let join_keys = sequence.get(JOIN_KEYS).and_then(Json::as_array);
        let join_keys = has_join_keys.then(|| join_keys.cloned().unwrap_or_default());
        let events = sequence.get("events").and_then(Json::as_array);
        let events = events.ok_or(Unusable::Malformed("events"))?.iter();
        let event = |hit: &Json| {
            if hit.get("missing").and_then(Json::as_bool) == Some(true) {
                return Ok((None, json!({"missing": true})));
            }
            Ok((Some(self.identity(hit)?), shown(hit)))
        };
        let events = events.map(event).collect::<Result<_, _>>()?;
        Ok(Item::sequence(join_keys, events))
    }

    fn eql(&self) -> Result<Answer, Unusable> {
        let mut has_join_keys = false;
        let items: Result<Vec<Item>, Unusable> = match self.list("/hits/sequences", "hits.events") {
            Ok(sequences) => {
                has_join_keys = sequences.iter().any(|one| one.get(JOIN_KEYS).is_some());
                let sequences = sequences.iter();
                sequences
                    .map(|one| self.sequence(one, has_join_keys))
                    .collect()
            }
            Err(_) => {
                let events = self.list("/hits/events", "hits.events")?;
                events.iter().map(|hit| self.event(hit)).collect()
            }
        };
        let items = items?;
        Ok(Answer {
            // The total of an EQL answer is that of the answer, not of the search.
            is_cut: items.len() >= self.size,
            items,
            has_join_keys,
            ..Answer::default()
        })
    }

    fn hits(&self) -> Result<Answer, Unusable> {
        let hits = self.list("/hits/hits", "hits.hits")?;
        let items: Vec<Item> = hits
            .iter()
            .map(|hit| self.event(hit))
            .collect::<Result<_, _>>()?;
        let is_whole = match self.total() {
            Some(total) => total.is_exact && total.count == items.len() as u64,
            None => items.len() < self.size,
        };
        Ok(Answer {
            is_cut: !is_whole,
            items,
            ..Answer::default()
        })
    }

    fn rows(&self) -> Result<Answer, Unusable> {
        let columns = self.list("/columns", "columns")?;
        let name = |column: &Json| column.get("name").and_then(Json::as_str).map(str::to_owned);
        let names: Option<Vec<String>> = columns.iter().map(name).collect();
        let names = names.ok_or(Unusable::Malformed("columns"))?;
        let rows = self.list("/values", "values")?;
        let row = |row: &Json| {
            let cells = row.as_array().filter(|cells| cells.len() == names.len());
            let cells = cells.ok_or(Unusable::Malformed("values"))?;
            let cells = names.iter().map(String::as_str).zip(cells.iter().cloned());
            let columns = self.reading.columns;
            let counts = |name: &str| columns.is_none_or(|columns| columns.contains(name));
            let cells = cells.filter(|(name, _)| counts(name));
            Ok(Item::row(cells, self.reading.identity))
        };
        let items: Vec<Item> = rows.iter().map(row).collect::<Result<_, _>>()?;
        Ok(Answer {
            is_cut: items.len() >= self.size,
            items,
            ..Answer::default()
        })
    }

    /// The count of a threshold rule without groups. One that is not exact is no result.
    fn counted(&self, settings: &Threshold) -> Result<Answer, Unusable> {
        let total = self.total().ok_or(Unusable::Malformed("hits.total"))?;
        let Documents { count, is_exact } = total;
        let distinct = match &settings.cardinality {
            None => None,
            Some(cardinality) => {
                let path = format!("/aggregations/{CARDINALITY}/value");
                let value = self.body.pointer(&path).and_then(Json::as_u64);
                let value = value.ok_or(Unusable::Malformed(CARDINALITY))?;
                Some(value >= cardinality.count)
            }
        };
        let is_reached = is_exact && count >= settings.count && distinct != Some(false);
        let group = is_reached.then(|| Item::group(std::iter::empty(), Some(count)));
        Ok(Answer {
            items: group.into_iter().collect(),
            is_cut: !is_exact,
            documents: Some(total),
            ..Answer::default()
        })
    }

    fn groups(&self, name: &'static str, is_counted: bool) -> Result<Answer, Unusable> {
        let buckets = self.list(&format!("/aggregations/{name}/buckets"), name)?;
        let group = |bucket: &Json| {
            let key = bucket.get("key").and_then(Json::as_object);
            let key = key.ok_or(Unusable::Malformed("key"))?;
            let count = bucket.get("doc_count").and_then(Json::as_u64);
            let values = key
                .iter()
                .map(|(field, value)| (field.as_str(), value.clone()));
            Ok(Item::group(values, count.filter(|_| is_counted)))
        };
        let total = self.total().filter(|total| total.is_exact);
        Ok(Answer {
            items: buckets.iter().map(group).collect::<Result<_, _>>()?,
            next: after_key(self.body).map(content),
            documents: total,
            ..Answer::default()
        })
    }
}

/// A hit without what only the cluster knows.
fn shown(hit: &Json) -> Json {
    let mut shown = serde_json::Map::new();
    for key in ["_index", "_id", "_source"] {
        if let Some(value) = hit.get(key) {
            shown.insert(key.to_owned(), value.clone());
        }
    }
    Json::Object(shown)
}
