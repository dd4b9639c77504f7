//! Why a recording gives no scenario.

use std::collections::BTreeSet;
use std::fmt;

use super::cause::{Part, causes};
use super::failure::{FailureKind, RefusedBy};
use super::unsupported::Unsupported;

causes! {
    /// What of the rule or of the recording gives no scenario.
    NoScenario {
        /// The rule is of a kind that is not run.
        Unsupported(why: Unsupported) => "{why} are not supported",
            help "`trapline check` says more of the rule";
        NoEvents => "the recordings hold no event",
            help "give recordings of the hosts and minutes that matter";
        NoSource => "no known data source serves the rule's index patterns",
            help "`trapline sources` lists the data sources";
        UnknownSource { name: String } => "there is no data source `{name}`",
            help "`trapline sources` lists the data sources";
        /// The query, or what hides documents from it, in the types of the source's fields.
        Refused { source: String, why: Box<RefusedBy> } =>
            "Elasticsearch would refuse the rule's query on `{source}`: {why}",
            help "`trapline check` says more of the rule";
        /// The query runs to no end.
        Fails { source: String, why: Box<FailureKind> } =>
            "the rule's query fails on the events of `{source}`: {why}",
            help "`trapline check` says more of the rule";
        /// The rule does not alert, and should.
        NoAlert { clauses: StoppingClauses } => "the rule does not alert on these events: {clauses}",
            help "`--as benign` writes why it does not alert";
        /// The rule alerts, and should not.
        Alerts { matches: usize } => "the rule alerts on these events ({matches})",
            help "leave `--as benign` out to write what it alerts on";
        TooManyEvents { events: usize, most: usize } =>
            "{events} events decide the verdict, and a scenario has at most {most}",
            help "give recordings of the hosts and minutes that matter";
        NothingNear => "no event of the recordings comes near to a match of the rule",
            help "give recordings of the hosts and minutes that matter";
    }
}

causes! {
    /// Which scenario of a recording does something else than the recording.
    UnlikeRecording {
        /// In the shape of a data source.
        Shape { source: String } =>
            "the events, written in the shape of `{source}`, do not give the same",
            help "`--shape` takes another data source";
        /// With stand-ins for names and addresses.
        StandIns => "with stand-ins for names and addresses the scenario does not give the same",
            help "`--no-scrub` leaves names and addresses as they are";
    }
}

/// The clauses that stop an alert, by their text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoppingClauses(pub BTreeSet<String>);

impl fmt::Display for StoppingClauses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, clause) in self.0.iter().enumerate() {
            f.write_str(if number == 0 { "" } else { "; " })?;
            f.write_str(clause)?;
        }
        Ok(())
    }
}

impl Part for StoppingClauses {
    fn part(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.to_string())
    }
}
