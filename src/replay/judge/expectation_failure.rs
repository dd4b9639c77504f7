//! By what an expectation does not hold, if it does not.

use super::expectation::Alert;
use super::judged_case::{Attack, Case};
use super::record;
use crate::evaluate::{Blockers, Match};
use crate::replay::blockers::esql_blockers;
use crate::replay::blockers::near_miss;
use crate::replay::outcome::{PinKind, Verdict};
use crate::replay::production::case_run::Run;
use crate::replay::production::schedule::{Counts, ScheduledOutcome};
use crate::replay::reason::reason_match;
use crate::replay::reason::{Group, Reason, ReasonName, ReasonWord};
use crate::replay::rule_types::indicator_match;
use crate::replay::rule_types::threshold;

/// Why the matches are not the alert that is expected.
pub(in crate::replay) fn of_alert(
    case: &Case<'_, '_>,
    scheduled: &ScheduledOutcome,
) -> Option<Reason> {
    let run = case.run;
    let matches = &scheduled.matches;
    if matches.is_empty() {
        return Some(match &case.wanted.pin {
            Some(pin) if pin.kind == PinKind::Noise => Reason::NoiseGone(pin.reason.clone()),
            _ => Reason::NoAlert,
        });
    }
    let counts = scheduled.counts();
    other_alerts(case, matches, &counts)
        .or_else(|| other_terms(case, matches))
        .or_else(|| other_indicators(case, matches))
        .or_else(|| {
            let blind = scheduled.blind().filter(|_| run.schedule.every_phase);
            blind.map(Reason::BlindPhases)
        })
        .or_else(|| unmet_count(case, &counts).map(Reason::StoppedNone))
        .or_else(|| other_value(case, matches))
}

/// Whether the alerts are others than those that are expected, or more, or fewer.
fn other_alerts(case: &Case<'_, '_>, matches: &[Match], counts: &Counts) -> Option<Reason> {
    let run = case.run;
    match &case.wanted.alert {
        Alert::None | Alert::Any => None,
        Alert::Of(expected) => {
            let found = run.labels_of(matches);
            (!found.contains(expected)).then(|| Reason::OtherEvents {
                expected: expected.clone(),
                found,
            })
        }
        Alert::Count(expected) => {
            let (least, most) = (counts.least, counts.most);
            let is_other = least != *expected || most != *expected;
            is_other.then_some(Reason::OtherCount {
                expected: *expected,
                least,
                most,
            })
        }
        Alert::Group(expected) => {
            let found: Vec<Group> = matches
                .iter()
                .map(|found| group_of(run, found, expected))
                .collect();
            (!found.contains(expected)).then(|| Reason::OtherGroup {
                expected: expected.clone(),
                found,
            })
        }
    }
}

/// The group of a match, in what is asked of it.
fn group_of(run: &Run<'_>, found: &Match, asked: &Group) -> Group {
    let fields = asked.fields.iter();
    let fields = fields.map(|(field, _)| (field.clone(), record::with_value(run, found, field)));
    let events = found.stages.iter().flatten().count() as u64;
    Group {
        fields: fields.collect(),
        count: asked.count.map(|_| events),
    }
}

fn other_terms(case: &Case<'_, '_>, matches: &[Match]) -> Option<Reason> {
    let expected = &case.wanted.new_terms;
    let found: Vec<Vec<String>> = matches.iter().map(terms_of).collect();
    let is_other = !expected.is_empty() && !found.contains(expected);
    is_other.then(|| Reason::OtherTerms {
        expected: expected.clone(),
        found,
    })
}

/// The first event that does not match just the indicators that it is to match.
fn other_indicators(case: &Case<'_, '_>, matches: &[Match]) -> Option<Reason> {
    let run = case.run;
    case.wanted.matched.iter().find_map(|(event, expected)| {
        let is_of = |found: &&Match| {
            let mut events = found.stages.iter().flatten();
            events.any(|id| run.case_events.label(*id) == *event)
        };
        let found: Vec<Vec<String>> = matches
            .iter()
            .filter(is_of)
            .map(|found| indicator_match::labels(run, found))
            .collect();
        let is_same = |labels: &Vec<String>| {
            labels.len() == expected.len() && expected.iter().all(|label| labels.contains(label))
        };
        let is_other = !found.iter().any(is_same);
        is_other.then(|| Reason::OtherIndicators {
            event: event.clone(),
            expected: expected.clone(),
            found,
        })
    })
}

/// The values of the key of a match.
fn terms_of(found: &Match) -> Vec<String> {
    let terms = found.join.iter().flatten();
    terms.map(ToString::to_string).collect()
}

/// The reason of a counted alert that kept no other alert from being made.
fn unmet_count(case: &Case<'_, '_>, counts: &Counts) -> Option<ReasonName> {
    let mut because = case.wanted.because.iter();
    let unmet = because.find(|because| {
        if because.is(ReasonWord::MaxSignals) {
            counts.cut == 0
        } else if because.is(ReasonWord::Counted) {
            !threshold::is_counted_before(case.run)
        } else {
            counts.suppressed == 0
        }
    });
    unmet.cloned()
}

/// The first field that has another value in every alert.
fn other_value(case: &Case<'_, '_>, matches: &[Match]) -> Option<Reason> {
    case.wanted.with.iter().find_map(|(field, expected)| {
        let mut found = matches
            .iter()
            .map(|found| record::with_value(case.run, found, field));
        let is_other = !found.clone().any(|found| found == *expected);
        is_other.then(|| Reason::OtherValue {
            field: field.clone(),
            expected: expected.clone(),
            found: found.next().unwrap_or_default(),
        })
    })
}

/// What stopped a check.
#[derive(Clone, Copy)]
pub(in crate::replay) struct FoundReasons<'a> {
    /// Each cause.
    pub(in crate::replay) reasons: &'a [ReasonName],
    /// More that may be given as the reason.
    pub(in crate::replay) also: &'a [String],
}

/// Why an expectation of no alert is not met: the rule alerts, or `found` stopped it instead of the
/// stated reason.
pub(in crate::replay) fn of_none(
    case: &Case<'_, '_>,
    matches: &[Match],
    blockers: &Blockers,
    stopped: FoundReasons<'_>,
) -> Option<(Verdict, Reason)> {
    let found = stopped.reasons;
    if !matches.is_empty() {
        let reason = match &case.wanted.pin {
            Some(pin) if pin.kind == PinKind::Gap => Reason::GapGone(pin.reason.clone()),
            _ => Reason::UnexpectedAlert(case.run.labels_of(matches)),
        };
        return Some((Verdict::Failed, reason));
    }
    if let Some(Attack::Broken(_)) = case.attack {
        return Some((Verdict::Invalid, Reason::AttackSilent));
    }
    let plan = case.run.plan();
    let stated = case.wanted.because.iter().find(|because| {
        !reason_match::holds(because, plan, blockers, found)
            && !esql_blockers::names(case.run, because, found, stopped.also)
            && !near_miss::words(case.run, blockers)
                .iter()
                .any(|word| because.is(*word))
    })?;
    let (stated, found) = (stated.clone(), found.iter().map(ToString::to_string));
    let found = found.collect();
    let reason = match reason_match::known(&stated, plan) {
        Err(near) if !esql_blockers::has(case.run, &stated) => Reason::Unknown {
            stated,
            near,
            found,
        },
        _ => Reason::Other { stated, found },
    };
    Some((Verdict::Failed, reason))
}
