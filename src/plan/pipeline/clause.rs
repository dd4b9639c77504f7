//! The clauses of a pipeline: the smallest boolean parts of its conditions, each with the outcome
//! that a row needs of it.

use super::{ColumnId, Expr, ExprKind, Function, Operation, Pipeline};

/// The smallest part of a condition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PipelineClause<'p> {
    /// What is asked.
    pub expr: &'p Expr,
    /// The step that it belongs to.
    pub step: usize,
    /// What its outcome decides.
    pub role: ClauseRole,
    /// The outcome that keeps a row, counts it, or takes the branch: false below `not`.
    pub wanted: bool,
}

impl PipelineClause<'_> {
    /// The columns that it reads.
    pub fn columns(&self) -> Vec<ColumnId> {
        let mut columns = Vec::new();
        self.expr.add_columns(&mut columns);
        columns
    }
}

/// What the outcome of a clause decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClauseRole {
    /// Whether a row goes on.
    Filter,
    /// Whether a row takes part in an aggregate.
    AggregateFilter,
    /// Which value `CASE` gives.
    Case,
}

impl Pipeline {
    /// The clauses of all steps, in the order of the text.
    pub fn clauses(&self) -> Vec<PipelineClause<'_>> {
        let mut walk = Walk {
            step: 0,
            clauses: Vec::new(),
        };
        for (step, operation) in self.steps.iter().map(|step| &step.operation).enumerate() {
            walk.step = step;
            walk.operation(operation);
        }
        walk.clauses
    }

    /// Whether rows of the step are documents still: no group was made before it.
    pub fn is_by_document(&self, step: usize) -> bool {
        let mut before = self.steps.iter().take(step);
        !before.any(|step| matches!(step.operation, Operation::Group(_)))
    }
}

struct Walk<'p> {
    step: usize,
    clauses: Vec<PipelineClause<'p>>,
}

impl<'p> Walk<'p> {
    fn operation(&mut self, operation: &'p Operation) {
        match operation {
            Operation::Filter(conditions) => {
                for condition in conditions {
                    self.condition(condition, true, ClauseRole::Filter);
                }
            }
            Operation::Compute(fields) => {
                for field in fields {
                    self.cases(&field.expr);
                }
            }
            Operation::Group(group) | Operation::GroupJoin(group) => {
                for aggregate in &group.aggregates {
                    for argument in &aggregate.arguments {
                        self.cases(argument);
                    }
                    if let Some(filter) = &aggregate.filter {
                        self.condition(filter, true, ClauseRole::AggregateFilter);
                    }
                }
            }
            _ => {}
        }
    }

    fn condition(&mut self, expr: &'p Expr, wanted: bool, role: ClauseRole) {
        match &expr.kind {
            ExprKind::And(parts) | ExprKind::Or(parts) => {
                for part in parts {
                    self.condition(part, wanted, role);
                }
            }
            ExprKind::Not(inner) => self.condition(inner, !wanted, role),
            ExprKind::Constant(_) => {}
            _ => {
                self.clauses.push(PipelineClause {
                    expr,
                    step: self.step,
                    role,
                    wanted,
                });
                self.cases(expr);
            }
        }
    }

    /// The conditions of every CASE in an expression.
    fn cases(&mut self, expr: &'p Expr) {
        let ExprKind::Call(Function::Case, arguments) = &expr.kind else {
            for child in expr.children() {
                self.cases(child);
            }
            return;
        };
        let mut pairs = arguments.chunks_exact(2);
        for pair in &mut pairs {
            if let [condition, value] = pair {
                self.condition(condition, true, ClauseRole::Case);
                self.cases(value);
            }
        }
        for default in pairs.remainder() {
            self.cases(default);
        }
    }
}
