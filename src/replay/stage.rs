//! The documents of a case as one data source stores them, with what the scenario says of each.

use std::sync::Arc;

use crate::evaluate::Override;
use crate::evaluate::pipeline::RequestData;
use crate::event::{Event, EventId};
use crate::scenario::ExpandedCase;
use crate::scenario::model::EventRole;

/// The events of a case as one data source stores them.
#[derive(Debug, Clone, Default)]
pub(super) struct Stage {
    /// The events in file order.
    pub(super) events: Vec<Event>,
    /// A label for each event, empty where it has none.
    pub(super) labels: Vec<String>,
    /// What each event is to the rule; of a recording nothing is said.
    pub(super) roles: Vec<EventRole>,
    /// For each event its kind, as the data source names it; none for one of a recording.
    pub(super) kinds: Vec<Option<String>>,
    /// For each event the fields that the scenario sets.
    pub(super) set: Vec<Vec<String>>,
    /// For each event the fields that the sensor pins against the scenario's wish.
    pub(super) pinned: Vec<Vec<String>>,
    /// For each event what hides it from the query, and the values for which it does.
    pub(super) hidden: Vec<Vec<(String, String)>>,
    /// For each event the filters that hide it, by number.
    pub(super) filtered_by: Vec<Vec<usize>>,
    /// What comes with the request of an ES|QL query.
    pub(super) given: Arc<RequestData>,
}

impl Stage {
    /// The events of a case, and its indicators.
    pub(super) fn of(expanded: ExpandedCase) -> (Self, Self) {
        let (mut events, mut indicators) = (Self::default(), Self::default());
        for event in expanded.events {
            let stage = match event.role {
                EventRole::Event | EventRole::History => &mut events,
                EventRole::Indicator => &mut indicators,
            };
            stage.events.push(event.event);
            stage.labels.push(event.label.unwrap_or_default());
            stage.roles.push(event.role);
            stage.kinds.push(event.kind);
            stage.set.push(event.set_fields.into_iter().collect());
            let pinned = event.pinned.into_iter().map(|pin| pin.field);
            stage.pinned.push(pinned.collect());
            stage.hidden.push(Vec::new());
            stage.filtered_by.push(Vec::new());
        }
        (events, indicators)
    }

    /// Whether the event is context: it only shows what happened in the past, and the rule must not
    /// alert on it.
    pub(super) fn is_context(&self, event: EventId) -> bool {
        let role = self.roles.get(event.index()).copied();
        role.is_some_and(|role| role != EventRole::Event)
    }

    /// Leaves out the events that are context.
    pub(super) fn without_context(&self) -> impl Iterator<Item = Override> + '_ {
        let events = (0u32..).map(EventId).take(self.events.len());
        events
            .filter(|event| self.is_context(*event))
            .map(Override::Without)
    }

    /// The label of an event; its number where it has none.
    pub(super) fn label(&self, event: EventId) -> String {
        match self.labels.get(event.index()) {
            Some(label) if !label.is_empty() => label.clone(),
            _ => format!("#{}", event.0 + 1),
        }
    }

    /// The event of a label.
    pub(super) fn find(&self, label: &str) -> Option<EventId> {
        let position = self.labels.iter().position(|own| own == label)?;
        u32::try_from(position).ok().map(EventId)
    }

    /// The values for which this hides the event.
    pub(super) fn seen_by(&self, event: EventId, name: &str) -> Option<String> {
        let by = self.hidden.get(event.index())?.iter();
        let (_, values) = by.into_iter().find(|(own, _)| own == name)?;
        (!values.is_empty()).then(|| values.clone())
    }

    /// The only thing that hides an event, where that is a filter of the rule: its number.
    pub(super) fn filter_alone(&self, number: usize) -> Option<usize> {
        let is_alone = self.hidden.get(number).is_some_and(|by| by.len() == 1);
        match self.filtered_by.get(number).map(Vec::as_slice) {
            Some([filter]) if is_alone => Some(*filter),
            _ => None,
        }
    }

    /// Whether the sensor pins the field on the event.
    pub(super) fn pins(&self, event: EventId, field: &str) -> bool {
        self.pinned
            .get(event.index())
            .is_some_and(|fields| fields.iter().any(|pinned| pinned == field))
    }
}
