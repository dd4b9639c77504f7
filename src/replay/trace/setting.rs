//! The parts of a rule's settings that can decide, with the names by which checks speak of them.

use crate::plan::ClauseName;
use crate::rule::MappingEntry;

/// A part of a rule's settings that can decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// `threshold.value`: this many events.
    Count(u64),
    /// `threshold.cardinality`: this many values of a field.
    Cardinality(String, u64),
    /// A field of `threshold.field`.
    Group(String),
    /// A field of `new_terms_fields`.
    NewTerm(String),
    /// `history_window_start`.
    History(String),
    /// An entry of `threat_mapping` in words; whether it is negated.
    Entry(String, bool),
    /// A filter of the rule by its number, in words.
    Filter(usize, String),
    /// An entry of `threat_filters` by its number, in words.
    IndicatorFilter(usize, String),
    /// A clause of `threat_query`.
    IndicatorClause(ClauseName),
}

impl Setting {
    /// Its name, by which checks speak of it.
    pub fn name(&self) -> ClauseName {
        ClauseName {
            stage: None,
            text: match self {
                Self::Count(count) => format!("count >= {count}"),
                Self::Cardinality(field, count) => format!("cardinality of {field} >= {count}"),
                Self::Group(field) => format!("group by {field}"),
                Self::NewTerm(field) => format!("new {field}"),
                Self::History(start) => format!("history {start}"),
                Self::Entry(words, _) => words.clone(),
                Self::Filter(_, words) => format!("filters {words}"),
                Self::IndicatorFilter(_, words) => format!("threat_filters {words}"),
                Self::IndicatorClause(own) => format!("threat_query {}", own.text),
            },
            occurrence: match self {
                Self::IndicatorClause(own) => own.occurrence,
                _ => 0,
            },
        }
    }
}

/// `source.ip = threat.indicator.ip`
pub(crate) fn entry(own: &MappingEntry) -> Setting {
    let sign = if own.is_negated { "!=" } else { "=" };
    let (event, indicator) = (&own.event_field.name, &own.indicator_field.name);
    Setting::Entry(format!("{event} {sign} {indicator}"), own.is_negated)
}
