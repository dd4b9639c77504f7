//! What Trapline finds for the same searches, over the documents that were indexed.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::item::{Identity, Item, content};
use crate::compile::CompiledRule;
use crate::diagnostic::failure::EngineRefusal;
use crate::event::Value;
use crate::event::io::Stop;
use crate::plan::Operator;
use crate::plan::pipeline::Cell;
use crate::rule::RuleKind;
use crate::scan::{self, Alert, EventRecord, Inputs, Options, Search, Stats, Watcher, reread};
use crate::search::{cell_json, join_key};

/// A file and a line of it.
type Place = (u32, u64);

/// The results of all searches.
pub(super) struct Offline {
    /// By search.
    found: Vec<Vec<(Alert, Vec<Cell>)>>,
    pub(super) stats: Stats,
    /// Why rules are not run after all, by search.
    pub(super) refused: BTreeMap<u32, EngineRefusal>,
    pub(super) identity: Identity,
    /// The content of documents, where they are recognised by it.
    contents: BTreeMap<Place, String>,
}

/// Keeps what searches find.
struct Keep(Vec<Vec<(Alert, Vec<Cell>)>>);

impl Watcher for Keep {
    fn alert(&mut self, alert: Alert) -> bool {
        self.row(alert, Vec::new())
    }

    fn row(&mut self, alert: Alert, row: Vec<Cell>) -> bool {
        if let Some(found) = self.0.get_mut(alert.rule as usize) {
            found.push((alert, row));
        }
        true
    }

    fn restart(&mut self) {
        self.0.iter_mut().for_each(Vec::clear);
    }

    fn progress(&mut self, _: &Stats) {}
}

impl Offline {
    /// Runs the search of each rule, by its place.
    pub(super) fn run(
        rules: &[CompiledRule],
        searches: Vec<Search>,
        inputs: &dyn Inputs,
        options: &Options,
        stop: &Stop,
    ) -> io::Result<Self> {
        let mut keep = Keep(rules.iter().map(|_| Vec::new()).collect());
        let options = Options {
            searches,
            ..*options
        };
        // Without a search there is nothing to read the recording for.
        let (stats, refused) = if rules.is_empty() {
            (Stats::default(), Vec::new())
        } else {
            scan::run(rules, inputs, &options, &mut keep, stop)
        };
        let events = || keep.0.iter().flatten().flat_map(|(alert, _)| &alert.events);
        let nameless = events().flatten().any(|event| event.id.is_none());
        let mut offline = Self {
            identity: if nameless {
                Identity::Source
            } else {
                Identity::Id
            },
            contents: BTreeMap::new(),
            found: Vec::new(),
            stats,
            refused: refused
                .into_iter()
                .map(|one| (one.rule, one.reason))
                .collect(),
        };
        if nameless {
            let wanted = events().flatten().map(|event| (event.file, event.line));
            let read = sources(inputs, &wanted.collect())?.into_iter();
            let read =
                read.map(|(place, hit)| (place, content(hit.get("_source").unwrap_or(&hit))));
            offline.contents = read.collect();
        }
        offline.found = keep.0;
        Ok(offline)
    }

    /// The results of one search, sequences with their join keys if these are compared.
    pub(super) fn items(
        &self,
        place: usize,
        rule: &CompiledRule,
        has_join_keys: bool,
    ) -> Vec<Item> {
        let found = self.found.get(place).into_iter().flatten();
        let items = found.map(|(alert, row)| {
            let mut item = self.item(alert, row, rule, has_join_keys);
            let events = alert.events.iter().flatten();
            item.places = events.map(|event| (event.file, event.line)).collect();
            item
        });
        items.collect()
    }

    fn item(&self, alert: &Alert, row: &[Cell], rule: &CompiledRule, has_join_keys: bool) -> Item {
        match &rule.rule.kind {
            RuleKind::Esql => {
                let outputs = rule.pipeline.iter().flat_map(|pipeline| &pipeline.outputs);
                let names = outputs.map(|output| output.name.as_str());
                Item::row(names.zip(row.iter().map(cell_json)), self.identity)
            }
            RuleKind::Threshold(settings) => {
                let fields = settings.group_by.iter().map(|field| field.name.as_str());
                let count = alert.events.len() as u64;
                Item::group(fields.zip(values(alert)), Some(count))
            }
            RuleKind::NewTerms(settings) => {
                let fields = settings.fields.iter().map(|field| field.name.as_str());
                Item::group(fields.zip(values(alert)), None)
            }
            _ => self.event(alert, rule, has_join_keys),
        }
    }

    fn event(&self, alert: &Alert, rule: &CompiledRule, has_join_keys: bool) -> Item {
        let mut events = alert.events.iter().map(|event| match event {
            Some(event) => (Some(self.identity_of(event)), shown(event)),
            None => (None, json!({"missing": true})),
        });
        if matches!(rule.plan.operator, Operator::Select)
            && let Some((identity, shown)) = events.next()
        {
            return Item::event(identity.unwrap_or_default(), shown);
        }
        let is_sample = matches!(rule.plan.operator, Operator::Sample { .. });
        let join_keys = || {
            let keys = alert.join.iter();
            keys.map(|key| join_key(key.as_ref(), is_sample)).collect()
        };
        Item::sequence(has_join_keys.then(join_keys), events.collect())
    }

    fn identity_of(&self, event: &Arc<EventRecord>) -> String {
        let place = (event.file, event.line);
        match (self.identity, &event.id) {
            (Identity::Id, Some(id)) => id.to_string(),
            _ => self.contents.get(&place).cloned().unwrap_or_default(),
        }
    }
}

/// The values of a group as an aggregation writes them.
fn values(alert: &Alert) -> impl Iterator<Item = Json> + '_ {
    alert.join.iter().map(|value| match value {
        None => Json::Null,
        Some(Value::Bool(value)) => json!(value),
        Some(Value::Integer(value)) => json!(value),
        Some(Value::Unsigned(value)) => json!(value),
        Some(Value::Double(value)) => json!(value),
        Some(Value::Date(time)) => json!(time.millis()),
        Some(value) => json!(value.to_string()),
    })
}

/// What is known of an event without reading it again.
fn shown(event: &EventRecord) -> Json {
    let mut shown = Map::new();
    for (key, value) in [("_index", &event.index), ("_id", &event.id)] {
        if let Some(value) = value {
            shown.insert(key.to_owned(), json!(value));
        }
    }
    Json::Object(shown)
}

/// The documents at these places, each as a hit: `_index`, `_id` and `_source`.
pub(super) fn sources(
    inputs: &dyn Inputs,
    wanted: &BTreeSet<Place>,
) -> io::Result<BTreeMap<Place, Json>> {
    let mut found = BTreeMap::new();
    for file in 0..inputs.count() {
        let number = u32::try_from(file).unwrap_or(u32::MAX);
        let mut of_file = wanted.range((number, 0)..=(number, u64::MAX));
        let Some((_, last)) = of_file.next_back() else {
            continue;
        };
        reread::lines(inputs, file, &mut |line, text| {
            let place = (number, line);
            if wanted.contains(&place)
                && let Some(hit) = hit(text)
            {
                found.insert(place, hit);
            }
            line < *last
        })?;
    }
    Ok(found)
}

/// A document, or the hit that it is in, as a hit.
pub(super) fn hit(line: &str) -> Option<Json> {
    let mut document: Map<String, Json> = serde_json::from_str(line).ok()?;
    let mut hit = Map::new();
    for key in ["_index", "_id"] {
        if let Some(value) = document.shift_remove(key) {
            let value = match value {
                Json::Number(id) => json!(id.to_string()),
                value => value,
            };
            hit.insert(key.to_owned(), value);
        }
    }
    let source = match document.shift_remove("_source") {
        Some(Json::Object(source)) => source,
        _ => document,
    };
    hit.insert("_source".to_owned(), Json::Object(source));
    Some(Json::Object(hit))
}
