//! Warnings as Elasticsearch gives them: what failed and was read as null.

use indexmap::IndexMap;

use crate::plan::pipeline::{LocationId, Pipeline};

/// How many failures of one expression are recorded.
const RECORDED: usize = 20;

/// Why a function gives no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure(pub(super) String);

impl Failure {
    /// An argument of the wrong content.
    pub(super) fn argument(message: impl std::fmt::Display) -> Self {
        Self(format!("java.lang.IllegalArgumentException: {message}"))
    }

    /// A result out of range.
    pub(super) fn arithmetic(message: impl std::fmt::Display) -> Self {
        Self(format!("java.lang.ArithmeticException: {message}"))
    }

    /// A value that cannot be converted.
    pub(super) fn conversion(message: impl std::fmt::Display) -> Self {
        let class = "org.elasticsearch.xpack.esql.core.InvalidArgumentException";
        Self(format!("{class}: {message}"))
    }

    /// Several values where one is taken.
    pub(super) fn several() -> Self {
        Self::argument("single-value function encountered multi-value")
    }
}

/// How a failed expression is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum ReadAs {
    Null,
    False,
}

/// The failures so far, by expression.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    failed: IndexMap<(LocationId, ReadAs), Vec<String>>,
}

impl Warnings {
    /// Records a failure.
    pub(super) fn add(&mut self, location: LocationId, read_as: ReadAs, failure: &Failure) {
        let recorded = self.failed.entry((location, read_as)).or_default();
        if recorded.len() < RECORDED && !recorded.contains(&failure.0) {
            recorded.push(failure.0.clone());
        }
    }

    /// Whether nothing failed.
    pub(super) fn is_empty(&self) -> bool {
        self.failed.is_empty()
    }

    /// The warnings in words.
    pub(super) fn lines(&self, pipeline: &Pipeline) -> Vec<String> {
        let mut lines = pipeline.warnings.clone();
        for ((location, read_as), failures) in &self.failed {
            let Some(location) = pipeline.location(*location) else {
                continue;
            };
            let place = format!("Line {}:{}", location.line, location.column);
            let read_as = match read_as {
                ReadAs::Null => "null",
                ReadAs::False => "false",
            };
            lines.push(format!(
                "{place}: evaluation of [{}] failed, treating result as {read_as}. Only first {RECORDED} failures recorded.",
                location.text()
            ));
            lines.extend(failures.iter().map(|failure| format!("{place}: {failure}")));
        }
        lines
    }
}
