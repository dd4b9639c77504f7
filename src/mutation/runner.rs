//! Runs each mutant on the events of every check until one result differs.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::canonical::is_equivalent;
use super::{Mutant, MutantStatus};
use crate::compile::{CompiledQuery, Query};
use crate::diagnostic::Span;
use crate::engine::{Matches, over_events};
use crate::evaluate::{Context, Evaluation, Match, Override, Patterns};
use crate::event::EventId;
use crate::event::io::Progress;
use crate::plan::{ClauseId, ClauseKind, Plan};
use crate::replay::outcome::Verdict;
use crate::replay::trace::Observation;

/// A check with so many events is run by the engine, all mutants at once.
const MANY: usize = 1_000;

/// The checks of a rule, ready to be run again with another query.
pub(super) struct MutantRunner<'a> {
    benches: Vec<CheckUnderTest<'a>>,
    grounds: Vec<&'a Arc<CompiledQuery>>,
}

/// One check.
struct CheckUnderTest<'a> {
    check: &'a Observation,
    ground: usize,
    /// The places of the clauses that decided it, in the query.
    decided: Vec<Span>,
    /// What is waived, by place rather than by number.
    waived: Vec<Waived>,
    matches: Vec<Vec<EventId>>,
    waived_matches: Vec<Vec<EventId>>,
}

/// An override that holds for a mutant as well.
enum Waived {
    Fact(Span, Option<EventId>, bool),
    Lift(ClauseKind, Span),
    As(Override),
}

/// Whether a mutant finds anything else in a check's events, by the numbers of check and mutant.
type Recorded = BTreeMap<(usize, usize), bool>;

/// A mutant's plan on each ground, made when it is first needed.
enum LazyPlan {
    Not,
    Refused,
    /// With its patterns; none where they cannot be compiled.
    Plan(Arc<Plan>, Option<Patterns>),
}

impl<'a> MutantRunner<'a> {
    /// A lab for the checks from which something can be learnt.
    pub(super) fn new(checks: &[&'a Observation]) -> Self {
        let mut lab = Self {
            benches: Vec::new(),
            grounds: Vec::new(),
        };
        for check in checks {
            if check.verdict == Verdict::Invalid {
                continue;
            }
            let ground = &check.specimen.compiled;
            let same = |known: &&Arc<CompiledQuery>| {
                known.schema == ground.schema && known.settings == ground.settings
            };
            let number = lab.grounds.iter().position(same).unwrap_or_else(|| {
                lab.grounds.push(ground);
                lab.grounds.len() - 1
            });
            lab.benches.push(CheckUnderTest::new(check, number));
        }
        lab
    }

    /// Runs each mutant, in order, and reports progress.
    pub(super) fn fates(&self, mutants: &[Mutant], progress: &dyn Progress) -> Vec<MutantStatus> {
        let recorded = self.recorded(mutants);
        let tried = mutants.par_iter().enumerate().map(|(number, mutant)| {
            let fate = self.fate(number, mutant, &recorded);
            progress.advance(1);
            fate
        });
        tried.collect()
    }

    /// The matches of the mutants in the recordings.
    fn recorded(&self, mutants: &[Mutant]) -> Recorded {
        let mut recorded = Recorded::default();
        let benches = self.benches.iter().enumerate();
        for (at, bench) in benches.filter(|(_, bench)| bench.is_recording()) {
            let Some(ground) = self.grounds.get(bench.ground) else {
                continue;
            };
            let made: Vec<(usize, LazyPlan)> = mutants
                .par_iter()
                .enumerate()
                .map(|(number, mutant)| (number, make(mutant, ground)))
                .collect();
            let plans: Vec<(u32, &Plan)> = made
                .iter()
                .filter_map(|(number, made)| match made {
                    LazyPlan::Plan(plan, _) => Some((u32::try_from(*number).ok()?, &**plan)),
                    LazyPlan::Not | LazyPlan::Refused => None,
                })
                .collect();
            let events = &bench.check.specimen.events;
            let found = over_events(&plans, &ground.settings.timestamp, events);
            recorded.extend(found.into_iter().map(|(number, matches)| {
                let differs = bench.differs_from(&matches);
                ((at, number as usize), differs)
            }));
        }
        recorded
    }

    fn fate(&self, number: usize, mutant: &Mutant, recorded: &Recorded) -> MutantStatus {
        let mut made: Vec<LazyPlan> = self.grounds.iter().map(|_| LazyPlan::Not).collect();
        // Those that the changed place decided first: most mutants are caught at once.
        let touches = |bench: &CheckUnderTest<'_>| {
            let touch = |span: &Span| mutant.span.contains(*span) || span.contains(mutant.span);
            bench.decided.iter().any(touch)
        };
        let benches = || self.benches.iter().enumerate();
        let likely = benches().filter(|(_, bench)| touches(bench));
        let others = benches().filter(|(_, bench)| !touches(bench));
        for (at, bench) in likely.chain(others) {
            let Some(ground) = self.grounds.get(bench.ground) else {
                continue;
            };
            let Some(slot) = made.get_mut(bench.ground) else {
                continue;
            };
            if matches!(slot, LazyPlan::Not) {
                *slot = make(mutant, ground);
            }
            let LazyPlan::Plan(plan, patterns) = slot else {
                return MutantStatus::Refused;
            };
            let known = recorded.get(&(at, number)).copied();
            if known.unwrap_or_else(|| bench.differs(plan, patterns.as_ref())) {
                return MutantStatus::Caught(bench.check.key.to_string());
            }
        }
        let same = made
            .iter()
            .zip(&self.grounds)
            .all(|(made, ground)| match made {
                LazyPlan::Plan(plan, _) => is_equivalent(plan, &ground.plan),
                LazyPlan::Not | LazyPlan::Refused => true,
            });
        if same {
            MutantStatus::Equivalent
        } else {
            MutantStatus::Survived
        }
    }
}

fn make(mutant: &Mutant, ground: &CompiledQuery) -> LazyPlan {
    let query = Query {
        syntax: &mutant.query,
        schema: &ground.schema,
        settings: &ground.settings,
        now: ground.now,
    };
    match query.plan_without_texts() {
        Ok(plan) => {
            let patterns = Patterns::of(&plan).ok();
            LazyPlan::Plan(Arc::new(plan), patterns)
        }
        Err(_) => LazyPlan::Refused,
    }
}

impl<'a> CheckUnderTest<'a> {
    fn new(check: &'a Observation, ground: usize) -> Self {
        let specimen = &check.specimen;
        let plan = &specimen.compiled.plan;
        let numbered = || plan.clauses.numbered();
        let named = |(id, _): &(ClauseId, _)| {
            let name = plan.clause_name(*id);
            let decided = check.decided.iter();
            decided
                .clone()
                .any(|one| Some(&one.clause) == name.as_ref())
        };
        Self {
            check,
            ground,
            decided: numbered()
                .filter(named)
                .map(|(_, clause)| clause.span)
                .collect(),
            waived: specimen
                .waived
                .iter()
                .map(|one| by_place(plan, one))
                .collect(),
            matches: events(&specimen.matches),
            waived_matches: events(&specimen.waived_matches),
        }
    }

    fn is_recording(&self) -> bool {
        self.waived.is_empty() && self.check.specimen.events.len() >= MANY
    }

    /// Whether these matches are other than the rule's.
    fn differs_from(&self, found: &Matches) -> bool {
        let found = found.iter().map(|events| events.iter().flatten());
        let found = found.map(|events| events.map(|event| EventId(*event)).collect());
        let found: Vec<Vec<EventId>> = found.collect();
        found != self.matches
    }

    /// Whether the plan finds anything else than the rule does.
    fn differs(&self, plan: &Plan, patterns: Option<&Patterns>) -> bool {
        let evaluated = patterns.map(|patterns| {
            let context = Context {
                now: self.check.specimen.compiled.now,
                ..Context::default()
            };
            let prepared = patterns.with(plan);
            prepared.evaluate(&self.check.specimen.events, &context)
        });
        // A query that fails where the rule runs is noticed.
        let Some(Ok(evaluation)) = evaluated else {
            return true;
        };
        if events(evaluation.matches()) != self.matches {
            return true;
        }
        if self.waived.is_empty() {
            return false;
        }
        events(&self.under_waiver(&evaluation)) != self.waived_matches
    }

    fn under_waiver(&self, evaluation: &Evaluation<'_>) -> Vec<Match> {
        let plan = evaluation.plan();
        let overrides: Vec<Override> = self
            .waived
            .iter()
            .filter_map(|waived| match waived {
                Waived::As(change) => Some(change.clone()),
                Waived::Lift(kind, span) => {
                    clause_at(plan, |other| *kind == other, *span).map(Override::Relax)
                }
                Waived::Fact(span, event, bit) => {
                    let clause = clause_at(plan, ClauseKind::is_condition, *span)?;
                    Some(Override::Fact {
                        clause,
                        event: *event,
                        bit: *bit,
                    })
                }
            })
            .collect();
        evaluation.decide_with(&overrides)
    }
}

/// The events of each match; a missing event's place is no event.
fn events(matches: &[Match]) -> Vec<Vec<EventId>> {
    let of_match = |found: &Match| found.stages.iter().flatten().copied().collect();
    matches.iter().map(of_match).collect()
}

fn by_place(plan: &Plan, change: &Override) -> Waived {
    let place = |id: ClauseId| plan.clause(id);
    match change {
        Override::Fact { clause, event, bit } => match place(*clause) {
            Some(clause) => Waived::Fact(clause.span, *event, *bit),
            None => Waived::As(change.clone()),
        },
        Override::Relax(id) => match place(*id) {
            Some(clause) => Waived::Lift(clause.kind, clause.span),
            None => Waived::As(change.clone()),
        },
        other => Waived::As(other.clone()),
    }
}

/// The clause of this place; where a list has become a single item, the one around it.
fn clause_at(plan: &Plan, kind: impl Fn(ClauseKind) -> bool, span: Span) -> Option<ClauseId> {
    let numbered = || plan.clauses.numbered();
    let fits = |clause: &crate::plan::Clause| {
        kind(clause.kind) && (clause.leaf.is_some() || !clause.kind.is_condition())
    };
    let exact = numbered().find(|(_, clause)| fits(clause) && clause.span == span);
    let around = || numbered().find(|(_, clause)| fits(clause) && clause.span.contains(span));
    exact.or_else(around).map(|(id, _)| id)
}
