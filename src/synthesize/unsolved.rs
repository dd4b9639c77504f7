//! Why something of a scenario was not found.

use crate::data_source::Pin;
use crate::evaluate::QueryFailure;
use crate::replay::Verdict;
use crate::replay::dry_run::DryRunError;
use crate::replay::reason::{Reason, RefusedQuery, Uncertainty};

/// Something that no scenario was found for.
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnsolvedReason {
    /// The rule has no query, or one that cannot be run.
    #[error("the rule has no query that can be run")]
    NoQuery,
    /// Elasticsearch would refuse the query.
    #[error("Elasticsearch would refuse the query: {0}")]
    Refused(RefusedQuery),
    /// The query fails when it runs.
    #[error(transparent)]
    Failure(#[from] QueryFailure),
    /// No event meets a stage.
    #[error("no event was found{}{missing}", stage.map_or_else(String::new, |stage| format!(" for stage {stage}")))]
    NoEvent {
        /// The stage, from 1; `None` where there is only one.
        stage: Option<usize>,
        /// What is in the way.
        missing: UnmetCondition,
    },
    /// No values of the aggregates of an ES|QL query meet the conditions behind them.
    #[error("no values of the groups were found that meet `{0}`")]
    NoGroup(String),
    /// No value that all stages can have.
    #[error("no value was found for the join key `{0}`")]
    NoJoinValue(String),
    /// No value of a field that the rule's type needs.
    #[error("no value was found for `{0}`, which the rule's type needs")]
    NoValue(String),
    /// The attack needs this many events.
    #[error("an alert takes {0} events, more than a scenario is written with")]
    TooManyEvents(usize),
    /// Fewer different values than the cardinality counts.
    #[error("{found} of {wanted} different values were found for `{field}`")]
    TooFewValues {
        /// How many were found.
        found: usize,
        /// How many are needed.
        wanted: usize,
        /// The field.
        field: String,
    },
    /// A rule of another type.
    #[error("the rule compares no indicators")]
    NoIndicatorRule,
    /// An indicator rule without entries.
    #[error("the rule has no entries")]
    NoEntries,
    /// No source of indicators.
    #[error("no known data source stores indicators")]
    NoIndicatorSource,
    /// No indicator meets the indicator query.
    #[error("no indicator was found")]
    NoIndicator,
    /// The stages of the attack's events are not known.
    #[error("the attack does not match")]
    NoMatch,
    /// The scenario cannot be replayed.
    #[error(transparent)]
    NotRehearsed(#[from] DryRunError),
    /// The scenario gives no check.
    #[error("nothing was replayed")]
    NothingReplayed,
    /// The attack does not alert when it is replayed.
    #[error("the attack that was found does not alert")]
    NotAlerting(Box<AttackResult>),
    /// The search for the rule ended before this clause.
    #[error("not looked for: the clauses before it took all the search that one rule gets")]
    BudgetExhausted,
    /// The source sets the clause's field itself.
    #[error("{0} has this field as it is")]
    FixedField(String),
    /// No values with which an alert depends on the clause.
    #[error("found no values with which an alert depends on it")]
    NoDecidingAlert,
    /// No values with which the clause alone stops the attack.
    #[error("no values were found with which it alone stops the attack")]
    NoStop,
    /// Values were found, and the replay does not show that an alert depends on the clause.
    #[error("with the values found, no alert depends on it")]
    AlertNotConfirmed,
    /// Values were found, and the replay does not show that the clause stops the attack.
    #[error("with the values that were found it does not stop the attack")]
    StopNotConfirmed,
}

/// The condition of a stage that no event meets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnmetCondition {
    /// Each part is met by some event, all of them by none.
    #[error(": its conditions were met one by one, not together")]
    Together,
    /// A part that no event meets by itself.
    #[error(" that meets `{text}`{}", pin.as_ref().map_or_else(String::new, |pin| format!("; {pin}")))]
    Part {
        /// Its text.
        text: String,
        /// What the sensor says of its field whatever happens.
        pin: Option<PinnedValue>,
    },
}

/// A value that a sensor always has in a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.words())]
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

    fn words(&self) -> String {
        let (field, evidence) = (&self.field, &self.evidence);
        match self.values.as_slice() {
            [] => format!("`{field}` is never there ({evidence})"),
            values => format!("`{field}` is always {} ({evidence})", values.join(", ")),
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
