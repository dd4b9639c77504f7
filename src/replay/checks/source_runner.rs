//! One scenario on one data source: the attack first, then every case judged against it.

use std::sync::Arc;

pub(in crate::replay) use crate::compile::SourceCompiler as Compiler;
use crate::compile::{FieldTypes, Syntax, indicator_query};
use crate::data_source::{Catalogue, DataSource, IndexPatterns};
use crate::diagnostic::{Diagnostic, QueryText, Span};
use crate::evaluate::{BlockerHint, Context};
use crate::event::io::FilesBeside;
use crate::replay::case::capture::Events;
use crate::replay::case::case_events::CaseEvents;
use crate::replay::case::exclusions::Exceptions;
use crate::replay::case::given;
use crate::replay::case::indicators::ThreatSource;
use crate::replay::judge::expectation::{CheckExpectation, check_expectation};
use crate::replay::judge::judged_case::{Attack, Case};
use crate::replay::judge::waiver::Waiver;
use crate::replay::judge::{self, Judgement};
use crate::replay::outcome::{Check, Observed, PinKind, Verdict};
use crate::replay::production::case_run::Run;
use crate::replay::reason::{NotRun, Reason, RefusedQuery};
use crate::replay::trace::CheckTrace;
use crate::replay::{Options, RunEvent, START, Test};
use crate::rule::{RuleKind, ThreatMatch};
use crate::scenario::model::Deployment;
use crate::scenario::{self, Expander, Skipped};

/// Runs a scenario on a source: its checks in file order, and what is wrong with the scenario
/// there.
pub(in crate::replay) fn run(
    test: &Test<'_>,
    source: &DataSource,
    expander: Expander<'_>,
    with: &RunInputs<'_>,
    before: usize,
    observe: bool,
) -> SourceRun {
    let mut on_source = SourceRunner {
        test,
        observations: observe.then(Vec::new),
        source,
        expander,
        catalogue: with.catalogue,
        patterns: with.patterns,
        files: with.files,
        exceptions: with.exceptions,
        diagnostics: Vec::new(),
        options: with.options,
        before,
        left_out: false,
    };
    let checks = match before {
        0 => Vec::new(),
        _ => on_source.checks(),
    };
    SourceRun {
        checks,
        diagnostics: on_source.diagnostics,
        observations: on_source.observations.unwrap_or_default(),
        before: on_source.before,
        left_out: on_source.left_out,
    }
}

/// What a scenario is run with on every source.
pub(in crate::replay) struct RunInputs<'a> {
    pub(in crate::replay) catalogue: &'a Catalogue,
    pub(in crate::replay) patterns: &'a IndexPatterns,
    pub(in crate::replay) files: &'a dyn FilesBeside,
    pub(in crate::replay) exceptions: &'a Exceptions,
    pub(in crate::replay) options: &'a Options<'a>,
    /// Whether sources are run in parallel, where nothing ends the run early.
    pub(in crate::replay) by_source: bool,
}

/// What a scenario gave on one source.
pub(in crate::replay) struct SourceRun {
    pub(in crate::replay) checks: Vec<Check>,
    pub(in crate::replay) diagnostics: Vec<Diagnostic>,
    /// Of the checks that ran, if they were to be observed.
    pub(in crate::replay) observations: Vec<CheckTrace>,
    /// Where the run stops: only cases before this one are needed of other sources.
    pub(in crate::replay) before: usize,
    /// Whether the options left out some check.
    pub(in crate::replay) left_out: bool,
}

pub(in crate::replay) struct SourceRunner<'a> {
    pub(in crate::replay) test: &'a Test<'a>,
    pub(in crate::replay) source: &'a DataSource,
    pub(in crate::replay) expander: Expander<'a>,
    pub(in crate::replay) catalogue: &'a Catalogue,
    pub(in crate::replay) patterns: &'a IndexPatterns,
    pub(in crate::replay) files: &'a dyn FilesBeside,
    pub(in crate::replay) exceptions: &'a Exceptions,
    pub(in crate::replay) diagnostics: Vec<Diagnostic>,
    /// `None` when nobody asks.
    pub(in crate::replay) observations: Option<Vec<CheckTrace>>,
    pub(in crate::replay) options: &'a Options<'a>,
    /// Only the items before this one are run; the attack is 0.
    pub(in crate::replay) before: usize,
    /// Whether the options left out some check.
    pub(in crate::replay) left_out: bool,
}

/// A rule as it is compiled for the documents of a source.
pub(super) struct RuleOnSource<'q> {
    query: &'q QueryText,
    pub(super) compiler: &'q Compiler<'q>,
    /// The indicators, of an indicator-match rule.
    pub(super) threat: Option<&'q ThreatSource<'q>>,
}

/// The attack or a case, as far as both are the same.
pub(in crate::replay) struct Item<'a> {
    pub(in crate::replay) order: usize,
    pub(in crate::replay) name: &'a str,
    pub(in crate::replay) span: Span,
    pub(in crate::replay) case: Option<&'a scenario::Case>,
}

impl<'a> SourceRunner<'a> {
    fn checks(&mut self) -> Vec<Check> {
        let subject = self.test.subject;
        if let Some(reason) = &self.test.scenario.skip {
            return self.every(|check| {
                check.verdict = Verdict::Skipped;
                let skipped = Skipped::Stated(reason.value.clone());
                check.observed = Observed::Skipped(skipped.clone());
                check.reason = Some(Reason::LeftOut(skipped));
            });
        }
        if let Some(what) = subject.unsupported() {
            return self.every(|check| {
                check.verdict = Verdict::Unsupported;
                check.observed = Observed::Unsupported(NotRun::Rule(what.clone()));
            });
        }
        let (Some(query), Some(syntax)) = (&subject.rule.query, &subject.syntax) else {
            return Vec::new();
        };
        let beside = match self.test.scenario.deployment {
            Deployment::Combined => self.others(),
            Deployment::Separate => Vec::new(),
        };
        let given;
        let syntax = match syntax {
            Syntax::Esql(query) => {
                let all = Arc::new(given::of_all(self.test.scenario));
                given = Syntax::Esql(query.clone().with(all));
                &given
            }
            other => other,
        };
        let types = FieldTypes::new(self.source, beside, self.patterns);
        let rule = &subject.rule;
        let exclusions = self.exceptions.all(rule);
        let compiler = Compiler::new(rule, &query.text, syntax, types, &exclusions, START);
        let compiler = match syntax {
            Syntax::Kuery(_) | Syntax::Eql(_) => compiler.with_other_sources(&self.others()),
            _ => compiler,
        };
        let RuleKind::ThreatMatch(settings) = &rule.kind else {
            return self.with_attack(&RuleOnSource {
                query: &query.text,
                compiler: &compiler,
                threat: None,
            });
        };
        self.indicator_match(settings, &query.text, &compiler)
    }

    /// The checks of an indicator-match rule, whose indicators a query of its own finds.
    fn indicator_match(
        &mut self,
        settings: &ThreatMatch,
        query: &QueryText,
        compiler: &Compiler<'_>,
    ) -> Vec<Check> {
        let syntax = match indicator_query(settings) {
            Ok(syntax) => syntax,
            Err(refused) => {
                return self.every(|check| {
                    check.verdict = Verdict::Unverifiable;
                    let query = RefusedQuery::of(&refused);
                    check.reason = Some(Reason::Refused(query.clone()));
                    check.observed = Observed::Unverifiable(NotRun::Query(query));
                    check.diagnostics.clone_from(&refused.diagnostics);
                });
            }
        };
        let patterns = self.test.subject.indicator_patterns();
        let Some(source) = self.catalogue.indicators(&patterns) else {
            return Vec::new();
        };
        let exclusions = self
            .exceptions
            .all_of_indicators(&self.test.subject.rule, settings);
        let types = FieldTypes::new(source, [], &patterns);
        let threat = ThreatSource {
            settings,
            patterns: &patterns,
            compiler: &Compiler::of_indicators(settings, &syntax, types, &exclusions, START),
        };
        self.with_attack(&RuleOnSource {
            query,
            compiler,
            threat: Some(&threat),
        })
    }

    /// The scenario's other sources.
    pub(in crate::replay) fn others(&self) -> Vec<&'a DataSource> {
        let named = self.test.scenario.sources.as_ref();
        let claimed = self.catalogue.claimed(self.patterns);
        claimed
            .into_iter()
            .filter(|source| source.name != self.source.name)
            .filter(|source| {
                named.is_none_or(|named| named.iter().any(|name| name.value == source.name))
            })
            .collect()
    }

    fn attack_item(&self) -> Item<'a> {
        let attack = &self.test.scenario.attack;
        Item {
            order: 0,
            name: &attack.name.value,
            span: attack.name.span,
            case: None,
        }
    }

    /// The cases that are for this source.
    fn items(&self) -> Vec<Item<'a>> {
        let cases = self.test.scenario.cases.iter().enumerate();
        cases
            .filter(|(_, case)| case.runs_on(&self.source.name))
            .map(|(index, case)| Item {
                order: index + 1,
                name: &case.name,
                span: case.name_span,
                case: Some(case),
            })
            .collect()
    }

    /// A check for the attack and for each case, all alike.
    fn every(&mut self, change: impl Fn(&mut Check)) -> Vec<Check> {
        let items = std::iter::once(self.attack_item()).chain(self.items());
        let mut checks = Vec::new();
        for item in items.collect::<Vec<_>>() {
            let mut check = self.check(&item, None);
            change(&mut check);
            self.finished(check, &mut checks);
        }
        checks
    }

    /// Takes a check that has its verdict, if the options select it.
    fn finished(&mut self, check: Check, checks: &mut Vec<Check>) {
        if !self
            .options
            .takes(self.test, &check.key, Some(check.verdict))
        {
            self.left_out = true;
            return;
        }
        self.options
            .receiver
            .receive(RunEvent::CheckFinished(&check));
        if self.options.stop_after.is_some_and(|stops| stops(&check)) {
            self.before = self.before.min(check.order);
        }
        checks.push(check);
    }

    /// Runs the attack, then the cases against it.
    fn with_attack(&mut self, rule: &RuleOnSource<'_>) -> Vec<Check> {
        let Some(events) = self.events(None) else {
            return Vec::new();
        };
        let item = self.attack_item();
        let key = self.key(&item);
        if self.options.takes(self.test, &key, None) {
            self.options.receiver.receive(RunEvent::CheckStarted(&key));
        }
        let (documents, recorded) = match events {
            Events::Skipped(reason) => {
                let check = self.skipped(&item, reason);
                return self.without_attack(check, rule);
            }
            Events::Recorded(capture) if capture.source != self.source.name => {
                return Vec::new();
            }
            Events::Recorded(capture) => ((capture.case_events, CaseEvents::default()), true),
            Events::Written(expanded) => (CaseEvents::of(expanded), false),
        };
        let Some(expected) = check_expectation(self.test.scenario, None, self.source) else {
            // The attack has no expectation on this source: its cases are judged on their own.
            let mut checks = Vec::new();
            self.cases(rule, &Attack::Broken(None), &mut checks);
            return checks;
        };
        let prepared = match self.prepare(None, documents, rule) {
            Ok(prepared) => prepared,
            Err(refused) => {
                let check = self.refused(&item, &expected, &refused);
                return self.without_attack(check, rule);
            }
        };
        let input = prepared.input(rule.threat);
        let run = match prepared.run(self.schedule(None, recorded), input.as_ref()) {
            Ok(run) => run,
            Err(failure) => {
                let check = self.failure(&item, &expected, &failure);
                return self.without_attack(check, rule);
            }
        };
        let case = Case {
            query: rule.query,
            run: &run,
            wanted: &expected,
            attack: None,
            forced: false,
            no_effect: None,
            recorded,
        };
        let judgement = judge::judge(&case);
        let attack = attack_state(&run, &expected, &judgement);
        let mut check = self.judged(&item, &case, judgement);
        let split = self.split(rule.compiler, &run, input.as_ref());
        check.warnings.extend(split);
        self.with_cases(check, rule, &attack)
    }

    /// The check of an attack that did not run, and the cases on their own.
    fn without_attack(&mut self, check: Check, rule: &RuleOnSource<'_>) -> Vec<Check> {
        self.with_cases(check, rule, &Attack::Broken(None))
    }

    /// The check of the attack, and the cases against it.
    fn with_cases(
        &mut self,
        check: Check,
        rule: &RuleOnSource<'_>,
        attack: &Attack<'_, '_>,
    ) -> Vec<Check> {
        let mut checks = Vec::with_capacity(1 + self.test.scenario.cases.len());
        self.finished(check, &mut checks);
        self.cases(rule, attack, &mut checks);
        checks
    }

    fn cases(&mut self, rule: &RuleOnSource<'_>, attack: &Attack<'_, '_>, checks: &mut Vec<Check>) {
        let test = self.test;
        for (index, case) in test.scenario.cases.iter().enumerate() {
            if index + 1 >= self.before || self.options.is_stopped() {
                self.left_out = true;
                break;
            }
            if !case.runs_on(&self.source.name) {
                continue;
            }
            let item = Item {
                order: index + 1,
                name: &case.name,
                span: case.name_span,
                case: Some(case),
            };
            let key = self.key(&item);
            if !self.options.takes(test, &key, None) {
                self.left_out = true;
                continue;
            }
            self.options.receiver.receive(RunEvent::CheckStarted(&key));
            if let Some(check) = self.case(&item, case, rule, attack) {
                self.finished(check, checks);
            }
        }
    }

    fn case(
        &mut self,
        item: &Item<'_>,
        case: &scenario::Case,
        rule: &RuleOnSource<'_>,
        attack: &Attack<'_, '_>,
    ) -> Option<Check> {
        let expected = check_expectation(self.test.scenario, Some(case), self.source)?;
        let mut forced = false;
        let (documents, no_effect, recorded) = match self.events(Some(case))? {
            Events::Skipped(reason) => return Some(self.skipped(item, reason)),
            Events::Recorded(capture) if capture.source != self.source.name => return None,
            Events::Recorded(capture) => {
                let changed = self.changed(capture.case_events, case)?;
                ((changed, CaseEvents::default()), None, true)
            }
            Events::Written(expanded) => {
                let production = case.schedule.is_some()
                    || !case.exceptions.is_empty()
                    || !case.completions.is_empty();
                let no_effect = self.no_effect(&expanded.effect).filter(|_| !production);
                forced = expanded.forced.iter().any(|field| self.pins(field));
                (CaseEvents::of(expanded), no_effect, false)
            }
        };
        let prepared = match self.prepare(Some(case), documents, rule) {
            Ok(prepared) => prepared,
            Err(refused) => return Some(self.refused(item, &expected, &refused)),
        };
        let input = prepared.input(rule.threat);
        let run = match prepared.run(self.schedule(Some(case), recorded), input.as_ref()) {
            Ok(run) => run,
            Err(failure) => return Some(self.failure(item, &expected, &failure)),
        };
        let case = Case {
            query: rule.query,
            run: &run,
            wanted: &expected,
            attack: (!recorded).then_some(attack),
            forced,
            no_effect,
            recorded,
        };
        let judgement = judge::judge(&case);
        let mut check = self.judged(item, &case, judgement);
        let split = self.split(rule.compiler, &run, input.as_ref());
        check.warnings.extend(split);
        Some(check)
    }
}

/// What the attack's verdict means for its cases.
fn attack_state<'a, 'c>(
    run: &'a Run<'c>,
    check_expectation: &CheckExpectation,
    judgement: &Judgement,
) -> Attack<'a, 'c> {
    let gap = matches!(&check_expectation.pin, Some(pin) if pin.kind == PinKind::Gap);
    if judgement.verdict.fails() {
        return Attack::Broken(Some(run));
    }
    if gap {
        let blockers = run.evaluation.blockers(&BlockerHint {
            waived: run.case_events.without_context().collect(),
            ..BlockerHint::default()
        });
        return Attack::Gap(run, Waiver::of(run, &blockers));
    }
    if run.scheduled.matches.is_empty() {
        return Attack::Broken(Some(run));
    }
    Attack::Alerts(run)
}

pub(in crate::replay) fn context() -> Context {
    Context {
        now: START,
        ..Context::default()
    }
}
