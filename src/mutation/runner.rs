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
use crate::replay::trace::CheckTrace;

/// A check with this many events is run by the engine, many mutants at once.
const MANY: usize = 1_000;

/// The number of mutants that the engine runs together.
const TOGETHER: usize = 256;

/// The checks of a rule, ready to be run again with another query.
pub(super) struct MutantRunner<'a> {
    checks: Vec<CheckUnderTest<'a>>,
    by_schema: Vec<CompiledSchema<'a>>,
    rule: &'a Syntax,
    /// The rule without the list items that hold nowhere.
    short: Syntax,
    lists: Option<LongLists<'a>>,
}

/// The rule on one schema.
struct CompiledSchema<'a> {
    compiled: &'a Arc<CompiledQuery>,
    /// The clauses that have a fact, by their places.
    clauses: FxHashMap<Span, ClauseId>,
    alternatives: Alternatives,
}

/// One check.
struct CheckUnderTest<'a> {
    check: &'a CheckTrace,
    schema_index: usize,
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

/// A mutant's plan on each schema, made when it is first needed.
enum LazyPlan {
    NotCompiled,
    Refused,
    /// With its patterns; none where they cannot be compiled.
    Plan(Arc<Plan>, Option<Patterns>),
}

/// How a mutated list item changes the fact of its clause on one schema.
enum NewFact {
    /// It is no change of an item alone.
    NeedsRun,
    Refused,
    /// The item is gone.
    Gone(ClauseId),
    /// Another test stands in its place; the plan has no other.
    Test(ClauseId, Arc<Plan>, Patterns),
}

impl<'a> MutantRunner<'a> {
    /// Prepares the checks that can tell mutants apart; invalid checks are left out.
    pub(super) fn new(rule: &'a Syntax, checks: &[&'a CheckTrace]) -> Self {
        let mut by_schema: Vec<CompiledSchema<'a>> = Vec::new();
        let mut numbered = Vec::new();
        for check in checks {
            if check.verdict == Verdict::Invalid {
                continue;
            }
            let compiled = &check.input.compiled;
            let same = |known: &CompiledSchema<'a>| {
                known.compiled.schema == compiled.schema
                    && known.compiled.settings == compiled.settings
            };
            let number = by_schema.iter().position(same).unwrap_or_else(|| {
                by_schema.push(CompiledSchema::new(compiled));
                by_schema.len() - 1
            });
            numbered.push((*check, number));
        }
        let checks: Vec<CheckUnderTest<'a>> = numbered
            .into_par_iter()
            .map(|(check, schema_index)| CheckUnderTest::new(check, schema_index))
            .collect();
        let lists = LongLists::of(rule);
        let short = lists.as_ref().and_then(|lists| {
            let live = live_items(&checks)?;
            Some(lists.shortened(|item| live.contains(&item)))
        });
        Self {
            checks,
            by_schema,
            rule,
            short: short.unwrap_or_else(|| rule.clone()),
            lists,
        }
    }

    /// Runs each mutant, in order, and reports progress.
    pub(super) fn statuses(
        &self,
        mutants: &[Mutant],
        progress: &dyn Progress,
    ) -> Vec<MutantStatus> {
        let recorded = self.recorded(mutants);
        let tried = mutants.par_iter().enumerate().map(|(number, mutant)| {
            let status = self.status(number, mutant, &recorded);
            progress.advance(1);
            status
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
        let checks = self.checks.iter().enumerate();
        for (at, under_test) in checks.filter(|(_, under_test)| under_test.is_recording()) {
            let Some(compiled) = self.by_schema.get(under_test.schema_index) else {
                continue;
            };
            for some in numbered.chunks(TOGETHER) {
                let made: Vec<(usize, LazyPlan)> = some
                    .par_iter()
                    .map(|(number, mutant)| (*number, compiled.compile(&mutant.query(&self.short))))
                    .collect();
                let plans: Vec<(u32, &Plan)> = made
                    .iter()
                    .filter_map(|(number, made)| match made {
                        LazyPlan::Plan(plan, _) => Some((u32::try_from(*number).ok()?, &**plan)),
                        LazyPlan::NotCompiled | LazyPlan::Refused => None,
                    })
                    .collect();
                let events = &under_test.check.input.events;
                let found = over_events(&plans, &compiled.compiled.settings.timestamp, events);
                recorded.extend(found.into_iter().map(|(number, matches)| {
                    let differs = under_test.differs_from(&matches);
                    ((at, number as usize), differs)
                }));
            }
        }
        recorded
    }

    fn status(&self, number: usize, mutant: &Mutant, recorded: &Recorded) -> MutantStatus {
        let mut made: Vec<LazyPlan> = self
            .by_schema
            .iter()
            .map(|_| LazyPlan::NotCompiled)
            .collect();
        let facts: Vec<NewFact> = self
            .by_schema
            .iter()
            .map(|compiled| self.new_fact(compiled, mutant))
            .collect();
        // Those that the changed place decided first: most mutants are caught at once.
        let touches = |under_test: &CheckUnderTest<'_>| {
            let touch = |span: &Span| mutant.span.contains(*span) || span.contains(mutant.span);
            under_test.decided.iter().any(touch)
        };
        let checks = || self.checks.iter().enumerate();
        let likely = checks().filter(|(_, under_test)| touches(under_test));
        let others = checks().filter(|(_, under_test)| !touches(under_test));
        for (at, under_test) in likely.chain(others) {
            let (Some(compiled), Some(slot), Some(fact)) = (
                self.by_schema.get(under_test.schema_index),
                made.get_mut(under_test.schema_index),
                facts.get(under_test.schema_index),
            ) else {
                continue;
            };
            if matches!(fact, NewFact::Refused) {
                return MutantStatus::Refused;
            }
            let known = recorded.get(&(at, number)).copied();
            let differs = match known.or_else(|| under_test.differs_by(fact)) {
                Some(differs) => differs,
                None => {
                    if matches!(slot, LazyPlan::NotCompiled) {
                        *slot = compiled.compile(&mutant.query(&self.short));
                    }
                    let LazyPlan::Plan(plan, patterns) = slot else {
                        return MutantStatus::Refused;
                    };
                    under_test.differs(plan, patterns.as_ref())
                }
            };
            if differs {
                return MutantStatus::Caught(under_test.check.key.to_string());
            }
        }
        let mut by_schema = self.by_schema.iter().zip(&facts);
        if by_schema.all(|(compiled, fact)| self.is_same(compiled, mutant, fact)) {
            MutantStatus::Equivalent
        } else {
            MutantStatus::Survived
        }
    }

    /// What a change of a list item makes of its fact.
    fn new_fact(&self, compiled: &CompiledSchema<'a>, mutant: &Mutant) -> NewFact {
        let (Some(item), Some(lists)) = (mutant.item(), &self.lists) else {
            return NewFact::NeedsRun;
        };
        let clause = lists.clause(item.span);
        let Some(clause) = clause.and_then(|clause| compiled.clauses.get(&clause)) else {
            return NewFact::NeedsRun;
        };
        if item.other.is_none() {
            return NewFact::Gone(*clause);
        }
        let Some(alone) = lists.alone(mutant) else {
            return NewFact::NeedsRun;
        };
        match compiled.compile(&alone) {
            LazyPlan::Plan(plan, Some(patterns)) if plan.leaves.len() == 1 => {
                let leaf = plan.leaves.first();
                if leaf.is_some_and(|leaf| matches!(leaf.predicate, Predicate::Script(_))) {
                    return NewFact::NeedsRun;
                }
                NewFact::Test(*clause, plan, patterns)
            }
            LazyPlan::Refused => NewFact::Refused,
            _ => NewFact::NeedsRun,
        }
    }

    /// Whether the mutant is the rule in other words.
    fn is_same(&self, compiled: &CompiledSchema<'a>, mutant: &Mutant, fact: &NewFact) -> bool {
        let clause = match fact {
            NewFact::Gone(clause) | NewFact::Test(clause, ..) => Some(*clause),
            NewFact::NeedsRun | NewFact::Refused => None,
        };
        if let (Some(clause), Some(lists), Some(item)) = (clause, &self.lists, mutant.item()) {
            let mut items = vec![item.span];
            compiled.add_related(clause, fact, &mut items);
            let rule = lists.with(&items);
            let both = (
                compiled.compile(&rule),
                compiled.compile(&mutant.query(&rule)),
            );
            return match both {
                (LazyPlan::Plan(rule, _), LazyPlan::Plan(mutant, _)) => {
                    is_equivalent(&mutant, &rule)
                }
                _ => false,
            };
        }
        match compiled.compile(&mutant.query(self.rule)) {
            LazyPlan::Plan(plan, _) => is_equivalent(&plan, &compiled.compiled.plan),
            LazyPlan::NotCompiled | LazyPlan::Refused => true,
        }
    }
}

/// The places of the list items that hold on an event of some check, or that a waiver is about;
/// `None` where that is not known of some check.
fn live_items(checks: &[CheckUnderTest<'_>]) -> Option<FxHashSet<Span>> {
    let mut live = FxHashSet::default();
    for under_test in checks {
        let evaluation = under_test.evaluation.as_ref()?;
        let input = &under_test.check.input;
        for (id, clause) in input.compiled.plan.clauses.numbered() {
            let mut events = EventId::of(&input.events);
            if clause.kind == ClauseKind::ListItem
                && !live.contains(&clause.span)
                && events.any(|event| evaluation.fact(id, event) == Some(true))
            {
                live.insert(clause.span);
            }
        }
        live.extend(under_test.waived.iter().filter_map(|waived| match waived {
            Waived::Fact(span, ..) | Waived::Relax(_, span) => Some(*span),
            Waived::As(_) => None,
        }));
    }
    Some(live)
}

impl<'a> CompiledSchema<'a> {
    fn new(compiled: &'a Arc<CompiledQuery>) -> Self {
        let clauses = compiled.plan.clauses.numbered();
        let facts = clauses.filter(|(_, clause)| clause.leaf.is_some());
        Self {
            clauses: facts.map(|(id, clause)| (clause.span, id)).collect(),
            alternatives: Alternatives::of(&compiled.plan),
            compiled,
        }
    }

    fn compile(&self, syntax: &Syntax) -> LazyPlan {
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
    fn new(check: &'a CheckTrace, schema_index: usize) -> Self {
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
            schema_index,
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
            NewFact::NeedsRun | NewFact::Refused => return None,
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
