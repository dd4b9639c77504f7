//! Evaluates the boolean tree of a stage on the facts of one event (`QueryTranslator`: `not` is
//! complement, never three-valued), and finds the least change that would invert it.

use crate::plan::{Condition, ConditionKind, LeafId};

/// Whether the condition holds where `bit` gives the facts.
pub(super) fn holds(condition: &Condition, bit: &impl Fn(LeafId) -> bool) -> bool {
    match &condition.kind {
        ConditionKind::Constant(value) => *value,
        ConditionKind::Leaf(leaf) => bit(*leaf),
        ConditionKind::Not(inner) => !holds(inner, bit),
        ConditionKind::All(parts) => parts.iter().all(|part| holds(part, bit)),
        ConditionKind::Any(parts) => parts.iter().any(|part| holds(part, bit)),
    }
}

/// The cost of what no change of facts can bring about.
pub(super) const IMPOSSIBLE: u32 = u32::MAX;

/// How many facts must change for the condition to come out as `want`.
pub(super) fn distance(condition: &Condition, want: bool, bit: &impl Fn(LeafId) -> bool) -> u32 {
    weighed(condition, want, bit, &|_| 1)
}

/// The total weight of the facts that must change for the condition to equal `want`.
pub(super) fn weighed(
    condition: &Condition,
    want: bool,
    bit: &impl Fn(LeafId) -> bool,
    weight: &impl Fn(LeafId) -> u32,
) -> u32 {
    match &condition.kind {
        ConditionKind::Constant(value) if *value == want => 0,
        ConditionKind::Constant(_) => IMPOSSIBLE,
        ConditionKind::Leaf(leaf) if bit(*leaf) == want => 0,
        ConditionKind::Leaf(leaf) => weight(*leaf),
        ConditionKind::Not(inner) => weighed(inner, !want, bit, weight),
        ConditionKind::All(parts) | ConditionKind::Any(parts) => {
            let costs = parts.iter().map(|part| weighed(part, want, bit, weight));
            if needs_every_part(condition, want) {
                costs.fold(0, u32::saturating_add)
            } else {
                costs.min().unwrap_or(IMPOSSIBLE)
            }
        }
    }
}

/// Adds the facts concerned: of every part where all are needed, else of the cheapest parts.
pub(super) fn concerned(
    condition: &Condition,
    want: bool,
    bit: &impl Fn(LeafId) -> bool,
    leaves: &mut Vec<LeafId>,
) {
    match &condition.kind {
        ConditionKind::Constant(_) => {}
        ConditionKind::Leaf(leaf) => {
            if bit(*leaf) != want {
                leaves.push(*leaf);
            }
        }
        ConditionKind::Not(inner) => concerned(inner, !want, bit, leaves),
        ConditionKind::All(parts) | ConditionKind::Any(parts) => {
            let least =
                (!needs_every_part(condition, want)).then(|| distance(condition, want, bit));
            if least == Some(0) {
                return;
            }
            for part in parts {
                if least.is_none_or(|least| distance(part, want, bit) == least) {
                    concerned(part, want, bit, leaves);
                }
            }
        }
    }
}

/// `and` that is to be true, `or` that is to be false.
fn needs_every_part(condition: &Condition, want: bool) -> bool {
    matches!(condition.kind, ConditionKind::All(_)) == want
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::PartId;

    fn node(kind: ConditionKind) -> Condition {
        Condition {
            part: PartId(0),
            kind,
        }
    }

    fn leaf(number: u16) -> Condition {
        node(ConditionKind::Leaf(LeafId(number)))
    }

    #[test]
    fn both_parts_of_a_negated_conjunction_are_concerned() {
        // not (0 and 1), both true: turning either is enough.
        let condition = node(ConditionKind::Not(Box::new(node(ConditionKind::All(
            vec![leaf(0), leaf(1)],
        )))));
        let mut leaves = Vec::new();
        concerned(&condition, true, &|_| true, &mut leaves);
        assert_eq!(distance(&condition, true, &|_| true), 1);
        assert_eq!(leaves, [LeafId(0), LeafId(1)]);
    }

    #[test]
    fn of_a_disjunction_only_the_cheapest_parts_are_concerned() {
        let condition = node(ConditionKind::Any(vec![
            node(ConditionKind::All(vec![leaf(0), leaf(1)])),
            leaf(2),
        ]));
        let mut leaves = Vec::new();
        concerned(&condition, true, &|_| false, &mut leaves);
        assert_eq!(distance(&condition, true, &|_| false), 1);
        assert_eq!(leaves, [LeafId(2)]);
    }

    #[test]
    fn a_constant_can_never_be_turned() {
        let condition = node(ConditionKind::All(vec![
            leaf(0),
            node(ConditionKind::Constant(false)),
        ]));
        assert_eq!(distance(&condition, true, &|_| false), IMPOSSIBLE);
    }
}
