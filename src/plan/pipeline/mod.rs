//! A query as a pipeline of steps over rows: what ES|QL lowers to. Language-neutral and typed, so
//! that another back end could lower it further.
//!
//! Columns are numbered once for the whole pipeline; a step reads columns and writes columns.
//! Choosing, dropping and renaming columns costs nothing: it only decides which names
//! [`Pipeline::outputs`] has in the end.

pub mod aggregate;
pub mod cell;
mod clause;
pub mod expression;
pub mod function;
pub mod grok;
mod paths;
pub mod signature;
mod timespan;
mod types;

pub use aggregate::{Aggregate, AggregateFunction};
pub use cell::{Cell, NullReason};
pub use clause::{ClauseRole, PipelineClause};
pub use expression::{Expr, ExprKind, Operator};
pub use function::Function;
pub use grok::GrokPattern;
pub use timespan::Timespan;
pub use types::{DataType, TypeSet};

use std::sync::Arc;

use crate::diagnostic::esql_warning::EsqlWarning;
use crate::diagnostic::{SourceText, Span};
use crate::event::schema::MappedField;

/// The number of a column in [`Pipeline::columns`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ColumnId(pub u32);

/// The number of a place of the query's text in [`Pipeline::locations`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LocationId(pub u32);

impl ColumnId {
    /// As an index into [`Pipeline::columns`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl LocationId {
    /// As an index into [`Pipeline::locations`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A query that has been checked against one schema and can be run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pipeline {
    /// Every column that a step reads or writes.
    pub columns: Vec<Column>,
    /// Where the rows come from.
    pub source: Source,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// The columns of the answer, in order.
    pub outputs: Vec<Output>,
    /// The parts of the query's text that expressions and steps come from.
    pub locations: Vec<Location>,
    /// Warnings that are known before any row is read.
    pub warnings: Vec<EsqlWarning>,
}

impl Pipeline {
    /// Whether each row is an event: the query has no STATS.
    pub fn is_by_event(&self) -> bool {
        let mut steps = self.steps.iter();
        !steps.any(|step| matches!(step.operation, Operation::Group(_)))
    }

    /// Whether an event alerts once, whatever executions find it: without STATS, and with `_id`
    /// (Kibana's `esql` executor).
    pub fn is_deduplicated(&self) -> bool {
        self.is_by_event() && self.outputs.iter().any(|output| output.name == "_id")
    }

    /// The outputs that the query computes, by place and name; those of the event itself are shown
    /// with it.
    pub fn computed_outputs(&self) -> Vec<(usize, &str)> {
        let outputs = self.outputs.iter().enumerate();
        let computed = outputs.filter(|(_, output)| {
            let column = output.column.and_then(|id| self.column(id));
            column.is_some_and(|column| column.origin == ColumnOrigin::Computed)
        });
        computed
            .map(|(place, output)| (place, output.name.as_str()))
            .collect()
    }
}

/// Where the rows come from.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Source {
    /// One row a document, in the order of the documents.
    #[default]
    Documents,
    /// One row of constants.
    Row(Vec<Computed>),
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name where it was made; a rename does not change it.
    pub name: String,
    /// Its type.
    pub data_type: DataType,
    /// Where its values come from.
    pub origin: ColumnOrigin,
}

/// Where the values of a column come from.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnOrigin {
    /// A field of the document.
    Field {
        /// For each mapping of the schema, how the field is read there; `None` where it is
        /// unmapped.
        readers: Vec<Option<MappedField>>,
        /// The conversion that each value passes at once, for a field whose types differ between
        /// mappings.
        conversion: Option<(Function, LocationId)>,
    },
    /// Something about the document.
    Metadata(Metadata),
    /// `_ignored`: which of these fields has a value that is not indexed, each as the mappings of
    /// the schema read it.
    Ignored(Vec<(String, Vec<Option<MappedField>>)>),
    /// A step writes it.
    Computed,
}

/// The metadata fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Metadata {
    /// `_id`
    Id,
    /// `_index`
    Index,
    /// `_version`
    Version,
    /// `_source`: the document as JSON
    Source,
    /// `_score`
    Score,
    /// `_index_mode`
    IndexMode,
}

/// One step of a pipeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The command that it comes from.
    pub location: LocationId,
    /// What it does.
    pub operation: Operation,
}

/// The operation of a step.
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    /// Reads columns from the document of each row. Stands before the first step that needs them.
    Load(Vec<ColumnId>),
    /// Keeps the rows for which every condition is true; false and null both drop the row.
    Filter(Vec<Expr>),
    /// Computes columns, left to right.
    Compute(Vec<Computed>),
    /// One row a group.
    Group(Group),
    /// The rows as they are, each with the aggregates of its group.
    GroupJoin(Group),
    /// Puts the rows in order; rows that compare equal keep theirs.
    Sort(Vec<SortKey>),
    /// The first rows.
    Limit(u64),
    /// One row a value of the column.
    Expand {
        /// The column with several values.
        from: ColumnId,
        /// The column that has one.
        into: ColumnId,
    },
    /// Cuts a text at delimiters.
    Dissect {
        /// The text.
        input: Expr,
        /// How it is cut.
        pattern: DissectPattern,
        /// The columns of the keys, in the order of [`DissectPattern::keys`].
        into: Vec<ColumnId>,
    },
    /// Takes parts of a text by regular expressions; the first that matches counts.
    Grok {
        /// The text.
        input: Expr,
        /// The patterns.
        patterns: Vec<GrokPattern>,
        /// The columns, each with the name that the patterns give it.
        into: Vec<GrokColumn>,
    },
    /// Asks a language model. The answers come with the request.
    Complete {
        /// What is asked.
        prompt: Expr,
        /// The column of the answer.
        into: ColumnId,
    },
    /// Joins rows of a table by equality of columns.
    Lookup(Lookup),
}

/// A column and the expression that gives its values.
#[derive(Debug, Clone, PartialEq)]
pub struct Computed {
    /// The column.
    pub column: ColumnId,
    /// The expression.
    pub expr: Expr,
}

/// Groups rows by keys and aggregates each group.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The keys.
    pub keys: Vec<GroupKey>,
    /// The aggregates.
    pub aggregates: Vec<Aggregate>,
}

/// A key of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupKey {
    /// The column of the rows; each distinct value of a cell with several is a key.
    pub from: ColumnId,
    /// The column of the group.
    pub into: ColumnId,
}

/// One key of an order.
#[derive(Debug, Clone, PartialEq)]
pub struct SortKey {
    /// What is compared.
    pub expr: Expr,
    /// Greatest first.
    pub descending: bool,
    /// Where nulls stand.
    pub nulls_first: bool,
}

/// A dissect pattern: a literal, then keys each followed by a literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DissectPattern {
    /// What the text begins with.
    pub prefix: String,
    /// The parts after it.
    pub parts: Vec<DissectPart>,
    /// What stands between appended parts.
    pub separator: String,
}

/// One key of a dissect pattern and the literal behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DissectPart {
    /// The name; empty for a part that is left out.
    pub key: String,
    /// `+`: joined to the other parts of the same name.
    pub append: bool,
    /// `/n`: the place among the joined parts.
    pub order: Option<u32>,
    /// `->`: the literal behind it may be repeated.
    pub padded: bool,
    /// The literal behind it; empty at the end.
    pub delimiter: String,
}

impl DissectPattern {
    /// The names of the keys, each once, in order.
    pub fn keys(&self) -> Vec<&str> {
        let mut keys = Vec::new();
        for part in &self.parts {
            if !part.key.is_empty() && !keys.contains(&part.key.as_str()) {
                keys.push(part.key.as_str());
            }
        }
        keys
    }
}

/// A column that a grok pattern fills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrokColumn {
    /// The name in the pattern.
    pub name: String,
    /// Its type in the pattern.
    pub data_type: DataType,
    /// The column.
    pub column: ColumnId,
}

/// A join with a table by equality of columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Lookup {
    /// The table's name.
    pub table: String,
    /// `(column of the row, column of the table)`
    pub on: Vec<(ColumnId, String)>,
    /// The columns of the table that the rows get.
    pub columns: Vec<(String, ColumnId)>,
    /// One row a matching row of the table; else all matches in one row.
    pub one_row_a_match: bool,
}

/// A column of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// Its type.
    pub data_type: DataType,
    /// Where its values stand; `None` for a column that cannot be used and is null in every row.
    pub column: Option<ColumnId>,
}

/// A part of the query's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Its bytes.
    pub span: Span,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The whole query.
    pub source: Arc<SourceText>,
}

impl Location {
    /// The text itself.
    pub fn text(&self) -> &str {
        self.source.slice(self.span)
    }
}

impl Pipeline {
    /// A column by its number.
    pub fn column(&self, id: ColumnId) -> Option<&Column> {
        self.columns.get(id.index())
    }

    /// A location by its number.
    pub fn location(&self, id: LocationId) -> Option<&Location> {
        self.locations.get(id.index())
    }
}
