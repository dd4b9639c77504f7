//! A plan as text that is equal for plans that cannot give different results: constants folded,
//! double negation gone, operands in one order, list items that another covers left out.

use std::fmt::Write as _;

use crate::plan::predicate::{WildcardPattern, WildcardToken};
use crate::plan::{Comparison, Condition, ConditionKind, Plan, Predicate};

/// The canonical text of a plan.
pub(super) fn canonical(plan: &Plan) -> String {
    let mut text = String::new();
    for stage in &plan.stages {
        let role = match stage.role {
            crate::plan::Role::Positive => "positive",
            crate::plan::Role::Missing { .. } => "missing",
            crate::plan::Role::Until { .. } => "until",
        };
        let condition = condition(plan, &stage.condition).text(plan);
        let _ = write!(text, "{role} {} {:?}", stage.runs, stage.category_value());
        for key in &stage.keys {
            let path = plan.fields.get(key.field.index());
            let path = path.map_or("", |field| field.path.as_str());
            let _ = write!(text, " by {path} {}", key.optional);
        }
        let _ = writeln!(text, " where {condition}");
    }
    let maxspan = plan.maxspan().map(|limit| limit.millis);
    let _ = writeln!(text, "{maxspan:?} {:?}", plan.pipes);
    text
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
        ConditionKind::Leaf(leaf) => match plan.leaves.get(leaf.index()) {
            Some(leaf) => Node::Leaf(plain(&leaf.predicate)),
            None => Node::Is(false),
        },
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

impl Node {
    fn text(&self, plan: &Plan) -> String {
        let list = |items: &[Self]| {
            let mut texts: Vec<String> = items.iter().map(|item| item.text(plan)).collect();
            texts.sort();
            texts.dedup();
            texts.join(", ")
        };
        match self {
            Self::Is(value) => value.to_string(),
            Self::Leaf(predicate) => with_paths(plan, &format!("{predicate:?}")),
            Self::Not(inner) => format!("not {}", inner.text(plan)),
            Self::All(items) => format!("all({})", list(items)),
            Self::Any(items) => format!("any({})", list(items)),
        }
    }
}

/// Field numbers differ between plans, paths do not.
fn with_paths(plan: &Plan, text: &str) -> String {
    let mut text = text.to_owned();
    for (number, field) in plan.fields.iter().enumerate() {
        text = text.replace(&format!("FieldId({number})"), &field.path);
    }
    text
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
