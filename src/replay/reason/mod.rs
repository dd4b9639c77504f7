//! Why a check has its verdict. The judge settles a [`Reason`]; [`Reason::word`] and
//! [`Reason::cause`] are what programs read, and `report/reason.rs` writes the sentence for people.

pub(in crate::replay) mod reason_match;
mod reason_name;

use std::fmt;

use crate::compile::{Refused, RefusedBy, Unsupported};
use crate::diagnostic::observation::Silencer;
use crate::diagnostic::{Cause, Details};
use crate::evaluate::FailureKind;
use crate::scenario::Skipped;
pub use reason_name::{ReasonName, ReasonWord};

/// Why a check has its verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The scenario leaves it out, or the source does not produce such events.
    LeftOut(Skipped),
    /// Trapline cannot run the query; what it cannot.
    NotImplemented(RefusedQuery),
    /// Elasticsearch would refuse the query; its reason.
    Refused(RefusedQuery),
    /// The query fails when it runs; its reason.
    QueryFails(FailureKind),
    /// The change of the case makes no difference: it is the attack again.
    SameAsAttack,
    /// The change makes no difference because the sensor sets these fields itself.
    PinnedBySensor {
        /// The data source.
        source: String,
        /// The fields.
        fields: Vec<String>,
    },
    /// The attack does not alert on this source, so that no alert proves nothing.
    AttackSilent,
    /// It alerts on a source on which the attack is pinned as a gap.
    AlertsOnGap,
    /// The attack is a gap here, and no single clause can be waived.
    NothingToWaive,
    /// The outcome depends on an open point of Elasticsearch's semantics; on which.
    Uncertain(Uncertainty),
    /// No alert, but the attack does not prove why.
    NotProven,
    /// No event meets the query, and there would be no alert if all did: what would stop it then.
    SilentAnyway(Silencer),
    /// As pinned; the reason that the author gives.
    Pinned(String),
    /// The known miss no longer occurs; the reason that the author gave.
    GapGone(String),
    /// The known false positive no longer occurs; the reason that the author gave.
    NoiseGone(String),
    /// An alert is missing.
    NoAlert,
    /// Alerts that are not expected, each by the labels of its events.
    UnexpectedAlert(Vec<Vec<String>>),
    /// No alert is of the expected events.
    OtherEvents {
        /// The labels that are expected.
        expected: Vec<String>,
        /// The labels of each alert.
        found: Vec<Vec<String>>,
    },
    /// There are fewer or more alerts.
    OtherCount {
        /// How many are expected.
        expected: usize,
        /// The fewest of a phase of the schedule.
        least: usize,
        /// The most of a phase.
        most: usize,
    },
    /// No alert is of the expected group.
    OtherGroup {
        /// The group that is expected.
        expected: Group,
        /// The group of each alert.
        found: Vec<Group>,
    },
    /// No alert has the expected new terms.
    OtherTerms {
        /// The terms that are expected.
        expected: Vec<String>,
        /// The terms of each alert.
        found: Vec<Vec<String>>,
    },
    /// No alert of an event matches the expected indicators.
    OtherIndicators {
        /// The event, by its label.
        event: String,
        /// The labels of the indicators that are expected.
        expected: Vec<String>,
        /// Those of each alert of the event.
        found: Vec<Vec<String>>,
    },
    /// A field of the alert has another value.
    OtherValue {
        /// The field.
        field: String,
        /// The value that is expected.
        expected: String,
        /// The value of the first alert.
        found: String,
    },
    /// Some phases of the schedule have no alert; which.
    BlindPhases(BlindPhases),
    /// What was to stop other alerts stopped none.
    StoppedNone(ReasonName),
    /// Something else than the stated reason stopped it.
    Other {
        /// The reason that the case states.
        stated: ReasonName,
        /// What stopped it; nothing where no single clause did.
        found: Vec<String>,
    },
    /// The stated reason is nothing that can stop this rule.
    Unknown {
        /// The reason that the case states.
        stated: ReasonName,
        /// The nearest text that can.
        near: Option<String>,
        /// What stopped it; nothing where no single clause did.
        found: Vec<String>,
    },
}

/// A query that is not run: the first of its errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedQuery {
    /// The code of the error, `E150`.
    pub code: &'static str,
    /// What is wrong.
    pub why: RefusedBy,
}

impl RefusedQuery {
    /// What a refusal is about.
    pub fn of(refused: &Refused) -> Self {
        Self {
            code: refused.code(),
            why: refused.why.clone(),
        }
    }
}

impl fmt::Display for RefusedQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.why.fmt(f)
    }
}

/// Why a check is not run, or its run says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotRun {
    /// Trapline does not run such rules.
    Rule(Unsupported),
    /// The query is refused.
    Query(RefusedQuery),
    /// The query fails when it runs.
    Fails(FailureKind),
}

impl NotRun {
    /// The word for it, as in JSON: the code of an error, the kind of a failure or of a rule.
    pub fn cause(&self) -> String {
        match self {
            Self::Rule(what) => what.word(),
            Self::Query(refused) => refused.code.to_owned(),
            Self::Fails(failure) => failure.word(),
        }
    }

    /// What is behind it, for programs.
    pub fn details(&self) -> Details {
        match self {
            Self::Rule(what) => what.details(),
            Self::Query(refused) => refused.why.details(),
            Self::Fails(failure) => failure.details(),
        }
    }
}

/// An open point of Elasticsearch's semantics on which the outcome of a check depends, and how many
/// alerts there are either way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Uncertainty {
    /// A field that may be missing is unmapped.
    OptionalFields {
        /// The fields.
        fields: Vec<String>,
        /// The alerts with the fields read as missing.
        missing: usize,
        /// The alerts with them folded as Elasticsearch's optimizer folds them.
        folded: usize,
    },
    /// Events have equal times, and the query has no tiebreaker.
    EqualTimes {
        /// The alerts in the order of the file.
        forward: usize,
        /// The alerts in the reverse order.
        reversed: usize,
    },
    /// Date math in the query counts from `now`, and the executions that see the events disagree.
    ExecutionTime {
        /// What it finds at the start of the case.
        start: usize,
        /// And in an execution that finds something else.
        execution: usize,
    },
}

impl Uncertainty {
    /// The word for it, as in JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::OptionalFields { .. } => "optional-fields",
            Self::EqualTimes { .. } => "equal-times",
            Self::ExecutionTime { .. } => "execution-time",
        }
    }
}

/// In which phases of the schedule there is an alert: in some, not in all. Times are milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlindPhases {
    /// How much of the interval has an alert.
    pub covered: i64,
    /// The interval.
    pub interval: i64,
    /// The start of the longest run of phases without an alert, after the start of the case.
    pub from: i64,
    /// Its end.
    pub until: i64,
}

/// A group of events, as an alert of a rule that counts has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Field and value.
    pub fields: Vec<(String, String)>,
    /// How many events, where that is asked for.
    pub count: Option<u64>,
}

impl Reason {
    /// The word for it, as in JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::LeftOut(_) => "left-out",
            Self::NotImplemented(_) => "not-implemented",
            Self::Refused(_) => "refused",
            Self::QueryFails(_) => "query-fails",
            Self::SameAsAttack => "same-as-attack",
            Self::PinnedBySensor { .. } => "pinned-by-sensor",
            Self::AttackSilent => "attack-silent",
            Self::AlertsOnGap => "alerts-on-gap",
            Self::NothingToWaive => "nothing-to-waive",
            Self::Uncertain(_) => "uncertain",
            Self::NotProven => "not-proven",
            Self::SilentAnyway(_) => "silent-anyway",
            Self::Pinned(_) => "pinned",
            Self::GapGone(_) => "gap-gone",
            Self::NoiseGone(_) => "noise-gone",
            Self::NoAlert => "no-alert",
            Self::UnexpectedAlert(_) => "unexpected-alert",
            Self::OtherEvents { .. } => "other-events",
            Self::OtherCount { .. } => "other-count",
            Self::OtherGroup { .. } => "other-group",
            Self::OtherTerms { .. } => "other-terms",
            Self::OtherIndicators { .. } => "other-indicators",
            Self::OtherValue { .. } => "other-value",
            Self::BlindPhases(_) => "blind-phases",
            Self::StoppedNone(_) => "stopped-none",
            Self::Other { .. } => "other-reason",
            Self::Unknown { .. } => "unknown-reason",
        }
    }
}

impl Reason {
    /// The word for what is behind the reason, as in JSON: the code of an error, the kind of a
    /// failure, the open point.
    pub fn cause(&self) -> Option<String> {
        match self {
            Self::LeftOut(skipped) => Some(skipped.word().to_owned()),
            Self::NotImplemented(refused) | Self::Refused(refused) => Some(refused.code.to_owned()),
            Self::QueryFails(failure) => Some(failure.word()),
            Self::Uncertain(uncertainty) => Some(uncertainty.word().to_owned()),
            _ => None,
        }
    }

    /// What is behind the reason, for programs; `None` where it is an expectation.
    pub fn details(&self) -> Option<Details> {
        match self {
            Self::NotImplemented(refused) | Self::Refused(refused) => Some(refused.why.details()),
            Self::QueryFails(failure) => Some(failure.details()),
            _ => None,
        }
        .filter(|details| !details.is_empty())
    }
}

impl fmt::Display for Group {
    /// `host.id = h1, 20 events`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = self.fields.iter();
        let fields = fields.map(|(field, value)| format!("{field} = {value}"));
        let count = self.count.map(|count| format!("{count} events"));
        f.write_str(&fields.chain(count).collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stated_reason_is_written_as_it_was_read() {
        let texts = [
            "exception A b",
            "taken by x",
            "join host.id",
            "user.id : \"x\"",
        ];
        let words = ReasonWord::ALL.iter().map(|word| word.word());
        for text in texts.into_iter().chain(words) {
            assert_eq!(ReasonName::parse(text).to_string(), text);
        }
        assert!(ReasonName::parse("max_signals").is(ReasonWord::MaxSignals));
        assert_eq!(
            ReasonName::parse("join a"),
            ReasonName::Join("a".to_owned())
        );
    }
}
