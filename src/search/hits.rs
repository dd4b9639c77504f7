//! KQL and Lucene queries over documents, as Elasticsearch's `_search` answers them: in the order
//! of time, then of the input; a document without a time is found as well, and comes last.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::response::{Answer, Documents, Kind};
use super::{Index, Parameters, Refusal, refuse};
use crate::compile::{self, FieldsRead, Syntax};
use crate::evaluate::{Match, Prepared, QueryFailure};
use crate::event::field::Reading;
use crate::event::schema::Origin;
use crate::event::time::DateFormat;
use crate::event::{Event, EventId, FieldType, Mapping, Schema, Timestamp, Value};
use crate::language::eql::OptionalFields;
use crate::plan::Plan;
use crate::rule::Language;

impl Index {
    /// Refuses a query that does not parse, or that the mappings refuse, before any document is
    /// read.
    pub fn expect_condition(
        &mut self,
        language: Language,
        query: &str,
        parameters: &Parameters,
    ) -> Result<(), Refusal> {
        let refuse = |errors: Vec<_>| refuse(query, &errors);
        let syntax = Syntax::parse(language, query).map_err(refuse)?;
        if self.seen.is_none() {
            let now = parameters.now.unwrap_or_default();
            let on_mappings = compile::Query {
                syntax: &syntax,
                schema: &self.schema,
                settings: &parameters.settings,
                now,
            };
            on_mappings.check().map_err(refuse)?;
        } else if let Some(mapping) = self.schema.first_mut() {
            let date = FieldType::Date(DateFormat::default());
            mapping.add(&parameters.settings.timestamp, date, Origin::Assumed);
        }
        Ok(())
    }

    /// Runs a query that is one condition. Of more hits than `size` the first are given.
    pub fn hits(
        &self,
        language: Language,
        query: &str,
        parameters: &Parameters,
    ) -> Result<Answer<'_>, Refusal> {
        let refuse = |errors: Vec<_>| refuse(query, &errors);
        let syntax = Syntax::parse(language, query).map_err(refuse)?;
        let timestamp = &parameters.settings.timestamp;
        let schema = self.schema_of(&compile::fields_of(&syntax, &parameters.settings));
        let on_mappings = compile::Query {
            syntax: &syntax,
            schema: &schema,
            settings: &parameters.settings,
            now: parameters.now.unwrap_or_else(|| self.latest(timestamp)),
        };
        let plan = on_mappings.plan(OptionalFields::Missing).map_err(refuse)?;
        let fail = |failure: QueryFailure| failed(&plan, &failure);
        let prepared = Prepared::new(&plan).map_err(fail)?;
        let mut found: Vec<(Option<Timestamp>, u32)> = Vec::new();
        for (number, event) in (0u32..).zip(&self.events) {
            if prepared.selects(event).map_err(fail)? {
                found.push((self.time_of(event, timestamp), number));
            }
        }
        found.sort_by(|a, b| match (a.0, b.0) {
            (Some(a), Some(b)) => a.cmp(&b),
            (a, b) => match b.is_some().cmp(&a.is_some()) {
                Ordering::Equal => Ordering::Equal,
                order => order,
            },
        });
        let total = found.len();
        let size = parameters.request.size.unwrap_or(usize::MAX);
        let matches = found.into_iter().take(size).map(|(_, number)| Match {
            stages: vec![Some(EventId(number))],
            join: Vec::new(),
        });
        Ok(Answer {
            documents: Documents {
                lines: &self.lines,
                events: &self.events,
                names: &self.names,
            },
            kind: Kind::Hits,
            matches: matches.collect(),
            total,
            uncertain: None,
        })
    }

    /// The names of the fields that a query reads, in alphabetical order.
    pub fn fields_of_condition(language: Language, query: &str) -> Vec<String> {
        let fields = Syntax::parse(language, query).map(|syntax| syntax.fields());
        let fields = fields.unwrap_or_default();
        fields.names().map(str::to_owned).collect()
    }

    /// The mappings that the documents make. A value without a field is searched in every field that
    /// some document has, not in all that are known.
    fn schema_of(&self, fields: &FieldsRead) -> Schema {
        let Some(seen) = &self.seen else {
            return self.schema.clone();
        };
        let named: BTreeSet<&str> = fields.names().collect();
        let mappings = self.schema.mappings().iter().map(|mapping| {
            let mut carried = Mapping::new(mapping.name.as_str());
            for (path, field) in mapping.fields() {
                let is_above = matches!(field.field_type, FieldType::Nested | FieldType::Flattened);
                if is_above || named.contains(path) || seen.contains(&field.read_from) {
                    carried.insert(path, field.clone());
                }
            }
            carried
        });
        Schema::new(mappings.collect())
    }

    fn time_of(&self, event: &Event, timestamp: &str) -> Option<Timestamp> {
        let mapping = self.schema.mappings().get(usize::from(event.mapping.0))?;
        let field = mapping.get(timestamp)?;
        let values = event.values(&field.read_from).iter();
        let times = values.filter_map(|value| match field.read(value.raw()) {
            Reading::Value(Value::Date(time)) => Some(time),
            _ => None,
        });
        times.min()
    }
}

/// Why a query fails on a document.
fn failed(plan: &Plan, failure: &QueryFailure) -> Refusal {
    let clause = failure.clause.and_then(|clause| plan.clause(clause));
    Refusal::Failure {
        span: clause.map(|clause| clause.span),
        message: failure.to_string(),
        unsupported: failure.is_unsupported(),
    }
}
