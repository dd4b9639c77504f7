//! A data source as its file defines it, before the kinds that it takes from other sources are put
//! in. The readers of the files that ship with Trapline and of a project's own files make one.

use super::route::DataStream;
use super::source::{DataSource, EventKind, Index, Pin};
pub(super) use crate::diagnostic::data_source::MissingPart as Missing;
use crate::event::Scalar;

/// Fields with the values that they have by default.
pub(super) type Defaults = Vec<(String, Vec<Scalar>)>;

/// The definition of one source.
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) open: Vec<String>,
    /// Fields that no kind which is defined here carries.
    pub(super) never: Vec<String>,
    /// The kinds of this source are its own as well.
    pub(super) kinds_from: Option<String>,
    /// The same events as other sources', stored elsewhere.
    pub(super) twins: Vec<Twin>,
    pub(super) indices: Vec<Index>,
    pub(super) defaults: Defaults,
    pub(super) pins: Vec<Pin>,
    pub(super) kinds: Vec<KindDefinition>,
}

/// The kinds of another source with the values that are set in every event of theirs.
pub(super) struct Twin {
    /// The other source.
    pub(super) of: String,
    /// What is set otherwise; a field without a value is not set.
    pub(super) defaults: Defaults,
    /// Kinds that have another name here, each with that name.
    pub(super) names: Vec<(String, String)>,
}

/// The definition of a kind of event.
pub(super) struct KindDefinition {
    /// `process.start`
    pub(super) name: String,
    /// The first one where the kind names none.
    pub(super) index: Option<String>,
    pub(super) defaults: Defaults,
    pub(super) pins: Vec<Pin>,
    pub(super) never: Vec<String>,
}

impl Definition {
    /// The source, with the kinds of those of `before` that the definition names; the error is the
    /// source or index that does not exist.
    pub(super) fn build(self, before: &[DataSource]) -> Result<DataSource, Missing> {
        let other = |other: &String| {
            let found = before.iter().find(|source| source.name == *other);
            found.ok_or_else(|| Missing::Source(other.clone()))
        };
        let mut kinds = Vec::new();
        if let Some(name) = &self.kinds_from {
            kinds.extend(other(name)?.kinds.iter().map(elsewhere));
        }
        for twin in &self.twins {
            kinds.extend(twins(other(&twin.of)?, twin));
        }
        for kind in self.kinds {
            kinds.push(kind.build(&self.indices, &self.never)?);
        }
        for kind in &mut kinds {
            if let Some(index) = self.indices.get(kind.index) {
                name_stream(&index.name, &self.defaults, &mut kind.defaults);
            }
        }
        Ok(DataSource {
            name: self.name,
            title: self.title,
            indices: self.indices,
            kinds,
            defaults: self.defaults,
            pins: self.pins,
            open: self.open,
        })
    }

    /// Adds what is defined here to a source: what both say, this says. Field types of an index
    /// that the source has are looked up before its own.
    pub(super) fn extend(self, source: &mut DataSource) -> Result<(), Missing> {
        for index in self.indices {
            let same = |other: &&mut Index| other.name == index.name;
            match source.indices.iter_mut().find(same) {
                Some(known) => {
                    known.lists.splice(0..0, index.lists);
                    known.evidence = format!("{}; {}", index.evidence, known.evidence);
                }
                None => source.indices.push(index),
            }
        }
        for (field, values) in self.defaults {
            source.defaults.retain(|(known, _)| *known != field);
            source.defaults.push((field, values));
        }
        for pin in self.pins {
            source.pins.retain(|known| known.field != pin.field);
            source.pins.push(pin);
        }
        source.open.extend(self.open);
        for kind in self.kinds {
            let mut kind = kind.build(&source.indices, &self.never)?;
            if let Some(index) = source.indices.get(kind.index) {
                name_stream(&index.name, &source.defaults, &mut kind.defaults);
            }
            let same = |known: &&mut EventKind| known.name() == kind.name();
            match source.kinds.iter_mut().find(same) {
                Some(known) => *known = kind,
                None => source.kinds.push(kind),
            }
        }
        Ok(())
    }
}

impl KindDefinition {
    fn build(self, indices: &[Index], never: &[String]) -> Result<EventKind, Missing> {
        let index = match &self.index {
            None => Some(0),
            Some(name) => indices.iter().position(|index| index.is_called(name)),
        };
        let index = index.ok_or_else(|| Missing::Index(self.index.unwrap_or_default()))?;
        let (group, action) = parts(&self.name);
        let never = self.never.into_iter().chain(never.iter().cloned());
        Ok(EventKind {
            group,
            action,
            index,
            defaults: self.defaults,
            pins: self.pins,
            never: never.collect(),
        })
    }
}

/// The group and the action of a kind by its name.
fn parts(name: &str) -> (String, Option<String>) {
    match name.split_once('.') {
        Some((group, action)) => (group.to_owned(), Some(action.to_owned())),
        None => (name.to_owned(), None),
    }
}

/// A kind of another source in the first index of this one: without the names of its own stream.
fn elsewhere(kind: &EventKind) -> EventKind {
    let names_stream = |field: &str| field.starts_with("data_stream.") || field == "event.dataset";
    let mut kind = kind.clone();
    kind.index = 0;
    kind.defaults.retain(|(field, _)| !names_stream(field));
    kind
}

/// The kinds of another source with what it sets in every event, its module and data set included
/// where nothing else is said.
fn twins<'t>(other: &'t DataSource, said: &'t Twin) -> impl Iterator<Item = EventKind> + 't {
    other.kinds.iter().map(|kind| {
        let mut twin = elsewhere(kind);
        let fields = kind.defaults.iter().chain(&other.defaults);
        for (field, values) in fields {
            let stays = field.starts_with("data_stream.") || field.starts_with("agent.");
            if !stays && !twin.defaults.iter().any(|(known, _)| known == field) {
                twin.defaults.push((field.clone(), values.clone()));
            }
        }
        for (field, values) in &said.defaults {
            twin.defaults.retain(|(known, _)| known != field);
            if !values.is_empty() {
                twin.defaults.push((field.clone(), values.clone()));
            }
        }
        twin.pins.extend(other.pins.iter().cloned());
        let mut names = said.names.iter();
        if let Some((_, name)) = names.find(|(own, _)| *own == twin.name()) {
            (twin.group, twin.action) = parts(name);
        }
        twin
    })
}

/// Adds the fields that the agent sets by the data stream, `TYPE-DATASET-NAMESPACE`, where nothing
/// else is said.
fn name_stream(
    index: &str,
    common: &[(String, Vec<Scalar>)],
    defaults: &mut Vec<(String, Vec<Scalar>)>,
) {
    let Some(stream) = DataStream::named(index).filter(|stream| stream.kind == "logs") else {
        return;
    };
    let dataset = ("event.dataset", stream.dataset);
    for (field, value) in stream.fields().into_iter().chain([dataset]) {
        let is_set =
            |fields: &[(String, Vec<Scalar>)]| fields.iter().any(|(name, _)| name == field);
        if !is_set(common) && !is_set(defaults) {
            defaults.push((field.to_owned(), vec![Scalar::text(value)]));
        }
    }
}
