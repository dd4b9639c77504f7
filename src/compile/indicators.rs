//! The indicators' side of an indicator-match rule: its query, and the tests of whether a document
//! has a value that a document of the other side gives.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::query::request_fields;
use super::refusal::{Refused, refused_at_run};
use super::syntax::Syntax;
use crate::evaluate::{Patterns, QueryFailure};
use crate::event::{Event, Schema, Timestamp};
use crate::language::{RequestFields, values};
use crate::plan::{LeafId, Plan};
use crate::rule::{FieldOverrides, ThreatMatch};

/// The most values that one plan tests.
const VALUES: usize = 10_000;

/// Parses the indicator query of a rule.
pub fn indicator_query(settings: &ThreatMatch) -> Result<Syntax, Refused> {
    let query = &settings.query;
    let syntax = Syntax::parse(query.language, query.text.text());
    syntax.map_err(|errors| Refused::new(&errors, &query.text))
}

/// Whether a field has a value, by the type of the field: words of text, addresses by block.
#[derive(Debug, Default)]
pub(super) struct ValueTests {
    plans: Vec<(Arc<Plan>, Patterns)>,
    /// Field, then value, to the plan and its test.
    places: BTreeMap<String, BTreeMap<String, (usize, LeafId)>>,
}

impl ValueTests {
    /// Prepares the tests of these fields and values.
    pub(super) fn new(
        values: &BTreeSet<(&str, String)>,
        schema: &Schema,
        now: Timestamp,
    ) -> Result<Self, QueryFailure> {
        let settings = request_fields(&FieldOverrides::default());
        let request = RequestFields {
            timestamp: &settings.timestamp,
            tiebreaker: None,
        };
        let mut tests = Self::default();
        let all: Vec<(&str, &str)> = values
            .iter()
            .map(|(field, value)| (*field, value.as_str()))
            .collect();
        for (number, chunk) in all.chunks(VALUES).enumerate() {
            let plan = values::lower(chunk, schema, request, now);
            let plan = plan.map_err(|errors| refused_at_run(&errors))?;
            for ((field, value), leaf) in chunk.iter().zip((0_u16..).map(LeafId)) {
                let of_field = tests.places.entry((*field).to_owned()).or_default();
                of_field.insert((*value).to_owned(), (number, leaf));
            }
            let patterns = Patterns::of(&plan)?;
            tests.plans.push((Arc::new(plan), patterns));
        }
        Ok(tests)
    }

    /// Whether the document has the value in the field; of a value that was not prepared, no.
    pub(super) fn holds(&self, field: &str, value: &str, document: &Event) -> bool {
        let place = self.places.get(field).and_then(|of| of.get(value));
        let Some((number, leaf)) = place else {
            return false;
        };
        let Some((plan, patterns)) = self.plans.get(*number) else {
            return false;
        };
        // Only scripts fail on a document, and a `match` is none.
        let holds = patterns.with(plan).holds(*leaf, document);
        holds.unwrap_or(false)
    }
}
