//! The columns that a query gives in the end, on each data source that the rule searches.

use std::sync::Arc;

use crate::compile::{Query, Syntax};
use crate::evaluate::pipeline::{CompletionAnswer, RequestData};
use crate::event::schema::Origin;
use crate::event::{Schema, Timestamp};
use crate::lint::Search;
use crate::plan::pipeline::{ColumnOrigin, DataType, Pipeline};

/// The columns of the result on one data source.
pub(in crate::lint) struct ResultColumns {
    /// In order.
    pub(in crate::lint) columns: Vec<ResultColumn>,
    /// Whether all types are declared: no field that the query reads has one that is a guess by its
    /// use.
    pub(in crate::lint) has_declared_types: bool,
}

/// A column of the result.
pub(in crate::lint) struct ResultColumn {
    pub(in crate::lint) name: String,
    pub(in crate::lint) data_type: DataType,
    /// A command makes it; it is no field of the document.
    pub(in crate::lint) is_computed: bool,
}

impl ResultColumns {
    fn of(pipeline: &Pipeline, has_declared_types: bool) -> Self {
        let columns = pipeline.outputs.iter().map(|output| {
            let column = output.column.and_then(|id| pipeline.column(id));
            ResultColumn {
                name: output.name.clone(),
                data_type: output.data_type,
                is_computed: column.is_some_and(|own| own.origin == ColumnOrigin::Computed),
            }
        });
        Self {
            columns: columns.collect(),
            has_declared_types,
        }
    }
}

/// The columns on each claimed data source on which the query can be run.
pub(in crate::lint) fn result_columns(search: &Search<'_>) -> Vec<ResultColumns> {
    let Syntax::Esql(query) = search.syntax else {
        return Vec::new();
    };
    // What a model would answer changes no column.
    let given = RequestData {
        answers: vec![CompletionAnswer {
            prompt: String::new(),
            answer: String::new(),
        }],
        ..RequestData::default()
    };
    let syntax = Syntax::Esql(query.clone().with(Arc::new(given)));
    let on_each = search.claims.iter().filter_map(|claim| {
        let schema = Schema::new(vec![claim.mapping.clone()]);
        let query = Query {
            syntax: &syntax,
            schema: &schema,
            settings: search.settings,
            now: Timestamp::default(),
        };
        let mut fields = claim.mapping.fields();
        let is_declared = fields.all(|(_, field)| field.origin != Origin::Inferred);
        let pipeline = query.pipeline()?.ok()?;
        Some(ResultColumns::of(&pipeline, is_declared))
    });
    on_each.collect()
}
