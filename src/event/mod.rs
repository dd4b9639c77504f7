//! Events, the values in them, and how a mapping reads those values.
//!
//! Everything above reads events through [`Event`] and types through [`Schema`]. The order of
//! events everywhere is: timestamp, then the rule's tiebreaker, then position in the input.

pub mod analysis;
pub mod documents;
pub mod external_sort;
pub mod field;
mod field_selection;
pub mod io;
pub mod json;
pub mod mapping;
mod number;
pub mod schema;
pub mod time;
pub mod value;

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

pub use field::FieldType;
pub use field_selection::FieldSelection;
pub use schema::{Mapping, MappingId, Resolution, Schema};
pub use time::Timestamp;
pub use value::{Raw, Scalar, Value};

/// The number of objects above a field that are examined. Elasticsearch maps at most 20 levels
/// (`index.mapping.depth.limit`), so nothing deeper is a field.
const DEEPEST: usize = 64;

/// The paths of the objects above a field, the nearest first; of a path that is too deep to be a
/// field's only the nearest.
pub fn paths_above(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(path_above(path), |path| path_above(path)).take(DEEPEST)
}

fn path_above(path: &str) -> Option<&str> {
    path.rsplit_once('.').map(|(parent, _)| parent)
}

/// The number of an event in the slice that was given to an evaluator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub u32);

impl EventId {
    /// The ids of the events of a slice, in order.
    pub fn of(events: &[Event]) -> impl Iterator<Item = Self> + use<> {
        (0u32..).map(Self).take(events.len())
    }

    /// The event's index in the slice that was evaluated.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One event: its fields by dotted path, and where it is stored.
///
/// `{"a": {"b": 1}}`, `{"a.b": 1}` and arrays of objects give the same field; the values of one
/// field stand in document order. `null`, `[]` and `[null]` give no value.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Event {
    /// `_index` of the document, where it is known.
    pub index: Option<String>,
    /// `_id` of the document, where it is known.
    pub id: Option<String>,
    /// Which of the schema's mappings applies to the event.
    pub mapping: MappingId,
    /// Whether the rule's index patterns select the event's index. An event that is not routed
    /// is shown to no stage.
    pub unrouted: bool,
    /// What else hides the event from the rule, by name: `filters`, `exception NAME`. An event
    /// that has it is unrouted as well.
    pub excluded_by: Option<Box<str>>,
    /// Shared between the copies of an event: most cases leave most events as they are.
    fields: Arc<BTreeMap<Box<str>, Vec<Scalar>>>,
    /// The fields that the document sets to null, sorted: some mappings index a null as a value.
    nulls: Vec<Box<str>>,
    /// The arrays of objects of the document, as JSON by path: what nested queries tell apart.
    arrays: Vec<(Box<str>, Box<str>)>,
    /// The paths at which the document has an array of one item, sorted.
    lists: Vec<Box<str>>,
}

impl Event {
    /// The values that the document holds at `path`, in document order; empty when it has none.
    pub fn values(&self, path: &str) -> &[Scalar] {
        self.fields.get(path).map_or(&[], Vec::as_slice)
    }

    /// About how many bytes of memory the event takes.
    pub fn memory(&self) -> u64 {
        let of_value = |value: &Scalar| match value {
            Scalar::Text(text) | Scalar::Number(text) => 40 + text.len(),
            Scalar::Bool(_) => 40,
        };
        let fields = self.fields.iter().map(|(path, values)| {
            let values: usize = values.iter().map(of_value).sum();
            120 + path.len() + values
        });
        let arrays = self
            .arrays
            .iter()
            .map(|(path, json)| 60 + path.len() + json.len());
        let lists = self.lists.iter().map(|path| 16 + path.len());
        let bytes = 600 + fields.sum::<usize>() + arrays.sum::<usize>() + lists.sum::<usize>();
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }

    /// Whether the document sets the field to null, alone or in an array.
    pub fn is_null(&self, path: &str) -> bool {
        self.nulls
            .binary_search_by(|null| (**null).cmp(path))
            .is_ok()
    }

    /// Notes that the document sets the field to null.
    pub fn set_null(&mut self, path: &str) {
        if let Err(place) = self.nulls.binary_search_by(|null| (**null).cmp(path)) {
            self.nulls.insert(place, path.into());
        }
    }

    /// All fields that have a value, by path.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &[Scalar])> {
        self.fields
            .iter()
            .map(|(path, values)| (&**path, values.as_slice()))
    }

    /// The event with no other fields than these and those below them, of which values that are
    /// objects consist.
    #[must_use]
    pub fn only(&self, paths: &[String]) -> Self {
        let kept = paths.iter().flat_map(|path| {
            let from = (Bound::Included(path.as_str()), Bound::Unbounded);
            let named = self.fields.range::<str, _>(from);
            let named = named.map_while(|(field, values)| {
                let rest = field.strip_prefix(path.as_str())?;
                Some((rest, field, values))
            });
            let named = named.filter(|(rest, ..)| rest.is_empty() || rest.starts_with('.'));
            named.map(|(_, field, values)| (field.clone(), values.clone()))
        });
        Self {
            index: None,
            id: self.id.clone(),
            mapping: self.mapping,
            unrouted: self.unrouted,
            excluded_by: self.excluded_by.clone(),
            fields: Arc::new(kept.collect()),
            nulls: {
                let kept = |null: &str| paths.iter().any(|path| **path == *null);
                self.nulls
                    .iter()
                    .filter(|null| kept(null))
                    .cloned()
                    .collect()
            },
            arrays: self.arrays.clone(),
            lists: Vec::new(),
        }
    }

    /// The values of all fields below `path`, in the order of the paths.
    pub fn values_below(&self, path: &str) -> impl Iterator<Item = &Scalar> {
        let below = format!("{path}.");
        let from = (Bound::Included(below.as_str()), Bound::Unbounded);
        let from = self.fields.range::<str, _>(from);
        let fields = from.take_while(move |(field, _)| field.starts_with(&below));
        fields.flat_map(|(_, values)| values)
    }

    /// Adds a value to the field at `path`.
    pub fn push(&mut self, path: &str, value: Scalar) {
        let fields = Arc::make_mut(&mut self.fields);
        if let Some(values) = fields.get_mut(path) {
            values.push(value);
        } else {
            fields.insert(path.into(), vec![value]);
        }
    }

    /// Replaces the values of the field at `path`; no values remove it.
    pub fn set(&mut self, path: &str, values: Vec<Scalar>) {
        if values.is_empty() && !self.fields.contains_key(path) {
            return;
        }
        let fields = Arc::make_mut(&mut self.fields);
        if values.is_empty() {
            fields.remove(path);
        } else {
            fields.insert(path.into(), values);
        }
    }
}
