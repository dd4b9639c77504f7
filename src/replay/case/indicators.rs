//! The indicators of a case: which of them an indicator-match rule finds, and which values they share
//! with the events.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::case_events::CaseEvents;
use super::exclusions::hide;
use crate::compile::{
    Comparison, CompiledExclusions, CompiledQuery, Entries, Exclusions, Refused, SourceCompiler,
};
use crate::data_source::IndexPatterns;
use crate::data_source::detect::route;
use crate::evaluate::indicator_match::Enumerated;
use crate::evaluate::{
    BlockerHint, Cause, CauseKind, Context, Evaluation, Override, Patterns, Prepared, QueryFailure,
};
use crate::event::{Event, EventId, Timestamp};
use crate::execution::indicator_match::Presence;
use crate::plan::{ClauseId, ClauseName};
use crate::replay::START;
use crate::rule::{self, MappingEntry};

/// The indicators' side of a rule, on the source that stores them.
pub(in crate::replay) struct ThreatSource<'a> {
    /// The settings of the rule.
    pub(in crate::replay) settings: &'a rule::ThreatMatch,
    /// The indices of indicators that the rule searches.
    pub(in crate::replay) patterns: &'a IndexPatterns,
    /// Compiles the indicator query.
    pub(in crate::replay) compiler: &'a SourceCompiler<'a>,
}

/// The indicators of a case and the indicator query on them.
pub(in crate::replay) struct Searched {
    case_events: CaseEvents,
    query: Arc<CompiledQuery>,
    exclusions: Option<Arc<CompiledExclusions>>,
}

impl<'c> ThreatSource<'c> {
    /// Compiles the indicator query for these indicators, and hides those that the rule does not
    /// see.
    pub(in crate::replay) fn search(
        &self,
        mut case_events: CaseEvents,
        exclusions: Exclusions,
    ) -> Result<Searched, Arc<Refused>> {
        route(&mut case_events.events, self.patterns);
        let query = self.compiler.compile(&case_events.events)?;
        let exclusions = match query.schema.mappings().first() {
            Some(types) if !exclusions.is_empty() => {
                let exclusions = exclusions.on(types.clone())?;
                hide(&exclusions, &mut case_events)?;
                Some(Arc::new(exclusions))
            }
            _ => None,
        };
        Ok(Searched {
            case_events,
            query,
            exclusions,
        })
    }

    /// What a run takes of it.
    pub(in crate::replay) fn input(&self, searched: &'c Searched) -> Input<'c> {
        Input {
            settings: self.settings,
            case_events: &searched.case_events,
            query: &searched.query,
            exclusions: searched.exclusions.as_ref(),
        }
    }
}

/// The indicators of a case before the run.
pub(in crate::replay) struct Input<'c> {
    /// The settings of the rule.
    pub(in crate::replay) settings: &'c rule::ThreatMatch,
    /// The indicators, as documents of the source that stores them.
    pub(in crate::replay) case_events: &'c CaseEvents,
    /// The indicator query on that source.
    pub(in crate::replay) query: &'c Arc<CompiledQuery>,
    /// What hides some of them.
    pub(in crate::replay) exclusions: Option<&'c Arc<CompiledExclusions>>,
}

/// Why a rule does not find an indicator.
pub(in crate::replay) enum LostIndicator {
    /// One of the rule's `threat_filters` leaves it out.
    Filtered,
    /// The exception of this name hides it.
    Excepted(String),
    /// `threat_index` does not select it.
    Unselected,
    /// It does not meet the indicator query.
    Unmet(UnmetClauses),
}

/// The clauses of an indicator query that an indicator does not meet.
#[derive(Default)]
pub(in crate::replay) struct UnmetClauses {
    /// The texts of those that a reader looks at: each alone, or all together where none is.
    pub(in crate::replay) texts: Vec<String>,
    /// Those each of which alone keeps it from being found.
    pub(in crate::replay) alone: Vec<ClauseName>,
}

/// The indicators of a case.
pub(in crate::replay) struct Indicators<'c> {
    /// The settings of the rule.
    pub(in crate::replay) settings: &'c rule::ThreatMatch,
    /// The documents.
    pub(in crate::replay) case_events: &'c CaseEvents,
    /// The indicator query on their source.
    pub(in crate::replay) query: &'c Arc<CompiledQuery>,
    /// What hides some of them.
    pub(in crate::replay) exclusions: Option<&'c Arc<CompiledExclusions>>,
    /// The indicators that the rule finds in some execution, by their numbers.
    pub(in crate::replay) found: Vec<usize>,
    /// For each of them, which executions' indicator query finds it; milliseconds since 1970.
    pub(in crate::replay) presence: Vec<Presence>,
    /// Why the others are not found, by their numbers.
    pub(in crate::replay) lost: Vec<(usize, LostIndicator)>,
    /// The entries of the mapping on the events and indicators of the case.
    pub(in crate::replay) compared: Comparison<'c>,
}

impl<'c> Indicators<'c> {
    /// Runs the indicator query, and prepares the tests of shared values with these events. `times`:
    /// when the first and the last execution start, in milliseconds since 1970.
    pub(in crate::replay) fn new(
        input: &Input<'c>,
        events: &[Event],
        query: &'c CompiledQuery,
        times: Option<(i64, i64)>,
    ) -> Result<Self, QueryFailure> {
        let (found, presence, lost) = searched(input, times)?;
        let (settings, indicators) = (input.settings, &input.case_events.events);
        let entries = Entries::new(settings, &query.schema, &input.query.schema);
        let entries = entries.beside(&query.beside);
        Ok(Self {
            compared: Comparison::new(entries, events.iter(), indicators.iter(), START)?,
            case_events: input.case_events,
            query: input.query,
            exclusions: input.exclusions,
            settings,
            found,
            presence,
            lost,
        })
    }

    /// The values of the event's field of an entry.
    pub(in crate::replay) fn event_values(
        &self,
        entry: &MappingEntry,
        event: &Event,
    ) -> Vec<String> {
        self.compared.entries().event_values(entry, event)
    }

    /// Whether an event, or an indicator, has all fields that some group needs.
    pub(in crate::replay) fn has_a_group(&self, side: Enumerated, document: &Event) -> bool {
        self.compared.entries().has_a_group(side, document)
    }
}

/// The numbers of indicators.
type Found = Vec<usize>;
/// The numbers of indicators that are not found, each with the reason.
type Lost = Vec<(usize, LostIndicator)>;

/// What the indicator query finds at a time; `None` where the time plays no part.
fn found_at(input: &Input<'_>, now: i64) -> Result<Option<BTreeSet<usize>>, QueryFailure> {
    let context = Context {
        now: Timestamp::from_millis(now),
        ..Context::default()
    };
    let Some(plan) = input.query.at(context.now) else {
        return Ok(None);
    };
    let prepared = Prepared::new(&plan)?;
    let evaluation = prepared.evaluate(&input.case_events.events, &context)?;
    Ok(Some(numbers(&evaluation)))
}

/// The numbers of the documents that are found.
fn numbers(evaluation: &Evaluation<'_>) -> BTreeSet<usize> {
    let matches = evaluation.matches().iter();
    matches
        .flat_map(|found| found.stages.iter().flatten())
        .map(|id| id.index())
        .collect()
}

/// The indicators that a query finds whose date math counts from `now`, and which executions of
/// those from the first to the last find each. An age begins or ends once.
fn present(
    input: &Input<'_>,
    (first, last): (i64, i64),
) -> Result<Option<BTreeMap<usize, Presence>>, QueryFailure> {
    let (Some(early), Some(late)) = (found_at(input, first)?, found_at(input, last)?) else {
        return Ok(None);
    };
    let mut present = BTreeMap::new();
    for number in early.union(&late) {
        let whole = Presence::since(i64::MIN);
        let was_there = early.contains(number);
        let presence = if was_there == late.contains(number) {
            whole
        } else {
            let (mut before, mut after) = (first, last);
            while after - before > 1 {
                let between = before.midpoint(after);
                let found = found_at(input, between)?;
                let is_there = found.is_some_and(|found| found.contains(number));
                if is_there == was_there {
                    before = between;
                } else {
                    after = between;
                }
            }
            if was_there {
                Presence {
                    until: after,
                    ..whole
                }
            } else {
                Presence::since(after)
            }
        };
        present.insert(*number, presence);
    }
    Ok(Some(present))
}

/// The indicators that the query finds, and why it does not find the others.
fn searched(
    input: &Input<'_>,
    times: Option<(i64, i64)>,
) -> Result<(Found, Vec<Presence>, Lost), QueryFailure> {
    let query = input.query;
    let by_time = match times {
        Some(times) => present(input, times)?,
        None => None,
    };
    // The first execution gives the reason why one is not found.
    let first = times.filter(|_| by_time.is_some());
    let now = first.map_or(START, |(first, _)| Timestamp::from_millis(first));
    let then = first.and_then(|_| query.at(now));
    let (plan, patterns) = match &then {
        Some(plan) => (plan, Patterns::of(plan)),
        None => (&*query.plan, query.patterns.clone()),
    };
    let context = Context {
        now,
        ..Context::default()
    };
    let prepared = patterns?.with(plan);
    let evaluation = prepared.evaluate(&input.case_events.events, &context)?;
    let found = by_time.unwrap_or_else(|| {
        let always = |number| (number, Presence::since(i64::MIN));
        numbers(&evaluation).into_iter().map(always).collect()
    });
    let mut lost = Vec::new();
    for number in (0..input.case_events.events.len()).filter(|number| !found.contains_key(number)) {
        lost.push((number, why_lost(input.case_events, number, &evaluation)));
    }
    let (found, presence) = found.into_iter().unzip();
    Ok((found, presence, lost))
}

/// Why the query does not find an indicator.
fn why_lost(case_events: &CaseEvents, number: usize, evaluation: &Evaluation<'_>) -> LostIndicator {
    let facts = case_events.facts.get(number);
    match facts.and_then(|facts| facts.hidden_by.first()) {
        // Filters stand before exceptions.
        Some(_) if facts.is_some_and(|facts| !facts.filtered_by.is_empty()) => {
            LostIndicator::Filtered
        }
        Some((name, _)) => LostIndicator::Excepted(name.clone()),
        None if is_unrouted(case_events, number) => LostIndicator::Unselected,
        None => LostIndicator::Unmet(unmet(case_events, evaluation, number)),
    }
}

fn is_unrouted(case_events: &CaseEvents, number: usize) -> bool {
    case_events
        .events
        .get(number)
        .is_some_and(|event| event.unrouted)
}

/// The clauses that an indicator does not meet.
fn unmet(case_events: &CaseEvents, evaluation: &Evaluation<'_>, number: usize) -> UnmetClauses {
    let others = EventId::of(&case_events.events);
    let others = others.filter(|id| id.index() != number);
    let blockers = evaluation.blockers(&BlockerHint {
        waived: others.map(Override::Without).collect(),
        ..BlockerHint::default()
    });
    let causes = match blockers.causes.as_slice() {
        [] => &blockers.together,
        causes => causes,
    };
    let plan = evaluation.plan();
    let names = clauses_of(&blockers.causes).filter_map(|id| plan.clause_name(id));
    let clauses = clauses_of(causes).filter_map(|id| plan.clause(id));
    UnmetClauses {
        alone: names.collect(),
        texts: clauses.map(|clause| clause.text.clone()).collect(),
    }
}

/// The clauses among these causes.
fn clauses_of(causes: &[Cause]) -> impl Iterator<Item = ClauseId> + '_ {
    causes.iter().filter_map(|cause| match cause.kind {
        CauseKind::Clause(id) => Some(id),
        CauseKind::NotRouted | CauseKind::ConsumedBy(_) => None,
    })
}
