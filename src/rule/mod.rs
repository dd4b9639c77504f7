//! A rule as it is shipped: the TOML layout of Elastic's detection-rules repository.
//!
//! A [`Rule`] that exists is valid; what is wrong with a file is said by [`load()`]. Nothing in
//! here knows data sources or runs a query.

pub mod error;
pub mod exception;
mod file;
mod keys;
mod kibana;
pub mod kind;
pub mod load;
pub mod production;
mod query_text;
mod read_kind;
pub mod schema;
mod stack_version;
mod value_list;

pub use exception::{ExceptionItem, LoadedExceptions, UnreadList, load_exceptions};
pub use file::{load, load_file};
pub use kind::{
    FieldName, MappingEntry, NewTerms, RuleKind, RuleType, ThreatMatch, Threshold, other_end,
};
pub use load::Loaded;
pub use production::{Production, Suppression};
pub use stack_version::StackVersion;

use std::sync::Arc;

use crate::diagnostic::{QueryText, Span};

/// A rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// `rule_id`, the rule's identity across versions.
    pub id: String,
    /// Where `rule_id` stands.
    pub id_span: Span,
    /// The rule's name.
    pub name: String,
    /// What kind of rule it is, with the settings of that kind.
    pub kind: RuleKind,
    /// `low` to `critical`.
    pub severity: Severity,
    /// 0 to 100.
    pub risk_score: u8,
    /// The index patterns, as written, each with its place.
    pub index: Vec<(String, Span)>,
    /// The query and its language, for the types that have one.
    pub query: Option<Query>,
    /// When it runs and over what time.
    pub schedule: Schedule,
    /// Where `from` stands, or `interval`, or else the table.
    pub schedule_span: Span,
    /// `max_signals`; see [`Rule::alert_limit`].
    pub max_signals: u32,
    /// Where `max_signals` stands.
    pub max_signals_span: Span,
    /// `min_stack_version` of `[metadata]`: the oldest Elasticsearch that the rule is for.
    pub min_stack_version: Option<(StackVersion, Span)>,
    /// Tags, in order.
    pub tags: Vec<String>,
    /// `maturity` of `[metadata]`.
    pub maturity: Option<String>,
    /// The request fields that the rule overrides.
    pub fields: FieldOverrides,
    /// `investigation_fields`, each with its place.
    pub investigation_fields: Vec<(String, Span)>,
    /// Tactics with their techniques.
    pub threat: Vec<Threat>,
    /// `building_block_type` is set.
    pub building_block: bool,
    /// What Kibana does before and after the query runs.
    pub production: Production,
    /// The items that the rule's own file holds of the lists that the rule is linked to: a file of
    /// Kibana's export carries them.
    pub exceptions: Vec<Arc<ExceptionItem>>,
}

/// The most alerts that an execution makes, whatever the rule says
/// (`xpack.alerting.rules.run.alerts.max`, unless the cluster sets another).
pub const MOST_ALERTS: u32 = 1_000;

impl Rule {
    /// The most alerts of one execution: `max_signals`, within what Kibana allows.
    pub fn alert_limit(&self) -> u32 {
        self.max_signals.min(MOST_ALERTS)
    }

    /// The fields by whose typed values the alerts of a query rule are suppressed; other rules
    /// compare what the event says.
    pub fn bucket_fields(&self) -> impl Iterator<Item = &str> {
        let is_query = matches!(self.kind, RuleKind::Query | RuleKind::SavedQuery { .. });
        let suppression = self.production.suppression.as_ref().filter(|_| is_query);
        let fields = suppression.into_iter().flat_map(|own| &own.group_by);
        fields.map(String::as_str)
    }
}

/// A query and its language.
#[derive(Debug, Clone)]
pub struct Query {
    /// The language of the text.
    pub language: Language,
    /// The text, with its place in the file.
    pub text: QueryText,
}

/// The query languages of Elastic Security.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// `eql`
    Eql,
    /// KQL: `kuery`.
    Kuery,
    /// `lucene`
    Lucene,
    /// ES|QL: `esql`.
    Esql,
}

impl Language {
    /// As rule files name it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Eql => "eql",
            Self::Kuery => "kuery",
            Self::Lucene => "lucene",
            Self::Esql => "esql",
        }
    }
}

/// How severe an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// `low`
    Low,
    /// `medium`
    Medium,
    /// `high`
    High,
    /// `critical`
    Critical,
}

impl Severity {
    /// All severities, the least first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// As rule files name it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// When a rule runs and over what time; Kibana's defaults where the file says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// Milliseconds from one execution to the next.
    pub interval: i64,
    /// Milliseconds that an execution looks back (`from`).
    pub look_back: i64,
    /// Milliseconds before an execution at which its time range ends (`to`); 0 for `now`.
    pub until: i64,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            interval: 5 * 60_000,
            look_back: 6 * 60_000,
            until: 0,
        }
    }
}

/// The fields that a rule names for its request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldOverrides {
    /// `timestamp_field`
    pub timestamp: Option<String>,
    /// `timestamp_override`: filters only.
    pub timestamp_override: Option<String>,
    /// `event_category_override`
    pub category: Option<String>,
    /// `tiebreaker_field`
    pub tiebreaker: Option<String>,
}

/// A tactic of ATT&CK and the techniques under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Threat {
    /// The framework; `MITRE ATT&CK` unless the file says otherwise.
    pub framework: String,
    /// The tactic.
    pub tactic: AttackEntry,
    /// The techniques and sub-techniques.
    pub techniques: Vec<AttackEntry>,
}

/// An entry of ATT&CK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttackEntry {
    /// `TA0008`, `T1021`, `T1021.003`
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its page.
    pub reference: String,
    /// Where its id stands.
    pub span: Span,
    /// Where its reference stands.
    pub reference_span: Span,
}

impl Threat {
    /// Whether the entries are of MITRE ATT&CK.
    pub fn is_attack(&self) -> bool {
        self.framework == "MITRE ATT&CK"
    }
}
