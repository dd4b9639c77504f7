//! Whether events and indicators share values, entry by entry of a rule's mapping, by the types of
//! both fields.

use std::collections::BTreeSet;

use super::indicators::ValueTests;
use crate::evaluate::QueryFailure;
use crate::evaluate::indicator_match::{Enumerated, Pair};
use crate::event::field::Reading;
use crate::event::schema::MappedField;
use crate::event::{Event, FieldType, Mapping, Scalar, Schema, Timestamp};
use crate::rule::{MappingEntry, ThreatMatch};

/// The mapping of a rule, and the types of the fields of both sides.
#[derive(Debug, Clone, Copy)]
pub struct Entries<'t> {
    settings: &'t ThreatMatch,
    events: &'t Schema,
    indicators: &'t Schema,
    /// The other indices of events that are searched.
    beside: &'t [Mapping],
}

impl<'t> Entries<'t> {
    /// The entries of a rule on events and indicators with fields of these types.
    pub fn new(settings: &'t ThreatMatch, events: &'t Schema, indicators: &'t Schema) -> Self {
        Self {
            settings,
            events,
            indicators,
            beside: &[],
        }
    }

    /// The same where events of these indices are searched as well: a field is searched with `terms`
    /// where its type allows it in all of them.
    #[must_use]
    pub fn beside(self, beside: &'t [Mapping]) -> Self {
        Self { beside, ..self }
    }

    /// Whether Kibana searches the fields of an entry with `terms`.
    fn is_exact(&self, entry: &MappingEntry) -> bool {
        let mut types = self.types(entry).into_iter();
        let mut others = self.beside.iter();
        let field = &entry.event_field.name;
        types.all(|own| own.as_ref().is_some_and(is_exact))
            && others.all(|other| {
                other
                    .find(field)
                    .is_none_or(|own| is_exact(&own.field_type))
            })
    }

    /// The settings of the rule.
    pub fn settings(&self) -> &'t ThreatMatch {
        self.settings
    }

    /// The values of the event's field of an entry.
    pub fn event_values(&self, entry: &MappingEntry, event: &Event) -> Vec<String> {
        values(self.events, &entry.event_field.name, event)
    }

    /// The values of the indicator's field of an entry.
    pub fn indicator_values(&self, entry: &MappingEntry, indicator: &Event) -> Vec<String> {
        values(self.indicators, &entry.indicator_field.name, indicator)
    }

    /// The types of the event's and of the indicator's field of an entry.
    pub fn types(&self, entry: &MappingEntry) -> [Option<FieldType>; 2] {
        let type_of = |schema: &Schema, field: &str| {
            let mapped = mapping(schema).and_then(|types| types.find(field));
            mapped.map(|mapped| mapped.field_type)
        };
        [
            type_of(self.events, &entry.event_field.name),
            type_of(self.indicators, &entry.indicator_field.name),
        ]
    }

    /// The paths of events that are read.
    pub fn event_paths(&self) -> Vec<String> {
        let entries = self.settings.groups.iter().flatten();
        let fields = entries.filter_map(|entry| {
            let types = mapping(self.events)?;
            types.find(&entry.event_field.name)
        });
        fields.map(|field| field.read_from.to_string()).collect()
    }

    /// Whether an event, or an indicator, has all fields that some group needs. Kibana searches no
    /// others.
    pub fn has_a_group(&self, side: Enumerated, document: &Event) -> bool {
        let has = |entry: &MappingEntry| {
            let values = match side {
                Enumerated::Events => self.event_values(entry, document),
                Enumerated::Indicators => self.indicator_values(entry, document),
            };
            entry.is_negated || !values.is_empty()
        };
        let mut groups = self.settings.groups.iter();
        groups.any(|group| group.iter().all(has))
    }
}

/// The entries, with the tests of the values of some events and indicators.
#[derive(Debug)]
pub struct Comparison<'t> {
    entries: Entries<'t>,
    /// The values of events, tested on indicators.
    of_events: ValueTests,
    /// The values of indicators, tested on events.
    of_indicators: ValueTests,
}

impl<'t> Comparison<'t> {
    /// Prepares the tests of the values of these documents; `now` is what date math in values
    /// counts from.
    pub fn new<'e>(
        entries: Entries<'t>,
        events: impl Iterator<Item = &'e Event>,
        indicators: impl Iterator<Item = &'e Event>,
        now: Timestamp,
    ) -> Result<Self, QueryFailure> {
        let all = || entries.settings.groups.iter().flatten();
        let (mut of_events, mut of_indicators) = (BTreeSet::new(), BTreeSet::new());
        for event in events {
            for entry in all() {
                let values = entries.event_values(entry, event).into_iter();
                let field = entry.indicator_field.name.as_str();
                of_events.extend(values.map(|value| (field, value)));
            }
        }
        for indicator in indicators {
            for entry in all() {
                let values = entries.indicator_values(entry, indicator).into_iter();
                let field = entry.event_field.name.as_str();
                of_indicators.extend(values.map(|value| (field, value)));
            }
        }
        Ok(Self {
            of_events: ValueTests::new(&of_events, entries.indicators, now)?,
            of_indicators: ValueTests::new(&of_indicators, entries.events, now)?,
            entries,
        })
    }

    /// The entries.
    pub fn entries(&self) -> Entries<'t> {
        self.entries
    }

    /// The entries of a group on an event and an indicator, when `side` gives the values.
    pub fn pairs(
        &self,
        side: Enumerated,
        group: usize,
        event: &Event,
        indicator: &Event,
    ) -> Vec<Pair> {
        let group = self.entries.settings.groups.get(group);
        let entries = group.map_or(&[][..], Vec::as_slice).iter();
        entries
            .map(|entry| self.pair(side, entry, event, indicator))
            .collect()
    }

    fn pair(
        &self,
        side: Enumerated,
        entry: &MappingEntry,
        event: &Event,
        indicator: &Event,
    ) -> Pair {
        let of_event = self.entries.event_values(entry, event);
        let of_indicator = self.entries.indicator_values(entry, indicator);
        let (own, other, tests, field, searched) = match side {
            Enumerated::Events => (
                of_event,
                of_indicator,
                &self.of_events,
                &entry.indicator_field.name,
                indicator,
            ),
            Enumerated::Indicators => (
                of_indicator,
                of_event,
                &self.of_indicators,
                &entry.event_field.name,
                event,
            ),
        };
        let first = own.first();
        Pair {
            enumerated: own.len(),
            has_searched: !other.is_empty(),
            is_shared: first.is_some_and(|value| tests.holds(field, value, searched)),
            is_exact: self.entries.is_exact(entry),
            is_negated: entry.is_negated,
        }
    }
}

fn mapping(schema: &Schema) -> Option<&Mapping> {
    schema.mappings().first()
}

/// The values that the mapping indexes, as they are written.
fn values(schema: &Schema, field: &str, document: &Event) -> Vec<String> {
    let Some(mapped) = mapping(schema).and_then(|types| types.find(field)) else {
        return Vec::new();
    };
    let indexed = |mapped: &MappedField, value: &Scalar| {
        matches!(mapped.field_type, FieldType::Unsupported(_))
            || matches!(mapped.read(value.raw()), Reading::Value(_))
    };
    let values = document.values(&mapped.read_from).iter();
    let values = values.filter(|value| indexed(&mapped, value));
    values.map(ToString::to_string).collect()
}

/// Whether Kibana searches a field of this type with `terms`.
pub fn is_exact(field_type: &FieldType) -> bool {
    matches!(
        field_type,
        FieldType::Keyword { .. }
            | FieldType::ConstantKeyword { .. }
            | FieldType::Wildcard { .. }
            | FieldType::Ip
    )
}
