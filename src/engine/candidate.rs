//! Prefilters: for each condition one necessary test on the values of a single column, and the
//! tests that sort events into buckets. Built by `compile.rs`, used by `matcher.rs`.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::column::{Atom, Column, DecodedValue};
use super::numbers::{AtomId, ColumnId, ConditionId, TestId, WitnessId};
use super::program::{Node, TestRef};
use crate::plan::IndexVec;

/// Limits for the columns that define event classes: their number, and the atoms of each. Chosen
/// are columns that nearly every condition tests.
const MAX_DISPATCH: usize = 4;
const MAX_DISPATCH_ATOMS: usize = 64;
/// A prefilter that costs more than this is not used.
const MAX_COST: u32 = 20_000;

/// Counts how many conditions use each test, to choose prefilters and event classes.
#[derive(Debug)]
pub(super) struct TestUsage {
    /// For each column and atom the number of conditions that ask it.
    atoms: IndexVec<ColumnId, IndexVec<AtomId, u32>>,
    /// For each column the number of conditions that ask it.
    columns: IndexVec<ColumnId, u32>,
    conditions: u32,
}

impl TestUsage {
    /// Counts over all conditions.
    pub(super) fn of<'n>(
        columns: &IndexVec<ColumnId, Column>,
        nodes: impl Iterator<Item = &'n Node>,
    ) -> Self {
        let mut usage = Self {
            atoms: columns
                .iter()
                .map(|column| column.atoms.iter().map(|_| 0).collect())
                .collect(),
            columns: columns.iter().map(|_| 0).collect(),
            conditions: 0,
        };
        for node in nodes {
            usage.conditions += 1;
            let mut tests = Vec::new();
            node.tests(&mut |test| tests.push(test));
            tests.sort_unstable();
            tests.dedup();
            let mut last = None;
            for test in tests {
                if last != Some(test.column) {
                    last = Some(test.column);
                    *usage.columns.at_mut(test.column) += 1;
                }
                usage.count_atoms(columns, test);
            }
        }
        usage
    }

    fn count_atoms(&mut self, columns: &IndexVec<ColumnId, Column>, test: TestRef) {
        let counts = self.atoms.at_mut(test.column);
        for atom in &columns.at(test.column).tests.at(test.test).atoms {
            *counts.at_mut(*atom) += 1;
        }
    }

    /// The columns that decide buckets: few exact values, asked by many conditions.
    pub(super) fn dispatch(&self, columns: &IndexVec<ColumnId, Column>) -> Vec<ColumnId> {
        let fits = |column: &Column| {
            let exact = |atom: &Atom| atom.is_hashed() || matches!(atom, Atom::Exists);
            column.atoms.len() <= MAX_DISPATCH_ATOMS && column.atoms.iter().all(exact)
        };
        let mut chosen: Vec<(u32, ColumnId)> = columns
            .numbered()
            .map(|(number, column)| (number, column, *self.columns.at(number)))
            .filter(|(_, column, count)| {
                fits(column) && *count > 0 && *count >= self.conditions / 20
            })
            .map(|(number, _, count)| (u32::MAX - count, number))
            .collect();
        chosen.sort_unstable();
        chosen.truncate(MAX_DISPATCH);
        chosen.into_iter().map(|(_, number)| number).collect()
    }

    /// The prefilters of each column, and the conditions that none of them finds.
    pub(super) fn prefilters<'n>(
        &self,
        columns: &IndexVec<ColumnId, Column>,
        nodes: impl Iterator<Item = &'n Node>,
    ) -> (IndexVec<ColumnId, Prefilters>, Vec<ConditionId>) {
        let mut without_prefilter = Vec::new();
        let mut tests: IndexVec<ColumnId, FxHashMap<TestId, usize>> =
            columns.iter().map(|_| FxHashMap::default()).collect();
        let mut lists: IndexVec<ColumnId, Vec<(TestId, Vec<ConditionId>)>> =
            columns.iter().map(|_| Vec::new()).collect();
        for (number, node) in (0..).map(ConditionId).zip(nodes) {
            let Some((_, prefilter)) = self.prefilter(columns, node, true) else {
                without_prefilter.push(number);
                continue;
            };
            for test in prefilter {
                let (places, list) = (tests.at_mut(test.column), lists.at_mut(test.column));
                let place = *places.entry(test.test).or_insert_with(|| {
                    list.push((test.test, Vec::new()));
                    list.len() - 1
                });
                if let Some((_, conditions)) = list.get_mut(place)
                    && conditions.last() != Some(&number)
                {
                    conditions.push(number);
                }
            }
        }
        let columns = columns.iter().zip(lists);
        let prefilters = columns.map(|(column, tests)| Prefilters::new(column, tests));
        (prefilters.collect(), without_prefilter)
    }

    /// Tests of which at least one is true whenever the condition holds, with their cost; `None` if
    /// there are none that are cheap enough.
    fn prefilter(
        &self,
        columns: &IndexVec<ColumnId, Column>,
        node: &Node,
        positive: bool,
    ) -> Option<(u32, Vec<TestRef>)> {
        match node {
            Node::Constant(value) if *value != positive => Some((0, Vec::new())),
            Node::Test(test) if positive => {
                let cost = self.cost(columns, *test);
                (cost <= MAX_COST).then(|| (cost, vec![*test]))
            }
            Node::Constant(_) | Node::Given(_) | Node::Script(_) | Node::Test(_) => None,
            Node::Not(inner) => self.prefilter(columns, inner, !positive),
            Node::All(parts) if positive => self.best(columns, parts, positive),
            Node::Any(parts) if !positive => self.best(columns, parts, positive),
            Node::All(parts) | Node::Any(parts) => {
                let mut total = (0_u32, Vec::new());
                for part in parts {
                    let (cost, tests) = self.prefilter(columns, part, positive)?;
                    total.0 = total.0.saturating_add(cost);
                    total.1.extend(tests);
                }
                (total.0 <= MAX_COST).then_some(total)
            }
        }
    }

    fn best(
        &self,
        columns: &IndexVec<ColumnId, Column>,
        parts: &[Node],
        positive: bool,
    ) -> Option<(u32, Vec<TestRef>)> {
        let found = parts
            .iter()
            .filter_map(|part| self.prefilter(columns, part, positive));
        found.min_by_key(|(cost, _)| *cost)
    }

    /// Estimates the cost of a prefilter: low for values that few conditions use and for tests
    /// decided by a hash look-up.
    fn cost(&self, columns: &IndexVec<ColumnId, Column>, test: TestRef) -> u32 {
        let column = columns.at(test.column);
        let counts = self.atoms.at(test.column);
        let mut total = 0_u32;
        for number in &column.tests.at(test.test).atoms {
            let common = *counts.at(*number);
            let own = match column.atoms.at(*number) {
                Atom::Text(_) | Atom::Folded(_) => 1 + common.saturating_mul(2),
                Atom::Compare(..) | Atom::Between(..) | Atom::Range(..) => 100 + common,
                Atom::Pattern(_) => 50 + column.patterns + common,
                Atom::Exists => u32::MAX,
            };
            total = total.saturating_add(own);
        }
        total
    }
}

/// The prefilters on one column: from a value to the conditions that it makes candidates.
#[derive(Debug, Default)]
pub(super) struct Prefilters {
    /// Each test that is a witness, and the conditions it is one of.
    tests: IndexVec<WitnessId, (TestId, Vec<ConditionId>)>,
    texts: FxHashMap<Arc<str>, Vec<WitnessId>>,
    folded: FxHashMap<Arc<str>, Vec<WitnessId>>,
    /// Atoms that no look-up decides, with the tests they are of.
    others: Vec<(AtomId, Vec<WitnessId>)>,
}

impl Prefilters {
    /// The witnesses on `column`: tests with their conditions.
    pub(super) fn new(column: &Column, tests: Vec<(TestId, Vec<ConditionId>)>) -> Self {
        let tests: IndexVec<WitnessId, (TestId, Vec<ConditionId>)> = tests.into();
        let mut prefilters = Self::default();
        let mut others: FxHashMap<AtomId, usize> = FxHashMap::default();
        for (number, (test, _)) in tests.numbered() {
            for atom in &column.tests.at(*test).atoms {
                match column.atoms.at(*atom) {
                    Atom::Text(text) => {
                        prefilters
                            .texts
                            .entry(Arc::clone(text))
                            .or_default()
                            .push(number);
                    }
                    Atom::Folded(text) => {
                        prefilters
                            .folded
                            .entry(Arc::clone(text))
                            .or_default()
                            .push(number);
                    }
                    _ => {
                        let place = *others.entry(*atom).or_insert_with(|| {
                            prefilters.others.push((*atom, Vec::new()));
                            prefilters.others.len() - 1
                        });
                        if let Some((_, tests)) = prefilters.others.get_mut(place) {
                            tests.push(number);
                        }
                    }
                }
            }
        }
        prefilters.tests = tests;
        prefilters
    }

    /// The conditions for which a value of this column can be the witness.
    pub(super) fn conditions(&self) -> impl Iterator<Item = ConditionId> {
        let tests = self.tests.iter();
        tests.flat_map(|(_, conditions)| conditions.iter().copied())
    }

    /// Calls `found` with each prefilter test that the decoded value satisfies, and its conditions.
    pub(super) fn find(
        &self,
        column: &Column,
        decoded: &mut DecodedValue,
        mut found: impl FnMut(TestId, &[ConditionId]),
    ) {
        let mut report = |numbers: &[WitnessId]| {
            for number in numbers {
                let (test, conditions) = self.tests.at(*number);
                found(*test, conditions);
            }
        };
        if let Some(text) = decoded.text()
            && let Some(numbers) = self.texts.get(text)
        {
            report(numbers);
        }
        if !self.folded.is_empty()
            && decoded.text().is_some()
            && let Some(numbers) = self.folded.get(decoded.folded())
        {
            report(numbers);
        }
        for (atom, numbers) in &self.others {
            if column.holds_atom(*atom, decoded) {
                report(numbers);
            }
        }
    }
}
