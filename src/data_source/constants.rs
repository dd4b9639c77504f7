//! Fields of the type `constant_keyword`: every document of an index has the value of its mapping,
//! whether the document carries the field or not (`ConstantKeywordFieldMapper`).
//!
//! The value is the one that the index's field list states; the three fields that name a data
//! stream have the parts of its name. A document with another value is one that Elasticsearch
//! refuses: it is read as it stands, and [`Constants::contradictions`] names the value.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::catalogue::Catalogue;
use super::route::{DataStream, index_name, stored_in};
use super::source::Index;
use crate::event::{Event, Scalar};

/// Fields with the value that each has in every document of an index.
pub type OfIndex = Arc<[(Box<str>, Box<str>)]>;

/// The constants of all indices that are known, and of any data stream.
#[derive(Debug)]
pub struct Constants {
    indices: Vec<Index>,
    /// Constants looked up before, by index name.
    known: Mutex<BTreeMap<Box<str>, OfIndex>>,
}

/// The number of index names that are cached; documents may name any number of them.
const REMEMBERED: usize = 4_096;

/// The constants of an index with this name; `None` for `index` if only the name is known.
pub fn constants<'i>(index: Option<&'i Index>, name: &'i str) -> Vec<(&'i str, &'i str)> {
    let mut constants: Vec<(&str, &str)> = Vec::new();
    let mut add = |path, value| {
        if constants.iter().all(|(known, _)| *known != path) {
            constants.push((path, value));
        }
    };
    let stream = DataStream::named(name);
    for list in index.map_or(&[][..], |index| &index.lists) {
        // The index of a Beat has the fields of many integrations, so no integration's constants.
        if stream.is_none() && !list.fields.is_of_mapping() {
            continue;
        }
        for (path, value) in list.fields.constants() {
            add(path, value);
        }
    }
    if let Some(stream) = stream {
        for (path, value) in stream.fields() {
            add(path, value);
        }
    }
    constants
}

impl Constants {
    /// The constants of the indices of a catalogue.
    pub fn new(catalogue: &Catalogue) -> Self {
        let sources = catalogue.sources().iter();
        Self {
            indices: sources
                .flat_map(|source| &source.indices)
                .cloned()
                .collect(),
            known: Mutex::default(),
        }
    }

    /// The constants of the index with this name, as documents state it.
    pub fn of(&self, stored: &str) -> OfIndex {
        let name = index_name(stored);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(name) {
            return Arc::clone(found);
        }
        let found = constants(self.index(name), name).into_iter();
        let found: OfIndex = found
            .map(|(path, value)| (path.into(), value.into()))
            .collect();
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(name.into(), Arc::clone(&found));
        found
    }

    /// The known index that stores the documents of this one.
    fn index(&self, name: &str) -> Option<&Index> {
        self.indices.iter().find(|own| own.stores(name))
    }

    /// Adds the constants of its index that the event lacks.
    pub fn fill(&self, event: &mut Event) {
        let Some(index) = stored_in(event) else {
            return;
        };
        for (path, value) in self.of(&index).iter() {
            if event.values(path).is_empty() {
                event.set(path, vec![Scalar::text(&**value)]);
            }
        }
    }

    /// The fields of an event whose value differs from the mapping's constant: Elasticsearch
    /// refuses such a document.
    pub fn contradictions(&self, event: &Event) -> Vec<(Box<str>, Scalar)> {
        let Some(index) = stored_in(event) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for (path, constant) in self.of(&index).iter() {
            let values = event.values(path).iter();
            let other = values.filter(|value| value.raw().as_text() != &**constant);
            found.extend(other.map(|value| (path.clone(), value.clone())));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(index: &str, fields: &[(&str, &str)]) -> Event {
        let mut event = Event::default();
        event.index = Some(index.to_owned());
        for (path, value) in fields {
            event.set(path, vec![Scalar::text(*value)]);
        }
        event
    }

    fn values(event: &Event, path: &str) -> Vec<String> {
        event.values(path).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_document_has_the_constants_of_its_index() {
        let constants = Constants::new(&Catalogue::builtin().unwrap());
        // In any namespace, as a backing index, and known or not.
        let mut stored = event(".ds-logs-gcp.audit-prod-2024.01.31-000001", &[]);
        constants.fill(&mut stored);
        assert_eq!(values(&stored, "event.module"), ["gcp"]);
        assert_eq!(values(&stored, "data_stream.dataset"), ["gcp.audit"]);
        assert_eq!(values(&stored, "data_stream.namespace"), ["prod"]);
        let mut unknown = event("metrics-acme.proxy-a-b", &[]);
        constants.fill(&mut unknown);
        assert_eq!(values(&unknown, "data_stream.type"), ["metrics"]);
        assert_eq!(values(&unknown, "data_stream.namespace"), ["a-b"]);
    }

    #[test]
    fn an_index_that_is_no_data_stream_has_none() {
        let constants = Constants::new(&Catalogue::builtin().unwrap());
        for index in [
            "filebeat-9.5.0",
            "winlogbeat-9.5.0-2024.01.01-000001",
            "logs-x",
        ] {
            let mut stored = event(index, &[]);
            constants.fill(&mut stored);
            assert_eq!(stored.fields().count(), 0, "{index}");
        }
    }

    #[test]
    fn another_value_stays_and_is_named() {
        let constants = Constants::new(&Catalogue::builtin().unwrap());
        let mut stored = event("logs-gcp.audit-default", &[("event.module", "aws")]);
        constants.fill(&mut stored);
        assert_eq!(values(&stored, "event.module"), ["aws"]);
        let named = constants.contradictions(&stored);
        assert_eq!(named, [("event.module".into(), Scalar::text("aws"))]);
    }
}
