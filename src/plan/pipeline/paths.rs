//! What a pipeline reads of documents.

use super::{ColumnOrigin, Expr, ExprKind, Metadata, Operation, Pipeline, Source};
use crate::event::schema::MappedField;

impl Pipeline {
    /// The paths of documents that it reads: of columns, and of search conditions, which look at the
    /// document itself. `None` where it reads documents as a whole.
    pub fn paths(&self) -> Option<Vec<String>> {
        let mut paths = Vec::new();
        for column in &self.columns {
            match &column.origin {
                ColumnOrigin::Field { readers, .. } => {
                    for path in readers.iter().flatten().flat_map(MappedField::sources) {
                        paths.extend([
                            path.to_owned(),
                            format!("{path}.lat"),
                            format!("{path}.lon"),
                        ]);
                    }
                }
                ColumnOrigin::Metadata(Metadata::Source) | ColumnOrigin::Ignored(_) => return None,
                ColumnOrigin::Metadata(_) | ColumnOrigin::Computed => {}
            }
        }
        let mut exprs: Vec<&Expr> = self
            .steps
            .iter()
            .flat_map(|s| exprs(&s.operation))
            .collect();
        if let Source::Row(fields) = &self.source {
            exprs.extend(fields.iter().map(|field| &field.expr));
        }
        while let Some(expr) = exprs.pop() {
            if let ExprKind::Search(plan) = &expr.kind {
                paths.extend(plan.paths());
            }
            exprs.extend(expr.children());
        }
        paths.sort();
        paths.dedup();
        Some(paths)
    }
}

/// The expressions of an operation.
fn exprs(operation: &Operation) -> Vec<&Expr> {
    match operation {
        Operation::Filter(conditions) => conditions.iter().collect(),
        Operation::Compute(fields) => fields.iter().map(|field| &field.expr).collect(),
        Operation::Group(group) | Operation::GroupJoin(group) => {
            let aggregates = group.aggregates.iter();
            aggregates
                .flat_map(|aggregate| aggregate.arguments.iter().chain(&aggregate.filter))
                .collect()
        }
        Operation::Sort(keys) => keys.iter().map(|key| &key.expr).collect(),
        Operation::Dissect { input, .. } | Operation::Grok { input, .. } => vec![input],
        Operation::Complete { prompt, .. } => vec![prompt],
        Operation::Load(_)
        | Operation::Limit(_)
        | Operation::Expand { .. }
        | Operation::Lookup(_) => Vec::new(),
    }
}
