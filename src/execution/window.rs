//! Exact arithmetic on executions: when an event can be found, which searches differ, and what they
//! give in every phase of the schedule.
//!
//! An execution at `t` sees an event that has arrived by `t` and whose time lies between
//! `t - from` and `t - to`, both included, so it is seen by the executions
//! of one interval of `t`. Between the ends of these intervals all executions are the same search.

use crate::rule::Schedule;

/// When an event happened and when it could first be found, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// By the field that the time range filters; `None`: no execution finds it.
    pub time: Option<i64>,
    /// When it was indexed.
    pub arrived: i64,
}

/// When a rule runs and over what time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows(pub Schedule);

/// Executions that all see the same events: those that start from `from` to before `until`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// The first start, in milliseconds.
    pub from: i64,
    /// The first start that is too late.
    pub until: i64,
    /// How far back the range is moved: an execution with a gap before it catches up first.
    pub shift: i64,
    /// The events that are seen, by number.
    pub visible: Vec<usize>,
}

/// What one search finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchHits {
    /// The executions.
    pub from: i64,
    /// The first start that is too late.
    pub until: i64,
    /// As that of the [`Search`].
    pub shift: i64,
    /// The matches of which alerts are made, by number, in the order of the response.
    pub hits: Vec<usize>,
    /// Those that `max_signals` cuts off.
    pub cut: Vec<usize>,
}

/// Turns the hits of one phase's executions, given with their starts in start order, into alerts,
/// cut and suppressed matches.
pub type AlertPolicy<'a> = dyn Fn(&[(i64, &SearchHits)]) -> PhaseOutcome + 'a;

/// Phases of the schedule in which the same happens: executions start from `from` to before
/// `until` after the start of the case, modulo the interval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phase {
    /// From 0.
    pub from: i64,
    /// At most the interval.
    pub until: i64,
    /// What happens.
    pub outcome: PhaseOutcome,
}

/// What the executions of one phase do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PhaseOutcome {
    /// The matches that become alerts, by number, each once.
    pub alerts: Vec<usize>,
    /// Those that `max_signals` cut off and no other execution found.
    pub cut: Vec<usize>,
    /// Those that were suppressed under another alert.
    pub suppressed: Vec<usize>,
}

impl Windows {
    /// How far back the ranges of one execution are moved, in the order in which they are
    /// searched. Where ranges leave a gap between them, the one before is searched again (`gap`
    /// handling of Kibana's rule executor): that finds what came late, and closes nothing.
    pub fn shifts(&self) -> Vec<i64> {
        let Schedule {
            interval,
            look_back,
            until,
        } = self.0;
        if interval > look_back - until {
            vec![interval, 0]
        } else {
            vec![0]
        }
    }

    /// The starts of the executions that see the event, from the first to the last.
    pub fn seen(&self, event: Arrival, shift: i64) -> Option<(i64, i64)> {
        let time = event.time?;
        let first = event.arrived.max(time + self.0.until + shift);
        let last = time + self.0.look_back + shift;
        (first <= last).then_some((first, last))
    }

    /// The different searches that see anything, by time.
    pub fn searches(&self, events: &[Arrival]) -> Vec<Search> {
        let mut searches = Vec::new();
        for shift in self.shifts() {
            let seen: Vec<Option<(i64, i64)>> = events
                .iter()
                .map(|event| self.seen(*event, shift))
                .collect();
            let ends = seen.iter().flatten();
            let mut ends: Vec<i64> = ends.flat_map(|(first, last)| [*first, last + 1]).collect();
            ends.sort_unstable();
            ends.dedup();
            for pair in ends.windows(2) {
                let [from, until] = *pair else { continue };
                let sees = |(number, seen): (usize, &Option<(i64, i64)>)| {
                    let (first, last) = (*seen)?;
                    (first <= from && from <= last).then_some(number)
                };
                let visible: Vec<usize> = seen.iter().enumerate().filter_map(sees).collect();
                if !visible.is_empty() {
                    searches.push(Search {
                        from,
                        until,
                        shift,
                        visible,
                    });
                }
            }
        }
        searches.sort_by_key(|search| (search.from, -search.shift));
        searches
    }

    /// The outcome of every phase from 0 to the interval; adjacent phases with equal outcomes are
    /// merged. With `repeats`, an execution that finds the same as the one before may make other
    /// alerts.
    pub fn phases(
        &self,
        found: &[SearchHits],
        repeats: bool,
        settle: &AlertPolicy<'_>,
    ) -> Vec<Phase> {
        let interval = self.0.interval.max(1);
        let mut cuts = vec![0];
        for one in found {
            if repeats || one.until - one.from < interval {
                cuts.push(one.from.rem_euclid(interval));
                cuts.push(one.until.rem_euclid(interval));
            } else {
                // Every phase has a first execution in it; which comes first may depend on it.
                cuts.push(one.from.rem_euclid(interval));
            }
        }
        cuts.sort_unstable();
        cuts.dedup();
        let mut phases: Vec<Phase> = Vec::new();
        for (index, from) in cuts.iter().enumerate() {
            let until = cuts.get(index + 1).copied().unwrap_or(interval);
            let outcome = self.phase(*from, found, repeats, settle);
            match phases.last_mut() {
                Some(last) if last.outcome == outcome => last.until = until,
                _ => phases.push(Phase {
                    from: *from,
                    until,
                    outcome,
                }),
            }
        }
        phases
    }

    /// What happens where executions start `phase` after the start of the case, modulo the
    /// interval.
    pub fn phase(
        &self,
        phase: i64,
        found: &[SearchHits],
        repeats: bool,
        settle: &AlertPolicy<'_>,
    ) -> PhaseOutcome {
        let interval = self.0.interval.max(1);
        let starts = |one: &SearchHits| {
            let first = one.from + (phase - one.from).rem_euclid(interval);
            let until = one.until;
            // Each makes an alert of one more hit at least, or nothing more comes.
            let most = if repeats { one.hits.len().max(1) } else { 1 };
            let starts = std::iter::successors(Some(first), move |start| Some(start + interval));
            starts.take(most).take_while(move |start| *start < until)
        };
        let ran = found
            .iter()
            .flat_map(|one| starts(one).map(move |start| (start, one)));
        let mut ran: Vec<(i64, &SearchHits)> = ran.collect();
        ran.sort_by_key(|(start, one)| (*start, -one.shift));
        settle(&ran)
    }
}

/// How many of `interval` milliseconds of phases have an alert.
pub fn covered(phases: &[Phase]) -> i64 {
    let found = phases
        .iter()
        .filter(|phase| !phase.outcome.alerts.is_empty());
    found.map(|phase| phase.until - phase.from).sum()
}

/// The longest run of phases without an alert, around the end of the interval too; `until` is
/// beyond the interval where it goes around.
pub fn longest_blind(phases: &[Phase]) -> Option<(i64, i64)> {
    let interval = phases.last()?.until;
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for phase in phases
        .iter()
        .filter(|phase| phase.outcome.alerts.is_empty())
    {
        match runs.last_mut() {
            Some(last) if last.1 == phase.from => last.1 = phase.until,
            _ => runs.push((phase.from, phase.until)),
        }
    }
    if let ([(0, end), .., (start, last)], true) = (runs.as_slice(), runs.len() > 1)
        && *last == interval
    {
        let around = (*start, interval + end);
        runs.pop();
        runs.push(around);
    }
    runs.into_iter()
        .max_by_key(|(from, until)| (until - from, -from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: i64 = 1_000;

    fn windows(interval: i64, look_back: i64, until: i64) -> Windows {
        Windows(Schedule {
            interval: interval * SECOND,
            look_back: look_back * SECOND,
            until: until * SECOND,
        })
    }

    /// All events together are a match; nothing else is.
    fn together(windows: Windows, events: &[Arrival]) -> Vec<SearchHits> {
        let searches = windows.searches(events).into_iter();
        let whole = searches.filter(|search| search.visible.len() == events.len());
        whole
            .map(|search| SearchHits {
                from: search.from,
                until: search.until,
                shift: search.shift,
                hits: vec![0],
                cut: Vec::new(),
            })
            .collect()
    }

    fn settle(ran: &[(i64, &SearchHits)]) -> PhaseOutcome {
        let mut alerts: Vec<usize> = ran.iter().flat_map(|(_, one)| one.hits.clone()).collect();
        alerts.sort_unstable();
        alerts.dedup();
        PhaseOutcome {
            alerts,
            ..PhaseOutcome::default()
        }
    }

    /// Whether the executions of a phase find all events at once, one execution after the other.
    fn brute(windows: Windows, events: &[Arrival], phase: i64) -> bool {
        let Schedule {
            interval,
            look_back,
            until,
        } = windows.0;
        let start = -2 * (look_back + interval) / interval - 2;
        let times = events
            .iter()
            .map(|event| event.arrived.max(event.time.unwrap_or(0)));
        let end = (times.max().unwrap_or(0) + 3 * (look_back + interval)) / interval + 2;
        (start..=end).any(|number| {
            let now = phase + number * interval;
            windows.shifts().iter().any(|shift| {
                events.iter().all(|event| {
                    event.time.is_some_and(|time| {
                        event.arrived <= now
                            && time >= now - shift - look_back
                            && time <= now - shift - until
                    })
                })
            })
        })
    }

    fn on_time(seconds: i64) -> Arrival {
        Arrival {
            time: Some(seconds * SECOND),
            arrived: seconds * SECOND,
        }
    }

    #[test]
    fn a_sequence_within_the_overlap_is_found_in_every_phase() {
        let windows = windows(300, 540, 0);
        for (span, share) in [(0, 300), (240, 300), (241, 299), (300, 240), (540, 0)] {
            let found = together(windows, &[on_time(0), on_time(span)]);
            let phases = windows.phases(&found, false, &settle);
            // Both ends of a range belong to it: one millisecond more than the difference.
            let exact = (share * SECOND + 1).min(300 * SECOND);
            assert_eq!(covered(&phases), exact, "{span}");
        }
    }

    #[test]
    fn what_comes_later_than_the_look_back_is_never_found() {
        let windows = windows(300, 360, 0);
        let late = Arrival {
            time: Some(0),
            arrived: 361 * SECOND,
        };
        assert!(together(windows, &[late]).is_empty());
    }

    #[test]
    fn the_blind_phases_go_around_the_end_of_the_interval() {
        let phase = |from, until, alerts: &[usize]| Phase {
            from,
            until,
            outcome: PhaseOutcome {
                alerts: alerts.to_vec(),
                ..PhaseOutcome::default()
            },
        };
        let phases = [phase(0, 10, &[]), phase(10, 40, &[0]), phase(40, 50, &[])];
        assert_eq!(longest_blind(&phases), Some((40, 60)));
        assert_eq!(longest_blind(&phases[1..2]), None);
    }

    proptest! {
        /// The exact share against every phase in steps of a second, execution by execution.
        #[test]
        fn the_analysis_agrees_with_every_phase_one_by_one(
            interval in 1..90i64,
            look_back in 1..200i64,
            until in 0..60i64,
            events in prop::collection::vec((0..240i64, 0..150i64), 1..4),
        ) {
            prop_assume!(until < look_back);
            let windows = windows(interval, look_back, until);
            let events: Vec<Arrival> = events
                .iter()
                .map(|(time, delay)| Arrival {
                    time: Some(time * SECOND),
                    arrived: (time + delay) * SECOND,
                })
                .collect();
            let found = together(windows, &events);
            let phases = windows.phases(&found, false, &settle);
            prop_assert_eq!(phases.first().map(|phase| phase.from), Some(0));
            prop_assert_eq!(phases.last().map(|phase| phase.until), Some(interval * SECOND));
            for second in 0..interval {
                let phase = second * SECOND;
                let exact = phases.iter().find(|one| one.from <= phase && phase < one.until);
                let exact = exact.is_some_and(|one| !one.outcome.alerts.is_empty());
                prop_assert_eq!(exact, brute(windows, &events, phase), "phase {}s", second);
            }
        }
    }
}
