//! Why a check has its verdict. The judge settles a [`Reason`]; its sentence is written here alone,
//! for reports and diagnostics, and [`Reason::word`] is what programs read.

use std::fmt;

pub use super::reason_name::{ReasonName, ReasonWord};

/// Why a check has its verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The scenario leaves it out, or the source does not produce such events; in words.
    LeftOut(String),
    /// Trapline cannot run the query; what it cannot.
    NotImplemented(String),
    /// Elasticsearch would refuse the query; its reason.
    Refused(String),
    /// The query fails when it runs; its reason.
    QueryFails(String),
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
    Uncertain(String),
    /// No alert, but the attack does not prove why.
    NotProven,
    /// No event meets the query, and there would be no alert if all did: what would stop it then.
    SilentAnyway(String),
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
    /// Some phases of the schedule have no alert; which, in words.
    BlindPhases(String),
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

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LeftOut(why)
            | Self::NotImplemented(why)
            | Self::QueryFails(why)
            | Self::Uncertain(why)
            | Self::Pinned(why) => f.write_str(why),
            Self::Refused(why) => write!(f, "Elasticsearch would refuse the query: {why}"),
            Self::SameAsAttack => f.write_str("the change has no effect: it is the attack again"),
            Self::PinnedBySensor { source, fields } => {
                let fields = fields.join(", ");
                write!(
                    f,
                    "the change has no effect on {source}: the sensor pins {fields}"
                )
            }
            Self::AttackSilent => {
                f.write_str("the attack does not alert here, so that no alert proves nothing")
            }
            Self::AlertsOnGap => {
                f.write_str("alerts on a source on which the attack is pinned as a gap")
            }
            Self::NothingToWaive => {
                f.write_str("the attack is a gap here and no single clause can be waived")
            }
            Self::NotProven => f.write_str(
                "no alert, but the attack does not prove why: the clauses that stop it stop the \
                 attack as well, or several stop it at once",
            ),
            Self::SilentAnyway(why) => write!(
                f,
                "no event meets the query, and if they did there would be no alert either: {why}"
            ),
            Self::GapGone(why) => {
                write!(
                    f,
                    "the known miss no longer occurs: take the `gap` out ({why})"
                )
            }
            Self::NoiseGone(why) => write!(
                f,
                "the known false positive no longer occurs: take the `noise` out ({why})"
            ),
            Self::BlindPhases(blind) => write!(f, "expected an alert in every phase, {blind}"),
            Self::StoppedNone(stated) => {
                write!(
                    f,
                    "expected {stated} to stop other alerts, but it stopped none"
                )
            }
            _ => self.fmt_expected(f),
        }
    }
}

impl Reason {
    /// What was expected and what was found.
    fn fmt_expected(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnexpectedAlert(found) => {
                write!(f, "expected no alert, found {}", all(found))
            }
            Self::OtherEvents { expected, found } => {
                let expected = expected.join(", ");
                write!(f, "expected an alert of {expected}, found {}", all(found))
            }
            Self::OtherCount {
                expected,
                least,
                most,
            } => {
                write!(f, "expected {expected} alerts, found ")?;
                if least == most {
                    write!(f, "{least}")
                } else {
                    write!(f, "{least} to {most} by phase of the schedule")
                }
            }
            Self::OtherGroup { expected, found } => {
                let found: Vec<String> = found.iter().map(ToString::to_string).collect();
                let found = found.join("; ");
                write!(f, "expected an alert of {expected}, found {found}")
            }
            Self::OtherTerms { expected, found } => {
                let expected = expected.join(", ");
                write!(f, "expected the new terms {expected}, found {}", all(found))
            }
            Self::OtherIndicators {
                event,
                expected,
                found,
            } => {
                write!(
                    f,
                    "expected {event} to match {}, found ",
                    expected.join(", ")
                )?;
                match found.as_slice() {
                    [] => f.write_str("no alert of it"),
                    found => f.write_str(&all(found)),
                }
            }
            Self::OtherValue {
                field,
                expected,
                found,
            } => write!(
                f,
                "expected {field} = {expected} in the alert, found {found}"
            ),
            Self::Other { stated, found } => {
                write!(f, "expected {stated} to stop it, but {}", stopped_by(found))
            }
            Self::Unknown {
                stated,
                near,
                found,
            } => {
                write!(f, "no clause of the rule is `{stated}`")?;
                if let Some(near) = near {
                    write!(f, " (did you mean `{near}`?)")?;
                }
                write!(f, "; {}", stopped_by(found))
            }
            // The others are said above.
            _ => f.write_str("expected an alert, found none"),
        }
    }
}

fn all(alerts: &[Vec<String>]) -> String {
    let alerts: Vec<String> = alerts.iter().map(|labels| labels.join(", ")).collect();
    alerts.join("; ")
}

fn stopped_by(found: &[String]) -> String {
    match found {
        [] => "no single clause stops it".to_owned(),
        found => format!("{} did", found.join(", ")),
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

    #[test]
    fn the_sentences_name_what_was_expected_and_found() {
        let labels = |texts: &[&str]| texts.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let stated = ReasonName::parse("maxspan");
        let said = [
            Reason::NoAlert,
            Reason::UnexpectedAlert(vec![labels(&["a", "b"]), labels(&["c"])]),
            Reason::OtherCount {
                expected: 2,
                least: 1,
                most: 3,
            },
            Reason::Other {
                stated: stated.clone(),
                found: Vec::new(),
            },
            Reason::Unknown {
                stated,
                near: Some("order".to_owned()),
                found: labels(&["order"]),
            },
        ];
        let said = said.map(|reason| format!("{}: {reason}", reason.word()));
        assert_eq!(
            said,
            [
                "no-alert: expected an alert, found none",
                "unexpected-alert: expected no alert, found a, b; c",
                "other-count: expected 2 alerts, found 1 to 3 by phase of the schedule",
                "other-reason: expected maxspan to stop it, but no single clause stops it",
                "unknown-reason: no clause of the rule is `maxspan` (did you mean `order`?); order did",
            ]
        );
    }
}
