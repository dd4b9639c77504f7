//! A query on one schema: the only place where a language's check and lowering are called.

use std::sync::Arc;

use super::fields_read::FieldsRead;
use super::syntax::{Syntax, within_limit};
use crate::evaluate::pipeline::RequestData;
use crate::evaluate::{Patterns, QueryFailure};
use crate::event::schema::Origin;
use crate::event::{Mapping, Schema, Timestamp};
use crate::language::eql::{self, OptionalFields, RequestFieldNames};
use crate::language::{QueryError, RequestFields, kql, lucene};
use crate::plan::Plan;
use crate::plan::pipeline::Pipeline;
use crate::rule::FieldOverrides;

/// Parses the text of an EQL query; what can be read of a text with errors comes with them.
pub fn parse(text: &str) -> eql::Parsed {
    match within_limit(text) {
        Ok(()) => eql::parse(text),
        Err(error) => eql::Parsed {
            query: None,
            errors: vec![error],
        },
    }
}

/// The fields that a request names by itself: Elasticsearch's defaults and what the rule overrides.
pub fn request_fields(overrides: &FieldOverrides) -> RequestFieldNames {
    let defaults = RequestFieldNames::default();
    let or = |own: &Option<String>, default: String| own.clone().unwrap_or(default);
    RequestFieldNames {
        timestamp: or(&overrides.timestamp, defaults.timestamp),
        category: or(&overrides.category, defaults.category),
        tiebreaker: overrides.tiebreaker.clone(),
    }
}

/// Every field that a request reads: those of the query and those that the request names.
pub fn fields_of(syntax: &Syntax, settings: &RequestFieldNames) -> FieldsRead {
    let mut fields = syntax.fields();
    fields.add(&settings.timestamp);
    if matches!(syntax, Syntax::Eql(_)) {
        fields.add(&settings.category);
    }
    if let Some(tiebreaker) = &settings.tiebreaker {
        fields.add(tiebreaker);
    }
    fields
}

/// A parsed query and what it is compiled with.
#[derive(Debug, Clone, Copy)]
pub struct Query<'q> {
    /// The query.
    pub syntax: &'q Syntax,
    /// The types of the fields.
    pub schema: &'q Schema,
    /// The fields that the request names.
    pub settings: &'q RequestFieldNames,
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
    /// where there are any, and its patterns.
    pub folded: Option<(Plan, Result<Patterns, QueryFailure>)>,
    /// The unmapped optional fields.
    pub unmapped: Vec<String>,
    /// The fields whose type is only assumed.
    pub assumed: Vec<String>,
    /// What an ES|QL query does with the documents that the plan selects.
    pub pipeline: Option<Pipeline>,
    /// What came with the request of an ES|QL query.
    pub given: Arc<RequestData>,
    /// The types of the fields.
    pub schema: Schema,
    /// The fields that the request names.
    pub settings: RequestFieldNames,
    /// What date math in constants counts from.
    pub now: Timestamp,
    /// The types of the fields in the indices that are searched beside this one, where they are
    /// heeded.
    pub beside: Vec<Mapping>,
    /// The query, where it asks something else at another time.
    dated: Option<Arc<Syntax>>,
}

/// Later than the times that queries are compiled for, by parts of every unit that date math knows.
const ANOTHER_TIME: Timestamp = Timestamp::from_millis(2_345_678_901_234);

impl CompiledQuery {
    /// What the query asks when it is run at this time; `None` where the time plays no part.
    pub fn at(&self, now: Timestamp) -> Option<Plan> {
        let query = Query {
            syntax: self.dated.as_deref()?,
            schema: &self.schema,
            settings: &self.settings,
            now,
        };
        query.plan(OptionalFields::Missing).ok()
    }
}

impl Query<'_> {
    /// Whether it asks something else at another time: date math in it counts from `now`. Of ES|QL
    /// nothing is said, whose pipeline receives the time of each execution.
    pub fn depends_on_now(&self) -> bool {
        if matches!(self.syntax, Syntax::Esql(_)) || !self.syntax.mentions_now() {
            return false;
        }
        let at = |now| Query { now, ..*self }.plan_without_texts().ok();
        at(self.now) != at(ANOTHER_TIME)
    }

    /// Compiles it; on refusal every reason, in the order of the text.
    pub fn compile(&self) -> Result<CompiledQuery, Vec<QueryError>> {
        let plan = Arc::new(self.plan(OptionalFields::Missing)?);
        let (unmapped, assumed) = match self.syntax {
            Syntax::Eql(query) => {
                let checked = eql::check(query, self.schema, self.settings)?;
                let unmapped: Vec<String> =
                    checked.unmapped_optional().map(str::to_owned).collect();
                (unmapped, checked.assumed().map(str::to_owned).collect())
            }
            // A field that nothing maps is false: there is nothing to fold.
            Syntax::Kuery(_) | Syntax::Lucene(_) | Syntax::Esql(_) => (Vec::new(), assumed(&plan)),
        };
        let folded = match unmapped.as_slice() {
            [] => None,
            _ => {
                let plan = self.plan(OptionalFields::Folded)?;
                let patterns = Patterns::of(&plan);
                Some((plan, patterns))
            }
        };
        Ok(CompiledQuery {
            patterns: Patterns::of(&plan),
            plan,
            folded,
            unmapped,
            assumed,
            pipeline: match self.syntax {
                Syntax::Esql(query) => Some(query.compile(self.schema)?),
                _ => None,
            },
            given: match self.syntax {
                Syntax::Esql(query) => Arc::clone(&query.given),
                _ => Arc::default(),
            },
            schema: self.schema.clone(),
            settings: self.settings.clone(),
            now: self.now,
            beside: Vec::new(),
            dated: self.depends_on_now().then(|| Arc::new(self.syntax.clone())),
        })
    }

    /// Compiles a query that Kibana translates for a data view with more indices than the schema.
    /// Only KQL depends on the types of a data view.
    pub(super) fn compile_in(&self, view: &Schema) -> Result<CompiledQuery, Vec<QueryError>> {
        let mut compiled = self.compile()?;
        if let Syntax::Kuery(query) = self.syntax {
            let request = self.request();
            let plan = kql::lower_in_view(query, view, self.schema, request, self.now, true)?;
            compiled.patterns = Patterns::of(&plan);
            compiled.plan = Arc::new(plan);
        }
        Ok(compiled)
    }

    fn request(&self) -> RequestFields<'_> {
        RequestFields {
            timestamp: &self.settings.timestamp,
            tiebreaker: self.settings.tiebreaker.as_deref(),
        }
    }

    /// Only its plan, with unmapped optional fields as `optional` says.
    pub fn plan(&self, optional: OptionalFields) -> Result<Plan, Vec<QueryError>> {
        match self.syntax {
            Syntax::Eql(query) => {
                let checked = eql::check(query, self.schema, self.settings)?;
                eql::lower(&checked, optional, self.now).map_err(|error| vec![error])
            }
            Syntax::Kuery(_) | Syntax::Lucene(_) | Syntax::Esql(_) => self.conditions(true),
        }
    }

    /// The pipeline of an ES|QL query; `None` of another language.
    pub fn pipeline(&self) -> Option<Result<Pipeline, Vec<QueryError>>> {
        match self.syntax {
            Syntax::Esql(query) => Some(query.compile(self.schema)),
            _ => None,
        }
    }

    /// Its plan without the texts of clauses, for callers that only ask which events match.
    pub fn plan_without_texts(&self) -> Result<Plan, Vec<QueryError>> {
        match self.syntax {
            Syntax::Eql(query) => {
                let checked = eql::check(query, self.schema, self.settings)?;
                eql::lower_wordless(&checked, self.now).map_err(|error| vec![error])
            }
            Syntax::Kuery(_) | Syntax::Lucene(_) | Syntax::Esql(_) => self.conditions(false),
        }
    }

    /// Whether Elasticsearch would run it; on refusal every reason.
    pub fn check(&self) -> Result<(), Vec<QueryError>> {
        match self.syntax {
            Syntax::Eql(query) => eql::check(query, self.schema, self.settings).map(|_| ()),
            Syntax::Kuery(_) | Syntax::Lucene(_) | Syntax::Esql(_) => {
                self.conditions(false).map(|_| ())
            }
        }
    }

    /// The plan of a query that is one condition.
    fn conditions(&self, has_texts: bool) -> Result<Plan, Vec<QueryError>> {
        let request = self.request();
        match self.syntax {
            Syntax::Eql(_) => Err(Vec::new()),
            // The pipeline decides; its documents are all that the request finds.
            Syntax::Esql(query) => {
                query.compile(self.schema)?;
                let all = kql::parse("").map_err(|error| vec![error])?;
                kql::lower(&all, self.schema, request, self.now, has_texts)
            }
            Syntax::Kuery(query) => kql::lower(query, self.schema, request, self.now, has_texts),
            Syntax::Lucene(group) => {
                lucene::lower(group, self.schema, request, self.now, has_texts)
            }
        }
    }
}

/// The fields of a plan whose type is only assumed.
fn assumed(plan: &Plan) -> Vec<String> {
    let fields = plan.fields.iter().filter(|field| {
        let mut readers = field.readers.iter().flatten();
        readers.any(|reader| reader.origin == Origin::Assumed)
    });
    let mut paths: Vec<String> = fields.map(|field| field.path.clone()).collect();
    paths.sort();
    paths.dedup();
    paths
}
