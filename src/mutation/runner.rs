//! Runs each mutant on the events of every check until one result differs.
//!
//! A mutant of a list item is not run at all: its facts are those of the rule but for the item's
//! own, and [`Evaluation::decide_with`] says what comes of them. Other mutants run as queries whose
//! lists have the items only that hold on some event ([`LongLists::shortened`]).

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::alternatives::Alternatives;
use super::canonical::is_equivalent;
use super::long_lists::LongLists;
use super::waived::{Waived, by_place, on_plan};
use super::{Mutant, MutantStatus};
use crate::compile::{CompiledQuery, Query, Syntax};
use crate::diagnostic::Span;
use crate::engine::{Matches, over_events};
use crate::evaluate::{Context, Evaluation, Match, Override, Patterns, Prepared};
use crate::event::EventId;
use crate::event::io::Progress;
use crate::plan::{ClauseId, ClauseKind, ClauseName, LeafId, Plan, Predicate};
use crate::replay::outcome::Verdict;
use crate::replay::trace::Observation;

/// A check with this many events is run by the engine, many mutants at once.
const MANY: usize = 1_000;

/// The number of mutants that the engine runs together.
const TOGETHER: usize = 256;

/// The checks of a rule, ready to be run again with another query.
pub(super) struct MutantRunner<'a> {
    benches: Vec<CheckUnderTest<'a>>,
    grounds: Vec<Ground<'a>>,
    rule: &'a Syntax,
    /// The rule without the list items that hold nowhere.
    short: Syntax,
    lists: Option<LongLists<'a>>,
}

/// The rule on one schema.
struct Ground<'a> {
    compiled: &'a Arc<CompiledQuery>,
    /// The clauses that have a fact, by their places.
    clauses: FxHashMap<Span, ClauseId>,
    alternatives: Alternatives,
}

/// One check.
struct CheckUnderTest<'a> {
    check: &'a Observation,
    ground: usize,
    /// What the rule says of its events.
    evaluation: Option<Evaluation<'a>>,
    /// The places of the clauses that decided it, in the query.
    decided: Vec<Span>,
    /// What is waived, by place rather than by number.
    waived: Vec<Waived>,
    matches: Vec<Vec<EventId>>,
    waived_matches: Vec<Vec<EventId>>,
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

/// How a mutated list item changes the fact of its clause on one schema.
enum NewFact {
    /// It is no change of an item alone.
    Not,
    Refused,
    /// The item is gone.
    Gone(ClauseId),
    /// Another test stands in its place; the plan has no other.
    Test(ClauseId, Arc<Plan>, Patterns),
}

impl<'a> MutantRunner<'a> {
    /// Prepares the checks that can tell mutants apart; invalid checks are left out.
    pub(super) fn new(rule: &'a Syntax, checks: &[&'a Observation]) -> Self {
        let mut grounds: Vec<Ground<'a>> = Vec::new();
        let mut benches = Vec::new();
        for check in checks {
            if check.verdict == Verdict::Invalid {
                continue;
            }
            let compiled = &check.input.compiled;
            let same = |known: &Ground<'a>| {
                known.compiled.schema == compiled.schema
                    && known.compiled.settings == compiled.settings
            };
            let number = grounds.iter().position(same).unwrap_or_else(|| {
                grounds.push(Ground::new(compiled));
                grounds.len() - 1
            });
            benches.push((*check, number));
        }
        let benches: Vec<CheckUnderTest<'a>> = benches
            .into_par_iter()
            .map(|(check, ground)| CheckUnderTest::new(check, ground))
            .collect();
        let lists = LongLists::of(rule);
        let short = lists.as_ref().and_then(|lists| {
            let live = live_items(&benches)?;
            Some(lists.shortened(|item| live.contains(&item)))
        });
        Self {
            benches,
            grounds,
            rule,
            short: short.unwrap_or_else(|| rule.clone()),
            lists,
        }
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

    /// The matches of the mutants in the recordings; those that lose an item need no run.
    fn recorded(&self, mutants: &[Mutant]) -> Recorded {
        let mut recorded = Recorded::default();
        let numbered: Vec<(usize, &Mutant)> = mutants
            .iter()
            .enumerate()
            .filter(|(_, mutant)| mutant.item().is_none_or(|item| item.other.is_some()))
            .collect();
        let benches = self.benches.iter().enumerate();
        for (at, bench) in benches.filter(|(_, bench)| bench.is_recording()) {
            let Some(ground) = self.grounds.get(bench.ground) else {
                continue;
            };
            for some in numbered.chunks(TOGETHER) {
                let made: Vec<(usize, LazyPlan)> = some
                    .par_iter()
                    .map(|(number, mutant)| (*number, ground.make(&mutant.query(&self.short))))
                    .collect();
                let plans: Vec<(u32, &Plan)> = made
                    .iter()
                    .filter_map(|(number, made)| match made {
                        LazyPlan::Plan(plan, _) => Some((u32::try_from(*number).ok()?, &**plan)),
                        LazyPlan::Not | LazyPlan::Refused => None,
                    })
                    .collect();
                let events = &bench.check.input.events;
                let found = over_events(&plans, &ground.compiled.settings.timestamp, events);
                recorded.extend(found.into_iter().map(|(number, matches)| {
                    let differs = bench.differs_from(&matches);
                    ((at, number as usize), differs)
                }));
            }
        }
        recorded
    }

    fn fate(&self, number: usize, mutant: &Mutant, recorded: &Recorded) -> MutantStatus {
        let mut made: Vec<LazyPlan> = self.grounds.iter().map(|_| LazyPlan::Not).collect();
        let facts: Vec<NewFact> = self
            .grounds
            .iter()
            .map(|ground| self.new_fact(ground, mutant))
            .collect();
        // Those that the changed place decided first: most mutants are caught at once.
        let touches = |bench: &CheckUnderTest<'_>| {
            let touch = |span: &Span| mutant.span.contains(*span) || span.contains(mutant.span);
            bench.decided.iter().any(touch)
        };
        let benches = || self.benches.iter().enumerate();
        let likely = benches().filter(|(_, bench)| touches(bench));
        let others = benches().filter(|(_, bench)| !touches(bench));
        for (at, bench) in likely.chain(others) {
            let (Some(ground), Some(slot), Some(fact)) = (
                self.grounds.get(bench.ground),
                made.get_mut(bench.ground),
                facts.get(bench.ground),
            ) else {
                continue;
            };
            if matches!(fact, NewFact::Refused) {
                return MutantStatus::Refused;
            }
            let known = recorded.get(&(at, number)).copied();
            let differs = match known.or_else(|| bench.differs_by(fact)) {
                Some(differs) => differs,
                None => {
                    if matches!(slot, LazyPlan::Not) {
                        *slot = ground.make(&mutant.query(&self.short));
                    }
                    let LazyPlan::Plan(plan, patterns) = slot else {
                        return MutantStatus::Refused;
                    };
                    bench.differs(plan, patterns.as_ref())
                }
            };
            if differs {
                return MutantStatus::Caught(bench.check.key.to_string());
            }
        }
        let mut grounds = self.grounds.iter().zip(&facts);
        if grounds.all(|(ground, fact)| self.is_same(ground, mutant, fact)) {
            MutantStatus::Equivalent
        } else {
            MutantStatus::Survived
        }
    }

    /// What a change of a list item makes of its fact.
    fn new_fact(&self, ground: &Ground<'a>, mutant: &Mutant) -> NewFact {
        let (Some(item), Some(lists)) = (mutant.item(), &self.lists) else {
            return NewFact::Not;
        };
        let clause = lists.clause(item.span);
        let Some(clause) = clause.and_then(|clause| ground.clauses.get(&clause)) else {
            return NewFact::Not;
        };
        if item.other.is_none() {
            return NewFact::Gone(*clause);
        }
        let Some(alone) = lists.alone(mutant) else {
            return NewFact::Not;
        };
        match ground.make(&alone) {
            LazyPlan::Plan(plan, Some(patterns)) if plan.leaves.len() == 1 => {
                let leaf = plan.leaves.first();
                if leaf.is_some_and(|leaf| matches!(leaf.predicate, Predicate::Script(_))) {
                    return NewFact::Not;
                }
                NewFact::Test(*clause, plan, patterns)
            }
            LazyPlan::Refused => NewFact::Refused,
            _ => NewFact::Not,
        }
    }

    /// Whether the mutant is the rule in other words.
    fn is_same(&self, ground: &Ground<'a>, mutant: &Mutant, fact: &NewFact) -> bool {
        let clause = match fact {
            NewFact::Gone(clause) | NewFact::Test(clause, ..) => Some(*clause),
            NewFact::Not | NewFact::Refused => None,
        };
        if let (Some(clause), Some(lists), Some(item)) = (clause, &self.lists, mutant.item()) {
            let mut items = vec![item.span];
            ground.add_related(clause, fact, &mut items);
            let rule = lists.with(&items);
            let both = (ground.make(&rule), ground.make(&mutant.query(&rule)));
            return match both {
                (LazyPlan::Plan(rule, _), LazyPlan::Plan(mutant, _)) => {
                    is_equivalent(&mutant, &rule)
                }
                _ => false,
            };
        }
        match ground.make(&mutant.query(self.rule)) {
            LazyPlan::Plan(plan, _) => is_equivalent(&plan, &ground.compiled.plan),
            LazyPlan::Not | LazyPlan::Refused => true,
        }
    }
}

/// The places of the list items that hold on an event of some check, or that a waiver is about;
/// `None` where that is not known of some check.
fn live_items(benches: &[CheckUnderTest<'_>]) -> Option<FxHashSet<Span>> {
    let mut live = FxHashSet::default();
    for bench in benches {
        let evaluation = bench.evaluation.as_ref()?;
        let input = &bench.check.input;
        for (id, clause) in input.compiled.plan.clauses.numbered() {
            let mut events = (0u32..).map(EventId).take(input.events.len());
            if clause.kind == ClauseKind::ListItem
                && !live.contains(&clause.span)
                && events.any(|event| evaluation.fact(id, event) == Some(true))
            {
                live.insert(clause.span);
            }
        }
        live.extend(bench.waived.iter().filter_map(|waived| match waived {
            Waived::Fact(span, ..) | Waived::Lift(_, span) => Some(*span),
            Waived::As(_) => None,
        }));
    }
    Some(live)
}

impl<'a> Ground<'a> {
    fn new(compiled: &'a Arc<CompiledQuery>) -> Self {
        let clauses = compiled.plan.clauses.numbered();
        let facts = clauses.filter(|(_, clause)| clause.leaf.is_some());
        Self {
            clauses: facts.map(|(id, clause)| (clause.span, id)).collect(),
            alternatives: Alternatives::of(&compiled.plan),
            compiled,
        }
    }

    fn make(&self, syntax: &Syntax) -> LazyPlan {
        let query = Query {
            syntax,
            schema: &self.compiled.schema,
            settings: &self.compiled.settings,
            now: self.compiled.now,
        };
        match query.plan_without_texts() {
            Ok(plan) => {
                let patterns = Patterns::of(&plan).ok();
                LazyPlan::Plan(Arc::new(plan), patterns)
            }
            Err(_) => LazyPlan::Refused,
        }
    }

    /// The items that cover an item, before or after its change, or are covered by it.
    fn add_related(&self, clause: ClauseId, fact: &NewFact, items: &mut Vec<Span>) {
        let plan = &self.compiled.plan;
        let leaf = plan.clause(clause).and_then(|clause| clause.leaf);
        let Some(old) = leaf.and_then(|leaf| plan.leaves.get(leaf)) else {
            return;
        };
        self.alternatives.related(&old.predicate, items);
        if let NewFact::Test(_, other, _) = fact
            && let Some(new) = other.leaves.first()
        {
            let (mut old, mut new) = (old.predicate.clone(), new.predicate.clone());
            let mut field = None;
            old.visit_fields_mut(&mut |old| field = Some(*old));
            new.visit_fields_mut(&mut |new| *new = field.unwrap_or(*new));
            self.alternatives.related(&new, items);
        }
    }
}

impl<'a> CheckUnderTest<'a> {
    fn new(check: &'a Observation, ground: usize) -> Self {
        let input = &check.input;
        let plan = &input.compiled.plan;
        let decided: FxHashSet<&ClauseName> = check.decided.iter().map(|one| &one.clause).collect();
        let names = plan.clause_names();
        let decided = names.filter(|(_, name)| decided.contains(name));
        let context = Context {
            now: input.compiled.now,
            ..Context::default()
        };
        let patterns = input.compiled.patterns.as_ref().ok();
        let evaluation = patterns.and_then(|patterns| {
            let prepared = patterns.with(plan);
            prepared.evaluate(&input.events, &context).ok()
        });
        Self {
            check,
            ground,
            evaluation,
            decided: decided
                .filter_map(|(id, _)| plan.clause(id))
                .map(|clause| clause.span)
                .collect(),
            waived: input.waived.iter().map(|one| by_place(plan, one)).collect(),
            matches: events(&input.matches),
            waived_matches: events(&input.waived_matches),
        }
    }

    fn is_recording(&self) -> bool {
        self.waived.is_empty() && self.check.input.events.len() >= MANY
    }

    /// Whether the changed fact of a list item changes the result; `None` if that needs a run.
    fn differs_by(&self, fact: &NewFact) -> Option<bool> {
        let evaluation = self.evaluation.as_ref()?;
        let input = &self.check.input;
        let (clause, test) = match fact {
            NewFact::Not | NewFact::Refused => return None,
            NewFact::Gone(clause) => (*clause, None),
            NewFact::Test(clause, plan, patterns) => (*clause, Some(patterns.with(plan))),
        };
        let is_waived = |waived: &Override| matches!(waived, Override::Fact { clause: other, .. } if *other == clause);
        if input.waived.iter().any(is_waived) {
            return None;
        }
        let holds = |test: &Prepared<'_>, event| test.holds(LeafId(0), event).ok();
        let mut overrides = Vec::new();
        for (number, event) in (0u32..).zip(&input.events) {
            let number = EventId(number);
            let bit = match &test {
                Some(test) => holds(test, event)?,
                None => false,
            };
            if evaluation.fact(clause, number)? != bit {
                overrides.push(Override::Fact {
                    clause,
                    event: Some(number),
                    bit,
                });
            }
        }
        if overrides.is_empty() {
            return Some(false);
        }
        if events(&evaluation.decide_with(&overrides)) != self.matches {
            return Some(true);
        }
        if input.waived.is_empty() {
            return Some(false);
        }
        overrides.extend_from_slice(&input.waived);
        Some(events(&evaluation.decide_with(&overrides)) != self.waived_matches)
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
                now: self.check.input.compiled.now,
                ..Context::default()
            };
            let prepared = patterns.with(plan);
            prepared.evaluate(&self.check.input.events, &context)
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
        let overrides = on_plan(evaluation.plan(), &self.waived);
        evaluation.decide_with(&overrides)
    }
}

/// The events of each match; a missing event's place is no event.
fn events(matches: &[Match]) -> Vec<Vec<EventId>> {
    let of_match = |found: &Match| found.stages.iter().flatten().copied().collect();
    matches.iter().map(of_match).collect()
}
