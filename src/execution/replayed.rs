//! The executions of a schedule one by one, for rules that keep state between them or look at more
//! than their window: threshold, new terms and indicator match.
//!
//! As in [`super::window`], the executions that see the same documents do the same, so only the
//! phases are run in which some document enters or leaves a window.

use super::window::{Arrival, Phase, PhaseOutcome, Windows};

/// One execution and the time range that it searches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Execution {
    /// When it starts, in milliseconds.
    pub start: i64,
    /// The start of its range, included.
    pub from: i64,
    /// The end of its range, included.
    pub to: i64,
}

impl Execution {
    /// Whether it finds a document in its range.
    pub fn sees(&self, document: Arrival) -> bool {
        let in_range = |time: i64| self.from <= time && time <= self.to;
        document.arrived <= self.start && document.time.is_some_and(in_range)
    }
}

impl Windows {
    /// The executions that start `phase` after the start of the case, modulo the interval, from
    /// the first that can see one of these documents to the last.
    pub fn executions(&self, phase: i64, documents: &[Arrival]) -> Vec<Execution> {
        let interval = self.0.interval.max(1);
        let shifts = self.shifts();
        let seen = shifts.iter().flat_map(|shift| {
            let seen = documents
                .iter()
                .filter_map(|document| self.seen(*document, *shift));
            seen.collect::<Vec<_>>()
        });
        let range = seen.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        let Some((first, last)) = range else {
            return Vec::new();
        };
        let mut start = first + (phase - first).rem_euclid(interval);
        let mut executions = Vec::new();
        while start <= last {
            executions.extend(shifts.iter().map(|shift| Execution {
                start,
                from: start - self.0.look_back - shift,
                to: start - self.0.until - shift,
            }));
            start += interval;
        }
        executions
    }

    /// The executions that start at whole multiples of the interval since 1970, of those that can see
    /// one of these documents, by time.
    pub fn aligned(&self, documents: &[Arrival]) -> impl Iterator<Item = Execution> {
        let shifts = self.shifts();
        let seen = shifts.iter().flat_map(|shift| {
            let seen = documents.iter();
            seen.filter_map(|document| self.seen(*document, *shift))
                .collect::<Vec<_>>()
        });
        let mut seen: Vec<(i64, i64)> = seen.collect();
        seen.sort_unstable();
        let mut stretches: Vec<(i64, i64)> = Vec::new();
        for (first, last) in seen {
            match stretches.last_mut() {
                Some(own) if first <= own.1 => own.1 = own.1.max(last),
                _ => stretches.push((first, last)),
            }
        }
        let schedule = self.0;
        let interval = schedule.interval.max(1);
        let starts = stretches.into_iter().flat_map(move |(first, last)| {
            let first = first + (-first).rem_euclid(interval);
            let starts = std::iter::successors(Some(first), move |start| Some(start + interval));
            starts.take_while(move |start| *start <= last)
        });
        starts.flat_map(move |start| {
            let execution = |shift: &i64| Execution {
                start,
                from: start - schedule.look_back - shift,
                to: start - schedule.until - shift,
            };
            shifts.iter().map(execution).collect::<Vec<_>>()
        })
    }

    /// What happens in every phase, those in a row with the same outcome together. `moments` are
    /// further times at which an execution starts to do otherwise.
    pub fn replayed_phases(
        &self,
        documents: &[Arrival],
        moments: &[i64],
        run: &mut dyn FnMut(&[Execution]) -> PhaseOutcome,
    ) -> Vec<Phase> {
        let interval = self.0.interval.max(1);
        let mut cuts = vec![0];
        for shift in self.shifts() {
            for (first, last) in documents.iter().filter_map(|one| self.seen(*one, shift)) {
                // At the last moment a document lies on the very start of the range, which is
                // where histories forget it.
                cuts.extend([first, last, last + 1]);
            }
        }
        cuts.extend(moments);
        for cut in &mut cuts {
            *cut = cut.rem_euclid(interval);
        }
        cuts.sort_unstable();
        cuts.dedup();
        let mut phases: Vec<Phase> = Vec::new();
        for (index, from) in cuts.iter().enumerate() {
            let until = cuts.get(index + 1).copied().unwrap_or(interval);
            let outcome = run(&self.executions(*from, documents));
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
}
