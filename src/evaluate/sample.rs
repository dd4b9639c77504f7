//! The sample matcher: for each key the documents of each stage, and assignments of distinct
//! documents to stages (`SampleIterator`). It knows neither plans nor conditions; `decide.rs`
//! calls it.

use crate::event::EventId;

/// The most steps of one search: far more than any assignment of a real sample takes.
const MAX_STEPS: usize = 1_000_000;

/// Up to `most` assignments of one distinct event to each stage, in the order of the candidates.
///
/// Elasticsearch fetches as many documents a stage as there are stages, or as samples are asked
/// for if that is more: enough for an assignment to be found whenever there is one.
pub(super) fn assign(stages: &[Vec<EventId>], most: usize) -> Vec<Vec<EventId>> {
    let mut search = Search {
        stages,
        candidates: stages.len().max(most),
        most,
        steps: 0,
        chosen: Vec::with_capacity(stages.len()),
        found: Vec::new(),
    };
    search.step(0);
    search.found
}

struct Search<'a> {
    stages: &'a [Vec<EventId>],
    candidates: usize,
    most: usize,
    steps: usize,
    chosen: Vec<EventId>,
    found: Vec<Vec<EventId>>,
}

impl Search<'_> {
    fn step(&mut self, stage: usize) {
        let Some(events) = self.stages.get(stage) else {
            self.found.push(self.chosen.clone());
            return;
        };
        for event in events.iter().take(self.candidates) {
            self.steps += 1;
            if self.found.len() >= self.most || self.steps > MAX_STEPS {
                return;
            }
            if !self.chosen.contains(event) {
                self.chosen.push(*event);
                self.step(stage + 1);
                self.chosen.pop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(numbers: &[u32]) -> Vec<EventId> {
        numbers.iter().copied().map(EventId).collect()
    }

    #[test]
    fn an_assignment_of_distinct_events_is_found_whenever_there_is_one() {
        let stages = [ids(&[1, 2]), ids(&[1]), ids(&[1, 2, 3])];
        assert_eq!(assign(&stages, 1), [ids(&[2, 1, 3])]);
        assert!(assign(&[ids(&[1]), ids(&[1])], 1).is_empty());
    }

    #[test]
    fn a_key_gives_as_many_samples_as_are_asked_for() {
        let stages = [ids(&[1, 2]), ids(&[1, 2])];
        assert_eq!(assign(&stages, 9), [ids(&[1, 2]), ids(&[2, 1])]);
    }
}
