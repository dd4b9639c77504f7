//! Plans by hand, for the tests of this module: conditions as trees, each leaf a clause.

use crate::event::field::{FieldType, IntegerType};
use crate::event::schema::{MappedField, Origin};
use crate::event::{Event, Scalar};
use crate::plan::clause::{Clause, ClauseId, ClauseKind, Part, PartId};
use crate::plan::*;

/// A condition before it is numbered.
#[derive(Debug, Clone)]
pub(super) enum Tree {
    Leaf(Predicate),
    Not(Box<Tree>),
    All(Vec<Tree>),
    Any(Vec<Tree>),
}

pub(super) fn not(tree: Tree) -> Tree {
    Tree::Not(Box::new(tree))
}

/// Builds a plan; fields are `name` and others by [`Builder::field`].
pub(super) struct Builder {
    plan: Plan,
}

impl Builder {
    pub(super) fn new() -> Self {
        let field = |path: &str, field_type: FieldType| PlanField {
            path: path.to_owned(),
            family: field_type.family(),
            readers: vec![Some(MappedField::new(field_type, path, Origin::Declared))],
        };
        let long = || FieldType::Integer(IntegerType::Long);
        let plan = Plan {
            fields: IndexVec::from(vec![
                field(
                    "@timestamp",
                    FieldType::Date(crate::event::time::DateFormat::default()),
                ),
                field("category", FieldType::ecs_keyword()),
                field("name", FieldType::ecs_keyword()),
                field("pid", long()),
                field("tags", FieldType::ecs_keyword()),
                field("k", FieldType::ecs_keyword()),
                field("tie", long()),
            ]),
            stages: IndexVec::new(),
            operator: Operator::Select,
            pipes: Vec::new(),
            clauses: IndexVec::new(),
            parts: IndexVec::from(vec![Part {
                parent: None,
                span: crate::diagnostic::Span::default(),
                text: "query".to_owned(),
            }]),
            leaves: IndexVec::new(),
            timestamp: FieldId(0),
            tiebreaker: None,
        };
        Self { plan }
    }

    pub(super) fn tiebreaker(mut self) -> Self {
        self.plan.tiebreaker = Some(FieldId(6));
        self
    }

    fn clause(&mut self, kind: ClauseKind, text: &str, part: PartId) -> ClauseId {
        let id = ClauseId(u16::try_from(self.plan.clauses.len()).unwrap());
        self.plan.clauses.push(Clause {
            parent: None,
            stage: Some(StageId(u16::try_from(self.plan.stages.len()).unwrap())),
            kind,
            leaf: None,
            negated: false,
            part,
            span: crate::diagnostic::Span::default(),
            text: text.to_owned(),
        });
        id
    }

    fn part(&mut self, parent: PartId) -> PartId {
        let id = PartId(u16::try_from(self.plan.parts.len()).unwrap());
        self.plan.parts.push(Part {
            parent: Some(parent),
            span: crate::diagnostic::Span::default(),
            text: format!("part {}", id.0),
        });
        id
    }

    fn condition(&mut self, tree: &Tree, parent: PartId) -> Condition {
        let part = self.part(parent);
        let mut each = |trees: &[Tree]| -> Vec<Condition> {
            trees
                .iter()
                .map(|tree| self.condition(tree, part))
                .collect()
        };
        let kind = match tree {
            Tree::All(trees) => ConditionKind::All(each(trees)),
            Tree::Any(trees) => ConditionKind::Any(each(trees)),
            Tree::Not(tree) => ConditionKind::Not(Box::new(self.condition(tree, part))),
            Tree::Leaf(predicate) => {
                let leaf = LeafId(u16::try_from(self.plan.leaves.len()).unwrap());
                let clause = self.clause(ClauseKind::Comparison, &format!("leaf {}", leaf.0), part);
                self.plan.clauses.at_mut(clause).leaf = Some(leaf);
                self.plan.leaves.push(Leaf {
                    clause,
                    predicate: predicate.clone(),
                });
                ConditionKind::Leaf(leaf)
            }
        };
        Condition { part, kind }
    }

    /// Adds a stage; keys are optional or not.
    pub(super) fn stage(
        mut self,
        role: &str,
        category: Option<&str>,
        tree: &Tree,
        keys: &[(u16, bool)],
        runs: u8,
    ) -> Self {
        let part = self.part(PartId(0));
        let role = match role {
            "until" => Role::Until {
                clause: self.clause(ClauseKind::Until, "until", part),
            },
            "missing" => Role::Missing {
                clause: self.clause(ClauseKind::Missing, "missing event", part),
            },
            _ => Role::Positive,
        };
        let category = CategoryTest {
            field: FieldId(1),
            value: category.map(str::to_owned),
            clause: self.clause(ClauseKind::Category, "category", part),
        };
        let condition = self.condition(tree, part);
        let key = |(field, optional): &(u16, bool)| Key {
            field: FieldId(*field),
            optional: *optional,
        };
        self.plan.stages.push(Stage {
            role,
            runs,
            category: Some(category),
            condition,
            keys: keys.iter().map(key).collect(),
            part,
        });
        self
    }

    pub(super) fn events(self) -> Plan {
        self.plan
    }

    pub(super) fn sequence(mut self, maxspan: Option<i64>, joins: &[&str]) -> Plan {
        let order = self.clause(ClauseKind::Order, "order", PartId(0));
        let maxspan = maxspan.map(|millis| Limit {
            millis,
            clause: self.clause(ClauseKind::Maxspan, "maxspan", PartId(0)),
        });
        let joins = self.joins(joins);
        self.plan.operator = Operator::Sequence(Sequence {
            maxspan,
            order,
            joins,
        });
        self.plan
    }

    pub(super) fn sample(mut self, joins: &[&str]) -> Plan {
        let joins = self.joins(joins);
        self.plan.operator = Operator::Sample { joins };
        self.plan
    }

    fn joins(&mut self, names: &[&str]) -> Vec<Join> {
        let names = names.iter();
        names
            .map(|name| Join {
                clause: self.clause(ClauseKind::JoinKey, &format!("join {name}"), PartId(0)),
                name: (*name).to_owned(),
            })
            .collect()
    }
}

pub(super) const NAME: FieldId = FieldId(2);
pub(super) const PID: FieldId = FieldId(3);
pub(super) const TAGS: FieldId = FieldId(4);
pub(super) const K: u16 = 5;

/// `field == text`
pub(super) fn equals(field: FieldId, text: &str) -> Tree {
    Tree::Leaf(Predicate::Compare {
        field,
        comparison: Comparison::Equal,
        value: crate::event::Value::text(text),
    })
}

/// An event at this many milliseconds, with values; numbers are those that look so.
pub(super) fn event(millis: i64, fields: &[(&str, &str)]) -> Event {
    let mut event = Event::default();
    // Four digits alone would be a year.
    let millis = 1_700_000_000_000 + millis;
    event.push("@timestamp", Scalar::Number(millis.to_string().into()));
    for (path, value) in fields {
        event.push(path, Scalar::text(*value));
    }
    event
}
