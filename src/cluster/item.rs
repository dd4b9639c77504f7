//! One result of a search in a form that can be compared: what a cluster gave and what Trapline finds
//! are the same result if their keys are equal.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

/// By what documents are recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    /// Their `_id`.
    Id,
    /// All that they hold: the recording has documents without an `_id`.
    Source,
}

impl Identity {
    /// The identities of the documents of these hits.
    pub(super) fn of_all(self, hits: &[Json]) -> Vec<String> {
        let of_hit = |hit: &Json| match self {
            Self::Id => hit.get("_id").and_then(Json::as_str).map(str::to_owned),
            Self::Source => hit.get("_source").map(content),
        };
        hits.iter().filter_map(of_hit).collect()
    }
}

/// A result.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// What equal results have in common.
    pub(super) key: String,
    /// The result, for a reader.
    pub shown: Json,
    /// What is shown is a hit, or the hits of a sequence, and no row or group.
    pub(super) is_of_documents: bool,
    /// The join keys and the events of a sequence or sample, where join keys count.
    pub(super) joined: Option<Joined>,
    /// The file and line of each of its events that is known to be in the recording.
    pub places: Vec<(u32, u64)>,
}

/// A sequence or sample whose join keys are compared.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Joined {
    pub(super) keys: String,
    /// The identities of its events.
    pub(super) events: String,
}

/// The key of a sequence's hits.
const EVENTS: &str = "events";

/// The columns of an ES|QL answer that say where a document is stored.
const STORED: [&str; 6] = [
    "_index",
    "_version",
    "_score",
    "_source",
    "_index_mode",
    "_ignored",
];

impl Item {
    /// The result of a hit, by the identity of its document.
    pub(super) fn event(identity: String, shown: Json) -> Self {
        Self {
            key: identity,
            shown,
            is_of_documents: true,
            joined: None,
            places: Vec::new(),
        }
    }

    /// A sequence or sample of documents by their identities, `None` for a missing event, and by its
    /// join keys where these are compared.
    pub(super) fn sequence(
        join_keys: Option<Vec<Json>>,
        events: Vec<(Option<String>, Json)>,
    ) -> Self {
        let (identities, events): (Vec<Option<String>>, Vec<Json>) = events.into_iter().unzip();
        let identities = json!(identities).to_string();
        let joined = join_keys.as_ref().map(|values| {
            let values: Vec<String> = values.iter().map(normal).collect();
            Joined {
                keys: json!(values).to_string(),
                events: identities.clone(),
            }
        });
        let mut shown = Map::new();
        if let Some(values) = join_keys.filter(|values| !values.is_empty()) {
            shown.insert("join_keys".to_owned(), Json::Array(values));
        }
        shown.insert(EVENTS.to_owned(), Json::Array(events));
        Self {
            key: match &joined {
                Some(joined) => joined.keys.clone() + &joined.events,
                None => identities,
            },
            shown: Json::Object(shown),
            is_of_documents: true,
            joined,
            places: Vec::new(),
        }
    }

    /// The hits of a result: those of a sequence, else the result itself.
    pub(super) fn hits(&self) -> &[Json] {
        match self.shown.get(EVENTS) {
            Some(Json::Array(hits)) if self.is_of_documents => hits,
            _ => std::slice::from_ref(&self.shown),
        }
    }

    /// The same, to complete them.
    pub(super) fn hits_mut(&mut self) -> &mut [Json] {
        if self.is_of_documents && self.shown.get(EVENTS).is_some() {
            let hits = self.shown.get_mut(EVENTS).and_then(Json::as_array_mut);
            return match hits {
                Some(hits) => hits.as_mut_slice(),
                None => &mut [],
            };
        }
        std::slice::from_mut(&mut self.shown)
    }

    /// A row by the values of its columns. A column without values is as one that is not there.
    pub(super) fn row<'c>(
        cells: impl Iterator<Item = (&'c str, Json)>,
        identity: Identity,
    ) -> Self {
        let mut shown = Map::new();
        let mut keys = BTreeMap::new();
        for (column, value) in cells {
            let is_stored = STORED.contains(&column);
            let is_other_id = column == "_id" && identity == Identity::Source;
            if value != Json::Null && !is_stored && !is_other_id {
                keys.insert(column.to_owned(), normal(&value));
                shown.insert(column.to_owned(), value);
            }
        }
        Self {
            key: json!(keys).to_string(),
            shown: Json::Object(shown),
            is_of_documents: false,
            joined: None,
            places: Vec::new(),
        }
    }

    /// A group by the values of its fields, and how many documents it has where they are counted.
    pub(super) fn group<'f>(
        values: impl Iterator<Item = (&'f str, Json)>,
        count: Option<u64>,
    ) -> Self {
        let key: Map<String, Json> = values
            .map(|(field, value)| (field.to_owned(), value))
            .collect();
        let keys: BTreeMap<&String, String> = key
            .iter()
            .map(|(field, value)| (field, normal(value)))
            .collect();
        let mut shown = Map::new();
        let text = json!([keys, count]).to_string();
        shown.insert("key".to_owned(), Json::Object(key));
        if let Some(count) = count {
            shown.insert("count".to_owned(), count.into());
        }
        Self {
            key: text,
            shown: Json::Object(shown),
            is_of_documents: false,
            joined: None,
            places: Vec::new(),
        }
    }
}

/// The identity of a document that is in a `_source`.
pub(super) fn content(source: &Json) -> String {
    match source {
        Json::Object(entries) => {
            let sorted: BTreeMap<&String, &Json> = entries.iter().collect();
            let entries = sorted
                .into_iter()
                .map(|(key, value)| format!("{}:{}", json!(key), content(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
        }
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(content).collect();
            format!("[{}]", items.join(","))
        }
        other => other.to_string(),
    }
}

/// A value so that equal ones have one text: numbers by value to twelve digits, the values of a list
/// in no order, for Elasticsearch gives them none.
fn normal(value: &Json) -> String {
    match value {
        Json::Number(number) => {
            let whole = number.as_i64().map(|whole| whole.to_string());
            let whole = whole.or_else(|| number.as_u64().map(|whole| whole.to_string()));
            whole.unwrap_or_else(|| {
                let number = number.as_f64().unwrap_or(f64::NAN);
                if number.fract() == 0.0 && number.abs() < 1e15 {
                    format!("{number:.0}")
                } else {
                    format!("{number:.11e}")
                }
            })
        }
        Json::Array(items) => {
            let mut items: Vec<String> = items.iter().map(normal).collect();
            items.sort();
            match items.as_slice() {
                [only] => only.clone(),
                items => json!(items).to_string(),
            }
        }
        other => content(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_equal_by_value_and_lists_have_no_order() {
        let pairs = [
            ("1.0", "1"),
            ("[3,1,2]", "[1,2,3]"),
            ("[\"a\"]", "\"a\""),
            ("0.1", "0.10000000000000001"),
            ("{\"a\":1,\"b\":[1,2]}", "{\"b\":[1,2],\"a\":1}"),
        ];
        let of = |text: &str| normal(&serde_json::from_str(text).unwrap());
        for (one, other) in pairs {
            assert_eq!(of(one), of(other), "{one}");
        }
        for (one, other) in [
            ("1", "\"1\""),
            ("0.1", "0.2"),
            ("[1,1]", "[1]"),
            ("true", "1"),
        ] {
            assert_ne!(of(one), of(other), "{one}");
        }
    }

    #[test]
    fn a_row_is_its_values_and_not_where_it_is_stored() {
        let row = |cells: &[(&str, Json)], identity| {
            Item::row(
                cells.iter().map(|(name, value)| (*name, value.clone())),
                identity,
            )
            .key
        };
        let whole = [
            ("a", json!(1)),
            ("b", Json::Null),
            ("_index", json!(".ds-x-1")),
        ];
        assert_eq!(
            row(&whole, Identity::Id),
            row(&[("a", json!(1))], Identity::Id)
        );
        let with_id = [("a", json!(1)), ("_id", json!("x"))];
        assert_ne!(row(&with_id, Identity::Id), row(&whole, Identity::Id));
        assert_eq!(row(&with_id, Identity::Source), row(&whole, Identity::Id));
    }
}
