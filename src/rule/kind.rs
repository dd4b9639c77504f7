//! The rule types with the settings of each.

use super::{Language, Query};
use crate::diagnostic::Span;
use crate::diagnostic::query::dsl::UnsupportedQuery;
use crate::event::Timestamp;
use crate::event::time::{DateFormat, milliseconds_back};
use crate::language::dsl;

/// What kind of rule it is, with the settings of that kind. The query itself, which most kinds
/// have, is [`super::Rule::query`].
#[derive(Debug, Clone)]
pub enum RuleKind {
    /// Event correlation.
    Eql,
    /// Events that a KQL or Lucene query finds.
    Query,
    /// As [`RuleKind::Query`], but the query stands in a saved object of Kibana. The file may
    /// repeat it.
    SavedQuery {
        /// `saved_id`
        id: String,
    },
    /// ES|QL.
    Esql,
    /// A count of events that reaches a number.
    Threshold(Threshold),
    /// Values that the time before the rule's window does not have.
    NewTerms(NewTerms),
    /// Events that share values with indicators of compromise.
    ThreatMatch(ThreatMatch),
    /// An anomaly job, which cannot be run offline.
    MachineLearning,
}

/// The settings of a threshold rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Threshold {
    /// `threshold.field`: events are counted for each combination of values; all together where
    /// it names none.
    pub group_by: Vec<FieldName>,
    /// `threshold.value`: an alert needs at least this many events.
    pub count: u64,
    /// Where `threshold.value` stands.
    pub count_span: Span,
    /// `threshold.cardinality`; Kibana uses the first entry only.
    pub cardinality: Option<Cardinality>,
}

/// An alert of a threshold rule needs at least this many values of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cardinality {
    /// The field.
    pub field: FieldName,
    /// How many values of it.
    pub count: u64,
    /// Where the number stands.
    pub count_span: Span,
}

/// The settings of a new-terms rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTerms {
    /// `new_terms_fields`: one to three fields whose combination of values is new.
    pub fields: Vec<FieldName>,
    /// `history_window_start`: date math, counted back from the end of an execution's window.
    pub history_window_start: String,
    /// Where it stands.
    pub history_span: Span,
}

/// The settings of an indicator-match rule.
#[derive(Debug, Clone)]
pub struct ThreatMatch {
    /// `threat_index`: the index patterns of the indicators, each with its place.
    pub index: Vec<(String, Span)>,
    /// `threat_query` and `threat_language`: which indicators count.
    pub query: Query,
    /// `threat_filters` that are enabled, each with its place.
    pub filters: Vec<(dsl::Query, Span)>,
    /// What of `threat_filters` cannot be run.
    pub unsupported: Option<UnsupportedQuery>,
    /// `threat_mapping`: an event and an indicator match when all entries of one group do.
    pub groups: Vec<Vec<MappingEntry>>,
    /// `threat_indicator_path`: where in an indicator its description stands.
    pub indicator_path: String,
}

/// An entry of `threat_mapping`: the two fields share a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingEntry {
    /// The event's field.
    pub event_field: FieldName,
    /// The indicator's field.
    pub indicator_field: FieldName,
    /// `negate`: they share none.
    pub is_negated: bool,
}

/// The name of a field and its place in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldName {
    /// The name.
    pub name: String,
    /// Where it stands.
    pub span: Span,
}

/// The same field of the other end of a connection: `destination.ip` for `source.ip`.
pub fn other_end(field: &str) -> Option<String> {
    const ENDS: [(&str, &str); 2] = [("source.", "destination."), ("client.", "server.")];
    ENDS.iter().find_map(|(one, other)| {
        let (rest, end) = match field.strip_prefix(one) {
            Some(rest) => (rest, other),
            None => (field.strip_prefix(other)?, one),
        };
        Some(format!("{end}{rest}"))
    })
}

/// The kinds of rule without their settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RuleType {
    /// See [`RuleKind::Eql`].
    Eql,
    /// See [`RuleKind::Query`].
    Query,
    /// See [`RuleKind::SavedQuery`].
    SavedQuery,
    /// See [`RuleKind::Esql`].
    Esql,
    /// See [`RuleKind::Threshold`].
    Threshold,
    /// See [`RuleKind::NewTerms`].
    NewTerms,
    /// See [`RuleKind::ThreatMatch`].
    ThreatMatch,
    /// See [`RuleKind::MachineLearning`].
    MachineLearning,
}

impl RuleType {
    /// All types.
    pub const ALL: [Self; 8] = [
        Self::Eql,
        Self::Query,
        Self::SavedQuery,
        Self::Esql,
        Self::Threshold,
        Self::NewTerms,
        Self::ThreatMatch,
        Self::MachineLearning,
    ];

    /// As rule files name it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Eql => "eql",
            Self::Query => "query",
            Self::SavedQuery => "saved_query",
            Self::Esql => "esql",
            Self::Threshold => "threshold",
            Self::NewTerms => "new_terms",
            Self::ThreatMatch => "threat_match",
            Self::MachineLearning => "machine_learning",
        }
    }

    /// The languages that its query can be written in; the first is Kibana's default.
    pub(super) fn languages(self) -> &'static [Language] {
        match self {
            Self::Eql => &[Language::Eql],
            Self::Esql => &[Language::Esql],
            Self::MachineLearning => &[],
            Self::Query
            | Self::SavedQuery
            | Self::Threshold
            | Self::NewTerms
            | Self::ThreatMatch => &[Language::Kuery, Language::Lucene],
        }
    }
}

impl RuleKind {
    /// Whether alerts of a rule of this kind are more than the matches of its query.
    pub fn is_stateful(&self) -> bool {
        match self {
            Self::Threshold(_) | Self::NewTerms(_) | Self::ThreatMatch(_) => true,
            Self::Eql
            | Self::Query
            | Self::SavedQuery { .. }
            | Self::Esql
            | Self::MachineLearning => false,
        }
    }

    /// The fields of events that the rule reads beside its query.
    pub fn fields(&self) -> Vec<&str> {
        let names: Vec<&FieldName> = match self {
            Self::Threshold(threshold) => {
                let cardinality = threshold.cardinality.iter();
                let cardinality = cardinality.map(|own| &own.field);
                threshold.group_by.iter().chain(cardinality).collect()
            }
            Self::NewTerms(new_terms) => new_terms.fields.iter().collect(),
            Self::ThreatMatch(threat_match) => {
                let entries = threat_match.groups.iter().flatten();
                entries.map(|entry| &entry.event_field).collect()
            }
            Self::Eql | Self::Query | Self::SavedQuery { .. } | Self::Esql => Vec::new(),
            Self::MachineLearning => Vec::new(),
        };
        names.into_iter().map(|field| field.name.as_str()).collect()
    }

    /// The kind without its settings.
    pub fn rule_type(&self) -> RuleType {
        match self {
            Self::Eql => RuleType::Eql,
            Self::Query => RuleType::Query,
            Self::SavedQuery { .. } => RuleType::SavedQuery,
            Self::Esql => RuleType::Esql,
            Self::Threshold(_) => RuleType::Threshold,
            Self::NewTerms(_) => RuleType::NewTerms,
            Self::ThreatMatch(_) => RuleType::ThreatMatch,
            Self::MachineLearning => RuleType::MachineLearning,
        }
    }
}

impl NewTerms {
    /// How long the history is in milliseconds where every execution looks back equally far: no
    /// month, year or rounding.
    pub fn history_length(&self) -> Option<i64> {
        let text = &self.history_window_start;
        let varies = text.contains(['M', 'y', '/', '|']);
        (!varies).then(|| milliseconds_back(text)).flatten()
    }

    /// The same with half the history, where that is a plain text.
    pub fn with_half_history(&self) -> Option<Self> {
        self.since(halved(&self.history_window_start)?)
    }

    /// The same with twice the history.
    pub fn with_double_history(&self) -> Option<Self> {
        let (count, rest) = counted_back(&self.history_window_start)?;
        self.since(format!("now-{}{rest}", count.checked_mul(2)?))
    }

    fn since(&self, history_window_start: String) -> Option<Self> {
        Some(Self {
            history_window_start,
            ..self.clone()
        })
    }

    /// The start of the history for an execution whose window ends at `to`.
    pub fn history_start(&self, to: Timestamp) -> Option<Timestamp> {
        let format = DateFormat::usual();
        let (start, _) = format.parse_range(&self.history_window_start, to)?;
        Some(start)
    }
}

/// The number of `now-30d/d`, and what follows it.
pub fn counted_back(text: &str) -> Option<(u64, &str)> {
    let text = text.strip_prefix("now-")?;
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (digits, rest) = text.split_at_checked(end)?;
    Some((digits.parse().ok()?, rest))
}

/// `now-84h` for `now-7d`.
fn halved(start: &str) -> Option<String> {
    let (count, rest) = counted_back(start)?;
    if count.is_multiple_of(2) {
        return Some(format!("now-{}{rest}", count / 2));
    }
    let (smaller, factor) = match rest {
        "w" => ("d", 7),
        "d" => ("h", 24),
        "h" => ("m", 60),
        "m" => ("s", 60),
        // Half of an odd number of years, or of days that are rounded, is no plain text.
        _ => return (count > 1).then(|| format!("now-{}{rest}", count / 2)),
    };
    Some(format!("now-{}{smaller}", count.checked_mul(factor)? / 2))
}
