//! A partial event: the fields that a scenario would set on an event of a kind.

use std::collections::BTreeMap;

use super::sample_values::System;
use crate::data_source::apply_shape::apply_shape;
use crate::data_source::{DataSource, EventKind};
use crate::event::{Event, Scalar};

/// The fields that a scenario sets; an empty list removes the field.
pub(super) type Fields = BTreeMap<String, Vec<Scalar>>;

/// Builds an event of one kind from the fields that a scenario sets.
#[derive(Debug, Clone)]
pub(super) struct EventBuilder<'s> {
    pub(super) source: &'s DataSource,
    pub(super) kind: &'s EventKind,
    pub(super) fields: Fields,
}

impl<'s> EventBuilder<'s> {
    pub(super) fn new(source: &'s DataSource, kind: &'s EventKind) -> Self {
        Self {
            source,
            kind,
            fields: Fields::new(),
        }
    }

    /// As the source stores it.
    pub(super) fn event(&self) -> Event {
        apply_shape(self.source, self.kind, &self.fields)
    }

    /// Whether a scenario can set the field on this kind of event.
    pub(super) fn can_set(&self, path: &str) -> bool {
        let mut pins = self.source.pins.iter().chain(&self.kind.pins);
        self.kind.carries(path) && !pins.any(|pin| pin.field == path)
    }

    /// Whether the shape gives the field a value that nobody asked for.
    pub(super) fn has_default(&self, path: &str) -> bool {
        let mut defaults = self.source.defaults.iter().chain(&self.kind.defaults);
        defaults.any(|(default, _)| default == path)
    }

    /// The system that the event is of.
    pub(super) fn system(&self) -> System {
        let of = |values: &[Scalar]| {
            let name = values.first().map(ToString::to_string);
            System::named(name.as_deref())
        };
        if let Some(values) = self.fields.get("host.os.type") {
            return of(values);
        }
        let mut defaults = self.kind.defaults.iter().chain(&self.source.defaults);
        let own = defaults.find(|(path, _)| path == "host.os.type");
        own.map_or(System::Windows, |(_, values)| of(values))
    }

    /// The shortest name that means the kind.
    pub(super) fn kind_name(&self) -> String {
        let whole = self.kind.name();
        match self.source.kind(&self.kind.group) {
            Some(first) if first.name() == whole => self.kind.group.clone(),
            _ => whole,
        }
    }
}
