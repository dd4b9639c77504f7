//! Names and types: syntax tree → pipeline, or what Elasticsearch would refuse.
//!
//! One walk over the commands. A scope holds the columns that the next command sees; a field of
//! the mappings becomes a column of the pipeline where it is first used, so that no row holds what
//! the query does not read.

mod arithmetic;
mod call;
mod command;
mod constant;
mod expression;
mod extract;
mod project;
mod scope;
mod search;
mod source;
mod stats;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use self::scope::{Binding, Scope, ScopeColumn};
use self::stats::StatsScope;
use super::syntax::Query;
use crate::diagnostic::esql_warning::EsqlWarning;
use crate::diagnostic::{SourceText, Span};
use crate::event::Schema;
use crate::language::QueryError;
use crate::plan::pipeline::{
    Column, ColumnId, ColumnOrigin, DataType, Function, Location, LocationId, Operation, Output,
    Pipeline, Step,
};

/// The most rows of an answer whose query has no LIMIT.
pub const DEFAULT_LIMIT: u64 = 1_000;
/// The most rows that LIMIT can ask for.
pub const MAX_LIMIT: u64 = 10_000;

/// What a check needs beside the query and the mappings.
#[derive(Debug, Clone, Copy, Default)]
pub struct CheckContext<'a> {
    /// The answers of COMPLETION come with the request.
    pub has_answers: bool,
    /// The schema holds only fields that the query names, so that a pattern of KEEP or DROP may
    /// match none.
    pub is_partial: bool,
    /// The tables of LOOKUP JOIN and ENRICH, by name.
    pub tables: &'a [Table],
}

/// A table that rows can be joined with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The lookup index or the policy.
    pub name: String,
    /// The column that a policy matches; none for a lookup index.
    pub match_field: Option<String>,
    /// Its columns.
    pub columns: Vec<(String, DataType)>,
}

/// Checks a query against the mappings of the indices that it reads, and lowers it.
pub fn check(
    text: &str,
    query: &Query,
    schema: &Schema,
    settings: CheckContext<'_>,
) -> Result<Pipeline, Vec<QueryError>> {
    let mut checker = Checker::new(text, schema, settings);
    checker.source(&query.source);
    for command in &query.commands {
        checker.command(command);
    }
    checker.finish()
}

/// Marks that an error was recorded.
#[derive(Debug)]
struct Failed;

type Result<T, E = Failed> = std::result::Result<T, E>;

struct Checker<'a> {
    source: Arc<SourceText>,
    schema: &'a Schema,
    settings: CheckContext<'a>,
    pipeline: Pipeline,
    scope: Scope,
    /// The columns of the fields that were used so far, by path and conversion.
    fields: BTreeMap<(String, Option<Function>), ColumnId>,
    /// Columns that the next step needs and no step has read yet.
    loads: Vec<ColumnId>,
    /// The keys and aggregates of the STATS that is being checked.
    stats: Option<StatsScope>,
    /// The first command that ends full-text search.
    no_search_after: Option<&'static str>,
    has_limit: bool,
    /// The unknown names that were reported: each is once.
    unknown: BTreeSet<String>,
    errors: Vec<QueryError>,
}

impl<'a> Checker<'a> {
    fn new(text: &str, schema: &'a Schema, settings: CheckContext<'a>) -> Self {
        Self {
            source: SourceText::new("query", text),
            schema,
            settings,
            pipeline: Pipeline::default(),
            scope: Scope::default(),
            fields: BTreeMap::new(),
            loads: Vec::new(),
            stats: None,
            no_search_after: None,
            has_limit: false,
            unknown: BTreeSet::new(),
            errors: Vec::new(),
        }
    }

    fn finish(mut self) -> std::result::Result<Pipeline, Vec<QueryError>> {
        let end = Span::of(self.source.text().len()..self.source.text().len());
        if !self.has_limit {
            let warning = EsqlWarning::DefaultLimit {
                limit: DEFAULT_LIMIT,
            };
            self.pipeline.warnings.push(warning);
            self.step(end, Operation::Limit(DEFAULT_LIMIT));
        }
        for column in self.scope.columns() {
            let bound = match &column.binding {
                Binding::Column(id) => Some(*id),
                Binding::Field(path) => Some(self.field_column(path, column.data_type)),
                Binding::Ambiguous(_) | Binding::Unusable(_) => None,
            };
            self.pipeline.outputs.push(Output {
                name: column.name,
                data_type: column.data_type,
                column: bound,
            });
        }
        self.flush_loads(end);
        if self.errors.is_empty() {
            Ok(self.pipeline)
        } else {
            self.errors.sort_by_key(|error| error.span);
            self.errors.dedup();
            Err(self.errors)
        }
    }

    /// Records an error.
    fn fail(&mut self, error: QueryError) -> Failed {
        self.errors.push(error);
        Failed
    }

    fn text_of(&self, span: Span) -> &str {
        self.source.slice(span)
    }

    fn location(&mut self, span: Span) -> LocationId {
        let (line, column) = self.source.line_column(span.start);
        let location = Location {
            span,
            line,
            column,
            source: Arc::clone(&self.source),
        };
        // A command's parts are often asked for again right away.
        if self.pipeline.locations.last() != Some(&location) {
            self.pipeline.locations.push(location);
        }
        let last = self.pipeline.locations.len().saturating_sub(1);
        LocationId(u32::try_from(last).unwrap_or(u32::MAX))
    }

    /// Adds a step behind the loading of what it needs.
    fn step(&mut self, span: Span, operation: Operation) {
        self.flush_loads(span);
        let location = self.location(span);
        self.pipeline.steps.push(Step {
            location,
            operation,
        });
    }

    fn flush_loads(&mut self, span: Span) {
        if self.loads.is_empty() {
            return;
        }
        let location = self.location(span);
        let operation = Operation::Load(std::mem::take(&mut self.loads));
        self.pipeline.steps.push(Step {
            location,
            operation,
        });
    }

    fn add_column(&mut self, name: &str, data_type: DataType, origin: ColumnOrigin) -> ColumnId {
        let id = ColumnId(u32::try_from(self.pipeline.columns.len()).unwrap_or(u32::MAX));
        self.pipeline.columns.push(Column {
            name: name.to_owned(),
            data_type,
            origin,
        });
        id
    }

    /// A column that a step writes.
    fn computed(&mut self, name: &str, data_type: DataType) -> ColumnId {
        self.add_column(name, data_type, ColumnOrigin::Computed)
    }

    /// Puts a computed column into the scope: an old one of the same name goes, the new one
    /// stands at the end.
    fn define(&mut self, name: &str, data_type: DataType, id: ColumnId) {
        self.scope.put(ScopeColumn {
            name: name.to_owned(),
            data_type,
            binding: Binding::Column(id),
        });
    }
}
