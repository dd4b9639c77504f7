//! What one data source is.

use std::sync::Arc;

use crate::event::Scalar;
use crate::event::field::FieldType;
use crate::event::schema::Origin;

/// What produced an event: a sensor and the pipeline that stores its events.
#[derive(Debug, Clone, PartialEq)]
pub struct DataSource {
    /// As scenarios name it: `elastic_defend`.
    pub name: String,
    /// As people name it: "Elastic Defend".
    pub title: String,
    /// The indices (data streams) that it writes to.
    pub indices: Vec<Index>,
    /// The kinds of event that it produces.
    pub kinds: Vec<Kind>,
    /// Fields that every event has unless the scenario says otherwise: `host.id`, `host.os.type`.
    pub defaults: Vec<(String, Vec<Scalar>)>,
    /// Sensor facts that hold for every event.
    pub pins: Vec<Pin>,
}

/// One index of a data source.
#[derive(Debug, Clone, PartialEq)]
pub struct Index {
    /// A typical name of it, with the default namespace: `logs-endpoint.events.process-default`.
    pub name: String,
    /// Its field types.
    pub fields: Arc<FieldList>,
}

/// The field types of an index.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldList {
    /// Whether the list is the source's own or taken over from ECS.
    pub origin: Origin,
    /// Where the list comes from, with its version, for people.
    pub evidence: String,
    /// `(path, type, path in the document that holds the values)`, ascending by path.
    pub fields: Vec<(Box<str>, FieldType, Box<str>)>,
}

/// A kind of event: `process.start`, `network`, `registry.set`.
#[derive(Debug, Clone, PartialEq)]
pub struct Kind {
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
