//! Documents that a rule never sees: those that its own `filters` or an exception list exclude.
//! They are hidden from every stage of a query, `until` and missing events included
//! (`eql-semantics` §10.4).

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::event::time::DateFormat;
use crate::event::{Event, FieldType, Mapping, Timestamp};
use crate::execution::filter::Documents;
use crate::rule::{ExceptionItem, Filter, Rule};

/// What hides documents from a rule.
#[derive(Debug, Clone, Default)]
pub struct Exclusions {
    filters: Vec<Filter>,
    exceptions: Vec<Arc<ExceptionItem>>,
    /// What date math and the ends of exceptions count from; the time of each event without.
    now: Option<Timestamp>,
}

/// What hides one document.
#[derive(Debug, Clone, Copy)]
pub enum Exclusion<'e> {
    /// A filter of the rule, which the document does not meet.
    Filter(&'e Filter),
    /// An exception, which the document meets.
    Exception(&'e ExceptionItem),
}

impl Exclusion<'_> {
    /// Its condition.
    pub fn condition(&self) -> &Filter {
        match self {
            Self::Filter(filter) => filter,
            Self::Exception(item) => &item.filter,
        }
    }
}

impl fmt::Display for Exclusion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Filter(_) => f.write_str("filters"),
            Self::Exception(item) => item.fmt(f),
        }
    }
}

impl Exclusions {
    /// The rule's own filters, the exceptions that its file holds, and these.
    pub fn new(rule: &Rule, exceptions: Vec<Arc<ExceptionItem>>) -> Self {
        let filters = rule.production.filters.iter();
        let own = rule.exceptions.iter().cloned();
        Self {
            filters: filters.map(|(filter, _)| filter.clone()).collect(),
            exceptions: own.chain(exceptions).collect(),
            now: None,
        }
    }

    /// Date math and the ends of exceptions count from `now`, rather than from each event's time.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        self.now = Some(now);
        self
    }

    /// Whether nothing is hidden.
    pub fn is_empty(&self) -> bool {
        self.filters.is_empty() && self.exceptions.is_empty()
    }

    /// The fields that are read.
    pub fn fields(&self) -> BTreeSet<&str> {
        let filters = self.filters.iter();
        let exceptions = self.exceptions.iter().map(|item| &item.filter);
        filters.chain(exceptions).flat_map(Filter::fields).collect()
    }

    /// All that hides an event whose fields have these types; one that has none has that of its
    /// values.
    pub fn of_event<'e>(&'e self, event: &Event, types: &Mapping) -> Vec<Exclusion<'e>> {
        let now = self.now.unwrap_or_else(|| time_of(event));
        let documents = Documents {
            types: &|path| field_type(types, path),
            now,
        };
        let filters = self.filters.iter();
        let filters = filters.filter(|filter| !documents.selects(filter, event));
        let holds = |item: &&Arc<ExceptionItem>| {
            item.expires.is_none_or(|expires| expires > now)
                && documents.selects(&item.filter, event)
        };
        let exceptions = self.exceptions.iter().filter(holds);
        filters
            .map(Exclusion::Filter)
            .chain(exceptions.map(|item| Exclusion::Exception(item)))
            .collect()
    }

    /// Whether the event is hidden.
    pub fn hides(&self, event: &Event, types: &Mapping) -> bool {
        !self.is_empty() && !self.of_event(event, types).is_empty()
    }

    /// Hides the event if the rule never sees it although its index patterns select it; whether it
    /// does.
    pub fn hide(&self, event: &mut Event, types: &Mapping) -> bool {
        if event.unrouted || self.is_empty() {
            return false;
        }
        let first = self
            .of_event(event, types)
            .first()
            .map(Exclusion::to_string);
        event.unrouted = first.is_some();
        event.excluded_by = first.map(String::into_boxed_str);
        event.unrouted
    }
}

fn field_type(types: &Mapping, path: &str) -> Option<FieldType> {
    types.get(path).map(|field| field.field_type.clone())
}

/// When an event happened; the epoch where it does not say.
fn time_of(event: &Event) -> Timestamp {
    let format = DateFormat::default();
    let values = event.values("@timestamp").iter();
    let mut times = values.filter_map(|value| format.parse(value.raw().as_text()));
    times.next().unwrap_or_default()
}
