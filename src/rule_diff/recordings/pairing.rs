//! Pairs the alerts of two versions of a rule by their events while a scan runs. Both versions run
//! in one scan, so that paired alerts arrive close together and few have to wait.

use rustc_hash::FxHashMap;

use crate::scan::Alert;

/// The most alerts that wait for their counterpart; then the older half is settled.
const MOST_WAITING: usize = 100_000;
/// How many alerts of a rule and side are kept whole; the others are counted.
pub(super) const KEPT: usize = 10;

/// Where the events of an alert stand: file and line; `None` is a missing event.
pub(super) type Places = Vec<Option<(u32, u64)>>;

/// Alerts that only one side gives.
#[derive(Debug, Default)]
pub(super) struct UnpairedAlerts {
    /// How many alerts.
    pub(super) count: u64,
    /// The first of them.
    pub(super) alerts: Vec<Alert>,
}

/// The alerts without a counterpart, as far as that is known.
#[derive(Debug, Default)]
pub(super) struct Pairing {
    waiting: FxHashMap<(usize, bool, Places), Waiting>,
    /// By pair of rules: the older side's and the newer side's.
    unpaired: Vec<[UnpairedAlerts; 2]>,
    /// By the same: how many alerts that wait are held whole.
    held: Vec<[usize; 2]>,
    serial: u64,
    /// Some were settled before the end of the recordings.
    pub(super) is_approximate: bool,
}

#[derive(Debug)]
struct Waiting {
    serial: u64,
    count: u64,
    alert: Option<Alert>,
}

impl Pairing {
    /// For this many pairs of rules.
    pub(super) fn new(pairs: usize) -> Self {
        Self {
            unpaired: std::iter::repeat_with(Default::default)
                .take(pairs)
                .collect(),
            held: vec![[0; 2]; pairs],
            ..Self::default()
        }
    }

    /// Takes an alert of a pair, of the older rule or of the newer one.
    pub(super) fn take(&mut self, pair: usize, before: bool, alert: Alert) {
        let places: Places = alert
            .events
            .iter()
            .map(|event| event.as_ref().map(|event| (event.file, event.line)))
            .collect();
        let counterpart = (pair, !before, places);
        if let Some(other) = self.waiting.get_mut(&counterpart) {
            other.count -= 1;
            if other.count == 0
                && let Some(gone) = self.waiting.remove(&counterpart)
                && gone.alert.is_some()
                && let Some(held) = self.held_count(pair, !before)
            {
                *held -= 1;
            }
            return;
        }
        let (_, _, places) = counterpart;
        let kept = self.unpaired.get(pair).map_or(KEPT, |sides| {
            sides
                .get(usize::from(!before))
                .map_or(0, |one| one.alerts.len())
        });
        let is_held = self.held_count(pair, before).is_some_and(|held| {
            let room = *held + kept < KEPT;
            *held += usize::from(room);
            room
        });
        self.serial += 1;
        let serial = self.serial;
        let mut whole = is_held.then_some(alert);
        let entry = self.waiting.entry((pair, before, places));
        let waiting = entry.or_insert_with(|| Waiting {
            serial,
            count: 0,
            alert: whole.take(),
        });
        waiting.count += 1;
        if whole.is_some()
            && let Some(held) = self.held_count(pair, before)
        {
            // The same events alerted before: they are held once.
            *held -= 1;
        }
        if self.waiting.len() > MOST_WAITING {
            self.is_approximate = true;
            self.settle(serial.saturating_sub(MOST_WAITING as u64 / 2));
        }
    }

    /// What has no counterpart, by pair: the older side's and the newer side's.
    pub(super) fn end(mut self) -> Vec<[UnpairedAlerts; 2]> {
        self.settle(u64::MAX);
        self.unpaired
    }

    fn held_count(&mut self, pair: usize, before: bool) -> Option<&mut usize> {
        self.held.get_mut(pair)?.get_mut(usize::from(!before))
    }

    /// No counterpart comes any more for those up to this one.
    fn settle(&mut self, last: u64) {
        let settled = self.waiting.extract_if(|_, one| one.serial <= last);
        let mut settled: Vec<_> = settled.collect();
        settled.sort_unstable_by_key(|(_, one)| one.serial);
        for ((pair, before, _), one) in settled {
            let side = self.unpaired.get_mut(pair);
            let Some(side) = side.and_then(|sides| sides.get_mut(usize::from(!before))) else {
                continue;
            };
            side.count += one.count;
            if let Some(alert) = one.alert {
                side.alerts.push(alert);
                if let Some(held) = self.held_count(pair, before) {
                    *held -= 1;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::scan::EventRecord;

    fn alert(lines: &[u64]) -> Alert {
        let event = |line: &u64| {
            Some(Arc::new(EventRecord {
                file: 0,
                line: *line,
                time: None,
                index: None,
                id: None,
                timestamp: None,
                values: Vec::new(),
            }))
        };
        Alert {
            rule: 0,
            join: Vec::new(),
            events: lines.iter().map(event).collect(),
        }
    }

    #[test]
    fn the_same_events_on_both_sides_are_no_difference() {
        let mut pairing = Pairing::new(2);
        pairing.take(0, true, alert(&[1, 2]));
        pairing.take(0, true, alert(&[1, 3]));
        pairing.take(0, false, alert(&[1, 2]));
        // Another rule's.
        pairing.take(1, false, alert(&[1, 3]));
        // The newer one may come first.
        pairing.take(1, false, alert(&[8]));
        pairing.take(1, true, alert(&[8]));
        let counts = pairing.end();
        let counts: Vec<[u64; 2]> = counts
            .iter()
            .map(|[old, new]| [old.count, new.count])
            .collect();
        assert_eq!(counts, [[1, 0], [0, 1]]);
    }

    #[test]
    fn the_first_are_kept_and_all_are_counted() {
        let mut pairing = Pairing::new(1);
        for line in 0..50 {
            pairing.take(0, true, alert(&[line]));
        }
        // Those that find their counterpart make room for others.
        for line in 0..5 {
            pairing.take(0, false, alert(&[line]));
        }
        for line in 50..60 {
            pairing.take(0, true, alert(&[line]));
        }
        let ended = pairing.end();
        let lost = ended.iter().flatten().next();
        let kept = lost.into_iter().flat_map(|one| &one.alerts);
        let kept: Vec<u64> = kept
            .flat_map(|alert| alert.events.iter().flatten())
            .map(|event| event.line)
            .collect();
        assert_eq!(lost.map(|one| one.count), Some(55));
        assert_eq!(kept, [5, 6, 7, 8, 9, 50, 51, 52, 53, 54]);
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut pairing = Pairing::new(1);
        for line in 0..MOST_WAITING as u64 * 3 {
            pairing.take(0, false, alert(&[line]));
            assert!(pairing.waiting.len() <= MOST_WAITING);
        }
        assert!(pairing.is_approximate);
        let ended = pairing.end();
        let new = ended.iter().flatten().last();
        assert_eq!(new.map(|one| one.count), Some(MOST_WAITING as u64 * 3));
        assert_eq!(new.map(|one| one.alerts.len()), Some(KEPT));
    }
}
