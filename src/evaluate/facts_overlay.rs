//! The facts under overrides. Deciding and explaining read facts only through a [`FactsOverlay`],
//! which costs bit operations only.

use rustc_hash::FxHashMap;

use super::Override;
use super::bits::BitMatrix;
use super::condition;
use super::facts::Facts;
use super::keys::{KeyValue, NULL};
use super::sequence::OrderedEvent;
use crate::event::{EventId, Timestamp};
use crate::plan::{ClauseId, Join, LeafId, Plan, Role, Stage, StageId};

/// The number that stands for a key that is left out of the tuple.
const LEFT_OUT: KeyValue = KeyValue::MAX - 1;

/// Facts and overrides.
pub(super) struct FactsOverlay<'a> {
    pub(super) plan: &'a Plan,
    pub(super) facts: &'a Facts,
    met: &'a BitMatrix,
    interesting: &'a [u32],
    bits: Vec<(LeafId, Option<u32>, bool)>,
    relaxed: Vec<ClauseId>,
    categories: Vec<(ClauseId, u32)>,
    routed: Vec<u32>,
    /// Sorted.
    without: Vec<u32>,
    restamped: FxHashMap<u32, OrderedEvent>,
    /// The events about which an override says something; sorted.
    touched: Vec<u32>,
    /// An override says something about every event.
    all_touched: bool,
}

impl<'a> FactsOverlay<'a> {
    /// The facts as they are; `met` and `meeting_events` are not known yet.
    pub(super) fn plain(plan: &'a Plan, facts: &'a Facts, met: &'a BitMatrix) -> Self {
        let mut overlay = Self::new(plan, facts, met, &[], &[]);
        overlay.all_touched = true;
        overlay
    }

    /// The facts under overrides. `met` says which stages each event meets without them,
    /// `meeting_events` which events meet any, in order.
    pub(super) fn new(
        plan: &'a Plan,
        facts: &'a Facts,
        met: &'a BitMatrix,
        interesting: &'a [u32],
        overrides: &[Override],
    ) -> Self {
        let mut overlay = Self {
            plan,
            facts,
            met,
            interesting,
            bits: Vec::new(),
            relaxed: Vec::new(),
            categories: Vec::new(),
            routed: Vec::new(),
            without: Vec::new(),
            restamped: FxHashMap::default(),
            touched: Vec::new(),
            all_touched: false,
        };
        for change in overrides {
            overlay.add(change);
        }
        overlay.without.sort_unstable();
        overlay.touched.sort_unstable();
        overlay.touched.dedup();
        overlay
    }

    fn add(&mut self, change: &Override) {
        match change {
            Override::Fact { clause, event, bit } => {
                if let Some(leaf) = self.plan.clause(*clause).and_then(|clause| clause.leaf) {
                    let event = event.map(|event| event.0);
                    self.bits.push((leaf, event, *bit));
                    self.touched.extend(event);
                    self.all_touched |= event.is_none();
                }
            }
            Override::Relax(clause) => {
                let mut stages = self.plan.stages.iter();
                self.all_touched |= stages.any(|stage| {
                    let category = stage.category.as_ref();
                    category.is_some_and(|category| category.clause == *clause)
                });
                self.relaxed.push(*clause);
            }
            Override::Category { clause, event } => {
                self.categories.push((*clause, event.0));
                self.touched.push(event.0);
            }
            Override::Route(event) => {
                self.routed.push(event.0);
                self.touched.push(event.0);
            }
            Override::Without(event) => {
                self.without.push(event.0);
                self.touched.push(event.0);
            }
            Override::Order(events) => self.restamp(events),
        }
    }

    /// Gives the events, in this order, the moments that they have.
    fn restamp(&mut self, events: &[EventId]) {
        let mut ordered_events: Vec<OrderedEvent> = events
            .iter()
            .filter_map(|event| self.moment(event.0))
            .collect();
        if ordered_events.len() != events.len() {
            return;
        }
        ordered_events.sort_unstable_by_key(|ordered| ordered.rank);
        for (event, ordered) in events.iter().zip(ordered_events) {
            let ordered = OrderedEvent {
                event: *event,
                ..ordered
            };
            self.restamped.insert(event.0, ordered);
            self.touched.push(event.0);
        }
    }

    /// Whether a clause is lifted.
    pub(super) fn is_relaxed(&self, clause: ClauseId) -> bool {
        self.relaxed.contains(&clause)
    }

    /// Whether an override takes the event away.
    pub(super) fn is_without(&self, event: u32) -> bool {
        self.without.binary_search(&event).is_ok()
    }

    /// When the event is; `None` for an event that nothing sees.
    pub(super) fn moment(&self, event: u32) -> Option<OrderedEvent> {
        if let Some(ordered) = self.restamped.get(&event) {
            return Some(*ordered);
        }
        Some(OrderedEvent {
            rank: self.facts.rank(event as usize)?,
            nanos: self
                .facts
                .time(event as usize)
                .map_or(0, Timestamp::nanoseconds),
            event: EventId(event),
        })
    }

    /// The bit of a leaf on an event; of several overrides the last counts.
    pub(super) fn bit(&self, leaf: LeafId, event: u32) -> bool {
        let change = self
            .bits
            .iter()
            .rev()
            .find(|(changed, on, _)| *changed == leaf && on.is_none_or(|on| on == event));
        match change {
            Some((.., bit)) => *bit,
            None => self.facts.leaf(leaf, event as usize),
        }
    }

    /// Whether the rule sees the event.
    pub(super) fn routed(&self, event: u32) -> bool {
        self.facts.routed(event as usize) || self.routed.contains(&event)
    }

    /// Whether the event is of the category that the stage asks for.
    pub(super) fn category(&self, id: StageId, stage: &Stage, event: u32) -> bool {
        let Some(category) = &stage.category else {
            return true;
        };
        self.facts.category(id, event as usize)
            || self.is_relaxed(category.clause)
            || self.categories.contains(&(category.clause, event))
    }

    /// Whether the event, were it routed and of the category, would meet the condition.
    pub(super) fn condition(&self, stage: &Stage, event: u32) -> bool {
        condition::holds(&stage.condition, &|leaf| self.bit(leaf, event))
    }

    /// Whether the event meets the stage, join keys aside.
    pub(super) fn meets(&self, id: StageId, stage: &Stage, event: u32) -> bool {
        if !self.all_touched && self.touched.binary_search(&event).is_err() {
            return self.met.get(event as usize, id.index());
        }
        !self.is_without(event)
            && self.routed(event)
            && self.category(id, stage, event)
            && self.condition(stage, event)
    }

    /// Puts the numbers of the stages that an event meets into `stages`, ascending.
    pub(super) fn stages_met(&self, event: u32, stages: &mut Vec<usize>) {
        stages.clear();
        if !self.all_touched && self.touched.binary_search(&event).is_err() {
            stages.extend(self.met.columns(event as usize));
            return;
        }
        // An execution that reads a part of the events takes most of them away.
        if self.is_without(event) || !self.routed(event) {
            return;
        }
        let all = self.plan.numbered();
        let met = all.filter(|(id, stage)| self.meets(*id, stage, event));
        stages.extend(met.map(|(id, _)| id.index()));
    }

    /// The events that may meet a stage, in order.
    pub(super) fn meeting_events(&self) -> Vec<OrderedEvent> {
        let numbers: Box<dyn Iterator<Item = u32> + '_> = if self.all_touched {
            Box::new(self.facts.order.iter().copied())
        } else {
            let plain = self.interesting.iter().copied();
            let plain = plain.filter(|event| self.touched.binary_search(event).is_err());
            Box::new(plain.chain(self.touched.iter().copied()))
        };
        let mut ordered_events: Vec<OrderedEvent> =
            numbers.filter_map(|event| self.moment(event)).collect();
        if !self.touched.is_empty() {
            ordered_events.sort_unstable_by_key(|ordered| ordered.rank);
        }
        ordered_events
    }

    /// The positions of the plan's key tuple.
    pub(super) fn joins(&self) -> &'a [Join] {
        self.plan.joins()
    }

    /// The event's value at one position of the key tuple; `None` if a key that must be there is
    /// missing. `until` is no filter: a missing key of its is a value (`docs/language/eql/until.md`).
    pub(super) fn key(&self, stage: &Stage, position: usize, event: u32) -> Option<&[KeyValue]> {
        if self
            .joins()
            .get(position)
            .is_some_and(|join| self.is_relaxed(join.clause))
        {
            return Some(&[LEFT_OUT]);
        }
        let Some(key) = stage.keys.get(position) else {
            return Some(&[LEFT_OUT]);
        };
        match self.facts.keys.of(key.field, event as usize) {
            [] if key.optional || matches!(stage.role, Role::Until { .. }) => Some(&[NULL]),
            [] => None,
            values => Some(values),
        }
    }

    /// The key tuples of an event at a stage: one for each combination of values; none if a key
    /// that must be there is missing.
    pub(super) fn tuples(&self, stage: &Stage, event: u32) -> Vec<Vec<KeyValue>> {
        let mut tuples = vec![Vec::new()];
        for position in 0..self.joins().len() {
            let Some(values) = self.key(stage, position, event) else {
                return Vec::new();
            };
            if let [only] = values {
                for tuple in &mut tuples {
                    tuple.push(*only);
                }
            } else {
                let longer = tuples.iter().flat_map(|tuple: &Vec<KeyValue>| {
                    values.iter().map(|value| {
                        let mut tuple = tuple.clone();
                        tuple.push(*value);
                        tuple
                    })
                });
                tuples = longer.collect();
            }
        }
        tuples
    }
}
