//! The look-back as what stops an alert: the events of a match are never in one execution.

use crate::diagnostic::observation::{Missed, Seen};
use crate::event::EventId;
use crate::event::time::format_offset;
use crate::replay::production::case_run::Run;
use crate::replay::reason::ReasonWord;
use crate::replay::rule_types::alert_stopped::AlertStopped;

/// No execution sees these events, which are a match, together.
pub(in crate::replay) fn look_back(run: &Run<'_>, events: &[EventId]) -> AlertStopped {
    let timing = run.schedule.timing();
    let plain = |millis: i64| format_offset(millis).trim_start_matches('+').to_owned();
    let arrivals: Vec<(EventId, _)> = events
        .iter()
        .filter_map(|id| {
            Some((
                *id,
                run.schedule
                    .arrival(run.case_events.events.get(id.index())?),
            ))
        })
        .collect();
    let late = |(event, arrival): &(EventId, crate::execution::Arrival)| {
        let delay = arrival.arrived - arrival.time?;
        (delay > timing.look_back).then(|| {
            let event = run.case_events.label(*event);
            let by = plain(delay);
            Missed::CameLate { event, by }
        })
    };
    let first = arrivals
        .iter()
        .filter_map(|(_, arrival)| arrival.time)
        .min();
    let last = arrivals.iter().map(|(_, arrival)| arrival.arrived).max();
    let span = first.zip(last).map(|(first, last)| plain(last - first));
    let timeless = |(event, arrival): &(EventId, crate::execution::Arrival)| {
        let field = run.schedule.required_time()?;
        arrival.time.is_none().then(|| {
            let event = run.case_events.label(*event);
            let name = field.to_string();
            Missed::NoTime { event, name }
        })
    };
    let why = arrivals.iter().find_map(timeless);
    let why = why.or_else(|| arrivals.iter().find_map(late)).or_else(|| {
        let span = span?;
        Some(Missed::LongSpan { span })
    });
    let seen = Seen::LookBack {
        interval: plain(timing.interval),
        look_back: plain(timing.look_back),
    };
    AlertStopped::by_words(&[ReasonWord::LookBack], seen).missed_by(why)
}
