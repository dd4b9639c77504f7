//! The indicators of an indicator-match rule over recordings: each execution asks anew which of
//! them its query finds, because date math in the query counts from the execution.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::comparison::Entries;
use super::exclusions::Exclusions;
use super::field_types::FieldTypes;
use super::indicators::indicator_query;
use super::on_source::SourceCompiler;
use super::query::Query;
use super::refusal::{CompileError, Refused, Unsupported, refused_at_run};
use super::syntax::Syntax;
use crate::data_source::route::stored_in;
use crate::data_source::{Catalogue, IndexPatterns};
use crate::evaluate::indicator_match::Enumerated;
use crate::evaluate::{Context, QueryFailure};
use crate::event::{Event, Mapping, Schema, Timestamp};
use crate::execution::Arrival;
use crate::execution::time_range::RangeField;
use crate::language::eql::RequestFieldNames;
use crate::plan::Plan;
use crate::rule::{ExceptionItem, Rule, ThreatMatch};

/// The indicators that a rule sees.
#[derive(Debug, Clone)]
pub struct IndicatorSide {
    settings: ThreatMatch,
    syntax: Syntax,
    request: RequestFieldNames,
    /// The types of the fields of indicators, and of those of events.
    schema: Schema,
    events: Schema,
    documents: Arc<[Event]>,
    /// The indicators that the rule sees and whose fields fit a group, by number, with when they
    /// can be found.
    seen: Vec<(usize, Arrival)>,
}

/// What an indicator query found, and the plan of it.
#[derive(Debug, Clone)]
pub struct FoundIndicators {
    plan: Arc<Plan>,
    /// The indicators, each by its number with when it can be found.
    pub indicators: Arc<[(usize, Arrival)]>,
}

impl IndicatorSide {
    pub(super) fn new(
        rule: &Rule,
        settings: &ThreatMatch,
        catalogue: &Catalogue,
        documents: &Arc<[Event]>,
        exceptions: Vec<Arc<ExceptionItem>>,
        event_types: &Mapping,
    ) -> Result<Self, CompileError> {
        let refused = CompileError::Refused;
        let syntax = indicator_query(settings).map_err(refused)?;
        let patterns = settings.index.iter().map(|(pattern, _)| pattern.as_str());
        let patterns = IndexPatterns::new(patterns);
        let without = CompileError::Unsupported(Unsupported::WithoutIndicators);
        let source = catalogue.indicators(&patterns).ok_or(without)?;
        let exclusions = Exclusions::of_indicators(rule, settings, exceptions);
        let is_routed = |document: &&Event| {
            let index = stored_in(document);
            index.is_none_or(|index| patterns.selects(&index))
        };
        let query = {
            let types = FieldTypes::new(source, [], &patterns);
            let now = Timestamp::default();
            let compiler =
                SourceCompiler::of_indicators(settings, &syntax, types, &exclusions, now);
            let routed = documents.iter().filter(is_routed);
            let compiled = compiler.compile(&compiler.field_carriers(routed));
            compiled.map_err(|why| refused(Refused::clone(&why)))?
        };
        let mut side = Self {
            settings: settings.clone(),
            request: query.settings.clone(),
            schema: query.schema.clone(),
            events: Schema::new(vec![event_types.clone()]),
            documents: Arc::clone(documents),
            seen: Vec::new(),
            syntax,
        };
        let types = side.schema.mappings().first().cloned().unwrap_or_default();
        let exclusions = exclusions.on(types).map_err(refused)?;
        let range = RangeField::of(rule);
        for (number, document) in documents.iter().enumerate() {
            let hides = || exclusions.hides(document);
            let hides = |()| hides().map_err(|why| refused(Refused::clone(&why)));
            let fits = side.entries().has_a_group(Enumerated::Indicators, document);
            if fits && is_routed(&document) && !hides(())? {
                let first = |field: &str| document.values(field).first().map(ToString::to_string);
                side.seen.push((number, range.arrival(first)));
            }
        }
        Ok(side)
    }

    /// The rule's entries on both sides.
    pub fn entries(&self) -> Entries<'_> {
        Entries::new(&self.settings, &self.events, &self.schema)
    }

    /// An indicator by its number.
    pub fn document(&self, number: usize) -> Option<&Event> {
        self.documents.get(number)
    }

    /// The indicators that the rule sees, by number.
    pub fn numbers(&self) -> impl Iterator<Item = usize> + '_ {
        self.seen.iter().map(|(number, _)| *number)
    }

    /// The indicators that the query finds at `now`. `before` is reused if the query would find the
    /// same.
    pub fn indicators_at(
        &self,
        now: Timestamp,
        before: Option<&FoundIndicators>,
    ) -> Result<FoundIndicators, QueryFailure> {
        let query = Query {
            syntax: &self.syntax,
            schema: &self.schema,
            settings: &self.request,
            now,
        };
        let compiled = query.compile().map_err(|errors| refused_at_run(&errors))?;
        if let Some(before) = before.filter(|before| before.plan == compiled.plan) {
            return Ok(before.clone());
        }
        let context = Context {
            now,
            ..Context::default()
        };
        let prepared = compiled.patterns?.with(&compiled.plan);
        let evaluation = prepared.evaluate(&self.documents, &context)?;
        let matches = evaluation.matches().iter();
        let found: BTreeSet<usize> = matches
            .flat_map(|found| found.stages.iter().flatten())
            .map(|id| id.index())
            .collect();
        let indicators = self.seen.iter();
        let indicators = indicators.filter(|(number, _)| found.contains(number));
        Ok(FoundIndicators {
            indicators: indicators.copied().collect(),
            plan: Arc::clone(&compiled.plan),
        })
    }
}
