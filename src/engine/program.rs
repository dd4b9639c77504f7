//! Programs: the conditions of stages over the tests of columns, simplified and with cheap parts
//! first. Built by `compile.rs`, run by `matcher.rs`.

use rustc_hash::FxHashMap;

use super::column::{Atom, Column};
use super::numbers::{ColumnId, TestId};
use crate::plan::IndexVec;

/// A node of a condition.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Node {
    /// The same on every event.
    Constant(bool),
    /// Any value of the column meets the test.
    Test(TestRef),
    /// A test that the event's bucket has decided: a bit of the bucket.
    Given(u32),
    /// A script.
    Script(u32),
    /// The complement.
    Not(Box<Node>),
    /// `and`
    All(Box<[Node]>),
    /// `or`
    Any(Box<[Node]>),
}

/// A test of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct TestRef {
    pub(super) column: ColumnId,
    pub(super) test: TestId,
}

/// The result of a condition; a script may fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    False,
    True,
    /// Not decided: it depends on a script that failed.
    Failed,
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

impl Node {
    /// `and`, flattened and folded.
    pub(super) fn all(parts: Vec<Node>) -> Self {
        Self::junction(parts, true)
    }

    /// `or`, flattened and folded.
    pub(super) fn any(parts: Vec<Node>) -> Self {
        Self::junction(parts, false)
    }

    fn junction(parts: Vec<Node>, all: bool) -> Self {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::Constant(value) if value == all => {}
                Self::Constant(value) => return Self::Constant(value),
                Self::All(inner) if all => flat.extend(inner),
                Self::Any(inner) if !all => flat.extend(inner),
                part => flat.push(part),
            }
        }
        match flat.len() {
            0 => Self::Constant(all),
            1 => flat.pop().unwrap_or(Self::Constant(all)),
            _ if all => Self::All(flat.into()),
            _ => Self::Any(flat.into()),
        }
    }

    /// The complement, folded.
    pub(super) fn complement(self) -> Self {
        match self {
            Self::Constant(value) => Self::Constant(!value),
            Self::Not(inner) => *inner,
            node => Self::Not(Box::new(node)),
        }
    }

    /// Puts cheap parts first, everywhere.
    pub(super) fn order(&mut self, columns: &IndexVec<ColumnId, Column>) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts.iter_mut() {
                    part.order(columns);
                }
                parts.sort_by_key(|part| part.cost(columns));
            }
            Self::Not(inner) => inner.order(columns),
            Self::Constant(_) | Self::Test(_) | Self::Given(_) | Self::Script(_) => {}
        }
    }

    /// Estimates the cost of deciding the node, in nanoseconds, for values that are not cached.
    fn cost(&self, columns: &IndexVec<ColumnId, Column>) -> u32 {
        match self {
            Self::Constant(_) | Self::Given(_) => 0,
            Self::Script(_) => 100_000,
            Self::Not(inner) => inner.cost(columns),
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().map(|part| part.cost(columns)).sum()
            }
            Self::Test(test) => cost_of_test(*test, columns),
        }
    }

    /// The outcome if the bits of the event class decide it; `None` if it depends on other values
    /// of the event.
    pub(super) fn given(&self, bit: &impl Fn(u32) -> bool) -> Option<bool> {
        let junction = |parts: &[Node], decisive: bool| {
            let mut known = true;
            for part in parts {
                match part.given(bit) {
                    Some(value) if value == decisive => return Some(decisive),
                    Some(_) => {}
                    None => known = false,
                }
            }
            known.then_some(!decisive)
        };
        match self {
            Self::Constant(value) => Some(*value),
            Self::Given(number) => Some(bit(*number)),
            Self::Test(_) | Self::Script(_) => None,
            Self::Not(inner) => inner.given(bit).map(|value| !value),
            Self::All(parts) => junction(parts, false),
            Self::Any(parts) => junction(parts, true),
        }
    }

    /// Replaces tests that buckets decide by their bits.
    pub(super) fn apply_class_bits(&mut self, bits: &FxHashMap<TestRef, u32>) {
        match self {
            Self::Test(test) => {
                if let Some(bit) = bits.get(test) {
                    *self = Self::Given(*bit);
                }
            }
            Self::Not(inner) => inner.apply_class_bits(bits),
            Self::All(parts) | Self::Any(parts) => {
                for part in parts.iter_mut() {
                    part.apply_class_bits(bits);
                }
            }
            Self::Constant(_) | Self::Given(_) | Self::Script(_) => {}
        }
    }

    /// Gives tests other numbers within their columns.
    pub(super) fn renumber(&mut self, number: &impl Fn(TestRef) -> TestId) {
        match self {
            Self::Test(test) => test.test = number(*test),
            Self::Not(inner) => inner.renumber(number),
            Self::All(parts) | Self::Any(parts) => {
                for part in parts.iter_mut() {
                    part.renumber(number);
                }
            }
            Self::Constant(_) | Self::Given(_) | Self::Script(_) => {}
        }
    }

    /// Calls `visit` for each test.
    pub(super) fn tests(&self, visit: &mut impl FnMut(TestRef)) {
        match self {
            Self::Test(test) => visit(*test),
            Self::Not(inner) => inner.tests(visit),
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.tests(visit);
                }
            }
            Self::Constant(_) | Self::Given(_) | Self::Script(_) => {}
        }
    }

    /// Calls `visit` for each script.
    pub(super) fn scripts(&self, visit: &mut impl FnMut(u32)) {
        match self {
            Self::Script(script) => visit(*script),
            Self::Not(inner) => inner.scripts(visit),
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.scripts(visit);
                }
            }
            Self::Constant(_) | Self::Given(_) | Self::Test(_) => {}
        }
    }

    /// Decides it; `ask` decides the parts. A script that fails is neither true nor false.
    pub(super) fn decide(&self, leaves: &mut impl LeafEvaluator) -> Truth {
        match self {
            Self::Constant(value) => Truth::from(*value),
            Self::Test(test) => Truth::from(leaves.test(*test)),
            Self::Given(bit) => Truth::from(leaves.given(*bit)),
            Self::Script(script) => leaves.script(*script),
            Self::Not(inner) => match inner.decide(leaves) {
                Truth::False => Truth::True,
                Truth::True => Truth::False,
                Truth::Failed => Truth::Failed,
            },
            Self::All(parts) => Self::run(parts, Truth::False, leaves),
            Self::Any(parts) => Self::run(parts, Truth::True, leaves),
        }
    }

    fn run(parts: &[Node], decisive: Truth, leaves: &mut impl LeafEvaluator) -> Truth {
        let mut outcome = match decisive {
            Truth::False => Truth::True,
            _ => Truth::False,
        };
        for part in parts {
            match part.decide(leaves) {
                Truth::Failed => outcome = Truth::Failed,
                truth if truth == decisive => return decisive,
                _ => {}
            }
        }
        outcome
    }
}

/// Evaluates the leaves of a program on one event.
pub(super) trait LeafEvaluator {
    /// Whether any value of the test's column meets it.
    fn test(&mut self, test: TestRef) -> bool;
    /// The bit of the event's bucket.
    fn given(&mut self, bit: u32) -> bool;
    /// A script's outcome.
    fn script(&mut self, script: u32) -> Truth;
}

fn cost_of_test(test: TestRef, columns: &IndexVec<ColumnId, Column>) -> u32 {
    let column = columns.at(test.column);
    let atoms = column.tests.at(test.test).atoms.iter();
    let atoms = atoms.map(|atom| column.atoms.at(*atom));
    let dear: u32 = atoms
        .map(|atom| match atom {
            Atom::Pattern(_) => 30,
            Atom::Compare(..) | Atom::Between(..) | Atom::Range(..) => 5,
            Atom::Exists | Atom::Text(_) | Atom::Folded(_) => 0,
        })
        .sum();
    // A column with many tests by pattern is one of long values that seldom come back.
    let long = column.patterns.min(400);
    20 + dear + if dear > 0 { long } else { long / 4 }
}
