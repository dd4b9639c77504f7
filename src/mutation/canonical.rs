//! Whether two plans cannot give different results, as far as that is plain to see: constants
//! folded, double negation gone, operands in one order, list items that another covers left out.
//!
//! Each condition becomes a tree of *forms*, and equal forms have one number ([`Forms`]), so that
//! two conditions are the same where their numbers are.

use rustc_hash::FxHashMap;

use crate::plan::predicate::{WildcardPattern, WildcardToken};
use crate::plan::{Comparison, Condition, ConditionKind, FieldId, Pipe, Plan, Predicate, Role};

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
                .map(|key| (plan.fields[key.field].path.as_str(), key.optional))
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
                    let path = &plan.fields[*field].path;
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
        ConditionKind::Leaf(leaf) => Node::Leaf(plain(&plan.leaves[*leaf].predicate)),
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
fn uncovered(nodes: Vec<Node>) -> Vec<Node> {
    let mut kept: Vec<Node> = Vec::new();
    for node in nodes {
        if kept.iter().any(|other| covers(other, &node)) {
            continue;
        }
        kept.retain(|other| !covers(&node, other));
        kept.push(node);
    }
    kept
}

fn covers(wide: &Node, narrow: &Node) -> bool {
    let (Node::Leaf(wide), Node::Leaf(narrow)) = (wide, narrow) else {
        return false;
    };
    if wide == narrow {
        return true;
    }
    let (Some(wide), Some(narrow)) = (pattern(wide), pattern(narrow)) else {
        return false;
    };
    wide.field == narrow.field
        && (wide.insensitive || !narrow.insensitive)
        && includes(&wide.tokens, &narrow.tokens, wide.insensitive)
}

struct Pattern {
    field: crate::plan::FieldId,
    tokens: Vec<WildcardToken>,
    insensitive: bool,
}

fn pattern(predicate: &Predicate) -> Option<Pattern> {
    let of = |field, tokens, insensitive| Pattern {
        field,
        tokens,
        insensitive,
    };
    let literal = |text: &str| text.chars().map(WildcardToken::Char).collect();
    match predicate {
        Predicate::Exists(field) => Some(of(*field, vec![WildcardToken::Many], true)),
        Predicate::EqualIgnoringCase { field, text } => Some(of(*field, literal(text), true)),
        Predicate::Compare {
            field,
            comparison: Comparison::Equal,
            value: crate::event::Value::Text(text),
        } => Some(of(*field, literal(text), false)),
        Predicate::Wildcard {
            field,
            pattern: WildcardPattern(tokens),
            insensitive,
        } => Some(of(*field, tokens.clone(), *insensitive)),
        _ => None,
    }
}

/// Whether every text of `narrow` is one of `wide`; `false` where that is not plain to see.
fn includes(wide: &[WildcardToken], narrow: &[WildcardToken], insensitive: bool) -> bool {
    use WildcardToken::{Char, Many, One};
    // `row[j]`: what is left of `wide` includes `narrow[j..]`.
    let mut row: Vec<bool> = (0..=narrow.len()).map(|at| at == narrow.len()).collect();
    let at = |row: &[bool], at: usize| row.get(at).copied().unwrap_or(false);
    for token in wide.iter().rev() {
        let mut next = vec![false; narrow.len() + 1];
        for place in (0..=narrow.len()).rev() {
            let holds = match (token, narrow.get(place)) {
                (Many, _) => at(&row, place) || at(&next, place + 1),
                (One, Some(Char(_) | One)) => at(&row, place + 1),
                (Char(a), Some(Char(b))) => {
                    let same = a == b || (insensitive && a.eq_ignore_ascii_case(b));
                    same && at(&row, place + 1)
                }
                _ => false,
            };
            if let Some(slot) = next.get_mut(place) {
                *slot = holds;
            }
        }
        row = next;
    }
    at(&row, 0)
}

/// The predicate without a disregard of case that changes nothing.
fn plain(predicate: &Predicate) -> Predicate {
    let caseless = |c: char| !c.is_alphabetic();
    match predicate {
        Predicate::EqualIgnoringCase { field, text } if text.chars().all(caseless) => {
            Predicate::Compare {
                field: *field,
                comparison: Comparison::Equal,
                value: crate::event::Value::text(text),
            }
        }
        Predicate::Wildcard {
            field,
            pattern,
            insensitive: true,
        } if pattern.0.iter().all(|token| match token {
            WildcardToken::Char(c) => caseless(*c),
            WildcardToken::One | WildcardToken::Many => true,
        }) =>
        {
            Predicate::Wildcard {
                field: *field,
                pattern: pattern.clone(),
                insensitive: false,
            }
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(wide: &str, narrow: &str) -> bool {
        let tokens = |text: &str| WildcardPattern::eql(text).0;
        includes(&tokens(wide), &tokens(narrow), true)
    }

    #[test]
    fn a_pattern_covers_what_it_matches_whatever_the_wildcards_stand_for() {
        assert!(covered("*", "a?b*"));
        assert!(covered("a*", "abc"));
        assert!(covered("a*c", "aB*C"));
        assert!(covered("?:\\x", "C:\\x"));
        assert!(!covered("a?c", "a*c"));
        assert!(!covered("abc", "a*"));
        assert!(!covered("a", "ab"));
    }
}
