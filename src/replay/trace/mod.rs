//! What a check was decided by, and what it ran on: for coverage, mutation and explain, which ask
//! more of a run than its verdict. Gathered only where it is asked for ([`super::trace`]).

mod clause;
pub(super) mod esql_trace;
mod indicator_clauses;
mod plan_clauses;
pub mod rerun;
pub mod setting;
mod setting_clauses;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::blockers::production_blockers::no_alert_reason;
use super::judge::deciding::{Inversion, inverted, tried};
pub(crate) use super::judge::deciding::{deciding, positions};
use super::judge::judged_case::Case;
use super::judge::{self, Judgement};
use super::outcome::{self, CheckKey, NoneRecord, Place, Verdict};
use super::production::case_run::Run;
use super::production::timeline::{Timeline, timeline};
use crate::compile::CompiledQuery;
use crate::diagnostic::observation::Missed;
use crate::diagnostic::{QueryText, Span};
use crate::evaluate::{CauseKind, Evaluation, KeptEvaluation, Match, Override};
use crate::event::{Event, EventId};
use crate::plan::{ClauseId, ClauseName};
use crate::rule::{Rule, RuleKind};
pub use clause::{Decided, RuleClause};
pub use esql_trace::{PipelineRun, StepRecord, clause_names};
use rerun::ProductionInput;

/// What a test yields for coverage, mutation and explain.
#[derive(Debug, Default)]
pub struct TestTrace {
    /// The query's place in the rule file, where the rule has one.
    pub query: Option<Place>,
    /// The clauses of the rule in the order of the text.
    pub clauses: Vec<RuleClause>,
    /// What it counts, remembers and compares beside its query, in the order of the file.
    pub settings: Vec<RuleClause>,
    /// One entry for each check that ran, in file order.
    pub checks: Vec<CheckTrace>,
}

impl TestTrace {
    /// The trace of a test of a rule from those of its checks, in file order.
    pub(super) fn of(rule: &Rule, checks: Vec<CheckTrace>) -> Self {
        let text = rule.query.as_ref().map(|query| &query.text);
        Self {
            query: text.map(place),
            clauses: text.map_or_else(Vec::new, |text| clauses(&checks, text)),
            settings: text.map_or_else(Vec::new, |text| settings(&checks, rule, text)),
            checks,
        }
    }
}

/// A check as coverage, mutation and explain see it.
#[derive(Debug)]
pub struct CheckTrace {
    /// Which check.
    pub key: CheckKey,
    /// The case's place in the scenario; the attack is 0.
    pub order: usize,
    /// Its verdict.
    pub verdict: Verdict,
    /// The clause that was waived to judge it.
    pub waived: Option<String>,
    /// The case forces a field that the sensor pins.
    pub forced: bool,
    /// The clauses that decided it.
    pub decided: Vec<Decided>,
    /// The settings that decided it.
    pub settings: Vec<Decided>,
    /// The alerts that production makes of it, nothing waived.
    pub alerts: Vec<Match>,
    /// What outside the query keeps production from an alert, nothing waived.
    pub outside: Option<NoneRecord>,
    /// By how little the one thing that stopped it was missed.
    pub miss: Option<Missed>,
    /// Where fields come from that decided and that the scenario does not set.
    pub notes: Vec<String>,
    /// Its executions in production.
    pub timeline: Option<Timeline>,
    /// What it ran on.
    pub input: CheckInput,
}

/// Events, and all that is needed to run another query on them in the same way.
#[derive(Debug)]
pub struct CheckInput {
    /// The events in file order.
    pub events: Vec<Event>,
    /// A label for each event, empty where it has none.
    pub labels: Vec<String>,
    /// The rule as it was compiled.
    pub compiled: Arc<CompiledQuery>,
    /// What is waived.
    pub waived: Vec<Override>,
    /// The event that the attack has at each position, where the case has it.
    pub assignment: Vec<Option<EventId>>,
    /// What the rule found.
    pub matches: Vec<Match>,
    /// What an ES|QL query gives on it.
    pub pipeline: Option<PipelineRun>,
    /// What its executions ran on, of a rule whose alerts are more than matches of its query.
    pub production: Option<ProductionInput>,
    /// What it found with the waiver, where there is one.
    pub waived_matches: Vec<Match>,
    /// The evaluation that was judged.
    evaluated: KeptEvaluation,
}

impl CheckInput {
    /// What a case ran on, with what is waived to judge it.
    fn of(case: &Case<'_, '_>, waived: &[Override]) -> Self {
        let run = case.run;
        let facts = run.case_events.facts.iter();
        Self {
            events: run.case_events.events.clone(),
            labels: facts.map(|facts| facts.label.clone()).collect(),
            compiled: Arc::clone(run.query),
            pipeline: esql_trace::observed(run, waived),
            production: ProductionInput::of(run, waived),
            waived: waived.to_vec(),
            assignment: judge::assignment(case),
            matches: run.evaluation.matches().to_vec(),
            waived_matches: match waived {
                [] => Vec::new(),
                overrides => run.evaluation.decide_with(overrides),
            },
            evaluated: run.evaluation.keep(),
        }
    }

    /// The evaluation that was judged: no report evaluates a check again.
    pub fn evaluation(&self) -> Evaluation<'_> {
        self.evaluated.with(&self.compiled.plan)
    }
}

/// A ratio as two counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    /// How many are as they should be.
    pub good: usize,
    /// How many there are.
    pub all: usize,
}

impl Share {
    /// The ratio in percent; 100 if there is nothing to count.
    #[expect(
        clippy::cast_precision_loss,
        reason = "no rule has as many clauses as a float is exact for"
    )]
    pub fn percent(self) -> f64 {
        if self.all == 0 {
            return 100.0;
        }
        self.good as f64 * 100.0 / self.all as f64
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            good: self.good + other.good,
            all: self.all + other.all,
        }
    }
}

/// Observes a case that was judged.
pub(super) fn observe(
    case: &Case<'_, '_>,
    judgement: &Judgement,
    key: CheckKey,
    order: usize,
) -> CheckTrace {
    let run = case.run;
    let waived = &judgement.overrides;
    let alerts = run.scheduled.matches.clone();
    let outside = if alerts.is_empty() {
        no_alert_reason(run, &[]).map(|stopped| stopped.record)
    } else {
        None
    };
    CheckTrace {
        key,
        order,
        verdict: judgement.verdict,
        waived: judgement.waived.clone(),
        forced: case.forced,
        decided: decided(run, judgement),
        settings: setting_clauses::decided(run, waived),
        alerts,
        outside,
        miss: match &judgement.observed {
            outcome::Observed::None(none) => none.miss.clone(),
            _ => None,
        },
        notes: Vec::new(),
        timeline: timeline(run, waived),
        input: CheckInput::of(case, waived),
    }
}

/// The clauses of the query that decided a run.
fn decided(run: &Run<'_>, judgement: &Judgement) -> Vec<Decided> {
    let waived = &judgement.overrides;
    // Events that are there for the past neither match nor stop anything by themselves.
    let mut of_case = waived.clone();
    of_case.extend(run.case_events.without_context());
    let judged = match of_case.as_slice() {
        [] => run.evaluation.matches().to_vec(),
        overrides => run.evaluation.decide_with(overrides),
    };
    // What stops an alert outside the query is not decided by a clause.
    let outside = waived.is_empty() && run.scheduled.matches.is_empty() && !judged.is_empty();
    let mut decided = if run.query.pipeline.is_some() {
        esql_trace::decided(run, waived)
    } else if outside {
        Vec::new()
    } else if judged.is_empty() {
        stopped(run, judgement, &of_case)
    } else {
        matched(run, &judged, &of_case)
    };
    decided.sort();
    decided.dedup();
    decided
}

/// The causes, and for a cause that is `until` or a missing event each clause that let its event
/// match.
fn stopped(run: &Run<'_>, judgement: &Judgement, of_case: &[Override]) -> Vec<Decided> {
    let plan = run.plan();
    let mut decided = Vec::new();
    let mut add = |id: ClauseId| {
        let clause = plan.clause_name(id);
        decided.extend(clause.map(|clause| Decided {
            clause,
            matched: false,
        }));
    };
    for cause in &judgement.blockers.causes {
        if let CauseKind::Clause(id) = cause.kind {
            add(id);
        }
    }
    for (id, event) in tried(plan, run.case_events.events.len()) {
        // Nothing matches with the clause as it is.
        if let Inversion::With(overrides) = inverted(&run.evaluation, id, event, of_case)
            && !run.evaluation.decide_with(&overrides).is_empty()
        {
            add(id);
        }
    }
    decided
}

/// Every clause whose inversion alone loses a match.
fn matched(run: &Run<'_>, matches: &[Match], waived: &[Override]) -> Vec<Decided> {
    let plan = run.plan();
    let decides = deciding(
        &run.evaluation,
        run.case_events.events.len(),
        matches,
        waived,
    );
    let names = decides.into_iter().filter_map(|id| plan.clause_name(id));
    names
        .map(|clause| Decided {
            clause,
            matched: true,
        })
        .collect()
}

/// The whole query.
fn place(query: &QueryText) -> Place {
    let whole = Span::of(0..query.text().len());
    Place {
        source: Arc::clone(query.source()),
        span: query.locate(whole),
    }
}

/// The clauses of a query as it was compiled, with their places in the rule file.
pub(crate) fn clauses_of(compiled: &CompiledQuery, query: &QueryText) -> Vec<RuleClause> {
    match &compiled.pipeline {
        Some(pipeline) => esql_trace::clauses_of(pipeline, query),
        None => plan_clauses::clauses_of(&compiled.plan, query),
    }
}

/// The clauses of a rule as all its checks together know them.
fn clauses(checks: &[CheckTrace], query: &QueryText) -> Vec<RuleClause> {
    let mut queries: Vec<&Arc<CompiledQuery>> = Vec::new();
    for check in checks {
        let compiled = &check.input.compiled;
        if !queries.iter().any(|known| Arc::ptr_eq(known, compiled)) {
            queries.push(compiled);
        }
    }
    let mut clauses: Vec<RuleClause> = Vec::new();
    let mut places: BTreeMap<ClauseName, usize> = BTreeMap::new();
    for compiled in queries {
        for clause in clauses_of(compiled, query) {
            match places.get(&clause.name).and_then(|at| clauses.get_mut(*at)) {
                Some(known) => known.testable |= clause.testable,
                None => {
                    places.insert(clause.name.clone(), clauses.len());
                    clauses.push(clause);
                }
            }
        }
    }
    clauses.sort_by_key(|clause| clause.place.span);
    clauses
}

/// The settings of a rule as all its checks together know them.
fn settings(checks: &[CheckTrace], rule: &Rule, query: &QueryText) -> Vec<RuleClause> {
    let maps = |field: &str| {
        let mut schemas = checks.iter().map(|check| &check.input.compiled.schema);
        schemas.any(|schema| {
            let mut mappings = schema.mappings().iter();
            mappings.any(|mapping| mapping.find(field).is_some())
        })
    };
    let mut clauses = setting_clauses::clauses(rule, query, &maps);
    if let RuleKind::ThreatMatch(own) = &rule.kind {
        let mut compiled = checks.iter().filter_map(|check| {
            let production = check.input.production.as_ref();
            production.and_then(ProductionInput::indicator_query)
        });
        let compiled = compiled.next();
        let of_indicators =
            compiled.map(|query| indicator_clauses::clauses(query, &own.query.text));
        clauses.extend(of_indicators.into_iter().flatten());
    }
    clauses
}
