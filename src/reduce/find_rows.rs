//! Finds the few events of a recording that decide the verdict of an ES|QL rule: those of the first
//! row of the first execution that alerts, or those of the row that came nearest to an alert.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Request;
use crate::compile::CompiledQuery;
use crate::diagnostic::no_scenario::{NoScenario, StoppingClauses};
use crate::evaluate::QueryFailure;
use crate::event::{Event, EventId};
use crate::replay::esql_recording::{RecordedRun, run_recording};

/// So few events are left out one by one, by the replay of their scenario.
const FEW: usize = 100;

/// The events, by their places in the recording.
#[derive(Default)]
pub(super) struct DecidingRows {
    pub(super) events: BTreeSet<EventId>,
    /// These and others that the alert counts; none where it counts its own alone.
    pub(super) beside: BTreeSet<EventId>,
    /// The clauses that stop them; empty when they alert.
    pub(super) stopped_by: BTreeSet<String>,
    /// How many alerts the recording has.
    pub(super) matches: usize,
}

/// Runs the executions of the rule over the recording.
pub(super) fn find(
    events: &[Event],
    request: &Request<'_>,
    query: &Arc<CompiledQuery>,
    fails: &dyn Fn(QueryFailure) -> NoScenario,
) -> Result<DecidingRows, NoScenario> {
    let search = Search {
        events,
        request,
        query,
        fails,
    };
    let visible = |event: &Event| !event.unrouted;
    let found = search.run(&visible)?;
    match (found.alerts.first(), request.benign) {
        (Some(_), true) => {
            return Err(NoScenario::Alerts {
                matches: found.alerts.len(),
            });
        }
        (Some(_), false) => return search.alerting(&found),
        (None, true) => {}
        (None, false) => {
            let clauses = StoppingClauses(found.stopped_by());
            return Err(NoScenario::NoAlert { clauses });
        }
    }
    // Shown what filters and exceptions hide, the rule may alert: then these stop it.
    let shown = search.run(&|event| !event.unrouted || event.excluded_by.is_some())?;
    if !shown.alerts.is_empty() {
        let mut found = search.alerting(&shown)?;
        let hidden = found.events.iter().filter_map(|id| events.get(id.index()));
        let by = hidden.filter_map(|event| event.excluded_by.as_deref());
        found.stopped_by = by.map(str::to_owned).collect();
        return Ok(found);
    }
    if found.near.is_empty() {
        return Err(NoScenario::NothingNear);
    }
    // The reason is that of these events alone: others of the recording may lack other things.
    let near: Vec<EventId> = found.near.into_iter().take(FEW).collect();
    let alone = search.run_on(&near)?;
    Ok(DecidingRows {
        events: near.into_iter().collect(),
        stopped_by: alone.stopped_by(),
        ..DecidingRows::default()
    })
}

struct Search<'a> {
    events: &'a [Event],
    request: &'a Request<'a>,
    query: &'a Arc<CompiledQuery>,
    fails: &'a dyn Fn(QueryFailure) -> NoScenario,
}

/// What the rule does on some events, by their places in the recording.
struct Found {
    alerts: Vec<BTreeSet<EventId>>,
    seen: BTreeSet<EventId>,
    near: BTreeSet<EventId>,
    run: RecordedRun,
}

impl Search<'_> {
    /// Runs the rule on the events that it is shown.
    fn run(&self, is_shown: &dyn Fn(&Event) -> bool) -> Result<Found, NoScenario> {
        let ids = (0u32..).map(EventId).zip(self.events);
        let shown = ids.filter(|(_, event)| is_shown(event));
        let shown: Vec<EventId> = shown.map(|(id, _)| id).collect();
        self.run_on(&shown)
    }

    fn run_on(&self, ids: &[EventId]) -> Result<Found, NoScenario> {
        let events = ids.iter().filter_map(|id| self.events.get(id.index()));
        let events = events.map(|event| {
            let mut event = event.clone();
            event.unrouted = false;
            event.excluded_by = None;
            event
        });
        let labels = ids.iter().map(|id| id.0.to_string()).collect();
        let memory = self.request.place.files.limits().rows;
        let rule = &self.request.subject.rule;
        let run = run_recording(self.query, rule, events.collect(), labels, memory)
            .map_err(self.fails)?;
        let original = |events: &[EventId]| {
            let original = events.iter().filter_map(|event| ids.get(event.index()));
            original.copied().collect::<BTreeSet<EventId>>()
        };
        let shown = run.shown.as_ref();
        Ok(Found {
            alerts: run.alerts.iter().map(|events| original(events)).collect(),
            seen: shown.map_or_else(BTreeSet::new, |shown| original(&shown.events)),
            near: shown.map_or_else(BTreeSet::new, |shown| original(&shown.near)),
            run,
        })
    }
}

impl Search<'_> {
    /// The events of the first alert; where it counts others, too, those of its execution.
    fn alerting(&self, found: &Found) -> Result<DecidingRows, NoScenario> {
        let own = found.alerts.first().cloned().unwrap_or_default();
        let own: Vec<EventId> = own.into_iter().collect();
        let alone = self.run_on(&own)?;
        let is_alone = !alone.alerts.is_empty();
        let ids = if is_alone {
            own
        } else {
            found.seen.iter().copied().collect()
        };
        let (ids, few) = self.fewer(ids)?;
        let events = few.alerts.into_iter().next().unwrap_or_default();
        Ok(DecidingRows {
            events,
            beside: if is_alone {
                BTreeSet::new()
            } else {
                ids.into_iter().collect()
            },
            stopped_by: BTreeSet::new(),
            matches: found.alerts.len(),
        })
    }

    /// Leaves out halves of the events, then quarters and so on, as long as the rule alerts, until
    /// they are few enough to be left out one by one.
    fn fewer(&self, mut ids: Vec<EventId>) -> Result<(Vec<EventId>, Found), NoScenario> {
        let mut found = self.run_on(&ids)?;
        let mut run = ids.len() / 2;
        while run > 0 && ids.len() > FEW {
            let mut end = ids.len();
            while end >= run && ids.len() > FEW {
                end -= run;
                let mut fewer = ids.clone();
                fewer.drain(end..(end + run).min(ids.len()));
                let other = self.run_on(&fewer)?;
                if !other.alerts.is_empty() {
                    (ids, found) = (fewer, other);
                }
            }
            run /= 2;
        }
        Ok((ids, found))
    }
}

impl Found {
    /// The clauses that stop an alert.
    fn stopped_by(&self) -> BTreeSet<String> {
        let causes = self.run.stopped.iter().flat_map(|record| &record.causes);
        causes.map(|cause| cause.clause.clone()).collect()
    }
}
