//! A query on one schema: the only place where a language's check and lowering are called.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::evaluate::{Patterns, QueryFailure};
use crate::event::{Schema, Timestamp};
use crate::language::QueryError;
use crate::language::eql::{self, OptionalFields, Settings, syntax};
use crate::plan::Plan;
use crate::rule::FieldOverrides;

/// Parses the text of a query; what can be read of a text with errors comes with them.
pub fn parse(text: &str) -> eql::Parsed {
    eql::parse(text)
}

/// The fields that a request names by itself: Elasticsearch's defaults and what the rule overrides.
pub fn request_fields(overrides: &FieldOverrides) -> Settings {
    let defaults = Settings::default();
    let or = |own: &Option<String>, default: String| own.clone().unwrap_or(default);
    Settings {
        timestamp: or(&overrides.timestamp, defaults.timestamp),
        category: or(&overrides.category, defaults.category),
        tiebreaker: overrides.tiebreaker.clone(),
    }
}

/// Every field that a request reads: those of the query and those that the request names.
pub fn fields_of<'q>(query: &'q syntax::Query, settings: &'q Settings) -> BTreeSet<&'q str> {
    let mut fields = eql::fields(query);
    fields.extend([settings.timestamp.as_str(), settings.category.as_str()]);
    fields.extend(settings.tiebreaker.as_deref());
    fields
}

/// A parsed query and what it is compiled with.
#[derive(Debug, Clone, Copy)]
pub struct Query<'q> {
    /// The query.
    pub syntax: &'q syntax::Query,
    /// The types of the fields.
    pub schema: &'q Schema,
    /// The fields that the request names.
    pub settings: &'q Settings,
    /// What date math in constants counts from.
    pub now: Timestamp,
}

/// A query that Elasticsearch would run on its schema.
#[derive(Debug)]
pub struct CompiledQuery {
    /// The plan, with unmapped optional fields as missing.
    pub plan: Arc<Plan>,
    /// Its patterns, compiled once for all runs; the failure is the query's own.
    pub patterns: Result<Patterns, QueryFailure>,
    /// The plan with unmapped optional fields folded as Elasticsearch's optimizer folds them,
    /// where there are any.
    pub folded: Option<Arc<Plan>>,
    /// The unmapped optional fields.
    pub unmapped: Vec<String>,
    /// The fields whose type is only assumed.
    pub assumed: Vec<String>,
    /// The types of the fields.
    pub schema: Schema,
    /// The fields that the request names.
    pub settings: Settings,
    /// What date math in constants counts from.
    pub now: Timestamp,
}

impl Query<'_> {
    /// Compiles it; on refusal every reason, in the order of the text.
    pub fn compile(&self) -> Result<CompiledQuery, Vec<QueryError>> {
        let checked = eql::check(self.syntax, self.schema, self.settings)?;
        let lower = |optional| {
            let plan = eql::lower(&checked, optional, self.now);
            plan.map(Arc::new).map_err(|error| vec![error])
        };
        let unmapped: Vec<String> = checked.unmapped_optional().map(str::to_owned).collect();
        let plan = lower(OptionalFields::Missing)?;
        let folded = match unmapped.as_slice() {
            [] => None,
            _ => Some(lower(OptionalFields::Folded)?),
        };
        Ok(CompiledQuery {
            patterns: Patterns::of(&plan),
            plan,
            folded,
            unmapped,
            assumed: checked.assumed().map(str::to_owned).collect(),
            schema: self.schema.clone(),
            settings: self.settings.clone(),
            now: self.now,
        })
    }

    /// Only its plan, with unmapped optional fields as `optional` says.
    pub fn plan(&self, optional: OptionalFields) -> Result<Plan, Vec<QueryError>> {
        let checked = eql::check(self.syntax, self.schema, self.settings)?;
        eql::lower(&checked, optional, self.now).map_err(|error| vec![error])
    }

    /// Its plan without the texts of clauses, for callers that only ask which events match.
    pub fn plan_without_texts(&self) -> Result<Plan, Vec<QueryError>> {
        let checked = eql::check(self.syntax, self.schema, self.settings)?;
        eql::lower_wordless(&checked, self.now).map_err(|error| vec![error])
    }

    /// Whether Elasticsearch would run it; on refusal every reason.
    pub fn check(&self) -> Result<(), Vec<QueryError>> {
        eql::check(self.syntax, self.schema, self.settings).map(|_| ())
    }
}
