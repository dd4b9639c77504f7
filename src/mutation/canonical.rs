//! Detects mutants that cannot change a result: compares plans with constants folded, double
//! negation removed, operands sorted, and list items dropped that another item covers.
//!
//! Each condition becomes a tree of *forms*, and equal forms have one number ([`Forms`]), so that
//! two conditions are the same where their numbers are.

use rustc_hash::{FxHashMap, FxHashSet};

use super::cover::{Pattern, pattern, plain};
use crate::plan::{Condition, ConditionKind, FieldId, Pipe, Plan, Predicate, Role};

/// Whether both plans find the same.
pub(super) fn is_equivalent(one: &Plan, other: &Plan) -> bool {
    let mut forms = Forms::default();
    forms.plan(one) == forms.plan(other)
}

/// The number of a form.
type FormId = usize;

/// A condition as its parts, by number.
#[derive(PartialEq, Eq, Hash)]
enum Form {
    Is(bool),
    Leaf(Predicate),
    Not(FormId),
    All(Vec<FormId>),
    Any(Vec<FormId>),
}

/// All that a plan finds depends on this.
#[derive(PartialEq, Eq)]
struct PlanForm<'p> {
    stages: Vec<StageForm<'p>>,
    maxspan: Option<i64>,
    pipes: &'p [Pipe],
}

#[derive(PartialEq, Eq)]
struct StageForm<'p> {
    role: RoleForm,
    runs: u8,
    category: Option<&'p str>,
    /// The path of each key, and whether it may be missing.
    keys: Vec<(&'p str, bool)>,
    condition: FormId,
}

#[derive(PartialEq, Eq)]
enum RoleForm {
    Positive,
    Missing,
    Until,
}

/// Numbers for forms, and for the paths of fields: their numbers differ between plans.
#[derive(Default)]
struct Forms {
    numbers: FxHashMap<Form, FormId>,
    paths: FxHashMap<String, FieldId>,
}

impl Forms {
    fn plan<'p>(&mut self, plan: &'p Plan) -> PlanForm<'p> {
        let stages = plan.stages.iter().map(|stage| StageForm {
            role: match stage.role {
                Role::Positive => RoleForm::Positive,
                Role::Missing { .. } => RoleForm::Missing,
                Role::Until { .. } => RoleForm::Until,
            },
            runs: stage.runs,
            category: stage.category_value(),
            keys: stage
                .keys
                .iter()
                .map(|key| (plan.fields.at(key.field).path.as_str(), key.optional))
                .collect(),
            condition: self.node(plan, condition(plan, &stage.condition)),
        });
        PlanForm {
            stages: stages.collect(),
            maxspan: plan.maxspan().map(|limit| limit.millis),
            pipes: &plan.pipes,
        }
    }

    fn node(&mut self, plan: &Plan, node: Node) -> FormId {
        let form = match node {
            Node::Is(value) => Form::Is(value),
            Node::Leaf(mut predicate) => {
                predicate.visit_fields_mut(&mut |field| {
                    let path = &plan.fields.at(*field).path;
                    let next = FieldId(u16::try_from(self.paths.len()).unwrap_or(u16::MAX));
                    *field = *self.paths.entry(path.clone()).or_insert(next);
                });
                Form::Leaf(predicate)
            }
            Node::Not(inner) => Form::Not(self.node(plan, *inner)),
            Node::All(items) => Form::All(self.nodes(plan, items)),
            Node::Any(items) => Form::Any(self.nodes(plan, items)),
        };
        let next = self.numbers.len();
        *self.numbers.entry(form).or_insert(next)
    }

    /// Their order does not matter.
    fn nodes(&mut self, plan: &Plan, nodes: Vec<Node>) -> Vec<FormId> {
        let forms = nodes.into_iter().map(|node| self.node(plan, node));
        let mut forms: Vec<FormId> = forms.collect();
        forms.sort_unstable();
        forms.dedup();
        forms
    }
}

/// A condition without what does not matter.
#[derive(Clone)]
enum Node {
    Is(bool),
    Leaf(Predicate),
    Not(Box<Node>),
    All(Vec<Node>),
    Any(Vec<Node>),
}

fn condition(plan: &Plan, of: &Condition) -> Node {
    match &of.kind {
        ConditionKind::Constant(value) => Node::Is(*value),
        ConditionKind::Leaf(leaf) => Node::Leaf(plain(&plan.leaves.at(*leaf).predicate)),
        ConditionKind::Not(inner) => match condition(plan, inner) {
            Node::Is(value) => Node::Is(!value),
            Node::Not(inner) => *inner,
            inner => Node::Not(Box::new(inner)),
        },
        ConditionKind::All(items) => junction(plan, items, true),
        ConditionKind::Any(items) => junction(plan, items, false),
    }
}

fn junction(plan: &Plan, items: &[Condition], all: bool) -> Node {
    let mut flat = Vec::new();
    for item in items {
        match condition(plan, item) {
            Node::Is(value) if value == all => {}
            Node::Is(value) => return Node::Is(value),
            Node::All(inner) if all => flat.extend(inner),
            Node::Any(inner) if !all => flat.extend(inner),
            other => flat.push(other),
        }
    }
    if !all {
        flat = uncovered(flat);
    }
    if flat.is_empty() {
        return Node::Is(all);
    }
    if flat.len() == 1
        && let Some(only) = flat.pop()
    {
        return only;
    }
    if all {
        Node::All(flat)
    } else {
        Node::Any(flat)
    }
}

/// The alternatives that no other one covers; of two that cover each other the first.
///
/// Texts without wildcards are looked up by their hash, so that a list of thousands of names takes
/// linear time; only patterns with wildcards are held against every other one.
fn uncovered(mut nodes: Vec<Node>) -> Vec<Node> {
    let mut seen = FxHashSet::default();
    nodes.retain(|node| match node {
        Node::Leaf(predicate) => seen.insert(predicate.clone()),
        _ => true,
    });
    let patterns: Vec<Option<Pattern>> = nodes
        .iter()
        .map(|node| match node {
            Node::Leaf(predicate) => pattern(predicate),
            _ => None,
        })
        .collect();
    let numbered = || {
        let patterns = patterns.iter().enumerate();
        patterns.filter_map(|(at, pattern)| Some((at, pattern.as_ref()?)))
    };
    // The first text that heeds no case, by its folded form.
    let mut folded = FxHashMap::default();
    for (at, pattern) in numbered().filter(|(_, pattern)| pattern.insensitive) {
        if let Some(text) = pattern.text() {
            folded.entry((pattern.field, text)).or_insert(at);
        }
    }
    let wild: Vec<(usize, &Pattern)> = numbered()
        .filter(|(_, pattern)| pattern.text().is_none())
        .collect();
    let is_covered = |at: usize, own: &Pattern| {
        let by_text = own
            .text()
            .and_then(|text| folded.get(&(own.field, text)))
            .is_some_and(|first| *first != at && (!own.insensitive || *first < at));
        by_text
            || wild.iter().any(|(other, pattern)| {
                *other != at && pattern.covers(own) && (*other < at || !own.covers(pattern))
            })
    };
    let kept: Vec<bool> = patterns
        .iter()
        .enumerate()
        .map(|(at, own)| own.as_ref().is_none_or(|own| !is_covered(at, own)))
        .collect();
    let nodes = nodes.into_iter().zip(kept);
    nodes
        .filter_map(|(node, is_kept)| is_kept.then_some(node))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Comparison;
    use crate::plan::predicate::WildcardPattern;

    /// The same, every pair held against each other.
    fn uncovered_by_pairs(predicates: &[Predicate]) -> Vec<Predicate> {
        let covers = |wide: &Predicate, narrow: &Predicate| {
            wide == narrow
                || match (pattern(wide), pattern(narrow)) {
                    (Some(wide), Some(narrow)) => wide.covers_plainly(&narrow),
                    _ => false,
                }
        };
        let mut kept: Vec<Predicate> = Vec::new();
        for predicate in predicates {
            if !kept.iter().any(|other| covers(other, predicate)) {
                kept.retain(|other| !covers(predicate, other));
                kept.push(predicate.clone());
            }
        }
        kept
    }

    #[test]
    fn alternatives_are_left_out_as_if_every_pair_were_compared() {
        let texts = [
            "a", "A", "ab", "aB", "*", "a*", "*b", "A*", "?", "a?", "x*y", "xay",
        ];
        let mut state = 1_u32;
        for _ in 0..2_000 {
            let mut predicates = Vec::new();
            for _ in 0..6 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let text = texts[(state >> 24) as usize % texts.len()];
                let field = FieldId(u16::try_from((state >> 16) & 1).unwrap());
                let insensitive = (state >> 18) & 1 == 0;
                predicates.push(match (text.contains(['*', '?']), insensitive) {
                    (true, insensitive) => Predicate::Wildcard {
                        field,
                        pattern: WildcardPattern::eql(text),
                        insensitive,
                    },
                    (false, true) => Predicate::EqualIgnoringCase {
                        field,
                        text: text.to_owned(),
                    },
                    (false, false) => Predicate::Compare {
                        field,
                        comparison: Comparison::Equal,
                        value: crate::event::Value::text(text),
                    },
                });
            }
            let nodes = predicates.iter().cloned().map(Node::Leaf).collect();
            let found: Vec<Predicate> = uncovered(nodes)
                .into_iter()
                .filter_map(|node| match node {
                    Node::Leaf(predicate) => Some(predicate),
                    _ => None,
                })
                .collect();
            assert_eq!(found, uncovered_by_pairs(&predicates), "{predicates:?}");
        }
    }
}
