//! The sentences for why a check has its verdict, for every report. Only this file writes them;
//! programs read [`Reason::word`] and [`Reason::cause`].

use std::fmt;

use crate::diagnostic::Diagnostic;
use crate::replay::outcome::{Check, CheckWarning, Misfit, Misfits, Split, Together};
use crate::replay::reason::Reason;
use crate::scenario::Skipped;
use crate::snapshot::words;

/// Why a check has its verdict; nothing where there is no reason to say.
pub fn message(check: &Check) -> String {
    check.reason.as_ref().map_or_else(String::new, sentence)
}

impl Check {
    /// Why the check has its verdict, in a sentence; empty where there is nothing to say.
    pub fn message(&self) -> String {
        message(self)
    }

    /// What is said beside the verdict, one line each.
    pub fn warning_lines(&self) -> Vec<String> {
        warnings(self)
    }
}

/// A reason in words.
pub fn sentence(reason: &Reason) -> String {
    Sentence(reason).to_string()
}

/// The places that belong to the verdict, each with the sentence of its reason.
pub fn diagnostics(check: &Check) -> Vec<Diagnostic> {
    let mut diagnostics = check.diagnostics.clone();
    for diagnostic in diagnostics.iter_mut().filter(|one| one.message.is_empty()) {
        diagnostic.message = message(check);
    }
    diagnostics
}

/// What is said beside a verdict, one line each.
pub fn warnings(check: &Check) -> Vec<String> {
    let line = |warning: &CheckWarning| match warning {
        CheckWarning::AssumedMapping { source, fields } => format!(
            "mapping-assumed: the field list of {source} does not name {fields} of the query's \
             fields; their types are ECS's"
        ),
        CheckWarning::SplitByDeployment(split) => split_by_deployment(split),
        CheckWarning::BlindPhases(blind) => format!("schedule: {}", words::blind_phases(blind)),
        CheckWarning::Misfits(misfits) => format!("misfits: {}", misfits_of(misfits)),
    };
    check.warnings.iter().map(line).collect()
}

/// A check whose outcome depends on what else is deployed.
pub(super) fn split_by_deployment(split: &Split) -> String {
    let together = match &split.together {
        Together::Refused(refused) => format!("the search fails: {refused}"),
        Together::Fails(failure) => format!("the search fails: {failure}"),
        Together::NoAlert => "the rule does not alert".to_owned(),
        Together::OtherAlerts if split.alerts_alone => "the rule alerts on other events".to_owned(),
        Together::OtherAlerts => "the rule alerts".to_owned(),
    };
    format!(
        "split by deployment: the rule {} where {} is searched alone; where {} {} searched as well, \
         {together}",
        if split.alerts_alone {
            "alerts"
        } else {
            "does not alert"
        },
        split.source,
        split.others.join(", "),
        if split.others.len() == 1 { "is" } else { "are" },
    )
}

/// How many values of a recording do not fit their fields, and the first of them.
fn misfits_of(misfits: &Misfits) -> String {
    let said = match misfits.count {
        1 => "1 value of the recording does not fit its field and counts as missing".to_owned(),
        many => {
            format!("{many} values of the recording do not fit their fields and count as missing")
        }
    };
    let first: Vec<String> = misfits
        .first
        .iter()
        .map(|one| {
            let Misfit {
                event,
                field,
                field_type,
                value,
            } = one;
            format!("`{value}` in `{field}` of event {event} is not a {field_type}")
        })
        .collect();
    let more = match misfits.count.saturating_sub(first.len()) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    format!("{said}: {}{more}", first.join(", "))
}

/// Why a check was not run.
pub fn skipped(skipped: &Skipped) -> String {
    match skipped {
        Skipped::Stated(why) => why.clone(),
        Skipped::NoKind { source, kind } => format!("{source} has no `{kind}` events"),
    }
}

struct Sentence<'a>(&'a Reason);

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Reason::LeftOut(why) => f.write_str(&skipped(why)),
            Reason::NotImplemented(refused) => refused.fmt(f),
            Reason::QueryFails(failure) => write!(f, "{failure}"),
            Reason::Uncertain(on) => f.write_str(&words::uncertainty(on)),
            Reason::Pinned(why) => f.write_str(why),
            Reason::Refused(refused) => {
                write!(f, "Elasticsearch would refuse the query: {refused}")
            }
            Reason::SameAsAttack => f.write_str("the change has no effect: it is the attack again"),
            Reason::PinnedBySensor { source, fields } => {
                let fields = fields.join(", ");
                write!(
                    f,
                    "the change has no effect on {source}: the sensor pins {fields}"
                )
            }
            Reason::AttackSilent => {
                f.write_str("the attack does not alert here, so that no alert proves nothing")
            }
            Reason::AlertsOnGap => {
                f.write_str("alerts on a source on which the attack is pinned as a gap")
            }
            Reason::NothingToWaive => {
                f.write_str("the attack is a gap here and no single clause can be waived")
            }
            Reason::NotProven => f.write_str(
                "no alert, but the attack does not prove why: the clauses that stop it stop the \
                 attack as well, or several stop it at once",
            ),
            Reason::SilentAnyway(why) => write!(
                f,
                "no event meets the query, and if they did there would be no alert either: {why}"
            ),
            Reason::GapGone(why) => {
                write!(
                    f,
                    "the known miss no longer occurs: take the `gap` out ({why})"
                )
            }
            Reason::NoiseGone(why) => write!(
                f,
                "the known false positive no longer occurs: take the `noise` out ({why})"
            ),
            Reason::BlindPhases(blind) => {
                let blind = words::blind_phases(blind);
                write!(f, "expected an alert in every phase, {blind}")
            }
            Reason::StoppedNone(stated) => {
                write!(
                    f,
                    "expected {stated} to stop other alerts, but it stopped none"
                )
            }
            _ => self.fmt_expected(f),
        }
    }
}

impl Sentence<'_> {
    /// What was expected and what was found.
    fn fmt_expected(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Reason::UnexpectedAlert(found) => {
                write!(f, "expected no alert, found {}", all(found))
            }
            Reason::OtherEvents { expected, found } => {
                let expected = expected.join(", ");
                write!(f, "expected an alert of {expected}, found {}", all(found))
            }
            Reason::OtherCount {
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
            Reason::OtherGroup { expected, found } => {
                let found: Vec<String> = found.iter().map(ToString::to_string).collect();
                let found = found.join("; ");
                write!(f, "expected an alert of {expected}, found {found}")
            }
            Reason::OtherTerms { expected, found } => {
                let expected = expected.join(", ");
                write!(f, "expected the new terms {expected}, found {}", all(found))
            }
            Reason::OtherIndicators {
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
            Reason::OtherValue {
                field,
                expected,
                found,
            } => write!(
                f,
                "expected {field} = {expected} in the alert, found {found}"
            ),
            _ => self.fmt_no_alert(f),
        }
    }
}

impl Sentence<'_> {
    /// What stopped the alert, and what was expected to.
    fn fmt_no_alert(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Reason::Other { stated, found } => {
                write!(f, "expected {stated} to stop it, but {}", stopped_by(found))
            }
            Reason::Unknown {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::reason::{BlindPhases, ReasonName, Uncertainty};

    #[test]
    fn the_sentences_name_what_was_expected_and_found() {
        let labels = |texts: &[&str]| texts.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let stated = ReasonName::Text("maxspan".to_owned());
        let blind = BlindPhases {
            covered: 1,
            interval: 2,
            from: 0,
            until: 90_000,
        };
        let on = Uncertainty::OptionalFields {
            fields: labels(&["a", "b.c"]),
            missing: 0,
            folded: 1,
        };
        let skipped = Skipped::NoKind {
            source: "Sysmon".to_owned(),
            kind: "rpc".to_owned(),
        };
        let said = [
            Reason::LeftOut(skipped),
            Reason::Uncertain(on),
            Reason::BlindPhases(blind),
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
        let said = said.map(|reason| format!("{}: {}", reason.word(), sentence(&reason)));
        assert_eq!(
            said,
            [
                "left-out: Sysmon has no `rpc` events",
                "uncertain: ?a, ?b.c is unmapped: as a missing field no alert, as Elasticsearch's \
                 optimizer folds it 1 alert",
                "blind-phases: expected an alert in every phase, found in 50%; missed where \
                 executions start 0s to 1m30s after the start of the case",
                "no-alert: expected an alert, found none",
                "unexpected-alert: expected no alert, found a, b; c",
                "other-count: expected 2 alerts, found 1 to 3 by phase of the schedule",
                "other-reason: expected maxspan to stop it, but no single clause stops it",
                "unknown-reason: no clause of the rule is `maxspan` (did you mean `order`?); order did",
            ]
        );
    }
}
