//! What a check was decided by, and what it ran on: for coverage, mutation and explain, which ask
//! more of a run than its verdict. Gathered only where it is asked for ([`super::trace`]).

use std::collections::BTreeMap;
use std::sync::Arc;

pub use super::clause::{Decided, RuleClause};
use super::esql_trace;
pub use super::esql_trace::{PipelineRun, StepRecord};
use super::judge::{self, Judgement};
use super::judged_case::Case;
use super::outcome::{CheckKey, NoneRecord, Place, Verdict};
use super::rerun::ProductionInput;
use super::run::Run;
use super::setting_clauses;
use super::timeline::{Timeline, timeline};
use crate::compile::CompiledQuery;
use crate::diagnostic::{QueryText, Span};
use crate::evaluate::{CauseKind, Evaluation, KeptEvaluation, Match, Override};
use crate::event::{Event, EventId};
use crate::plan::{ClauseId, ClauseKind, ClauseName, Plan, Role, StageId};
use crate::rule::RuleKind;

/// The most events of a case for which a clause that no match holds is tried on each of them.
const MOST_TRIED: usize = 256;

/// What a test yields for coverage, mutation and explain.
#[derive(Debug, Default)]
pub struct Observed {
    /// The query's place in the rule file, where the rule has one.
    pub query: Option<Place>,
    /// The clauses of the rule in the order of the text.
    pub clauses: Vec<RuleClause>,
    /// What it counts, remembers and compares beside its query, in the order of the file.
    pub settings: Vec<RuleClause>,
    /// One entry for each check that ran, in file order.
    pub checks: Vec<Observation>,
}

/// A check as coverage, mutation and explain see it.
#[derive(Debug)]
pub struct Observation {
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
) -> Observation {
    let run = case.run;
    let waived = judgement.overrides.clone();
    let waived_matches = match waived.as_slice() {
        [] => Vec::new(),
        overrides => run.evaluation.decide_with(overrides),
    };
    // Events that are there for the past neither match nor stop anything by themselves.
    let mut of_case = waived.clone();
    of_case.extend(run.stage.without_context());
    let judged = match of_case.as_slice() {
        [] => run.evaluation.matches().to_vec(),
        overrides => run.evaluation.decide_with(overrides),
    };
    // What stops an alert outside the query is not decided by a clause.
    let outside = waived.is_empty() && run.produced.matches.is_empty() && !judged.is_empty();
    let mut decided = if run.query.pipeline.is_some() {
        esql_trace::decided(run, &waived)
    } else if outside {
        Vec::new()
    } else if judged.is_empty() {
        stopped(run, judgement, &of_case)
    } else {
        matched(run, &judged, &of_case)
    };
    decided.sort();
    decided.dedup();
    Observation {
        key,
        order,
        verdict: judgement.verdict,
        waived: judgement.waived.clone(),
        forced: case.forced,
        decided,
        settings: setting_clauses::decided(run, &waived),
        alerts: run.produced.matches.clone(),
        outside: if run.produced.matches.is_empty() {
            super::production_blockers::stopped(run, &[]).map(|stopped| stopped.record)
        } else {
            None
        },
        notes: Vec::new(),
        timeline: timeline(run, &judgement.overrides),
        input: CheckInput {
            events: run.stage.events.clone(),
            labels: run.stage.labels.clone(),
            compiled: Arc::clone(run.query),
            pipeline: esql_trace::observed(run, &waived),
            production: ProductionInput::of(run, &waived),
            waived,
            assignment: judge::assignment(case),
            matches: run.evaluation.matches().to_vec(),
            waived_matches,
            evaluated: run.evaluation.keep(),
        },
    }
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
    for (id, event) in tried(plan, run.stage.events.len()) {
        // Nothing matches with the clause as it is.
        if let Inverted::With(overrides) = inverted(&run.evaluation, id, event, of_case)
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
    let decides = deciding(&run.evaluation, run.stage.events.len(), matches, waived);
    let names = decides.into_iter().filter_map(|id| plan.clause_name(id));
    names
        .map(|clause| Decided {
            clause,
            matched: true,
        })
        .collect()
}

/// The clauses of an evaluation of so many events each of which, inverted alone, loses a match.
pub(crate) fn deciding(
    evaluation: &Evaluation<'_>,
    events: usize,
    matches: &[Match],
    waived: &[Override],
) -> Vec<ClauseId> {
    let plan = evaluation.plan();
    let positions: Vec<Option<StageId>> = positions(plan).map(Some).collect();
    let mut decided = Vec::new();
    // `matches` were found under `waived`: an inversion that changes no stage loses none of them.
    let loses =
        |id: ClauseId, event: EventId, found: &Match| match inverted(evaluation, id, event, waived)
        {
            Inverted::Never => true,
            Inverted::Alike => false,
            Inverted::With(overrides) => !evaluation.decide_with(&overrides).contains(found),
        };
    for (id, clause) in plan.clauses.numbered() {
        let several = positions.len() > 1;
        let decides = match clause.kind {
            // What binds the events of a match together: without it they are none.
            ClauseKind::JoinKey | ClauseKind::Maxspan => several,
            ClauseKind::Until | ClauseKind::Missing => true,
            kind if kind.is_condition() && clause.leaf.is_some() => matches.iter().any(|found| {
                let events = found.stages.iter().zip(&positions);
                let at = events.filter(|(_, stage)| **stage == clause.stage);
                at.filter_map(|(event, _)| *event)
                    .any(|event| loses(id, event, found))
            }),
            _ => false,
        };
        if decides {
            decided.push(id);
        }
    }
    for (id, event) in tried(plan, events) {
        if matches.iter().any(|found| loses(id, event, found)) {
            decided.push(id);
        }
    }
    decided
}

/// The conditions of missing events and of `until`, on each event: no match holds one of those.
fn tried(plan: &Plan, events: usize) -> impl Iterator<Item = (ClauseId, EventId)> + '_ {
    let absent = |stage: Option<StageId>| {
        stage.is_some_and(|stage| plan.stages.at(stage).role != Role::Positive)
    };
    let clauses = plan.clauses.numbered();
    let clauses = clauses
        .filter(move |(_, clause)| clause.leaf.is_some() && absent(clause.stage))
        .map(|(id, _)| id);
    let events = match events {
        few if few <= MOST_TRIED => u32::try_from(few).unwrap_or(0),
        _ => 0,
    };
    clauses.flat_map(move |id| (0..events).map(move |event| (id, EventId(event))))
}

/// What is waived with the clause inverted on the event.
#[derive(Debug)]
enum Inverted {
    /// The clause has no fact there.
    Never,
    /// The event meets its stage, or does not, as before.
    Alike,
    With(Vec<Override>),
}

fn inverted(
    evaluation: &Evaluation<'_>,
    id: ClauseId,
    event: EventId,
    waived: &[Override],
) -> Inverted {
    let of_waiver = waived.iter().rev().find_map(|change| match change {
        Override::Fact {
            clause,
            event: on,
            bit,
        } if *clause == id && on.is_none_or(|on| on == event) => Some(*bit),
        _ => None,
    });
    let Some(bit) = of_waiver.or_else(|| evaluation.fact(id, event)) else {
        return Inverted::Never;
    };
    let mut overrides = waived.to_vec();
    overrides.push(Override::Fact {
        clause: id,
        event: Some(event),
        bit: !bit,
    });
    if evaluation.turns_stage(id, event, waived, &overrides) {
        Inverted::With(overrides)
    } else {
        Inverted::Alike
    }
}

/// The stage of each position of a match.
pub(crate) fn positions(plan: &Plan) -> impl Iterator<Item = StageId> {
    plan.numbered()
        .filter(|(_, stage)| !matches!(stage.role, Role::Until { .. }))
        .flat_map(|(id, stage)| std::iter::repeat_n(id, usize::from(stage.runs)))
}

/// The whole query.
pub(super) fn place(query: &QueryText) -> Place {
    let whole = Span::of(0..query.text().len());
    Place {
        source: Arc::clone(query.source()),
        span: query.locate(whole),
    }
}

/// The clauses of a rule as all its checks together know them.
pub(super) fn clauses(checks: &[Observation], query: &QueryText) -> Vec<RuleClause> {
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
        let own = match &compiled.pipeline {
            Some(pipeline) => esql_trace::clauses_of(pipeline, query),
            None => clauses_of(&compiled.plan, query),
        };
        for clause in own {
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
pub(super) fn settings(
    checks: &[Observation],
    kind: &RuleKind,
    query: &QueryText,
) -> Vec<RuleClause> {
    let maps = |field: &str| {
        let mut schemas = checks.iter().map(|check| &check.input.compiled.schema);
        schemas.any(|schema| {
            let mut mappings = schema.mappings().iter();
            mappings.any(|mapping| mapping.find(field).is_some())
        })
    };
    setting_clauses::clauses(kind, query, &maps)
}

/// The clauses of a plan with their places in the rule file.
pub(crate) fn clauses_of(plan: &Plan, query: &QueryText) -> Vec<RuleClause> {
    let mut wanted = BTreeMap::new();
    for stage in &plan.stages {
        // Of a missing event and `until` a match needs that there is none.
        let is_positive = stage.role == Role::Positive;
        let mut note = |leaf, bit| {
            wanted.insert(leaf, bit);
        };
        stage.condition.visit_leaves(is_positive, &mut note);
    }
    let clauses = plan.clause_names().filter_map(|(id, name)| {
        let clause = plan.clause(id)?;
        let fields = super::record::fields_of(plan, id);
        let fields: Vec<_> = fields.into_iter().map(|id| plan.fields.at(id)).collect();
        let bit = clause.leaf.and_then(|leaf| wanted.get(&leaf)).copied();
        Some(RuleClause {
            name,
            kind: clause.kind,
            list: clause.kind.is_condition() && clause.leaf.is_none(),
            place: Place {
                source: Arc::clone(query.source()),
                span: query.locate(clause.span),
            },
            wanted: bit.is_none_or(|bit| bit != clause.negated),
            testable: fields.is_empty() || fields.iter().any(|field| field.family.is_some()),
            setting: None,
            fields: fields.iter().map(|field| field.path.clone()).collect(),
        })
    });
    clauses.collect()
}
