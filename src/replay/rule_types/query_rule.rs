//! Query rules on a case: the executions of the schedule page through the events that meet the
//! query, the oldest first.

use super::stateful::{Selected, phases};
use crate::evaluate::{Match, Override};
use crate::execution::query_rule::{Document, Known, execute};
use crate::execution::replayed::Execution;
use crate::execution::suppress::OpenGroups;
use crate::execution::{Arrival, PhaseOutcome};
use crate::replay::production::case_run::Run;
use crate::replay::production::schedule::{ScheduleConfig, ScheduledOutcome};

/// More events than this that meet the query are taken as one search.
const MOST: usize = 2_000;

/// What the executions of the schedule make of the events that meet the query.
pub(in crate::replay) fn run_schedule(
    run: &Run<'_>,
    schedule: &ScheduleConfig<'_>,
    overrides: &[Override],
) -> ScheduledOutcome {
    let selected = Selected::of(run, schedule, overrides);
    let events = selected.events.len();
    let matches = |numbers: &[usize]| -> Vec<Match> {
        let ids = selected.ids(numbers).into_iter();
        ids.map(|id| Match {
            stages: vec![Some(id)],
            join: Vec::new(),
        })
        .collect()
    };
    if events > MOST || events == 0 {
        let all: Vec<usize> = (0..events).collect();
        return ScheduledOutcome::new(matches(&all), Vec::new(), false);
    }
    let documents = documents(run, schedule, &selected);
    let mut replay = |executions: &[Execution]| {
        let mut known = Known::default();
        let mut open = OpenGroups::new(schedule.suppression, schedule.max_signals());
        let mut done = PhaseOutcome::default();
        for execution in executions {
            let numbered = documents.iter().enumerate();
            let paging = execute(*execution, numbered, &mut known, &mut open);
            if selected.is_of_case(*execution) {
                done.alerts.extend(paging.alerts);
                done.suppressed.extend(paging.suppressed);
                done.cut.extend(paging.cut);
            }
        }
        best_outcomes(done)
    };
    let phases = phases(schedule, &selected.arrivals, &[], &mut replay);
    // An event of several buckets alerts for each.
    let mut most = vec![0; events];
    for phase in &phases {
        for same in phase.outcome.alerts.chunk_by(|a, b| a == b) {
            if let Some(most) = same.first().and_then(|number| most.get_mut(*number)) {
                *most = same.len().max(*most);
            }
        }
    }
    let numbered = most.into_iter().enumerate();
    let alerts: Vec<usize> = numbered
        .flat_map(|(number, count)| std::iter::repeat_n(number, count))
        .collect();
    let outcome = ScheduledOutcome::new(matches(&alerts), phases, schedule.phase().is_some());
    outcome.with_suppressed(&alerts, &|number| matches(&[number]).pop())
}

/// Removes cut and suppressed matches that another execution alerts on: the best outcome of a match
/// counts.
fn best_outcomes(mut done: PhaseOutcome) -> PhaseOutcome {
    done.alerts.sort_unstable();
    let alerts = &done.alerts;
    done.suppressed.sort_unstable();
    done.suppressed.dedup();
    done.suppressed.retain(|number| !alerts.contains(number));
    let suppressed = &done.suppressed;
    done.cut.sort_unstable();
    done.cut.dedup();
    done.cut
        .retain(|number| !alerts.contains(number) && !suppressed.contains(number));
    done
}

fn documents(run: &Run<'_>, schedule: &ScheduleConfig<'_>, selected: &Selected) -> Vec<Document> {
    let document = |(number, arrival): (usize, &Arrival)| {
        let fields = schedule.rule().bucket_fields();
        let terms = fields.map(|field| selected.terms(run, number, field));
        Document {
            groups: terms.collect(),
            arrival: *arrival,
        }
    };
    selected.arrivals.iter().enumerate().map(document).collect()
}
