//! New-terms rules on a case: the combinations of values that are new in some execution, and where
//! a known one was seen.

use super::alert_stopped::AlertStopped;
use super::stateful::{
    AlertNumbers, EVERY_EXECUTION, Selected, key_fields, key_pairs, outcome, phases,
};
use crate::diagnostic::observation::{self, Alternatives, Events};
use crate::evaluate::Override;
use crate::evaluate::new_terms::{Carried, Seen};
use crate::evaluate::term::Term;
use crate::event::Timestamp;
use crate::event::time::format_offset;
use crate::execution::new_terms::{Alerted, Document, execute};
use crate::execution::replayed::Execution;
use crate::execution::suppress::OpenGroups;
use crate::execution::{Arrival, PhaseOutcome};
use crate::replay::production::case_run::Run;
use crate::replay::production::schedule::{ScheduleConfig, ScheduledOutcome};
use crate::replay::reason::ReasonWord;
use crate::rule;

/// What the executions of the schedule make of the events that meet the query.
pub(in crate::replay) fn run_schedule(
    run: &Run<'_>,
    schedule: &ScheduleConfig<'_>,
    settings: &rule::NewTerms,
    overrides: &[Override],
) -> ScheduledOutcome {
    let selected = Selected::of(run, schedule, overrides);
    let documents = documents(run, settings, &selected);
    let start = schedule.start_of(&run.case_events.events, &selected.events);
    let history = history_start(settings, start);
    let mut numbers = AlertNumbers::default();
    let mut replay = |executions: &[Execution]| {
        let mut alerted = Alerted::default();
        let mut open = OpenGroups::new(schedule.suppression, schedule.max_signals());
        let mut done = PhaseOutcome::default();
        for execution in selected.seeing(executions) {
            let novelty = execute(
                execution,
                documents.iter().enumerate(),
                &history,
                &mut alerted,
                &mut open,
                &|number, field| selected.values(run, number, field),
            );
            if !selected.is_of_case(execution) {
                continue;
            }
            let mut number =
                |seen: &Seen| numbers.number(&seen.terms, &selected.ids(&[seen.first]));
            done.alerts.extend(novelty.alerts.iter().map(&mut number));
            let suppressed = novelty.suppressed.iter().map(&mut number);
            done.suppressed.extend(suppressed);
            for cut in novelty.cut.iter().map(&mut number) {
                if !done.cut.contains(&cut) {
                    done.cut.push(cut);
                }
            }
        }
        let alerts = done.alerts.clone();
        done.cut.retain(|number| !alerts.contains(number));
        done
    };
    let moments = moments(&history, schedule, &selected.arrivals);
    let phases = phases(schedule, &selected.arrivals, &moments, &mut replay);
    outcome(schedule, &numbers, phases)
}

/// Returns the start of the history for a range that ends at a given time, both from the start of the
/// case. The length of a history that does not vary is read once: there are thousands of executions.
fn history_start(settings: &rule::NewTerms, start: i64) -> impl Fn(i64) -> i64 {
    let length = settings.history_length();
    move |to| {
        if let Some(length) = length {
            return to - length;
        }
        let ends = Timestamp::from_millis(start + to);
        let begins = settings.history_start(ends);
        // A history that cannot be read was refused with the rule.
        begins.map_or(to, |begins| begins.millis() - start)
    }
}

/// The times at which events leave the history.
fn moments(
    history: &dyn Fn(i64) -> i64,
    schedule: &ScheduleConfig<'_>,
    arrivals: &[Arrival],
) -> Vec<i64> {
    let until = schedule.timing().until;
    let leaves = |arrival: &Arrival| {
        let time = arrival.time?;
        let length = time - history(time);
        Some([time + length + until, time + length + until + 1])
    };
    arrivals.iter().filter_map(leaves).flatten().collect()
}

fn documents(run: &Run<'_>, settings: &rule::NewTerms, selected: &Selected) -> Vec<Document> {
    let document = |(number, arrival): (usize, &Arrival)| {
        let terms = |field: &rule::FieldName| selected.terms(run, number, &field.name);
        let fields: Vec<Vec<Term>> = settings.fields.iter().map(terms).collect();
        Document {
            carried: Carried::new(&fields, arrival.time.unwrap_or_default()),
            arrival: *arrival,
        }
    };
    selected.arrivals.iter().enumerate().map(document).collect()
}

/// Why nothing is new although events meet the query; `None` where none does.
pub(in crate::replay) fn no_alert_reason(
    run: &Run<'_>,
    settings: &rule::NewTerms,
    overrides: &[Override],
) -> Option<AlertStopped> {
    let selected = Selected::of(run, &run.schedule, overrides);
    if selected.events.is_empty() {
        return None;
    }
    let documents = documents(run, settings, &selected);
    let kind = &run.schedule.rule().kind;
    let fields = key_fields(kind);
    let start = run
        .schedule
        .start_of(&run.case_events.events, &selected.events);
    let history = history_start(settings, start);
    let of_case = documents.iter().zip(&selected.of_case);
    let of_case: Vec<&Document> = of_case
        .filter(|(_, own)| **own)
        .map(|(one, _)| one)
        .collect();
    let lacks = |document: &&Document| document.carried.combinations.is_empty();
    if of_case.iter().all(lacks) {
        let value = observation::Seen::WithoutFields {
            events: Events(of_case.len()),
            fields: Alternatives(fields.iter().map(|field| (*field).to_owned()).collect()),
        };
        let event = Some(EVERY_EXECUTION.to_owned());
        return Some(AlertStopped::by_words(&[ReasonWord::NoTerm], value).at(event));
    }
    let (seen, at_the_edge) = first_known(run, &selected, &documents, &history)?;
    let event = selected.ids(&[seen.first]).first().copied();
    let label = event.map(|event| run.case_events.label(event));
    let value = observation::Seen::KnownTerms {
        terms: key_pairs(&fields, &seen.terms),
        time: format_offset(seen.time),
    };
    let word = if at_the_edge {
        ReasonWord::AtTheEdge
    } else {
        ReasonWord::Seen
    };
    Some(AlertStopped::by_words(&[word], value).at(label))
}

/// The first terms of the case that an execution knows already, and whether their event lies at
/// the very edge of the window.
fn first_known(
    run: &Run<'_>,
    selected: &Selected,
    documents: &[Document],
    history: &dyn Fn(i64) -> i64,
) -> Option<(Seen, bool)> {
    let mut known: Option<(Seen, bool)> = None;
    let mut replay = |executions: &[Execution]| {
        let mut alerted = Alerted::default();
        for execution in selected.seeing(executions) {
            let novelty = execute(
                execution,
                documents.iter().enumerate(),
                history,
                &mut alerted,
                &mut OpenGroups::new(None, usize::MAX),
                &|_, _| Vec::new(),
            );
            if let (None, Some(seen), true) = (
                &known,
                novelty.known.first(),
                selected.is_of_case(execution),
            ) {
                known = Some((seen.clone(), seen.time == execution.from));
            }
        }
        PhaseOutcome::default()
    };
    phases(&run.schedule, &selected.arrivals, &[], &mut replay);
    known
}
