//! The documents of a case as one data source stores them, with what the scenario says of each.

use std::sync::Arc;

use crate::diagnostic::observation::{Pairs, Seen};
use crate::evaluate::Override;
use crate::evaluate::pipeline::RequestData;
use crate::event::{Event, EventId};
use crate::scenario::ExpandedCase;
use crate::scenario::model::EventRole;

/// The events of a case as one data source stores them.
#[derive(Debug, Clone, Default)]
pub(in crate::replay) struct CaseEvents {
    /// In file order: the input of the evaluator.
    pub(in crate::replay) events: Vec<Event>,
    /// What the scenario says of each event; as many as there are events.
    pub(in crate::replay) facts: Vec<EventFacts>,
    /// Answers and tables for an ES|QL query.
    pub(in crate::replay) given: Arc<RequestData>,
}

/// What a scenario says of one event, and what hides it from the query.
#[derive(Debug, Clone, Default)]
pub(in crate::replay) struct EventFacts {
    /// Empty without a label.
    pub(in crate::replay) label: String,
    /// What the event is to the rule; an event of the case for those of a recording.
    pub(in crate::replay) role: EventRole,
    /// The kind of event, as the data source names it; none for one of a recording.
    pub(in crate::replay) kind: Option<String>,
    /// The fields that the scenario sets.
    pub(in crate::replay) set_fields: Vec<String>,
    /// The fields that the sensor pins although the scenario sets them.
    pub(in crate::replay) pinned: Vec<String>,
    /// The exclusions that hide the event, each with the values for which it does.
    pub(in crate::replay) hidden_by: Vec<(String, Pairs)>,
    /// The filters of the rule among them, by number.
    pub(in crate::replay) filtered_by: Vec<usize>,
}

impl EventFacts {
    /// Those of a recorded event, of which the scenario gives at most a label.
    pub(in crate::replay) fn labelled(label: String) -> Self {
        Self {
            label,
            ..Self::default()
        }
    }
}

impl CaseEvents {
    /// The events of a case, and its indicators.
    pub(in crate::replay) fn of(expanded: ExpandedCase) -> (Self, Self) {
        let (mut events, mut indicators) = (Self::default(), Self::default());
        for event in expanded.events {
            let of_role = match event.role {
                EventRole::Event | EventRole::History => &mut events,
                EventRole::Indicator => &mut indicators,
            };
            let facts = EventFacts {
                label: event.label.unwrap_or_default(),
                role: event.role,
                kind: event.kind,
                set_fields: event.set_fields.into_iter().collect(),
                pinned: event.pinned.into_iter().map(|pin| pin.field).collect(),
                hidden_by: Vec::new(),
                filtered_by: Vec::new(),
            };
            of_role.push(event.event, facts);
        }
        (events, indicators)
    }

    /// Adds an event.
    pub(in crate::replay) fn push(&mut self, event: Event, facts: EventFacts) {
        self.events.push(event);
        self.facts.push(facts);
    }

    /// What the scenario says of an event.
    pub(in crate::replay) fn facts(&self, event: EventId) -> Option<&EventFacts> {
        self.facts.get(event.index())
    }

    /// Whether the event is context: it only shows what happened in the past, and the rule must not
    /// alert on it.
    pub(in crate::replay) fn is_context(&self, event: EventId) -> bool {
        self.facts(event)
            .is_some_and(|facts| facts.role != EventRole::Event)
    }

    /// Leaves out the events that are context.
    pub(in crate::replay) fn without_context(&self) -> impl Iterator<Item = Override> + '_ {
        EventId::of(&self.events)
            .filter(|event| self.is_context(*event))
            .map(Override::Without)
    }

    /// The label of an event; its number where it has none.
    pub(in crate::replay) fn label(&self, event: EventId) -> String {
        match self.facts(event) {
            Some(facts) if !facts.label.is_empty() => facts.label.clone(),
            _ => format!("#{}", event.0 + 1),
        }
    }

    /// The event of a label.
    pub(in crate::replay) fn find(&self, label: &str) -> Option<EventId> {
        let position = self.facts.iter().position(|facts| facts.label == label)?;
        u32::try_from(position).ok().map(EventId)
    }

    /// The values for which this exclusion hides the event.
    pub(in crate::replay) fn hiding_values(&self, event: EventId, name: &str) -> Option<Seen> {
        let mut by = self.facts(event)?.hidden_by.iter();
        let (_, values) = by.find(|(own, _)| own == name)?;
        let fields = values.clone();
        (!fields.0.is_empty()).then_some(Seen::Excluded { fields })
    }

    /// The only exclusion that hides an event, if it is a filter of the rule: its number.
    pub(in crate::replay) fn filter_alone(&self, number: usize) -> Option<usize> {
        let facts = self.facts.get(number)?;
        match facts.filtered_by.as_slice() {
            [filter] if facts.hidden_by.len() == 1 => Some(*filter),
            _ => None,
        }
    }

    /// Whether the sensor pins the field on the event.
    pub(in crate::replay) fn pins(&self, event: EventId, field: &str) -> bool {
        self.facts(event)
            .is_some_and(|facts| facts.pinned.iter().any(|pinned| pinned == field))
    }
}
