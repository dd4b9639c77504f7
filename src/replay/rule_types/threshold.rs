//! Threshold rules on a case: the groups that reach the threshold in some execution, and by how
//! much the nearest one fails.

use super::alert_stopped::AlertStopped;
use super::stateful::{
    AlertNumbers, EVERY_EXECUTION, Selected, key_fields, key_pairs, outcome, phases,
};
use crate::diagnostic::observation::{Alternatives, Events, Group, Missed, Seen};
use crate::evaluate::Override;
use crate::evaluate::term::Term;
use crate::evaluate::threshold::{Bucket, Counted, Threshold, buckets};
use crate::execution::PhaseOutcome;
use crate::execution::suppress::OpenGroups;
use crate::execution::threshold::{Document, History, execute};
use crate::replay::production::case_run::Run;
use crate::replay::production::schedule::{ScheduleConfig, ScheduledOutcome};
use crate::replay::reason::ReasonWord;
use crate::rule::{self, RuleKind};

/// What the executions of the schedule make of the events that meet the query.
pub(in crate::replay) fn run_schedule(
    run: &Run<'_>,
    schedule: &ScheduleConfig<'_>,
    settings: &rule::Threshold,
    overrides: &[Override],
) -> ScheduledOutcome {
    let selected = Selected::of(run, schedule, overrides);
    let documents = documents(run, settings, &selected);
    let mut numbers = AlertNumbers::default();
    let mut replay = |executions: &[crate::execution::replayed::Execution]| {
        let mut history = History::default();
        let mut open = OpenGroups::new(schedule.suppression, schedule.max_signals());
        let mut done = PhaseOutcome::default();
        for execution in executions {
            let counting = execute(
                *execution,
                documents.iter().enumerate(),
                threshold(settings),
                &mut history,
                &mut open,
            );
            if !selected.is_of_case(*execution) {
                continue;
            }
            let mut number =
                |bucket: &Bucket| numbers.number(&bucket.key, &selected.ids(&bucket.documents));
            done.alerts.extend(counting.alerts.iter().map(&mut number));
            done.cut.extend(counting.cut.iter().map(&mut number));
            let suppressed = counting.suppressed.iter().map(&mut number);
            done.suppressed.extend(suppressed);
        }
        done
    };
    let phases = phases(schedule, &selected.arrivals, &[], &mut replay);
    outcome(schedule, &numbers, phases)
}

fn threshold(settings: &rule::Threshold) -> Threshold {
    Threshold {
        count: settings.count,
        cardinality: settings.cardinality.as_ref().map(|own| own.count),
    }
}

fn documents(run: &Run<'_>, settings: &rule::Threshold, selected: &Selected) -> Vec<Document> {
    let arrivals = selected.arrivals.iter().enumerate();
    let document = |(number, arrival): (usize, &crate::execution::Arrival)| {
        let terms = |field: &rule::FieldName| selected.terms(run, number, &field.name);
        let cardinality = settings.cardinality.as_ref();
        let groups: Vec<Vec<Term>> = settings.group_by.iter().map(terms).collect();
        Document {
            counted: Counted::new(
                &groups,
                cardinality.map_or_else(Vec::new, |own| terms(&own.field)),
                arrival.time.unwrap_or_default(),
            ),
            arrival: *arrival,
        }
    };
    arrivals.map(document).collect()
}

/// Why no group alerts although events meet the query; `None` where none does.
pub(in crate::replay) fn no_alert_reason(
    run: &Run<'_>,
    settings: &rule::Threshold,
    overrides: &[Override],
) -> Option<AlertStopped> {
    let selected = Selected::of(run, &run.schedule, overrides);
    if selected.events.is_empty() {
        return None;
    }
    let documents = documents(run, settings, &selected);
    let all = buckets(documents.iter().map(|one| &one.counted).enumerate());
    let threshold = threshold(settings);
    let kind = &run.schedule.rule().kind;
    let fields = key_fields(kind);
    let Some(best) = best(&all) else {
        let value = Seen::WithoutFields {
            events: Events(selected.events.len()),
            fields: Alternatives(fields.iter().map(|field| (*field).to_owned()).collect()),
        };
        return Some(stopped_by(&[ReasonWord::NoGroup], value, None));
    };
    if (best.documents.len() as u64) < threshold.count {
        let grouped = documents.iter().filter(|one| grouped(one)).count() as u64;
        return Some(too_few(best, threshold, (grouped, all.len()), &fields));
    }
    if !all.iter().any(|bucket| threshold.is_met(bucket)) {
        return Some(too_few_values(best, threshold, settings, &fields));
    }
    if let Some(value) = counted(run, threshold, &documents, &selected) {
        return Some(stopped_by(&[ReasonWord::Counted], value, None));
    }
    let most = most_in_one(run, settings, &documents, &selected);
    let value = Seen::InOneExecution {
        found: most,
        expected: threshold.count,
    };
    Some(stopped_by(&[ReasonWord::Window], value, None))
}

/// The largest group has too few events; so many events are in so many groups.
fn too_few(
    best: &Bucket,
    threshold: Threshold,
    (total, groups): (u64, usize),
    fields: &[&str],
) -> AlertStopped {
    let count = best.documents.len() as u64;
    let (found, expected) = (count, threshold.count);
    let group = Group(key_pairs(fields, &best.key));
    let short = Missed::Short {
        by: threshold.count.saturating_sub(count),
    };
    if total >= threshold.count && groups > 1 {
        let value = Seen::SpreadCount {
            found,
            expected,
            group,
            total,
            groups,
        };
        return stopped_by(&[ReasonWord::Spread, ReasonWord::Count], value, Some(short));
    }
    let value = Seen::GroupCount {
        found,
        expected,
        group,
    };
    stopped_by(&[ReasonWord::Count], value, Some(short))
}

/// The largest group has too few different values of the field of `cardinality`.
fn too_few_values(
    best: &Bucket,
    threshold: Threshold,
    settings: &rule::Threshold,
    fields: &[&str],
) -> AlertStopped {
    let (found, expected) = (
        best.distinct.len() as u64,
        threshold.cardinality.unwrap_or(0),
    );
    let cardinality = settings.cardinality.as_ref();
    let value = Seen::Distinct {
        found,
        expected,
        name: cardinality.map_or_else(String::new, |own| own.field.name.clone()),
        group: Group(key_pairs(fields, &best.key)),
    };
    let short = Missed::Short {
        by: expected.saturating_sub(found),
    };
    stopped_by(&[ReasonWord::Cardinality], value, Some(short))
}

fn grouped(document: &Document) -> bool {
    !document.counted.keys.is_empty()
}

/// The group with the most events, and of those the one with the most values.
fn best(buckets: &[Bucket]) -> Option<&Bucket> {
    // The first of equals, in the order of the keys.
    let mut buckets = buckets.iter().rev();
    let first = buckets.next()?;
    Some(buckets.fold(first, |best, bucket| {
        let rank = |bucket: &Bucket| (bucket.documents.len(), bucket.distinct.len());
        if rank(bucket) >= rank(best) {
            bucket
        } else {
            best
        }
    }))
}

/// Whether an earlier alert keeps events of a group that would reach the threshold from the count.
pub(in crate::replay) fn is_counted_before(run: &Run<'_>) -> bool {
    let RuleKind::Threshold(settings) = &run.schedule.rule().kind else {
        return false;
    };
    let selected = Selected::of(run, &run.schedule, &[]);
    let documents = documents(run, settings, &selected);
    counted(run, threshold(settings), &documents, &selected).is_some()
}

/// How much of a group that would reach the threshold was in an earlier alert, in words; `None`
/// where that stops nothing.
fn counted(
    run: &Run<'_>,
    threshold: Threshold,
    documents: &[Document],
    selected: &Selected,
) -> Option<Seen> {
    let fields = key_fields(&run.schedule.rule().kind);
    let mut found = None;
    let mut replay = |executions: &[crate::execution::replayed::Execution]| {
        let (mut history, mut open) = (History::default(), OpenGroups::new(None, usize::MAX));
        for execution in executions {
            let all = || documents.iter().enumerate();
            let counting = execute(*execution, all(), threshold, &mut history, &mut open);
            if found.is_some() || !selected.is_of_case(*execution) {
                continue;
            }
            let mut afresh = History::default();
            let whole = execute(*execution, all(), threshold, &mut afresh, &mut open);
            let before = &counting.counted_before;
            found = whole.alerts.iter().find_map(|bucket| {
                let known = bucket.documents.iter().filter(|one| before.contains(one));
                let all = bucket.documents.len();
                let found = known.count();
                (found > 0).then(|| Seen::CountedBefore {
                    found,
                    all,
                    group: Group(key_pairs(&fields, &bucket.key)),
                })
            });
        }
        PhaseOutcome::default()
    };
    phases(&run.schedule, &selected.arrivals, &[], &mut replay);
    found
}

/// The most events of one group that an execution of any phase sees.
fn most_in_one(
    run: &Run<'_>,
    settings: &rule::Threshold,
    documents: &[Document],
    selected: &Selected,
) -> usize {
    let mut most = 0;
    let none = Threshold {
        count: u64::MAX,
        ..threshold(settings)
    };
    let mut replay = |executions: &[crate::execution::replayed::Execution]| {
        for execution in executions {
            let counting = execute(
                *execution,
                documents.iter().enumerate(),
                none,
                &mut History::default(),
                &mut OpenGroups::new(None, 0),
            );
            let counts = counting.below.iter().map(|bucket| bucket.documents.len());
            most = most.max(counts.max().unwrap_or(0));
        }
        PhaseOutcome::default()
    };
    phases(&run.schedule, &selected.arrivals, &[], &mut replay);
    most
}

/// What stops it in every execution.
fn stopped_by(words: &[ReasonWord], value: Seen, miss: Option<Missed>) -> AlertStopped {
    let mut stopped = AlertStopped::by_words(words, value).missed_by(miss);
    stopped.record.event = Some(EVERY_EXECUTION.to_owned());
    stopped
}
