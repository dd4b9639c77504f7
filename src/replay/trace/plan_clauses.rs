//! The clauses of a plan as coverage, mutation and explain know them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::clause::RuleClause;
use crate::diagnostic::QueryText;
use crate::plan::{Plan, Role};
use crate::replay::outcome::Place;

/// The clauses of a plan with their places in the rule file.
pub(super) fn clauses_of(plan: &Plan, query: &QueryText) -> Vec<RuleClause> {
    let mut wanted = BTreeMap::new();
    for stage in &plan.stages {
        // Of a missing event and `until` a match needs that there is none.
        let is_positive = stage.role == Role::Positive;
        let mut note = |leaf, bit| {
            wanted.insert(leaf, bit);
        };
        stage.condition.visit_leaves(is_positive, &mut note);
    }
    let clauses = plan.clause_names().filter_map(|(id, name)| {
        let clause = plan.clause(id)?;
        let fields = crate::replay::judge::record::fields_of(plan, id);
        let fields: Vec<_> = fields.into_iter().map(|id| plan.fields.at(id)).collect();
        let bit = clause.leaf.and_then(|leaf| wanted.get(&leaf)).copied();
        Some(RuleClause {
            name,
            kind: clause.kind,
            list: clause.kind.is_condition() && clause.leaf.is_none(),
            place: Place {
                source: Arc::clone(query.source()),
                span: query.locate(clause.span),
            },
            wanted: bit.is_none_or(|bit| bit != clause.negated),
            testable: fields.is_empty() || fields.iter().any(|field| field.family.is_some()),
            setting: None,
            fields: fields.iter().map(|field| field.path.clone()).collect(),
        })
    });
    clauses.collect()
}
