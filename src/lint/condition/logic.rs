//! What is known where a leaf is asked: in `A and B`, B is asked only where A holds; in `A or B`
//! only where A does not. A leaf that is decided by what is known there decides nothing itself.

use std::collections::BTreeMap;

use crate::diagnostic::Span;
use crate::language::eql::is_constant;
use crate::language::eql::syntax::{Expr, ExprKind, In, Match};
use crate::lint::Subject;
use crate::lint::condition::facts;
use crate::lint::condition::test::Test;
use crate::lint::condition::walk::stages;

/// A leaf or list item whose value follows from other leaves.
#[derive(Debug, Clone)]
pub(in crate::lint) struct DecidedLeaf {
    /// Its place in the query.
    pub(in crate::lint) span: Span,
    /// Its canonical text.
    pub(in crate::lint) text: String,
    /// What it always is there, as written.
    pub(in crate::lint) value: bool,
    /// What decides it; `None` for a constant.
    pub(in crate::lint) by: Option<DecidingLeaf>,
    /// What the whole junction around it always is with it: a conjunction that never holds, a
    /// disjunction that always does. `None` where the rest of the junction still decides.
    pub(in crate::lint) whole: Option<bool>,
    /// Whether the stage can match nothing with it.
    pub(in crate::lint) fatal: bool,
    /// Whether it is one item of a list.
    pub(in crate::lint) item: bool,
}

/// A leaf that decides another.
#[derive(Debug, Clone)]
pub(in crate::lint) struct DecidingLeaf {
    pub(in crate::lint) span: Span,
    text: String,
    holds: bool,
}

impl DecidedLeaf {
    /// `"x" is always false where "y" holds`, with the clauses in backticks.
    pub(in crate::lint) fn sentence(&self) -> String {
        let Some(by) = &self.by else {
            return format!("`{}` is a constant", self.text);
        };
        let holds = if by.holds { "holds" } else { "does not hold" };
        format!(
            "`{}` is always {} where `{}` {holds}",
            self.text, self.value, by.text
        )
    }
}

/// A leaf that is known to hold, or not to.
struct Known {
    test: Test,
    /// Whether the test holds.
    holds: bool,
    /// Whether the leaf is written as the opposite of the test.
    negated: bool,
    span: Span,
    text: String,
    /// The junction whose item it stands in, by depth, and which item.
    from: (usize, usize),
}

/// Every decided leaf of the query, in the order of the text.
pub(in crate::lint) fn run(subject: &Subject<'_>) -> Vec<DecidedLeaf> {
    let mut found = BTreeMap::new();
    for stage in stages(subject.syntax) {
        let mut in_stage = BTreeMap::new();
        let mut walk = Walk {
            known: Vec::new(),
            path: vec![1],
            found: &mut in_stage,
        };
        if let Some(name) = &stage.query.category.name {
            walk.known.push(Known {
                test: Test::category(&subject.settings.category, name),
                holds: true,
                negated: false,
                span: stage.query.category.span,
                text: stage.query.category.to_string(),
                from: (0, 0),
            });
        }
        let condition = &stage.query.condition;
        walk.condition(condition, None);
        for decided in in_stage.values_mut() {
            let value = BTreeMap::from([(decided.span, decided.value)]);
            decided.fatal = facts::condition(condition, &value) == Some(false);
        }
        found.extend(in_stage);
    }
    found.into_values().collect()
}

struct Walk<'f> {
    known: Vec<Known>,
    /// Which item of each junction around is being walked.
    path: Vec<usize>,
    found: &'f mut BTreeMap<Span, DecidedLeaf>,
}

/// What stands around a leaf.
#[derive(Clone, Copy)]
struct JunctionSettings {
    /// The value of the leaf that makes the junction what it is.
    absorbs: bool,
    /// What the junction is then: false for `and`, true for `or`.
    becomes: bool,
}

impl Walk<'_> {
    fn condition(&mut self, expr: &Expr, around: Option<JunctionSettings>) {
        match &expr.kind {
            ExprKind::And(items) => self.junction(items, true),
            ExprKind::Or(items) => self.junction(items, false),
            ExprKind::Not(inner) => {
                // `not x` stands where x stands; what its value carries is turned round.
                let around = around.map(|around| JunctionSettings {
                    absorbs: !around.absorbs,
                    ..around
                });
                self.condition(inner, around);
            }
            _ => self.leaf(expr, around),
        }
    }

    /// Examines each item under the assumption that the other items do not decide the junction.
    fn junction(&mut self, items: &[Expr], all: bool) {
        let around = JunctionSettings {
            absorbs: !all,
            becomes: !all,
        };
        let before = self.known.len();
        let depth = self.path.len();
        for (index, item) in items.iter().enumerate() {
            literals(item, all, (depth, index), &mut self.known);
        }
        for (index, item) in items.iter().enumerate() {
            self.path.push(index);
            self.condition(item, Some(around));
            self.path.pop();
        }
        self.known.truncate(before);
    }

    fn leaf(&mut self, leaf: &Expr, around: Option<JunctionSettings>) {
        if is_constant(leaf) {
            if let (Some(_), ExprKind::Bool(value)) = (around, &leaf.kind) {
                self.decided(leaf, *value, None, around, false);
            }
            return;
        }
        if let Some((value, by)) = self.decide(leaf) {
            self.decided(leaf, value, Some(by), around, false);
            return;
        }
        for item in items(leaf) {
            if let Some((value, by)) = self.decide(&item) {
                self.decided(&item, value, Some(by), None, true);
            }
        }
    }

    fn decided(
        &mut self,
        leaf: &Expr,
        value: bool,
        by: Option<DecidingLeaf>,
        around: Option<JunctionSettings>,
        item: bool,
    ) {
        // Two leaves may decide each other: one of them is reported.
        let other = by.as_ref().and_then(|by| self.found.get(&by.span));
        let mutual = other
            .and_then(|other| other.by.as_ref())
            .is_some_and(|by| by.span == leaf.span);
        if mutual || self.found.contains_key(&leaf.span) {
            return;
        }
        let absorbed = around.filter(|around| around.absorbs == value);
        self.found.insert(
            leaf.span,
            DecidedLeaf {
                span: leaf.span,
                text: leaf.to_string(),
                value,
                by,
                whole: absorbed.map(|around| around.becomes),
                fatal: false,
                item,
            },
        );
    }

    /// What the leaf is, as written, given what is known; and by which leaf.
    fn decide(&self, leaf: &Expr) -> Option<(bool, DecidingLeaf)> {
        let (test, negated) = Test::of(leaf);
        self.known.iter().find_map(|known| {
            let (depth, index) = known.from;
            let own = self.path.get(depth)?;
            if *own == index {
                return None;
            }
            let (narrow, wide) = if known.holds {
                (&known.test, &test)
            } else {
                (&test, &known.test)
            };
            // Of two that say the same, the later one is reported.
            if !narrow.implies(wide) || (index > *own && wide.implies(narrow)) {
                return None;
            }
            let by = DecidingLeaf {
                span: known.span,
                text: known.text.clone(),
                holds: known.holds != known.negated,
            };
            Some((known.holds != negated, by))
        })
    }
}

/// The leaves whose value is known where `expr` is `truth`.
fn literals(expr: &Expr, truth: bool, from: (usize, usize), known: &mut Vec<Known>) {
    match (&expr.kind, truth) {
        (ExprKind::And(items), true) | (ExprKind::Or(items), false) => {
            let each = items.iter();
            each.for_each(|item| literals(item, truth, from, known));
        }
        (ExprKind::And(_) | ExprKind::Or(_), _) => {}
        (ExprKind::Not(inner), _) => literals(inner, !truth, from, known),
        _ if is_constant(expr) => {}
        _ => {
            let (test, negated) = Test::of(expr);
            let holds = truth != negated;
            // A list that does not hold: none of its items does.
            let items = if holds { Vec::new() } else { items(expr) };
            let items = items.into_iter().map(|item| {
                let (test, negated) = Test::of(&item);
                (test, negated, item.span, item.to_string())
            });
            let whole = std::iter::once((test, negated, expr.span, expr.to_string()));
            known.extend(whole.chain(items).map(|(test, negated, span, text)| Known {
                test,
                holds,
                negated,
                span,
                text,
                from,
            }));
        }
    }
}

/// The items of a list as leaves of their own; none for a list of one.
pub(in crate::lint) fn items(leaf: &Expr) -> Vec<Expr> {
    match &leaf.kind {
        ExprKind::Match(inner) if inner.patterns.len() > 1 => inner
            .patterns
            .iter()
            .map(|pattern| Expr {
                kind: ExprKind::Match(Match {
                    op: inner.op,
                    value: inner.value.clone(),
                    patterns: vec![pattern.clone()],
                    list: false,
                }),
                span: pattern.span,
            })
            .collect(),
        ExprKind::In(inner) if inner.items.len() > 1 => inner
            .items
            .iter()
            .map(|item| Expr {
                kind: ExprKind::In(In {
                    negated: inner.negated,
                    insensitive: inner.insensitive,
                    value: inner.value.clone(),
                    items: vec![item.clone()],
                }),
                span: item.span,
            })
            .collect(),
        _ => Vec::new(),
    }
}
