//! Warnings as Elasticsearch gives them: what failed and was read as null.

use indexmap::IndexMap;

pub(super) use crate::diagnostic::esql_warning::EsqlFailure as Failure;
use crate::diagnostic::esql_warning::{EsqlWarning, LineColumn};
use crate::plan::pipeline::{LocationId, Pipeline};

/// How many failures of one expression are recorded.
const RECORDED: usize = 20;

/// How a failed expression is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum ReadAs {
    Null,
    False,
}

/// The failures so far, by expression.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    failed: IndexMap<(LocationId, ReadAs), Vec<Failure>>,
}

impl Warnings {
    /// Records a failure.
    pub(super) fn add(&mut self, location: LocationId, read_as: ReadAs, failure: &Failure) {
        let recorded = self.failed.entry((location, read_as)).or_default();
        if recorded.len() < RECORDED && !recorded.contains(failure) {
            recorded.push(failure.clone());
        }
    }

    /// Whether nothing failed.
    pub(super) fn is_empty(&self) -> bool {
        self.failed.is_empty()
    }

    /// The warnings, those of the query first.
    pub(super) fn all(&self, pipeline: &Pipeline) -> Vec<EsqlWarning> {
        let mut all = pipeline.warnings.clone();
        for ((location, read_as), failures) in &self.failed {
            let Some(location) = pipeline.location(*location) else {
                continue;
            };
            let place = LineColumn {
                line: location.line,
                column: location.column,
            };
            let expected = match read_as {
                ReadAs::Null => "null",
                ReadAs::False => "false",
            };
            all.push(EsqlWarning::Failed {
                place,
                expression: location.text().to_owned(),
                expected,
                most: RECORDED,
            });
            all.extend(failures.iter().map(|why| EsqlWarning::FailedBecause {
                place,
                why: why.clone(),
            }));
        }
        all
    }
}
