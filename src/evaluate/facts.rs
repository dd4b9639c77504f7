//! Facts: what is true of each event by itself, computed once. One bit for each leaf, the category
//! of each stage, the position in the order of events, and the join keys as numbers.

use std::cmp::Ordering;

use super::QueryFailure;
use super::bits::BitMatrix;
use super::condition::holds;
use super::keys::Keys;
use super::slots::{Slot, Slots};
use super::test::Test;
use crate::event::{Event, Timestamp, Value};
use crate::plan::{FieldId, IndexVec, LeafId, Operator, Plan, StageId};

/// The tests of a plan's leaves, and what each field is read for.
#[derive(Debug)]
pub(super) struct Tests {
    tests: IndexVec<LeafId, Test>,
    /// For each field of the plan, whether it is read, and with its case folded.
    reads: IndexVec<FieldId, Option<bool>>,
}

impl Tests {
    /// Compiles a plan's leaves; the failure names the clause.
    pub(super) fn new(plan: &Plan) -> Result<Self, QueryFailure> {
        if let Some(obstacle) = plan.unreadable_field() {
            return Err(obstacle.into());
        }
        let mut tests = IndexVec::new();
        for leaf in &plan.leaves {
            if let Some(why) = plan.unreadable(&leaf.predicate) {
                return Err(QueryFailure::from(why).at(leaf.clause));
            }
            tests.push(
                Test::new(&plan.fields, &leaf.predicate)
                    .map_err(|failure| failure.at(leaf.clause))?,
            );
        }
        let mut fields = vec![plan.timestamp];
        fields.extend(plan.tiebreaker);
        for stage in &plan.stages {
            fields.extend(stage.category.as_ref().map(|category| category.field));
            fields.extend(stage.keys.iter().map(|key| key.field));
        }
        for test in &tests {
            test.reads(&mut fields);
        }
        let mut reads: IndexVec<FieldId, Option<bool>> = plan.fields.iter().map(|_| None).collect();
        for field in fields {
            *reads.at_mut(field) = Some(false);
        }
        let mut folded = Vec::new();
        for test in &tests {
            test.folds(&mut folded);
        }
        for field in folded {
            *reads.at_mut(field) = Some(true);
        }
        Ok(Self { tests, reads })
    }

    /// One leaf on one event, reading no more than that leaf does.
    pub(super) fn holds(
        &self,
        plan: &Plan,
        leaf: LeafId,
        event: &Event,
    ) -> Result<bool, QueryFailure> {
        let test = self.tests.at(leaf);
        let (mut fields, mut folded) = (Vec::new(), Vec::new());
        test.reads(&mut fields);
        test.folds(&mut folded);
        let mut slots = Slots::new(plan.fields.len());
        slots.set_event(event);
        for id in fields {
            slots.read(id, plan.fields.at(id), folded.contains(&id));
        }
        test.holds(&slots)
    }
}

/// The facts of each event by itself.
#[derive(Debug)]
pub(super) struct Facts {
    leaves: BitMatrix,
    categories: BitMatrix,
    routed: Vec<bool>,
    times: Vec<Option<Timestamp>>,
    /// The events in order. Without a time an event is in no order, and only a sample sees it.
    pub(super) order: Vec<u32>,
    ranks: Vec<Option<u32>>,
    /// The join keys.
    pub(super) keys: Keys,
}

impl Facts {
    /// Runs each leaf on each event. A failing test counts only for an event whose stage depends on
    /// it: Elasticsearch runs a script only on documents that pass the other conditions of the
    /// conjunction (`ScriptQuery` is two-phase).
    pub(super) fn new(plan: &Plan, tests: &Tests, events: &[Event]) -> Result<Self, QueryFailure> {
        let mut facts = Self {
            leaves: BitMatrix::new(events.len(), plan.leaves.len()),
            categories: BitMatrix::new(events.len(), plan.stages.len()),
            routed: events.iter().map(|event| !event.unrouted).collect(),
            times: Vec::with_capacity(events.len()),
            order: Vec::new(),
            ranks: Vec::new(),
            keys: Keys::new(key_fields(plan)),
        };
        // Samples know no order, so an event without a time is theirs as well.
        let sample = matches!(plan.operator, Operator::Sample { .. });
        let timeless = sample.then(Timestamp::default);
        let mut tiebreakers = Vec::with_capacity(events.len());
        let mut slots = Slots::new(plan.fields.len());
        for (number, event) in events.iter().enumerate() {
            slots.set_event(event);
            let fields = plan.fields.numbered();
            for ((id, field), read) in fields.zip(&tests.reads) {
                if let Some(fold) = *read {
                    slots.read(id, field, fold);
                }
            }
            let time = time_of(slots.get(plan.timestamp));
            facts.times.push(time.or(timeless));
            tiebreakers.push(plan.tiebreaker.and_then(|field| least(slots.get(field))));
            facts.keys.push(|field| slots.get(field));
            facts.note_categories(plan, number, &slots);
            facts.note_leaves(plan, tests, number, &slots)?;
        }
        facts.sort(
            &tiebreakers,
            matches!(plan.operator, Operator::Sample { .. }),
        );
        Ok(facts)
    }

    /// The bit of a leaf.
    pub(super) fn leaf(&self, leaf: LeafId, event: usize) -> bool {
        self.leaves.get(event, leaf.index())
    }

    /// All that is true of the event on its own, but for its keys and its time.
    pub(super) fn pattern(&self, event: usize) -> Vec<u64> {
        let mut pattern = vec![u64::from(self.routed(event))];
        pattern.extend_from_slice(self.categories.row(event));
        pattern.extend_from_slice(self.leaves.row(event));
        pattern
    }

    /// Whether the event is of the category that the stage asks for.
    pub(super) fn category(&self, stage: StageId, event: usize) -> bool {
        self.categories.get(event, stage.index())
    }

    /// Whether the rule's index patterns select the event.
    pub(super) fn routed(&self, event: usize) -> bool {
        self.routed.get(event).copied().unwrap_or(false)
    }

    /// The event's place in the order; `None` for an event that nothing sees.
    pub(super) fn rank(&self, event: usize) -> Option<u32> {
        self.ranks.get(event).copied().flatten()
    }

    /// The event's time.
    pub(super) fn time(&self, event: usize) -> Option<Timestamp> {
        self.times.get(event).copied().flatten()
    }

    fn note_categories(&mut self, plan: &Plan, number: usize, slots: &Slots<'_>) {
        for (id, stage) in plan.numbered() {
            let fits = stage.category.as_ref().is_none_or(|category| {
                let slot = slots.get(category.field);
                category
                    .value
                    .as_ref()
                    .is_none_or(|wanted| slot.texts.iter().any(|text| *text == **wanted))
            });
            if fits {
                self.categories.set(number, id.index());
            }
        }
    }

    fn note_leaves(
        &mut self,
        plan: &Plan,
        tests: &Tests,
        number: usize,
        slots: &Slots<'_>,
    ) -> Result<(), QueryFailure> {
        let mut failures = Vec::new();
        for (leaf, test) in tests.tests.numbered() {
            match test.holds(slots) {
                Ok(true) => self.leaves.set(number, leaf.index()),
                Ok(false) => {}
                Err(failure) => failures.push((leaf, failure)),
            }
        }
        for (leaf, failure) in failures {
            let hangs = plan.numbered().any(|(id, stage)| {
                let with = |bit| {
                    let fact = |other| {
                        if other == leaf {
                            bit
                        } else {
                            self.leaf(other, number)
                        }
                    };
                    holds(&stage.condition, &fact)
                };
                self.category(id, number) && with(true) != with(false)
            });
            if hangs && self.routed(number) {
                return Err(failure.at(plan.leaves.at(leaf).clause));
            }
        }
        Ok(())
    }

    /// Puts the events in order: time, tiebreaker (a missing one is greatest), position; those
    /// without a time last, if they are to be there at all.
    fn sort(&mut self, tiebreakers: &[Option<Value>], timeless: bool) {
        let mut keyed: Vec<(Option<Timestamp>, Option<&Value>, u32)> = (0u32..)
            .zip(self.times.iter().zip(tiebreakers))
            .map(|(number, (time, tiebreaker))| (*time, tiebreaker.as_ref(), number))
            .filter(|(time, ..)| timeless || time.is_some())
            .collect();
        keyed.sort_by(|a, b| {
            (a.0.is_none(), a.0)
                .cmp(&(b.0.is_none(), b.0))
                .then_with(|| compare_tiebreakers(a.1, b.1))
                .then_with(|| a.2.cmp(&b.2))
        });
        self.ranks = vec![None; self.times.len()];
        for (rank, (.., number)) in (0u32..).zip(&keyed) {
            if let Some(slot) = self.ranks.get_mut(*number as usize) {
                *slot = Some(rank);
            }
        }
        self.order = keyed.into_iter().map(|(.., number)| number).collect();
    }
}

fn key_fields(plan: &Plan) -> Vec<FieldId> {
    let keys = plan.stages.iter().flat_map(|stage| &stage.keys);
    keys.map(|key| key.field).collect()
}

fn time_of(slot: &Slot<'_>) -> Option<Timestamp> {
    match least(slot)? {
        Value::Date(time) => Some(time),
        _ => None,
    }
}

/// The least of several values, which is the one that Elasticsearch sorts by.
fn least(slot: &Slot<'_>) -> Option<Value> {
    let values = (0..slot.len()).filter_map(|index| slot.value(index));
    values.min_by(|a, b| a.compare(b).unwrap_or(Ordering::Equal))
}

fn compare_tiebreakers(a: Option<&Value>, b: Option<&Value>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => a.compare(b).unwrap_or(Ordering::Equal),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}
