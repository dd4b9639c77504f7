//! An ES|QL query on one schema: the only place where its check is called.

use std::sync::Arc;

use crate::diagnostic::Span;
use crate::evaluate::pipeline::{RequestData, TableRows};
use crate::event::{FieldType, Mapping, Schema};
use crate::language::esql::check::Table;
use crate::language::esql::{self, CheckContext, syntax};
use crate::language::{QueryError, kql};
use crate::plan::pipeline::Pipeline;

/// An ES|QL query of a rule.
#[derive(Debug, Clone)]
pub struct EsqlQuery {
    /// Its text, without white space around it.
    pub text: Arc<str>,
    /// Its tree.
    pub tree: syntax::Query,
    /// What comes with the request.
    pub given: Arc<RequestData>,
}

impl EsqlQuery {
    pub(super) fn new(text: &str) -> Result<Self, Vec<QueryError>> {
        Ok(Self {
            tree: esql::parse(text).into_result()?,
            text: text.into(),
            given: Arc::default(),
        })
    }

    /// The query with what comes with its request.
    #[must_use]
    pub fn with(mut self, given: Arc<RequestData>) -> Self {
        self.given = given;
        self
    }

    /// The query with `METADATA _id`, which Kibana adds to the query of a rule that has neither it nor
    /// STATS (`getTransformedQuery`).
    fn with_id(&self) -> Option<syntax::Query> {
        let mut query = self.tree.clone();
        if query.is_aggregating() {
            return None;
        }
        let syntax::Source::From { metadata, span, .. } = &mut query.source else {
            return None;
        };
        if metadata.iter().any(|name| name.text == "_id") {
            return None;
        }
        metadata.push(syntax::Name {
            text: "_id".to_owned(),
            is_pattern: false,
            span: *span,
        });
        Some(query)
    }

    /// A query in KQL that selects every document from which some row may come.
    pub(super) fn selection(&self, mapping: &Mapping) -> kql::syntax::Query {
        let is_exact = |name: &str| {
            let field = mapping.get(name);
            field.is_some_and(|field| {
                matches!(
                    field.field_type,
                    FieldType::Keyword { .. }
                        | FieldType::Wildcard { .. }
                        | FieldType::ConstantKeyword { .. }
                )
            })
        };
        let text = esql::selection(&self.tree, is_exact);
        // Only more documents are looked at where KQL cannot say it.
        kql::parse(&text).unwrap_or(kql::syntax::Query {
            span: Span::of(0..0),
            condition: None,
        })
    }

    /// The pipeline on the types of the fields that the query names.
    pub(super) fn compile(&self, schema: &Schema) -> Result<Pipeline, Vec<QueryError>> {
        let tables: Vec<Table> = self.given.tables.iter().map(table_of).collect();
        let with_id = self.with_id();
        let query = PipelineQuery {
            text: &self.text,
            syntax: with_id.as_ref().unwrap_or(&self.tree),
            schema,
            settings: CheckContext {
                is_partial: true,
                has_answers: !self.given.answers.is_empty(),
                tables: &tables,
            },
        };
        query.compile()
    }
}

/// A table as the check of a query sees it.
fn table_of(rows: &TableRows) -> Table {
    let types = rows.types.iter().copied();
    Table {
        name: rows.name.clone(),
        match_field: rows.match_field.clone(),
        columns: rows.columns.iter().cloned().zip(types).collect(),
    }
}

/// Parses the text of an ES|QL query; what can be read of a text with errors comes with them.
pub fn parse_pipeline(text: &str) -> esql::Parsed {
    esql::parse(text)
}

/// An ES|QL query and what it is compiled with.
#[derive(Debug, Clone, Copy)]
pub struct PipelineQuery<'q> {
    /// Its text.
    pub text: &'q str,
    /// Its tree.
    pub syntax: &'q syntax::Query,
    /// The mappings of the indices that it reads.
    pub schema: &'q Schema,
    /// What comes with the request.
    pub settings: CheckContext<'q>,
}

impl PipelineQuery<'_> {
    /// The pipeline; on refusal every reason, in the order of the text.
    pub fn compile(&self) -> Result<Pipeline, Vec<QueryError>> {
        esql::check(self.text, self.syntax, self.schema, self.settings)
    }
}

/// Whether a query has a `STATS`, so that its rows are groups and no events.
pub fn groups_rows(text: &str) -> bool {
    let parsed = esql::parse(text);
    parsed.query.is_some_and(|query| query.is_aggregating())
}
