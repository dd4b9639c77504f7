//! Groups: rows by keys, in the order of the first row of each group.

use rustc_hash::{FxHashMap, FxHashSet};

use super::aggregate::State;
use super::compile::GroupSpec;
use super::expression::Environment;
use super::held;
use super::key;
use super::row::{Provenance, Row};
use super::warning::ReadAs;
use crate::event::{EventId, Value};
use crate::plan::pipeline::{Cell, NullReason};

/// About how many bytes a group takes beside its keys and states.
const GROUP: usize = 160;

/// The groups so far.
#[derive(Debug, Default)]
pub(super) struct Groups {
    by_key: FxHashMap<Vec<u8>, usize>,
    groups: Vec<OneGroup>,
}

#[derive(Debug)]
struct OneGroup {
    keys: Vec<Option<Value>>,
    states: Vec<State>,
    events: Vec<EventId>,
}

impl Groups {
    /// Adds a row to each of its groups: one for each distinct value of a key with several, and
    /// for several keys each combination. A null is a key of its own.
    pub(super) fn add(&mut self, spec: &GroupSpec, row: &Row, env: &Environment<'_>) {
        let keys = spec.keys.iter();
        let values: Vec<Vec<Option<&Value>>> =
            keys.map(|key| distinct(row.get(key.from))).collect();
        // One combination after the other: a few keys of many values have too many to be listed.
        let mut combination = vec![0; values.len()];
        loop {
            let chosen = combination.iter().zip(&values);
            let keys: Vec<Option<&Value>> = chosen
                .filter_map(|(place, values)| values.get(*place).copied())
                .collect();
            self.add_to(&keys, spec, row, env);
            if !advance(&mut combination, &values) || env.is_failed() {
                return;
            }
        }
    }

    fn add_to(
        &mut self,
        keys: &[Option<&Value>],
        spec: &GroupSpec,
        row: &Row,
        env: &Environment<'_>,
    ) {
        let group = self.group(spec, keys, env);
        if let Some(group) = self.groups.get_mut(group) {
            for (state, aggregate) in group.states.iter_mut().zip(&spec.aggregates) {
                state.add(aggregate, row, env);
            }
            group.events.extend(row.events.events());
            env.hold(size_of_val(row.events.events()));
        }
    }

    /// The place of the group of these keys.
    fn group(&mut self, spec: &GroupSpec, keys: &[Option<&Value>], env: &Environment<'_>) -> usize {
        let next = self.groups.len();
        let bytes = key_bytes(keys);
        let length = bytes.len();
        let place = *self.by_key.entry(bytes).or_insert(next);
        if place == next {
            let states: Vec<State> = spec.aggregates.iter().map(State::new).collect();
            let values = keys.iter().flatten().map(|value| held::of_value(value));
            let of_keys = values.sum::<usize>() + size_of_val(keys);
            env.hold(GROUP + 2 * length + of_keys + size_of_val(states.as_slice()));
            self.groups.push(OneGroup {
                keys: keys.iter().map(|key| key.cloned()).collect(),
                states,
                events: Vec::new(),
            });
        }
        place
    }

    /// One row a group. Without keys there is always one.
    pub(super) fn rows(
        mut self,
        spec: &GroupSpec,
        width: usize,
        env: &Environment<'_>,
    ) -> Vec<Row> {
        if spec.keys.is_empty() {
            self.group(spec, &[], env);
        }
        let mut rows = Vec::with_capacity(self.groups.len());
        for group in self.groups {
            let mut events = group.events;
            events.sort_unstable();
            events.dedup();
            let mut row = Row::new(width, Provenance::Several(events.into()));
            for (group_key, value) in spec.keys.iter().zip(group.keys) {
                row.set(group_key.into, Cell::from(value));
            }
            for (aggregate, state) in spec.aggregates.iter().zip(group.states) {
                let cell = state.finish(aggregate).unwrap_or_else(|failure| {
                    env.warn(aggregate.location, ReadAs::Null, &failure);
                    Cell::Null(NullReason::Failed)
                });
                row.set(aggregate.column, cell);
            }
            rows.push(row);
        }
        rows
    }

    /// Gives each row the aggregates of its group. A row whose key has several values equals no
    /// key of a group, so that its aggregates are null.
    pub(super) fn join(
        self,
        spec: &GroupSpec,
        rows: Vec<Row>,
        width: usize,
        env: &Environment<'_>,
    ) -> Vec<Row> {
        let by_key = self.by_key.clone();
        let groups = self.rows(spec, width, env);
        rows.into_iter()
            .map(|mut row| {
                let mut keys = Vec::new();
                let mut is_single = true;
                for group_key in &spec.keys {
                    let cell = row.get(group_key.from).clone();
                    is_single &= !matches!(cell, Cell::Many(_));
                    keys.push(cell.values().first().cloned());
                    row.set(group_key.into, cell);
                }
                let keys: Vec<Option<&Value>> = keys.iter().map(Option::as_ref).collect();
                let place = by_key.get(&key_bytes(&keys)).filter(|_| is_single);
                let place = if spec.keys.is_empty() {
                    Some(&0)
                } else {
                    place
                };
                if let Some(group) = place.and_then(|place| groups.get(*place)) {
                    for aggregate in &spec.aggregates {
                        row.set(aggregate.column, group.get(aggregate.column).clone());
                    }
                }
                row
            })
            .collect()
    }
}

/// Goes on to the next combination, the last key first; `false` behind the last one.
fn advance(combination: &mut [usize], values: &[Vec<Option<&Value>>]) -> bool {
    for (place, values) in combination.iter_mut().zip(values).rev() {
        *place += 1;
        if *place < values.len() {
            return true;
        }
        *place = 0;
    }
    false
}

/// The distinct values of a cell; a null is one.
fn distinct(cell: &Cell) -> Vec<Option<&Value>> {
    match cell {
        Cell::Null(_) => vec![None],
        Cell::One(value) => vec![Some(value)],
        Cell::Many(values) => {
            let mut seen = FxHashSet::default();
            let values = values.iter().filter(|value| seen.insert(key::of(value)));
            values.map(Some).collect()
        }
    }
}

fn key_bytes(keys: &[Option<&Value>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for value in keys {
        match value {
            Some(value) => key::add(&mut bytes, value),
            None => bytes.push(0),
        }
    }
    bytes
}
