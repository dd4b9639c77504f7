//! Rules that count, remember or compare, held to brute force: models written from the reference
//! alone, without groups, windows or searches of the product, over
//! generated streams and schedules, in every phase.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use trapline::evaluate::indicator_match::{Enumerated, Pair};
use trapline::evaluate::new_terms::Carried;
use trapline::evaluate::term::Term;
use trapline::evaluate::threshold::{Counted, Threshold};
use trapline::event::Value;
use trapline::execution::indicator_match::Presence;
use trapline::execution::replayed::Execution;
use trapline::execution::suppress::OpenGroups;
use trapline::execution::{Arrival, PhaseOutcome, Windows};
use trapline::execution::{indicator_match, new_terms, query_rule, threshold};
use trapline::rule::{Schedule, Suppression};

/// One event: its time, how much later it is stored, and the values of two fields.
#[derive(Debug, Clone)]
struct Event {
    time: i64,
    late: i64,
    first: Vec<u8>,
    second: Vec<u8>,
}

impl Event {
    fn arrival(&self) -> Arrival {
        Arrival {
            time: Some(self.time),
            arrived: self.time + self.late,
        }
    }

    /// Whether an execution that starts at `start` finds it in its range.
    fn is_seen(&self, start: i64, from: i64, to: i64) -> bool {
        self.time + self.late <= start && from <= self.time && self.time <= to
    }
}

fn event() -> impl Strategy<Value = Event> {
    let values = || prop::collection::btree_set(0..3_u8, 0..3);
    let late = prop_oneof![4 => Just(0), 1 => 0..9_i64];
    (0..40_i64, late, values(), values()).prop_map(|(time, late, first, second)| Event {
        time,
        late,
        first: first.into_iter().collect(),
        second: second.into_iter().collect(),
    })
}

/// Interval and look-back, which leave no gap.
fn schedule() -> impl Strategy<Value = (i64, i64)> {
    (2..8_i64).prop_flat_map(|interval| (Just(interval), interval..3 * interval))
}

/// How alerts are suppressed: for how long, if for longer than an execution, and whether what lacks
/// the field is suppressed as well.
#[derive(Debug, Clone, Copy)]
struct Suppressed {
    lasting: Option<i64>,
    missing: bool,
}

impl Suppressed {
    fn rule(self) -> Suppression {
        Suppression {
            group_by: vec!["field".to_owned()],
            duration: self.lasting,
            group_missing: self.missing,
        }
    }
}

fn suppressed() -> impl Strategy<Value = Option<Suppressed>> {
    let one = (prop::option::of(1..20_i64), any::<bool>());
    prop::option::of(one.prop_map(|(lasting, missing)| Suppressed { lasting, missing }))
}

/// The groups that have an alert, each with the start of the execution that made it.
#[derive(Default)]
struct Open(BTreeMap<Vec<u8>, i64>);

impl Open {
    /// Whether an alert of a group goes under an earlier one; else later ones go under it.
    fn takes(&mut self, how: Option<Suppressed>, group: &[u8], start: i64) -> bool {
        let Some(how) = how else { return false };
        if group.is_empty() && !how.missing {
            return false;
        }
        let lasts = |since: i64| match how.lasting {
            Some(lasting) => start - since <= lasting,
            None => start == since,
        };
        if self.0.get(group).is_some_and(|since| lasts(*since)) {
            return true;
        }
        self.0.insert(group.to_vec(), start);
        false
    }
}

fn windows((interval, look_back): (i64, i64)) -> Windows {
    Windows(Schedule {
        interval,
        look_back,
        until: 0,
    })
}

/// The starts of all executions of a phase that can see anything.
fn starts(interval: i64, phase: i64) -> impl Iterator<Item = i64> {
    (-20..30_i64)
        .map(move |number| number * interval + phase)
        .filter(|start| (-60..120).contains(start))
}

fn texts(values: &[u8]) -> Vec<String> {
    values.iter().map(u8::to_string).collect()
}

fn terms(values: &[u8]) -> Vec<Term> {
    let texts = values.iter().map(u8::to_string);
    texts.map(|text| Term::new(Value::text(&text))).collect()
}

/// What the product makes of every phase: each phase with its alerts, as the numbers that `run`
/// gives them.
fn phases<T: Clone>(
    windows: Windows,
    arrivals: &[Arrival],
    moments: &[i64],
    run: &mut dyn FnMut(&[Execution]) -> Vec<T>,
    same: &dyn Fn(&T, &T) -> bool,
) -> Vec<Vec<T>> {
    let mut pool: Vec<T> = Vec::new();
    let mut replay = |executions: &[Execution]| {
        let alerts = run(executions).into_iter().map(|alert| {
            let known = pool.iter().position(|known| same(known, &alert));
            known.unwrap_or_else(|| {
                pool.push(alert);
                pool.len() - 1
            })
        });
        PhaseOutcome {
            alerts: alerts.collect(),
            ..PhaseOutcome::default()
        }
    };
    let found = windows.replayed_phases(arrivals, moments, &mut replay);
    let interval = windows.0.interval;
    let of_phase = |phase: i64| {
        let mut found = found.iter();
        let found = found.find(|one| one.from <= phase && phase < one.until);
        let alerts = found.map_or(&[][..], |one| &one.outcome.alerts);
        alerts.iter().map(|number| pool[*number].clone()).collect()
    };
    (0..interval).map(of_phase).collect()
}

/// Group, count, earliest and latest time.
type Group = (u8, usize, i64, i64);

/// What executions count: every group by itself, every event by itself.
fn counted(
    events: &[Event],
    (interval, look_back): (i64, i64),
    phase: i64,
    (least, distinct): (usize, usize),
    lasting: Option<i64>,
) -> Vec<Group> {
    let how = lasting.map(|lasting| Suppressed {
        lasting: Some(lasting),
        missing: true,
    });
    let mut open = Open::default();
    let mut last: BTreeMap<u8, i64> = BTreeMap::new();
    let mut alerts = Vec::new();
    for start in starts(interval, phase) {
        let from = start - look_back;
        last.retain(|_, time| *time > from);
        let is_used = |event: &Event| {
            let mut groups = event.first.iter();
            groups.any(|group| last.get(group).is_some_and(|time| event.time <= *time))
        };
        let seen: Vec<&Event> = events
            .iter()
            .filter(|event| event.is_seen(start, from, start) && !is_used(event))
            .collect();
        for group in 0..3_u8 {
            let of: Vec<&&Event> = seen.iter().filter(|e| e.first.contains(&group)).collect();
            let values: BTreeSet<u8> = of.iter().flat_map(|e| e.second.iter().copied()).collect();
            if of.len() >= least && values.len() >= distinct && !of.is_empty() {
                let times = || of.iter().map(|event| event.time);
                let (first, end) = (times().min().unwrap(), times().max().unwrap());
                // What is suppressed is counted again.
                if open.takes(how, &[group], start) {
                    continue;
                }
                last.insert(group, end);
                alerts.push((group, of.len(), first, end));
            }
        }
    }
    alerts
}

/// What executions find new: the event that was first, and its combination.
fn first_seen(
    events: &[Event],
    (interval, look_back): (i64, i64),
    phase: i64,
    history: i64,
    how: Option<Suppressed>,
) -> BTreeSet<(usize, u8, u8)> {
    let (mut alerts, mut under) = (BTreeSet::new(), BTreeSet::new());
    let mut open = Open::default();
    for start in starts(interval, phase) {
        let from = start - look_back;
        for (a, b) in (0..9_u8).map(|number| (number / 3, number % 3)) {
            let carries = |event: &Event| event.first.contains(&a) && event.second.contains(&b);
            let in_window = |event: &Event| carries(event) && event.is_seen(start, from, start);
            let known =
                |event: &Event| carries(event) && event.is_seen(start, start - history, start);
            if !events.iter().any(in_window) {
                continue;
            }
            let numbered = events.iter().enumerate().filter(|(_, event)| known(event));
            let first = numbered.min_by_key(|(number, event)| (event.time, *number));
            let (number, event) = first.unwrap();
            let alert = (number, a, b);
            if event.time <= from || alerts.contains(&alert) || under.contains(&alert) {
                continue;
            }
            if open.takes(how, &event.second, start) {
                under.insert(alert);
            } else {
                alerts.insert(alert);
            }
        }
    }
    alerts
}

/// An event and the indicators and groups that it matches.
type Match = (usize, Vec<(usize, usize)>);

/// What events match: by their first field alone, or by both fields within one indicator.
fn matched(
    events: &[Event],
    indicators: &[Event],
    (interval, look_back): (i64, i64),
    phase: i64,
    how: Option<Suppressed>,
) -> BTreeSet<Match> {
    let mut alerts: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
    let (mut open, mut under) = (Open::default(), BTreeSet::new());
    for start in starts(interval, phase) {
        let seen = events.iter().enumerate();
        let mut seen: Vec<(usize, &Event)> = seen
            .filter(|(_, event)| event.is_seen(start, start - look_back, start))
            .collect();
        // Suppression goes from the oldest on; otherwise the order does not matter.
        seen.sort_by_key(|(number, event)| (event.time, *number));
        let stored = indicators.iter().enumerate();
        let stored: Vec<(usize, &Event)> = stored
            .filter(|(_, one)| one.time + one.late <= start)
            .collect();
        let by_events = seen.len() < stored.len();
        for (number, event) in &seen {
            if alerts.contains_key(number) || under.contains(number) {
                continue;
            }
            let mut found = Vec::new();
            for (other, indicator) in &stored {
                let (own, searched) = if by_events {
                    (event, indicator)
                } else {
                    (indicator, event)
                };
                // A group of one exact entry takes the first value; any other needs just one.
                let alone = own.first.first();
                if alone.is_some_and(|value| searched.first.contains(value)) {
                    found.push((*other, 0));
                }
                let single =
                    |own: &[u8], searched: &[u8]| own.len() == 1 && searched.contains(&own[0]);
                if single(&own.first, &searched.first) && single(&own.second, &searched.second) {
                    found.push((*other, 1));
                }
            }
            if found.is_empty() {
                continue;
            }
            if open.takes(how, &event.second, start) {
                under.insert(*number);
            } else {
                alerts.insert(*number, found);
            }
        }
    }
    alerts.into_iter().collect()
}

/// What executions of a query rule alert on: each page takes the oldest that are not known.
fn paged(
    events: &[Event],
    (interval, look_back): (i64, i64),
    phase: i64,
    max_signals: usize,
) -> Vec<usize> {
    let mut alerts: Vec<usize> = Vec::new();
    for start in starts(interval, phase) {
        let mut fresh: Vec<usize> = (0..events.len())
            .filter(|number| events[*number].is_seen(start, start - look_back, start))
            .filter(|number| !alerts.contains(number))
            .collect();
        fresh.sort_by_key(|number| (events[*number].time, *number));
        alerts.extend(fresh.into_iter().take(max_signals));
    }
    alerts
}

/// What executions of a query rule alert on where alerts are suppressed by the first field: value by
/// value, 3 standing for none.
fn bucketed(
    events: &[Event],
    (interval, look_back): (i64, i64),
    phase: i64,
    how: Suppressed,
    max_signals: usize,
) -> Vec<usize> {
    let (mut alerts, mut single) = (Vec::new(), BTreeSet::new());
    let mut ends: BTreeMap<u8, i64> = BTreeMap::new();
    let mut open = Open::default();
    for start in starts(interval, phase) {
        let from = start - look_back;
        ends.retain(|_, end| *end >= from);
        let is_in = |event: &Event, value: u8| match value {
            3 => event.first.is_empty(),
            value => event.first.contains(&value),
        };
        let is_left_out = |event: &Event| {
            ends.iter()
                .any(|(value, end)| is_in(event, *value) && event.time <= *end)
        };
        let seen: Vec<usize> = (0..events.len())
            .filter(|number| events[*number].is_seen(start, from, start))
            .filter(|number| !is_left_out(&events[*number]))
            .collect();
        let mut buckets = 0;
        for value in 0..4_u8 {
            let of = seen.iter().filter(|number| is_in(&events[**number], value));
            let of: Vec<usize> = of.copied().collect();
            let is_single = value == 3 && !how.missing;
            let Some(first) = of
                .iter()
                .min_by_key(|number| (events[**number].time, **number))
            else {
                continue;
            };
            if is_single || buckets == max_signals {
                continue;
            }
            buckets += 1;
            if !open.takes(
                Some(Suppressed {
                    missing: true,
                    ..how
                }),
                &[value],
                start,
            ) {
                alerts.push(*first);
            }
            ends.insert(
                value,
                of.iter().map(|number| events[*number].time).max().unwrap(),
            );
        }
        if !how.missing {
            let lacks =
                |number: &usize| events[*number].first.is_empty() && !single.contains(number);
            let mut of: Vec<usize> = seen.iter().copied().filter(lacks).collect();
            of.sort_by_key(|number| (events[*number].time, *number));
            of.truncate(max_signals - buckets);
            single.extend(of.iter().copied());
            alerts.extend(of);
        }
    }
    alerts
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn threshold_rules_count_as_brute_force_does(
        events in prop::collection::vec(event(), 0..24),
        schedule in schedule(),
        least in 1..4_usize,
        distinct in prop::option::of(1..3_usize),
        lasting in prop::option::of(1..20_i64),
    ) {
        let suppression = lasting.map(|lasting| Suppression {
            group_by: Vec::new(),
            duration: Some(lasting),
            group_missing: true,
        });
        let documents: Vec<threshold::Document> = events
            .iter()
            .map(|event| threshold::Document {
                counted: Counted::new(
                    &[terms(&event.first)],
                    terms(&event.second),
                    event.time,
                ),
                arrival: event.arrival(),
            })
            .collect();
        let reach = Threshold {
            count: least as u64,
            cardinality: distinct.map(|distinct| distinct as u64),
        };
        let mut run = |executions: &[Execution]| {
            let mut history = threshold::History::default();
            let mut open = OpenGroups::new(suppression.as_ref(), 100);
            let mut alerts: Vec<Group> = Vec::new();
            for execution in executions {
                let all = documents.iter().enumerate();
                let counting = threshold::execute(*execution, all, reach, &mut history, &mut open);
                alerts.extend(counting.alerts.iter().map(|bucket| {
                    let group = bucket.key[0].to_string().parse().unwrap();
                    (group, bucket.documents.len(), bucket.first, bucket.last)
                }));
            }
            alerts
        };
        let arrivals: Vec<Arrival> = events.iter().map(Event::arrival).collect();
        let found = phases(windows(schedule), &arrivals, &[], &mut run, &|a, b| a == b);
        for (phase, found) in (0..).zip(found) {
            let reach = (least, distinct.unwrap_or(0));
            let expected = counted(&events, schedule, phase, reach, lasting);
            prop_assert_eq!(found, expected, "phase {}", phase);
        }
    }

    #[test]
    fn query_rules_page_as_brute_force_does(
        events in prop::collection::vec(event(), 0..24),
        schedule in schedule(),
        max_signals in 1..5_usize,
        how in suppressed(),
    ) {
        let documents: Vec<query_rule::Document> = events
            .iter()
            .map(|event| query_rule::Document {
                groups: how.iter().map(|_| terms(&event.first)).collect(),
                arrival: event.arrival(),
            })
            .collect();
        let suppression = how.map(Suppressed::rule);
        let mut run = |executions: &[Execution]| {
            let mut known = query_rule::Known::default();
            let mut open = OpenGroups::new(suppression.as_ref(), max_signals);
            let found = executions.iter().flat_map(|execution| {
                let all = documents.iter().enumerate();
                query_rule::execute(*execution, all, &mut known, &mut open).alerts
            });
            found.collect()
        };
        let arrivals: Vec<Arrival> = events.iter().map(Event::arrival).collect();
        let found = phases(windows(schedule), &arrivals, &[], &mut run, &|a, b| a == b);
        for (phase, found) in (0..).zip(found) {
            let expected = match how {
                Some(how) => bucketed(&events, schedule, phase, how, max_signals),
                None => paged(&events, schedule, phase, max_signals),
            };
            prop_assert_eq!(found, expected, "phase {}", phase);
        }
    }

    #[test]
    fn new_terms_rules_remember_as_brute_force_does(
        events in prop::collection::vec(event(), 0..20),
        schedule in schedule(),
        beyond in 1..20_i64,
        how in suppressed(),
    ) {
        let suppression = how.map(Suppressed::rule);
        let values = |number: usize, _: &str| texts(&events[number].second);
        let history = schedule.1 + beyond;
        let documents: Vec<new_terms::Document> = events
            .iter()
            .map(|event| new_terms::Document {
                carried: Carried::new(&[terms(&event.first), terms(&event.second)], event.time),
                arrival: event.arrival(),
            })
            .collect();
        let start_of = |to: i64| to - history;
        let mut run = |executions: &[Execution]| {
            let mut alerted = new_terms::Alerted::default();
            let mut open = OpenGroups::new(suppression.as_ref(), 100);
            let mut alerts: Vec<(usize, u8, u8)> = Vec::new();
            for execution in executions {
                let all = documents.iter().enumerate();
                let known = &mut alerted;
                let found = new_terms::execute(*execution, all, &start_of, known, &mut open, &values);
                alerts.extend(found.alerts.iter().map(|seen| {
                    let term = |place: usize| seen.terms[place].to_string().parse().unwrap();
                    (seen.first, term(0), term(1))
                }));
            }
            alerts
        };
        let arrivals: Vec<Arrival> = events.iter().map(Event::arrival).collect();
        let moments: Vec<i64> = events.iter().flat_map(|event| [event.time + history, event.time + history + 1]).collect();
        let found = phases(windows(schedule), &arrivals, &moments, &mut run, &|a, b| a == b);
        for (phase, found) in (0..).zip(found) {
            let once: BTreeSet<(usize, u8, u8)> = found.iter().copied().collect();
            prop_assert_eq!(once.len(), found.len(), "an alert twice in phase {}", phase);
            prop_assert_eq!(once, first_seen(&events, schedule, phase, history, how), "phase {}", phase);
        }
    }

    #[test]
    fn indicator_match_rules_compare_as_brute_force_does(
        events in prop::collection::vec(event(), 0..8),
        indicators in prop::collection::vec(event(), 0..8),
        schedule in schedule(),
        how in suppressed(),
    ) {
        let suppression = how.map(Suppressed::rule);
        let values = |number: usize, _: &str| texts(&events[number].second);
        let near = |_| (0..indicators.len()).collect();
        let entries = |side: Enumerated, group: usize, event: usize, indicator: usize| {
            let (event, indicator) = (&events[event], &indicators[indicator]);
            let pair = |event: &[u8], indicator: &[u8]| {
                let (own, searched) = match side {
                    Enumerated::Events => (event, indicator),
                    Enumerated::Indicators => (indicator, event),
                };
                Pair {
                    enumerated: own.len(),
                    has_searched: !searched.is_empty(),
                    is_shared: own.first().is_some_and(|first| searched.contains(first)),
                    is_exact: true,
                    is_negated: false,
                }
            };
            let first = pair(&event.first, &indicator.first);
            match group {
                0 => vec![first],
                _ => vec![first, pair(&event.second, &indicator.second)],
            }
        };
        let arrivals: Vec<Arrival> = events.iter().map(Event::arrival).collect();
        let stored = indicators.iter().map(Event::arrival);
        let stored: Vec<Presence> = stored.map(|one| Presence::since(one.arrived)).collect();
        let sides = indicator_match::Sides {
            events: &arrivals,
            indicators: &stored,
            groups: 2,
            near: &near,
            entries: &entries,
        };
        let mut run = |executions: &[Execution]| {
            let mut alerted = BTreeSet::new();
            let mut open = OpenGroups::new(suppression.as_ref(), 100);
            let mut alerts: Vec<Match> = Vec::new();
            for execution in executions {
                let known = &mut alerted;
                let found = indicator_match::execute(*execution, &sides, known, &mut open, &values);
                alerts.extend(found.alerts.into_iter().map(|(event, matches)| {
                    let pairs = matches.iter().map(|one| (one.indicator, one.group));
                    (event, pairs.collect())
                }));
            }
            alerts
        };
        let moments: Vec<i64> = stored.iter().map(|one| one.from).collect();
        let found = phases(windows(schedule), &arrivals, &moments, &mut run, &|a, b| a == b);
        for (phase, found) in (0..).zip(found) {
            let found: BTreeSet<Match> = found.into_iter().collect();
            prop_assert_eq!(found, matched(&events, &indicators, schedule, phase, how), "phase {}", phase);
        }
    }
}
