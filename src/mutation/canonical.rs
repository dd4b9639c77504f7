//! Detects mutants that cannot change a result: compares plans with constants folded, double
//! negation removed, operands sorted, and list items dropped that another item covers.
//!
//! Each condition becomes a tree of *forms*, and equal forms have one number ([`Forms`]), so that
//! two conditions are the same where their numbers are.

use rustc_hash::{FxHashMap, FxHashSet};

use super::cover::{Pattern, pattern, plain};
use super::cover_index::CoverIndex;
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
    joined(items.iter().map(|item| condition(plan, item)), all)
}

/// All of the conditions, or any of them.
fn joined(nodes: impl IntoIterator<Item = Node>, all: bool) -> Node {
    let mut flat = Vec::new();
    for node in nodes {
        match node {
            Node::Is(value) if value == all => {}
            Node::Is(value) => return Node::Is(value),
            Node::All(inner) if all => flat.extend(inner),
            Node::Any(inner) if !all => flat.extend(inner),
            other => flat.push(other),
        }
    }
    flat = if all {
        without(flat, |own, other| implies(other, own))
    } else {
        without(uncovered(flat), implies)
    };
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

/// The number of conditions that are compared pairwise.
const COMPARED: usize = 64;

/// The conditions that another one does not make redundant; of two that do so to each other the
/// first stays.
fn without(nodes: Vec<Node>, is_redundant: impl Fn(&Node, &Node) -> bool) -> Vec<Node> {
    if nodes.len() > COMPARED {
        return nodes;
    }
    let goes = |at: usize, own: &Node| {
        nodes.iter().enumerate().any(|(other, node)| {
            other != at && is_redundant(own, node) && (other < at || !is_redundant(node, own))
        })
    };
    let numbered = nodes.iter().enumerate();
    let kept = numbered.filter(|(at, own)| !goes(*at, own));
    kept.map(|(_, node)| node.clone()).collect()
}

/// Whether every event that meets the first meets the second; `false` where that is not plain to
/// see. A clause is false on an event without the field, so that any test of a field implies that
/// it is there.
fn implies(one: &Node, other: &Node) -> bool {
    match (one, other) {
        (Node::Is(false), _) | (_, Node::Is(true)) => true,
        (Node::Leaf(narrow), Node::Leaf(wide)) => leaf_implies(narrow, wide),
        (Node::Not(one), Node::Not(other)) => implies(other, one),
        (Node::Any(items), _) => items.iter().all(|item| implies(item, other)),
        (_, Node::All(items)) => items.iter().all(|item| implies(one, item)),
        (Node::All(items), _) => items.iter().any(|item| implies(item, other)),
        (_, Node::Any(items)) if items.len() <= COMPARED => {
            items.iter().any(|item| implies(one, item))
        }
        _ => false,
    }
}

fn leaf_implies(narrow: &Predicate, wide: &Predicate) -> bool {
    if narrow == wide {
        return true;
    }
    if let Predicate::Exists(field) = wide {
        return tested_field(narrow) == Some(*field);
    }
    match (pattern(narrow), pattern(wide)) {
        (Some(narrow), Some(wide)) => wide.covers(&narrow),
        _ => false,
    }
}

/// The field that has a value on every event that meets the test.
fn tested_field(predicate: &Predicate) -> Option<FieldId> {
    match predicate {
        Predicate::Exists(field)
        | Predicate::Compare { field, .. }
        | Predicate::Between { field, .. }
        | Predicate::EqualIgnoringCase { field, .. }
        | Predicate::Wildcard { field, .. }
        | Predicate::Regex { field, .. }
        | Predicate::Range { field, .. }
        | Predicate::Fuzzy { field, .. } => Some(*field),
        _ => None,
    }
}

/// The alternatives that no other one covers; of two that cover each other the first.
///
/// Texts without wildcards are looked up by their hash, so that a list of thousands of names takes
/// linear time; patterns with wildcards are held against those that have a piece in common.
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
    // The first text that ignores case, by its folded form.
    let mut folded = FxHashMap::default();
    for (at, pattern) in numbered().filter(|(_, pattern)| pattern.insensitive) {
        if let Some(text) = pattern.text() {
            folded.entry((pattern.field, text)).or_insert(at);
        }
    }
    let wild = CoverIndex::of(numbered().filter(|(_, pattern)| pattern.text().is_none()));
    let is_covered = |at: usize, own: &Pattern| {
        let by_text = own
            .text()
            .and_then(|text| folded.get(&(own.field, text)))
            .is_some_and(|first| *first != at && (!own.insensitive || *first < at));
        by_text
            || wild.wider(own).into_iter().any(|other| {
                let pattern = patterns.get(other).and_then(Option::as_ref);
                let covers =
                    |pattern: &Pattern| pattern.covers(own) && (other < at || !own.covers(pattern));
                other != at && pattern.is_some_and(covers)
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

    fn holds(node: &Node, event: &[Option<&str>; 2]) -> bool {
        let tested =
            |predicate: &Predicate| match predicate {
                Predicate::Exists(field) => event[usize::from(field.0)].is_some(),
                Predicate::EqualIgnoringCase { field, text } => event[usize::from(field.0)]
                    .is_some_and(|value| value.eq_ignore_ascii_case(text)),
                Predicate::Wildcard { field, pattern, .. } => event[usize::from(field.0)]
                    .is_some_and(|value| {
                        crate::evaluate::pattern::Pattern::wildcard(pattern, false).matches(value)
                    }),
                Predicate::Compare { field, value, .. } => event[usize::from(field.0)]
                    .is_some_and(|own| *value == crate::event::Value::text(own)),
                other => panic!("{other:?}"),
            };
        match node {
            Node::Is(value) => *value,
            Node::Leaf(predicate) => tested(predicate),
            Node::Not(inner) => !holds(inner, event),
            Node::All(items) => items.iter().all(|item| holds(item, event)),
            Node::Any(items) => items.iter().any(|item| holds(item, event)),
        }
    }

    /// A tree of conditions as it is, and without what does not matter.
    fn tree(random: &mut impl FnMut(u32) -> u32, depth: u32) -> (Node, Node) {
        if depth == 0 || random(4) == 0 {
            let field = FieldId(u16::try_from(random(2)).unwrap());
            let leaf = Node::Leaf(match random(5) {
                0 => Predicate::Exists(field),
                1 => Predicate::EqualIgnoringCase {
                    field,
                    text: "ab".to_owned(),
                },
                2 => Predicate::Wildcard {
                    field,
                    pattern: WildcardPattern::eql("a*"),
                    insensitive: false,
                },
                3 => Predicate::Wildcard {
                    field,
                    pattern: WildcardPattern::eql("*b"),
                    insensitive: false,
                },
                _ => Predicate::Compare {
                    field,
                    comparison: Comparison::Equal,
                    value: crate::event::Value::text("ab"),
                },
            });
            return (leaf.clone(), leaf);
        }
        if random(4) == 0 {
            let (whole, short) = tree(random, depth - 1);
            return (Node::Not(Box::new(whole)), Node::Not(Box::new(short)));
        }
        let all = random(2) == 0;
        let (mut wholes, mut shorts) = (Vec::new(), Vec::new());
        for _ in 0..2 + random(3) {
            let (whole, short) = tree(random, depth - 1);
            wholes.push(whole);
            shorts.push(short);
        }
        let whole = if all {
            Node::All(wholes)
        } else {
            Node::Any(wholes)
        };
        (whole, joined(shorts, all))
    }

    #[test]
    fn what_is_left_out_of_a_condition_changes_no_result() {
        let mut state = 1_u32;
        let mut random = |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) % below
        };
        let mut shorter = 0;
        for _ in 0..5_000 {
            let (whole, short) = tree(&mut random, 3);
            let values = [
                None,
                Some("ab"),
                Some("AB"),
                Some("a"),
                Some("b"),
                Some("x"),
            ];
            for one in values {
                for other in values {
                    let event = [one, other];
                    assert_eq!(holds(&whole, &event), holds(&short, &event), "{event:?}");
                }
            }
            shorter += usize::from(leaves(&short) < leaves(&whole));
        }
        assert!(shorter > 1_000, "{shorter}");
    }

    fn leaves(node: &Node) -> usize {
        match node {
            Node::Is(_) => 0,
            Node::Leaf(_) => 1,
            Node::Not(inner) => leaves(inner),
            Node::All(items) | Node::Any(items) => items.iter().map(leaves).sum(),
        }
    }

    #[test]
    fn a_test_of_a_field_makes_the_question_whether_it_is_there_redundant() {
        let field = FieldId(0);
        let there = || Node::Leaf(Predicate::Exists(field));
        let named = || {
            Node::Leaf(Predicate::EqualIgnoringCase {
                field,
                text: "a".to_owned(),
            })
        };
        let other = || Node::Leaf(Predicate::Exists(FieldId(1)));
        assert_eq!(leaves(&joined([there(), named()], true)), 1);
        assert_eq!(
            leaves(&joined([there(), Node::Any(vec![named(), there()])], true)),
            1
        );
        assert_eq!(leaves(&joined([other(), named()], true)), 2);
        assert_eq!(
            leaves(&joined([there(), Node::Not(Box::new(named()))], true)),
            2
        );
        assert_eq!(
            leaves(&joined([named(), Node::All(vec![named(), other()])], false)),
            1
        );
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
