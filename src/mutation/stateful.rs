//! Runs each mutant of a rule that counts, remembers or compares with indicators through the
//! executions of every check until the alerts of one differ.

use std::sync::Arc;

use rayon::prelude::*;

use super::canonical::is_equivalent;
use super::waived::{Waived, by_place, on_plan};
use super::{Changed, Mutant, MutantStatus, Part};
use crate::compile::{CompiledQuery, Query, Syntax};
use crate::evaluate::{Context, Override};
use crate::event::EventId;
use crate::event::io::Progress;
use crate::replay::outcome::Verdict;
use crate::replay::trace::CheckTrace;
use crate::replay::trace::rerun::{ProductionInput, Variant};
use crate::rule::Rule;

/// The events of each alert.
type Alerts = Vec<Vec<EventId>>;

/// A check with the alerts of the rule as it stands, which those of a mutant are compared with.
struct CheckUnderTest<'a> {
    check: &'a CheckTrace,
    production: &'a ProductionInput,
    waived: Vec<Waived>,
    alerts: Alerts,
}

/// A mutant, compiled for each source when a check needs it.
struct MutantQueries<'m> {
    rule: Option<Rule>,
    mutant: &'m Mutant,
    /// By what the rule's own query was compiled to.
    queries: Vec<(Arc<CompiledQuery>, Option<Arc<CompiledQuery>>)>,
}

/// Runs each mutant, in order, and reports progress.
pub(super) fn statuses(
    (rule, syntax): (&Rule, &Syntax),
    checks: &[&CheckTrace],
    mutants: &[Mutant],
    progress: &dyn Progress,
) -> Vec<MutantStatus> {
    let checks: Vec<CheckUnderTest<'_>> = checks
        .iter()
        .filter(|check| check.verdict != Verdict::Invalid)
        .filter_map(|check| CheckUnderTest::new(rule, check))
        .collect();
    let tried = mutants.par_iter().map(|mutant| {
        let status = fate((rule, syntax), &checks, mutant);
        progress.advance(1);
        status
    });
    tried.collect()
}

fn fate(
    (rule, syntax): (&Rule, &Syntax),
    checks: &[CheckUnderTest<'_>],
    mutant: &Mutant,
) -> MutantStatus {
    let mut made = MutantQueries::new(rule, mutant);
    for check in checks {
        match check.differs(rule, syntax, &mut made) {
            None => return MutantStatus::Refused,
            Some(true) => return MutantStatus::Caught(check.check.key.to_string()),
            Some(false) => {}
        }
    }
    if made.is_the_rule() {
        MutantStatus::Equivalent
    } else {
        MutantStatus::Survived
    }
}

impl<'m> MutantQueries<'m> {
    fn new(rule: &Rule, mutant: &'m Mutant) -> Self {
        let kind = match &mutant.changed {
            Changed::Kind(kind) | Changed::WithoutFilter(kind, _) => Some(kind),
            Changed::Query(_)
            | Changed::Condition(..)
            | Changed::Kuery(_)
            | Changed::IndicatorQuery(_) => None,
        };
        let rule = kind.map(|kind| Rule {
            kind: (**kind).clone(),
            ..rule.clone()
        });
        Self {
            rule,
            mutant,
            queries: Vec::new(),
        }
    }

    /// Another query in the place of one that was compiled; `None` where Elasticsearch would
    /// refuse it.
    fn query(&mut self, own: &Arc<CompiledQuery>, syntax: &Syntax) -> Option<Arc<CompiledQuery>> {
        let mut known = self.queries.iter();
        if let Some((_, made)) = known.find(|(other, _)| Arc::ptr_eq(other, own)) {
            return made.clone();
        }
        let query = Query {
            syntax: &self.mutant.query(syntax),
            schema: &own.schema,
            settings: &own.settings,
            now: own.now,
        };
        let made = query.compile().ok().map(Arc::new);
        self.queries.push((Arc::clone(own), made.clone()));
        made
    }

    /// Whether it is the rule in other words.
    fn is_the_rule(&self) -> bool {
        let is_same = |(own, made): &(Arc<CompiledQuery>, Option<Arc<CompiledQuery>>)| {
            made.as_ref()
                .is_some_and(|made| is_equivalent(&made.plan, &own.plan))
        };
        !self.queries.is_empty() && self.queries.iter().all(is_same)
    }
}

impl<'a> CheckUnderTest<'a> {
    fn new(rule: &Rule, check: &'a CheckTrace) -> Option<Self> {
        let input = &check.input;
        let production = input.production.as_ref()?;
        let plan = &input.compiled.plan;
        let waived = input.waived.iter();
        Some(Self {
            check,
            production,
            waived: waived.map(|one| by_place(plan, one)).collect(),
            alerts: production.alerts(&Variant::of(rule)).ok()?,
        })
    }

    /// Whether the mutant gives other alerts; `None` where Elasticsearch would refuse it.
    fn differs(&self, rule: &Rule, syntax: &Syntax, made: &mut MutantQueries<'_>) -> Option<bool> {
        let own = &self.check.input.compiled;
        match made.mutant.part() {
            Part::Settings => {
                let filter = match &made.mutant.changed {
                    Changed::WithoutFilter(_, number) => Some(*number),
                    _ => None,
                };
                let rule = made.rule.as_ref().unwrap_or(rule);
                Some(self.has_other_alerts(&Variant {
                    without_filter: filter,
                    ..Variant::of(rule)
                }))
            }
            Part::IndicatorQuery => {
                let Some(own) = self.production.indicator_query() else {
                    return Some(false);
                };
                let query = made.query(own, syntax)?;
                Some(self.has_other_alerts(&Variant {
                    indicator_query: Some(&query),
                    ..Variant::of(rule)
                }))
            }
            Part::Query => {
                let query = made.query(own, syntax)?;
                // Without other events there are no other alerts.
                if self.waived.is_empty() && self.finds_the_same(&query) {
                    return Some(false);
                }
                let waived: Vec<Override> = on_plan(&query.plan, &self.waived);
                Some(self.has_other_alerts(&Variant {
                    query: Some(&query),
                    waived: Some(&waived),
                    ..Variant::of(rule)
                }))
            }
        }
    }

    fn has_other_alerts(&self, variant: &Variant<'_>) -> bool {
        // What fails where the rule runs is noticed.
        let alerts = self.production.alerts(variant);
        alerts.map_or(true, |alerts| alerts != self.alerts)
    }

    fn finds_the_same(&self, query: &CompiledQuery) -> bool {
        let input = &self.check.input;
        let context = Context {
            now: input.compiled.now,
            ..Context::default()
        };
        let Ok(patterns) = &query.patterns else {
            return false;
        };
        let prepared = patterns.with(&query.plan);
        let evaluation = prepared.evaluate(&input.events, &context);
        evaluation.is_ok_and(|evaluation| evaluation.matches() == input.matches)
    }
}
