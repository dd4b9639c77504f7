//! Why something of a scenario was not found.

use crate::data_source::Pin;
use crate::evaluate::QueryFailure;
use crate::replay::Verdict;
use crate::replay::dry_run::DryRunError;
use crate::replay::reason::{Reason, RefusedQuery, Uncertainty};

/// Something that no scenario was found for.
#[derive(Debug, Clone)]
pub struct Unsolved {
    /// The source.
    pub source: String,
    /// The clause; `None` where there is no attack.
    pub clause: Option<UnsolvedClause>,
    /// Why, or what is missing.
    pub reason: UnsolvedReason,
}

/// A clause that no case was found for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsolvedClause {
    /// Its canonical text.
    pub text: String,
    /// Its line in the rule file, from 1.
    pub line: usize,
}

/// Why there is no attack, or no case for a clause.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum UnsolvedReason {
    /// The rule has no query, or one that cannot be run.
    NoQuery,
    /// Elasticsearch would refuse the query.
    Refused(RefusedQuery),
    /// The query fails when it runs.
    Failure(QueryFailure),
    /// No event meets a stage.
    NoEvent {
        /// The stage, from 1; `None` where there is only one.
        stage: Option<usize>,
        /// What is in the way.
        missing: UnmetCondition,
    },
    /// No values of the aggregates of an ES|QL query meet the conditions behind them.
    NoGroup(String),
    /// No value that all stages can have.
    NoJoinValue(String),
    /// No value of a field that the rule's type needs.
    NoValue(String),
    /// The attack needs this many events.
    TooManyEvents(usize),
    /// Fewer different values than the cardinality counts.
    TooFewValues {
        /// How many were found.
        found: usize,
        /// How many are needed.
        wanted: usize,
        /// The field.
        field: String,
    },
    /// A rule of another type.
    NoIndicatorRule,
    /// An indicator rule without entries.
    NoEntries,
    /// No source of indicators.
    NoIndicatorSource,
    /// No indicator meets the indicator query.
    NoIndicator,
    /// The stages of the attack's events are not known.
    NoMatch,
    /// The scenario cannot be replayed.
    NotRehearsed(DryRunError),
    /// The scenario gives no check.
    NothingReplayed,
    /// The attack does not alert when it is replayed.
    NotAlerting(Box<AttackResult>),
    /// The search for the rule ended before this clause.
    BudgetExhausted,
    /// The source sets the clause's field itself.
    FixedField(String),
    /// No values with which an alert depends on the clause.
    NoDecidingAlert,
    /// No values with which the clause alone stops the attack.
    NoStop,
    /// Values were found, and the replay does not show that an alert depends on the clause.
    AlertNotConfirmed,
    /// Values were found, and the replay does not show that the clause stops the attack.
    StopNotConfirmed,
}

impl From<QueryFailure> for UnsolvedReason {
    fn from(why: QueryFailure) -> Self {
        Self::Failure(why)
    }
}

impl From<DryRunError> for UnsolvedReason {
    fn from(why: DryRunError) -> Self {
        Self::NotRehearsed(why)
    }
}

/// The condition of a stage that no event meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnmetCondition {
    /// Each part is met by some event, all of them by none.
    Together,
    /// A part that no event meets by itself.
    Part {
        /// Its text.
        text: String,
        /// What the sensor says of its field whatever happens.
        pin: Option<PinnedValue>,
    },
}

/// A value that a sensor always has in a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinnedValue {
    /// The field.
    pub field: String,
    /// The values; none where the field is never there.
    pub values: Vec<String>,
    /// How that is known.
    pub evidence: String,
}

impl PinnedValue {
    pub(super) fn of(pin: &Pin) -> Self {
        Self {
            field: pin.field.clone(),
            values: pin.value.iter().map(ToString::to_string).collect(),
            evidence: pin.evidence.clone(),
        }
    }
}

/// What an attack does instead of alerting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttackResult {
    /// These clauses stop it.
    Blocked(Vec<String>),
    /// Its outcome depends on an open point.
    Uncertain(Uncertainty),
    /// It has another verdict, for this reason.
    Judged(Reason),
    /// It has another verdict.
    Verdict(Verdict),
}
