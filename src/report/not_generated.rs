//! The sentences for why no scenario, or no part of one, was generated.

use std::fmt;

use crate::replay::dry_run::DryRunError;
use crate::synthesize::{
    NotExtended, PinnedValue, SynthesizeError, UnmetCondition, UnsolvedReason,
};

impl fmt::Display for SynthesizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported(one) => write!(f, "{one} are not supported"),
            Self::NoSource => f.write_str("no known data source serves the rule's index patterns"),
            Self::UnknownSource(one) => write!(f, "the rule does not claim a data source `{one}`"),
        }
    }
}

impl fmt::Display for NotExtended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable => f.write_str("the scenario file cannot be read"),
            Self::Recorded => f.write_str(
                "the attack of the file's last scenario is a recording: no case can change it",
            ),
            Self::NotLast => f.write_str(
                "`cases` is not the last key of the file's last scenario, in block style",
            ),
        }
    }
}

impl fmt::Display for DryRunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(mistake) => f.write_str(&mistake.message),
            Self::Empty => f.write_str("nothing was written"),
        }
    }
}

impl fmt::Display for UnsolvedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoQuery => f.write_str("the rule has no query that can be run"),
            Self::Refused(one) => write!(f, "Elasticsearch would refuse the query: {one}"),
            Self::Failure(why) => why.fmt(f),
            Self::NoEvent { stage, missing } => write!(
                f,
                "no event was found{}{missing}",
                stage.map_or_else(String::new, |stage| format!(" for stage {stage}"))
            ),
            Self::NoGroup(one) => write!(f, "no values of the groups were found that meet `{one}`"),
            Self::NoJoinValue(one) => write!(f, "no value was found for the join key `{one}`"),
            Self::NoValue(one) => write!(
                f,
                "no value was found for `{one}`, which the rule's type needs"
            ),
            Self::TooManyEvents(one) => write!(
                f,
                "an alert takes {one} events, more than a scenario is written with"
            ),
            Self::TooFewValues {
                found,
                wanted,
                field,
            } => write!(
                f,
                "{found} of {wanted} different values were found for `{field}`"
            ),
            Self::NoIndicatorRule => f.write_str("the rule compares no indicators"),
            Self::NoEntries => f.write_str("the rule has no entries"),
            Self::NoIndicatorSource => f.write_str("no known data source stores indicators"),
            Self::NoIndicator => f.write_str("no indicator was found"),
            Self::NoMatch => f.write_str("the attack does not match"),
            Self::NotRehearsed(why) => why.fmt(f),
            Self::NothingReplayed => f.write_str("nothing was replayed"),
            Self::NotAlerting(_) => f.write_str("the attack that was found does not alert"),
            Self::BudgetExhausted => f.write_str(
                "not looked for: the clauses before it took all the search that one rule gets",
            ),
            Self::FixedField(one) => write!(f, "{one} has this field as it is"),
            Self::NoDecidingAlert => {
                f.write_str("found no values with which an alert depends on it")
            }
            Self::NoStop => {
                f.write_str("no values were found with which it alone stops the attack")
            }
            Self::AlertNotConfirmed => f.write_str("with the values found, no alert depends on it"),
            Self::StopNotConfirmed => {
                f.write_str("with the values that were found it does not stop the attack")
            }
        }
    }
}

impl fmt::Display for UnmetCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Together => f.write_str(": its conditions were met one by one, not together"),
            Self::Part { text, pin } => write!(
                f,
                " that meets `{text}`{}",
                pin.as_ref()
                    .map_or_else(String::new, |pin| format!("; {pin}"))
            ),
        }
    }
}

impl fmt::Display for PinnedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (field, evidence) = (&self.field, &self.evidence);
        match self.values.as_slice() {
            [] => write!(f, "`{field}` is never there ({evidence})"),
            values => write!(f, "`{field}` is always {} ({evidence})", values.join(", ")),
        }
    }
}
