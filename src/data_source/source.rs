//! The definition of one data source.

use std::sync::Arc;

use super::field_list::{FieldList, FoundField};
use super::route::{DataStream, IndexPatterns, matches};
use crate::diagnostic::suggest::nearest;
use crate::event::field::FieldType;
use crate::event::schema::{MappedField, Origin};
use crate::event::{Mapping, Scalar};

/// A data source: a sensor and the pipeline that stores its events.
#[derive(Debug, Clone, PartialEq)]
pub struct DataSource {
    /// As scenarios name it: `elastic_defend`.
    pub name: String,
    /// As people name it: "Elastic Defend".
    pub title: String,
    /// The indices (data streams) that it writes to.
    pub indices: Vec<Index>,
    /// The kinds of event that it produces.
    pub kinds: Vec<EventKind>,
    /// Fields that every event has unless the scenario says otherwise: `host.id`, `host.os.type`.
    pub defaults: Vec<(String, Vec<Scalar>)>,
    /// Sensor facts that hold for every event.
    pub pins: Vec<Pin>,
    /// Prefixes below which any field is a keyword as soon as an event carries it
    /// (`winlog.event_data.`).
    pub open: Vec<String>,
}

/// One index of a data source.
#[derive(Debug, Clone, PartialEq)]
pub struct Index {
    /// A typical name of it, with the default namespace: `logs-endpoint.events.process-default`.
    pub name: String,
    /// The pattern that its source gives for its names, `acme-proxy-*`, of which `name` is one.
    pub pattern: Option<String>,
    /// Its field types; of two lists that have a field, the first counts.
    pub lists: Vec<IndexList>,
    /// Where the lists come from, for people.
    pub evidence: String,
}

/// A list of field types of an index.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexList {
    /// The list.
    pub fields: Arc<FieldList>,
    /// Whether it is the index's own or taken over from ECS.
    pub origin: Origin,
}

/// A kind of event: `process.start`, `network`, `registry.set`.
#[derive(Debug, Clone, PartialEq)]
pub struct EventKind {
    /// `process`, `network`, `file`, `registry`, `library`, `dns`, `authentication` …
    pub group: String,
    /// `start`, `end`, `create` …; `None` where the group has only one.
    pub action: Option<String>,
    /// The index that such events go to, by number in [`DataSource::indices`].
    pub index: usize,
    /// What makes an event of this kind: `event.category`, `event.type`, `event.action`,
    /// `event.code`, `data_stream.*` …; the scenario may say otherwise.
    pub defaults: Vec<(String, Vec<Scalar>)>,
    /// Sensor facts that hold for this kind.
    pub pins: Vec<Pin>,
    /// Fields that an event of this kind never carries, as patterns (`process.parent.*`).
    pub never: Vec<String>,
}

/// A sensor fact: the field has this value whatever the scenario says, unless it is forced.
#[derive(Debug, Clone, PartialEq)]
pub struct Pin {
    /// The field.
    pub field: String,
    /// Its value; empty: the field is always missing.
    pub value: Vec<Scalar>,
    /// The origin of the fact, for people.
    pub evidence: String,
}

impl DataSource {
    /// The kind that a scenario names: `process`, `process.start`; a group alone is its first
    /// kind.
    pub fn kind(&self, name: &str) -> Option<&EventKind> {
        let (group, action) = match name.split_once('.') {
            Some((group, action)) => (group, Some(action)),
            None => (name, None),
        };
        self.kinds.iter().find(|kind| {
            kind.group == group && (action.is_none() || kind.action.as_deref() == action)
        })
    }

    /// The type that some index of the source gives to `path`; below an open prefix a keyword.
    pub fn field_type(&self, path: &str) -> Option<FieldType> {
        let mut indices = self.indices.iter();
        let listed = indices.find_map(|index| index.find(path));
        listed
            .map(|field| field.field_type)
            .or_else(|| self.is_open(path).then(FieldType::ecs_keyword))
    }

    /// Whether any field of this name is a keyword as soon as an event carries it.
    pub fn is_open(&self, path: &str) -> bool {
        let mut open = self.open.iter();
        open.any(|prefix| path.starts_with(prefix.as_str()))
    }

    /// The known field nearest to `path`.
    pub fn suggest(&self, path: &str) -> Option<String> {
        let names = self.indices.iter().flat_map(Index::names);
        nearest(path, names).map(str::to_owned)
    }

    /// The field at `path` as an index that the patterns select lists it; below an open prefix a
    /// keyword.
    pub fn field(&self, patterns: &IndexPatterns, path: &str) -> Option<MappedField> {
        self.field_in(self.selected(patterns), path)
    }

    /// The field at `path` as one of these indices lists it; below an open prefix a keyword.
    pub fn field_in<'i>(
        &self,
        mut indices: impl Iterator<Item = &'i Index>,
        path: &str,
    ) -> Option<MappedField> {
        let listed = indices.find_map(|index| index.find(path));
        let open = || MappedField::new(FieldType::ecs_keyword(), path, Origin::Dynamic);
        listed.or_else(|| self.is_open(path).then(open))
    }

    /// The indices that the patterns select.
    pub fn selected<'s>(&'s self, patterns: &IndexPatterns) -> impl Iterator<Item = &'s Index> {
        let indices = self.indices.iter();
        indices.filter(|index| patterns.selects(&index.name))
    }

    /// The field types of those indices that the patterns select.
    pub fn mapping(&self, patterns: &IndexPatterns) -> Mapping {
        let mut mapping = Mapping::new(self.name.as_str());
        for index in self.selected(patterns) {
            index.add_all(&mut mapping);
        }
        mapping
    }
}

impl Index {
    /// Whether the index, or its pattern, has this name.
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.pattern.as_deref() == Some(name)
    }

    /// Whether documents of an index with this name are stored here: a data stream is the same in
    /// every namespace.
    pub fn stores(&self, index: &str) -> bool {
        let pattern = self.pattern.as_deref();
        self.name == index
            || pattern.is_some_and(|pattern| matches(pattern, index))
            || match (DataStream::named(&self.name), DataStream::named(index)) {
                (Some(own), Some(other)) => (own.kind, own.dataset) == (other.kind, other.dataset),
                _ => false,
            }
    }

    /// What the lists say about `path`; a field that is mapped only once a document has it is
    /// [`Origin::Dynamic`].
    pub fn find(&self, path: &str) -> Option<MappedField> {
        let found = |list: &IndexList| {
            let found = list.fields.find(path)?;
            let field_type = self.alias_type(&found, path);
            let origin = if found.is_dynamic {
                Origin::Dynamic
            } else {
                list.origin
            };
            let mut field = MappedField::new(field_type, &found.read_from, origin);
            field.options = found.options;
            Some(field)
        };
        self.lists.iter().find_map(found)
    }

    /// The type of a field; an alias may name a field of another list.
    fn alias_type(&self, found: &FoundField, path: &str) -> FieldType {
        if path.starts_with(&*found.read_from) {
            return found.field_type.clone();
        }
        let mut lists = self.lists.iter();
        let target = lists.find_map(|list| list.fields.find(&found.read_from));
        target.map_or_else(|| found.field_type.clone(), |target| target.field_type)
    }

    /// Adds all fields that the lists name to a mapping that lacks them.
    pub fn add_all(&self, mapping: &mut Mapping) {
        for list in &self.lists {
            for field in list.fields.fields() {
                if mapping.get(&field.path).is_none() {
                    let field_type = field.field_type.clone();
                    let mut mapped = MappedField::new(field_type, &field.read_from, list.origin);
                    mapped.options = field.options.clone();
                    mapping.insert(&field.path, mapped);
                }
            }
        }
    }

    /// The fields that the lists name; one may come several times.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let fields = self.lists.iter().flat_map(|list| list.fields.fields());
        fields.map(|field| &*field.path)
    }

    /// Whether the first list is the index's own.
    pub fn origin(&self) -> Origin {
        let first = self.lists.first();
        first.map_or(Origin::Assumed, |list| list.origin)
    }
}

impl EventKind {
    /// As scenarios name it: `process.start`.
    pub fn name(&self) -> String {
        match &self.action {
            Some(action) => format!("{}.{action}", self.group),
            None => self.group.clone(),
        }
    }

    /// Whether an event of this kind can carry the field.
    pub fn carries(&self, path: &str) -> bool {
        // Asked for every field of every event; a pattern has a star at its end or none.
        !self
            .never
            .iter()
            .any(|pattern| match pattern.strip_suffix('*') {
                Some(prefix) => path.starts_with(prefix),
                None => pattern == path,
            })
    }
}
