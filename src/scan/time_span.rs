//! The time span of a scan's events. A few events that are dated far from all others (2100, 1970)
//! are excluded, counted, and the first of them is named: they would make every rate close to zero.

use std::collections::BTreeMap;

const DAY: i64 = 86_400_000;
/// Times with a gap of more than this many days between them belong to different periods.
const GAP: i64 = 30;
/// The number of days that are counted separately; events of other days are outliers.
const MOST_DAYS: usize = 100_000;

/// The events of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Day {
    events: u64,
    from: i64,
    to: i64,
    /// File and line of the first of them in the input.
    first: (u32, u64),
}

impl Day {
    fn add(&mut self, other: &Self) {
        self.events += other.events;
        self.from = self.from.min(other.from);
        self.to = self.to.max(other.to);
        self.first = self.first.min(other.first);
    }
}

/// The events of each day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(clippy::struct_field_names, reason = "the days are what it holds")]
pub(super) struct Days {
    days: BTreeMap<i64, Day>,
    /// The day of the last event, kept apart because the next is mostly of the same.
    current: Option<(i64, Day)>,
    /// Events of days that were too many.
    beyond: Option<Day>,
}

/// The time span of a scan, and its outliers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct TimeSpan {
    /// The first and the last time of the events that count, in milliseconds.
    pub(super) span: Option<(i64, i64)>,
    /// How many events are far from all others.
    pub(super) outliers: u64,
    /// File, line and time of the first of them.
    pub(super) first_outlier: Option<((u32, u64), i64)>,
}

impl Days {
    /// Notes the time of an event, by file and line.
    pub(super) fn note(&mut self, time: i64, first: (u32, u64)) {
        let number = time.div_euclid(DAY);
        let day = Day {
            events: 1,
            from: time,
            to: time,
            first,
        };
        match &mut self.current {
            Some((current, events)) if *current == number => events.add(&day),
            current => {
                if let Some((number, day)) = current.replace((number, day)) {
                    self.add(number, &day);
                }
            }
        }
    }

    fn add(&mut self, number: i64, day: &Day) {
        let is_full = self.days.len() >= MOST_DAYS;
        match self.days.get_mut(&number) {
            Some(known) => known.add(day),
            None if is_full => self
                .beyond
                .get_or_insert(Day { events: 0, ..*day })
                .add(day),
            None => {
                self.days.insert(number, *day);
            }
        }
    }

    /// Adds the events of a part whose lines are counted from `first_line`.
    pub(super) fn append(&mut self, part: &Self, first_line: u64) {
        let days = part.days.iter().map(|(number, day)| (*number, *day));
        for (number, mut day) in days.chain(part.current) {
            day.first.1 += first_line;
            self.add(number, &day);
        }
    }

    /// What they come to.
    pub(super) fn time_span(&self) -> TimeSpan {
        let mut periods: Vec<Day> = Vec::new();
        let mut last = None;
        let mut days = self.days.clone();
        if let Some((number, day)) = self.current {
            days.entry(number)
                .and_modify(|known| known.add(&day))
                .or_insert(day);
        }
        for (number, day) in days {
            match periods.last_mut() {
                Some(period) if last.is_some_and(|last| number - last <= GAP) => period.add(&day),
                _ => periods.push(day),
            }
            last = Some(number);
        }
        let most = periods.iter().map(|period| period.events).max();
        // Days with less than a hundredth of the events (or a quarter, if there are few) are
        // outliers.
        let few = most.map_or(0, |most| (most / 100).max((most / 4).min(10)));
        let mut found = TimeSpan::default();
        let (far, near): (Vec<_>, Vec<_>) =
            periods.into_iter().partition(|period| period.events <= few);
        for period in near {
            let (from, to) = found.span.get_or_insert((period.from, period.to));
            (*from, *to) = (period.from.min(*from), period.to.max(*to));
        }
        for period in far.iter().chain(&self.beyond) {
            found.outliers += period.events;
            let place = (period.first, period.from);
            let first = found.first_outlier.get_or_insert(place);
            *first = place.min(*first);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_700_000_000_000;
    const FAR: i64 = 4_100_000_000_000;

    fn found(times: impl IntoIterator<Item = i64>) -> TimeSpan {
        let (mut all, mut part) = (Days::default(), Days::default());
        for (line, time) in (0..).zip(times) {
            part.note(time, (0, line % 7));
            if line % 7 == 6 {
                all.append(&part, 1 + line - 6);
                part = Days::default();
            }
        }
        let mut lines = Days::default();
        lines.append(&all, 0);
        let rest = lines.days.values().map(|day| day.events).sum::<u64>();
        lines.append(&part, 1 + rest);
        lines.time_span()
    }

    #[test]
    fn events_far_from_all_others_do_not_count_wherever_they_are() {
        for at in [0, 3, 100] {
            let mut times: Vec<i64> = (0..100).map(|day| START + day * DAY).collect();
            times.insert(at, FAR);
            times.insert(at, 0);
            let found = found(times);
            assert_eq!(found.span, Some((START, START + 99 * DAY)));
            assert_eq!(found.outliers, 2);
            let first = ((0, u64::try_from(at).unwrap() + 1), 0);
            assert_eq!(found.first_outlier, Some(first));
        }
    }

    #[test]
    fn several_periods_of_many_events_count() {
        let times = (0..20)
            .map(|number| START + number)
            .chain((0..11).map(|number| FAR + number));
        assert_eq!(found(times).span, Some((START, FAR + 10)));
        let rare = [START, START + 100 * DAY, START + 200 * DAY];
        assert_eq!(found(rare).span, Some((START, START + 200 * DAY)));
        assert_eq!(found([]), TimeSpan::default());
    }
}
