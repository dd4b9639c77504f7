//! Prefilters: for each condition one necessary test on the values of a single column, and the
//! tests that sort events into buckets. Built by `compile.rs`, used by `matcher.rs`.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::column::{Atom, Column, DecodedValue};
use super::program::{Node, TestRef};

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
    atoms: Vec<Vec<u32>>,
    /// For each column the number of conditions that ask it.
    columns: Vec<u32>,
    conditions: u32,
}

impl TestUsage {
    /// Counts over all conditions.
    pub(super) fn of<'n>(columns: &[Column], nodes: impl Iterator<Item = &'n Node>) -> Self {
        let mut usage = Self {
            atoms: columns
                .iter()
                .map(|column| vec![0; column.atoms.len()])
                .collect(),
            columns: vec![0; columns.len()],
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
                    if let Some(count) = usage.columns.get_mut(test.column as usize) {
                        *count += 1;
                    }
                }
                usage.count_atoms(columns, test);
            }
        }
        usage
    }

    fn count_atoms(&mut self, columns: &[Column], test: TestRef) {
        let column = columns.get(test.column as usize);
        let compiled = column.and_then(|column| column.tests.get(test.test as usize));
        let counts = self.atoms.get_mut(test.column as usize);
        if let (Some(compiled), Some(counts)) = (compiled, counts) {
            for atom in &compiled.atoms {
                if let Some(count) = counts.get_mut(*atom as usize) {
                    *count += 1;
                }
            }
        }
    }

    /// The columns that decide buckets: few exact values, asked by many conditions.
    pub(super) fn dispatch(&self, columns: &[Column]) -> Vec<u32> {
        let fits = |column: &Column| {
            let exact = |atom: &Atom| atom.is_hashed() || matches!(atom, Atom::Exists);
            column.atoms.len() <= MAX_DISPATCH_ATOMS && column.atoms.iter().all(exact)
        };
        let mut chosen: Vec<(u32, u32)> = (0u32..)
            .zip(columns.iter().zip(&self.columns))
            .filter(|(_, (column, count))| {
                fits(column) && **count > 0 && **count >= self.conditions / 20
            })
            .map(|(number, (_, count))| (u32::MAX - count, number))
            .collect();
        chosen.sort_unstable();
        chosen.truncate(MAX_DISPATCH);
        chosen.into_iter().map(|(_, number)| number).collect()
    }

    /// Tests of which at least one is true whenever the condition holds, with their cost; `None` if
    /// there are none that are cheap enough.
    pub(super) fn prefilter(
        &self,
        columns: &[Column],
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
        columns: &[Column],
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
    fn cost(&self, columns: &[Column], test: TestRef) -> u32 {
        let column = columns.get(test.column as usize);
        let Some((column, compiled)) =
            column.and_then(|column| Some((column, column.tests.get(test.test as usize)?)))
        else {
            return u32::MAX;
        };
        let counts = self.atoms.get(test.column as usize);
        let mut total = 0_u32;
        for number in &compiled.atoms {
            let count = counts.and_then(|counts| counts.get(*number as usize));
            let common = count.copied().unwrap_or(0);
            let own = match column.atoms.get(*number as usize) {
                Some(Atom::Text(_) | Atom::Folded(_)) => 1 + common.saturating_mul(2),
                Some(Atom::Compare(..) | Atom::Between(..) | Atom::Range(..)) => 100 + common,
                Some(Atom::Pattern(_)) => 50 + column.patterns + common,
                Some(Atom::Exists) | None => u32::MAX,
            };
            total = total.saturating_add(own);
        }
        total
    }
}

/// The prefilters on one column: from a value to the stages that it makes candidates.
#[derive(Debug, Default)]
pub(super) struct Prefilters {
    /// Each test that is a witness, and the stages it is one of.
    tests: Vec<(u32, Vec<u32>)>,
    texts: FxHashMap<Arc<str>, Vec<u32>>,
    folded: FxHashMap<Arc<str>, Vec<u32>>,
    /// Atoms that no look-up decides, with the tests they are of.
    others: Vec<(u32, Vec<u32>)>,
}

impl Prefilters {
    /// The witnesses on `column`: tests with their stages.
    pub(super) fn new(column: &Column, tests: Vec<(u32, Vec<u32>)>) -> Self {
        let mut prefilters = Self::default();
        let mut others: FxHashMap<u32, usize> = FxHashMap::default();
        for (number, (test, _)) in (0u32..).zip(&tests) {
            let Some(compiled) = column.tests.get(*test as usize) else {
                continue;
            };
            for atom in &compiled.atoms {
                match column.atoms.get(*atom as usize) {
                    Some(Atom::Text(text)) => {
                        prefilters
                            .texts
                            .entry(Arc::clone(text))
                            .or_default()
                            .push(number);
                    }
                    Some(Atom::Folded(text)) => {
                        prefilters
                            .folded
                            .entry(Arc::clone(text))
                            .or_default()
                            .push(number);
                    }
                    Some(_) => {
                        let place = *others.entry(*atom).or_insert_with(|| {
                            prefilters.others.push((*atom, Vec::new()));
                            prefilters.others.len() - 1
                        });
                        if let Some((_, tests)) = prefilters.others.get_mut(place) {
                            tests.push(number);
                        }
                    }
                    None => {}
                }
            }
        }
        prefilters.tests = tests;
        prefilters
    }

    /// The stages for which a value of this column can be the witness.
    pub(super) fn stages(&self) -> impl Iterator<Item = u32> {
        self.tests
            .iter()
            .flat_map(|(_, stages)| stages.iter().copied())
    }

    /// Calls `found` with each prefilter test that the decoded value satisfies, and its stages.
    pub(super) fn find(
        &self,
        column: &Column,
        decoded: &mut DecodedValue,
        mut found: impl FnMut(u32, &[u32]),
    ) {
        let mut report = |numbers: &[u32]| {
            for number in numbers {
                if let Some((test, stages)) = self.tests.get(*number as usize) {
                    found(*test, stages);
                }
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
