//! The indicators of a case: which of them an indicator-match rule finds, and which values they share
//! with the events (`rule-types-semantics` §10.2, §10.3).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::START;
use super::exclusions::hide;
use super::stage::Stage;
use crate::compile::{
    CompiledExclusions, CompiledQuery, Exclusions, OnSource, Refused, ValueTests,
};
use crate::data_source::IndexPatterns;
use crate::data_source::detect::route;
use crate::evaluate::indicator_match::{Enumerated, Pair};
use crate::evaluate::{BlockerHint, Cause, CauseKind, Context, Override, QueryFailure};
use crate::event::field::Reading;
use crate::event::schema::MappedField;
use crate::event::{Event, EventId, FieldType, Mapping};
use crate::plan::Plan;
use crate::rule::{self, MappingEntry};

/// The indicators' side of a rule, on the source that stores them.
pub(super) struct ThreatSource<'a> {
    /// The settings of the rule.
    pub(super) settings: &'a rule::ThreatMatch,
    /// The indices of indicators that the rule searches.
    pub(super) patterns: &'a IndexPatterns,
    /// Compiles the indicator query.
    pub(super) compiler: &'a OnSource<'a>,
}

/// The indicators of a case and the indicator query on them.
pub(super) struct Searched {
    stage: Stage,
    query: Arc<CompiledQuery>,
    exclusions: Option<Arc<CompiledExclusions>>,
}

impl<'c> ThreatSource<'c> {
    /// Compiles the indicator query for these indicators, and hides those that the rule does not
    /// see.
    pub(super) fn search(
        &self,
        mut stage: Stage,
        exclusions: Exclusions,
    ) -> Result<Searched, Arc<Refused>> {
        route(&mut stage.events, self.patterns);
        let query = self.compiler.compile(&stage.events)?;
        let exclusions = match query.schema.mappings().first() {
            Some(types) if !exclusions.is_empty() => {
                let exclusions = exclusions.on(types.clone())?;
                hide(&exclusions, &mut stage)?;
                Some(Arc::new(exclusions))
            }
            _ => None,
        };
        Ok(Searched {
            stage,
            query,
            exclusions,
        })
    }

    /// What a run takes of it.
    pub(super) fn input(&self, searched: &'c Searched) -> Input<'c> {
        Input {
            settings: self.settings,
            stage: &searched.stage,
            query: &searched.query,
            exclusions: searched.exclusions.as_ref(),
        }
    }
}

/// The indicators of a case before the run.
pub(super) struct Input<'c> {
    /// The settings of the rule.
    pub(super) settings: &'c rule::ThreatMatch,
    /// The indicators, as documents of the source that stores them.
    pub(super) stage: &'c Stage,
    /// The indicator query on that source.
    pub(super) query: &'c Arc<CompiledQuery>,
    /// What hides some of them.
    pub(super) exclusions: Option<&'c Arc<CompiledExclusions>>,
}

/// The indicators of a case.
pub(super) struct Indicators<'c> {
    /// The settings of the rule.
    pub(super) settings: &'c rule::ThreatMatch,
    /// The documents.
    pub(super) stage: &'c Stage,
    /// The indicator query on their source.
    pub(super) query: &'c Arc<CompiledQuery>,
    /// What hides some of them.
    pub(super) exclusions: Option<&'c Arc<CompiledExclusions>>,
    /// The types of the fields of indicators.
    types: &'c Mapping,
    /// The types of the fields of events.
    event_types: &'c Mapping,
    /// The indicators that the rule finds, by their numbers in the stage.
    pub(super) found: Vec<usize>,
    /// Why the others are not found, by their numbers.
    pub(super) lost: Vec<(usize, String)>,
    /// The values of events, tested on indicators.
    tests_of_event_values: ValueTests,
    /// The values of indicators, tested on events.
    tests_of_indicator_values: ValueTests,
}

impl<'c> Indicators<'c> {
    /// Runs the indicator query, and prepares the tests of shared values with these events.
    pub(super) fn new(
        input: &Input<'c>,
        events: &[Event],
        query: &'c CompiledQuery,
    ) -> Result<Self, QueryFailure> {
        let (Some(types), Some(event_types)) = (
            input.query.schema.mappings().first(),
            query.schema.mappings().first(),
        ) else {
            return Err(QueryFailure::new("the sources have no field types"));
        };
        let (found, lost) = searched(input)?;
        let entries = || input.settings.groups.iter().flatten();
        let mut of_events = BTreeSet::new();
        let mut of_indicators = BTreeSet::new();
        for entry in entries() {
            let (field, other) = (&entry.event_field.name, &entry.indicator_field.name);
            for event in events {
                let values = values(event_types, field, event).into_iter();
                of_events.extend(values.map(|value| (other.as_str(), value)));
            }
            for indicator in &input.stage.events {
                let values = values(types, other, indicator).into_iter();
                of_indicators.extend(values.map(|value| (field.as_str(), value)));
            }
        }
        Ok(Self {
            settings: input.settings,
            stage: input.stage,
            query: input.query,
            exclusions: input.exclusions,
            types,
            event_types,
            found,
            lost,
            tests_of_event_values: ValueTests::new(&of_events, &input.query.schema, START)?,
            tests_of_indicator_values: ValueTests::new(&of_indicators, &query.schema, START)?,
        })
    }

    /// The values of the event's field of an entry.
    pub(super) fn event_values(&self, entry: &MappingEntry, event: &Event) -> Vec<String> {
        values(self.event_types, &entry.event_field.name, event)
    }

    /// The values of the indicator's field of an entry.
    fn indicator_values(&self, entry: &MappingEntry, indicator: &Event) -> Vec<String> {
        values(self.types, &entry.indicator_field.name, indicator)
    }

    /// Whether an event, or an indicator, has all fields that some group needs. Kibana searches no
    /// others.
    pub(super) fn has_a_group(&self, side: Enumerated, document: &Event) -> bool {
        let has = |entry: &MappingEntry| {
            let values = match side {
                Enumerated::Events => self.event_values(entry, document),
                Enumerated::Indicators => self.indicator_values(entry, document),
            };
            entry.is_negated || !values.is_empty()
        };
        let mut groups = self.settings.groups.iter();
        groups.any(|group| group.iter().all(has))
    }

    /// The entries of a group on an event and an indicator, when `side` gives the values.
    pub(super) fn pairs(
        &self,
        side: Enumerated,
        group: usize,
        event: &Event,
        indicator: &Event,
    ) -> Vec<Pair> {
        let group = self.settings.groups.get(group);
        let entries = group.map_or(&[][..], Vec::as_slice).iter();
        entries
            .map(|entry| self.pair(side, entry, event, indicator))
            .collect()
    }

    fn pair(
        &self,
        side: Enumerated,
        entry: &MappingEntry,
        event: &Event,
        indicator: &Event,
    ) -> Pair {
        let of_event = self.event_values(entry, event);
        let of_indicator = self.indicator_values(entry, indicator);
        let (own, other, tests, field, searched) = match side {
            Enumerated::Events => (
                of_event,
                of_indicator,
                &self.tests_of_event_values,
                &entry.indicator_field.name,
                indicator,
            ),
            Enumerated::Indicators => (
                of_indicator,
                of_event,
                &self.tests_of_indicator_values,
                &entry.event_field.name,
                event,
            ),
        };
        let first = own.first();
        Pair {
            enumerated: own.len(),
            has_searched: !other.is_empty(),
            is_shared: first.is_some_and(|value| tests.holds(field, value, searched)),
            is_exact: is_exact(self.event_types, &entry.event_field.name)
                && is_exact(self.types, &entry.indicator_field.name),
            is_negated: entry.is_negated,
        }
    }
}

/// The values that the mapping indexes, as they are written.
fn values(types: &Mapping, field: &str, document: &Event) -> Vec<String> {
    let Some(mapped) = types.find(field) else {
        return Vec::new();
    };
    let indexed = |mapped: &MappedField, value: &crate::event::Scalar| {
        matches!(mapped.field_type, FieldType::Unsupported(_))
            || matches!(mapped.read(value.raw()), Reading::Value(_))
    };
    let values = document.values(&mapped.read_from).iter();
    let values = values.filter(|value| indexed(&mapped, value));
    values.map(ToString::to_string).collect()
}

/// Whether Kibana searches a field of this type with `terms`.
fn is_exact(types: &Mapping, field: &str) -> bool {
    let mapped = types.find(field);
    mapped.is_some_and(|mapped| {
        matches!(
            mapped.field_type,
            FieldType::Keyword { .. }
                | FieldType::ConstantKeyword { .. }
                | FieldType::Wildcard { .. }
                | FieldType::Ip
        )
    })
}

/// The numbers of indicators.
type Found = Vec<usize>;
/// The numbers of indicators that are not found, each with the reason.
type Lost = Vec<(usize, String)>;

/// The indicators that the query finds, and why it does not find the others.
fn searched(input: &Input<'_>) -> Result<(Found, Lost), QueryFailure> {
    let query = input.query;
    let context = Context {
        now: START,
        ..Context::default()
    };
    let prepared = query.patterns.clone()?.with(&query.plan);
    let evaluation = prepared.evaluate(&input.stage.events, &context)?;
    let matches = evaluation.matches().iter();
    let found: BTreeSet<usize> = matches
        .flat_map(|found| found.stages.iter().flatten())
        .map(|id| id.index())
        .collect();
    let mut lost = Vec::new();
    for number in (0..input.stage.events.len()).filter(|number| !found.contains(number)) {
        let hidden = input.stage.hidden.get(number).and_then(|by| by.first());
        let why = match hidden {
            Some((name, _)) if name == "filters" => "threat_filters".to_owned(),
            Some((name, _)) => name.clone(),
            None if is_unrouted(input.stage, number) => "threat_index".to_owned(),
            None => {
                let others = (0u32..).map(EventId).take(input.stage.events.len());
                let others = others.filter(|id| id.index() != number);
                let blockers = evaluation.blockers(&BlockerHint {
                    waived: others.map(Override::Without).collect(),
                    ..BlockerHint::default()
                });
                let causes = match blockers.causes.as_slice() {
                    [] => &blockers.together,
                    causes => causes,
                };
                let texts = clause_texts(&query.plan, causes);
                match texts.as_slice() {
                    [] => "threat_query".to_owned(),
                    texts => texts.join(" and "),
                }
            }
        };
        lost.push((number, why));
    }
    Ok((found.into_iter().collect(), lost))
}

fn is_unrouted(stage: &Stage, number: usize) -> bool {
    stage.events.get(number).is_some_and(|event| event.unrouted)
}

/// The canonical texts of the clauses among these causes.
fn clause_texts(plan: &Plan, causes: &[Cause]) -> Vec<String> {
    let clauses = causes.iter().filter_map(|cause| match cause.kind {
        CauseKind::Clause(id) => plan.clause(id),
        CauseKind::NotRouted | CauseKind::ConsumedBy(_) => None,
    });
    clauses.map(|clause| clause.text.clone()).collect()
}
