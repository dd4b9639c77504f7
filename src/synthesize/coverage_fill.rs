//! Finds missing cases: for each source, clause and outcome that no check decides, a proposal that
//! the replay confirms.

use std::collections::{BTreeMap, BTreeSet};

use super::attack::{AttackEvent, RuleOnSource};
use super::coverage_target::{CoverageTarget, Decides};
use super::event_builder::{EventBuilder, Fields};
use super::rule_on_source::{on_pipeline, on_plan, sources};
use super::scenario_file::AppendableScenario;
use super::search::{PartialEvent, Search};
use super::unsolved::{Unsolved, UnsolvedReason};
use super::{NewCases, Request, SynthesizeError, case, esql, free_name, setting_case};
use crate::coverage::{ClauseCoverage, coverage};
use crate::data_source::{DataSource, IndexPatterns};
use crate::diagnostic::SourceText;
use crate::evaluate::Context;
use crate::evaluate::pipeline::Program;
use crate::event::Event;
use crate::plan::{ClauseId, ClauseName, Role, StageId};
use crate::replay::dry_run::{self, DryRunError, DryRunPlace};
use crate::replay::outcome::{ScenarioOutcome, Verdict};
use crate::replay::trace::setting::Setting;
use crate::replay::trace::{CheckTrace, Decided, TestTrace};
use crate::rule::RuleType;
use crate::scenario::model::{Base, EventRole, Scenario};
use crate::scenario::write::{Sketch, SketchCase};
use crate::scenario::{self, Expanded, ExpandedEvent, Expander};

/// The number of proposals that are replayed for one outcome of a clause.
const TRIED: usize = 6;

/// The scenario that cases are made for.
pub(super) enum Destination<'a> {
    /// One that was just made.
    Sketch(Box<Sketch>),
    /// The last one of a file.
    File(&'a AppendableScenario<'a>),
}

impl Destination<'_> {
    /// The text with these cases.
    fn with(&self, cases: &[&SketchCase]) -> String {
        match self {
            Self::Sketch(sketch) => Sketch {
                cases: cases.iter().map(|case| (*case).clone()).collect(),
                ..(**sketch).clone()
            }
            .text(),
            Self::File(written) => written.with(cases.iter().copied()),
        }
    }

    fn place(&self) -> DryRunPlace<'_> {
        match self {
            Self::Sketch(_) => DryRunPlace::NOWHERE,
            Self::File(written) => written.place,
        }
    }
}

/// Makes the cases that the scenarios of a file lack.
pub fn fill(
    request: &Request<'_>,
    written: &AppendableScenario<'_>,
) -> Result<NewCases, SynthesizeError> {
    let patterns = request.subject.patterns();
    sources(request, &patterns)?;
    let mut taken = written.names();
    let mut filler =
        CoverageFiller::new(request, &patterns, Destination::File(written), &mut taken);
    filler.fill();
    Ok(filler.filled())
}

/// Each scenario with what was observed.
type DryRun = Vec<(ScenarioOutcome, TestTrace)>;

/// Makes the cases.
pub(super) struct CoverageFiller<'r, 'a> {
    request: &'r Request<'a>,
    patterns: &'r IndexPatterns,
    destination: Destination<'r>,
    taken: &'r mut Vec<String>,
    decided: BTreeSet<Decides>,
    filled: NewCases,
}

impl<'r, 'a> CoverageFiller<'r, 'a> {
    /// `taken` are the names that the file has already.
    pub(super) fn new(
        request: &'r Request<'a>,
        patterns: &'r IndexPatterns,
        destination: Destination<'r>,
        taken: &'r mut Vec<String>,
    ) -> Self {
        Self {
            request,
            patterns,
            destination,
            taken,
            decided: BTreeSet::new(),
            filled: NewCases::default(),
        }
    }

    /// What was made.
    pub(super) fn filled(self) -> NewCases {
        self.filled
    }

    /// Finds a case for each outcome that no check decides, source by source.
    pub(super) fn fill(&mut self) {
        let Ok(rehearsed) = self.dry_run(&[]) else {
            return;
        };
        let (outcomes, observed): (Vec<_>, Vec<_>) = rehearsed.into_iter().unzip();
        for observed in &observed {
            self.note(observed);
        }
        let covered = coverage(&outcomes, &observed);
        let clauses = covered.rules.into_iter().next().map(|rule| rule.clauses);
        let clauses = clauses.unwrap_or_default();
        let checks = outcomes
            .last()
            .map_or(&[][..], |outcome| outcome.checks.as_slice());
        let sources: BTreeSet<&str> = checks.iter().map(|c| c.key.source.as_str()).collect();
        let order = self.request.catalogue.sources().iter();
        let asked = self.request.sources;
        let wanted = |source: &&DataSource| {
            sources.contains(source.name.as_str())
                && (asked.is_empty() || asked.contains(&source.name))
        };
        let sources: Vec<&DataSource> = order.filter(wanted).collect();
        let stages = self.stages(&sources);
        for source in sources {
            self.fill_source(source, &clauses, &stages);
        }
    }

    fn fill_source(
        &mut self,
        source: &DataSource,
        clauses: &[ClauseCoverage],
        stages: &BTreeMap<String, StageId>,
    ) {
        let Some((scenario, events)) = self.expanded(source) else {
            return;
        };
        let targets = if self.request.subject.rule.kind.rule_type() == RuleType::Esql {
            let attack = esql::WrittenAttack {
                source,
                patterns: self.patterns,
                scenario: &scenario,
                events: &events,
            };
            on_pipeline(self.request, source, self.patterns, |pipeline| {
                let program = Program::new(pipeline)?;
                let is_decided = |decides: &Decides| self.decided.contains(decides);
                Ok(esql::targets(&attack, &program, clauses, &is_decided))
            })
        } else {
            let events = written_events(&scenario, events);
            on_plan(self.request, source, self.patterns, |on_source| {
                Ok(self.targets(on_source, &parts(on_source, &events, stages), clauses))
            })
        };
        let mut targets = match targets {
            Ok(targets) => targets,
            Err(reason) => {
                self.filled.unsolved.push(Unsolved {
                    source: source.name.clone(),
                    clause: None,
                    reason,
                });
                return;
            }
        };
        while self.round(&mut targets) {}
        for target in targets {
            if !self.decided.contains(&target.decides) {
                self.filled.unsolved.push(target.unsolved(source));
            }
        }
    }

    /// The undecided outcomes of the clauses on the source, with proposals.
    fn targets<'g>(
        &self,
        on_source: &RuleOnSource<'g>,
        parts: &[AttackEvent<'g>],
        clauses: &[ClauseCoverage],
    ) -> Vec<CoverageTarget> {
        let plan = on_source.prepared.plan();
        let ids: BTreeMap<ClauseName, ClauseId> =
            plan.clause_names().map(|(id, name)| (name, id)).collect();
        let mut targets = Vec::new();
        let mut search = Search::new(on_source.prepared);
        for clause in clauses.iter().filter(|clause| clause.testable) {
            if let Some(setting) = &clause.setting {
                targets.extend(self.setting_targets(on_source, parts, clause, setting));
                continue;
            }
            let Some(id) = ids.get(&clause.name) else {
                continue;
            };
            for alert in [true, false] {
                let decides = (on_source.source.name.clone(), clause.name.clone(), alert);
                if self.decided.contains(&decides) {
                    continue;
                }
                let mut proposals = case::proposals(on_source, &mut search, parts, *id, alert);
                proposals.truncate(TRIED);
                proposals.reverse();
                targets.push(CoverageTarget {
                    decides,
                    found: !proposals.is_empty(),
                    budget_exhausted: search.budget_exhausted(),
                    settable: case::settable(on_source, parts, *id),
                    line: clause.place.line(),
                    proposals,
                });
            }
        }
        targets
    }

    /// The outcomes of a setting that no check decides yet on the source, with proposals.
    fn setting_targets(
        &self,
        on_source: &RuleOnSource<'_>,
        parts: &[AttackEvent<'_>],
        clause: &ClauseCoverage,
        setting: &Setting,
    ) -> Vec<CoverageTarget> {
        let mut targets = Vec::new();
        for alert in [true, false] {
            let decides = (on_source.source.name.clone(), clause.name.clone(), alert);
            if self.decided.contains(&decides) {
                continue;
            }
            let mut proposals =
                setting_case::proposals(self.request, on_source, parts, setting, alert);
            proposals.truncate(TRIED);
            proposals.reverse();
            targets.push(CoverageTarget {
                decides,
                found: !proposals.is_empty(),
                budget_exhausted: false,
                settable: true,
                line: clause.place.line(),
                proposals,
            });
        }
        targets
    }

    /// Replays the next proposal of every open target in one dry run and accepts those that decide
    /// something. Returns false if no proposal is left.
    fn round(&mut self, targets: &mut [CoverageTarget]) -> bool {
        let mut tried: Vec<(Decides, SketchCase)> = Vec::new();
        for target in targets {
            if self.decided.contains(&target.decides) {
                continue;
            }
            let Some(case) = target.proposals.pop() else {
                continue;
            };
            let same = |other: &SketchCase| {
                other.changes == case.changes
                    && other.add == case.add
                    && other.history == case.history
                    && other.indicators == case.indicators
                    && other.expect == case.expect
            };
            if tried.iter().all(|(_, other)| !same(other)) {
                tried.push((target.decides.clone(), case));
            }
        }
        if tried.is_empty() {
            return false;
        }
        // Temporary names, so that no proposal clashes with a case of the file.
        let names: Vec<String> = tried.iter().map(|(_, case)| case.name.clone()).collect();
        for ((_, case), number) in tried.iter_mut().zip(0..) {
            case.name = format!("proposal {number}");
        }
        let all: Vec<&SketchCase> = tried.iter().map(|(_, case)| case).collect();
        match self.dry_run(&all) {
            Ok(rehearsed) => {
                for ((wanted, case), name) in tried.into_iter().zip(names) {
                    self.accept(case, &name, &wanted, &rehearsed);
                }
            }
            // One unreadable proposal makes the whole text unreadable, so each is replayed alone,
            // and if another source of the scenario lacks a field, on its own source only.
            Err(_) => {
                for ((wanted, mut case), name) in tried.into_iter().zip(names) {
                    let mut rehearsed = self.dry_run(&[&case]);
                    if rehearsed.is_err() {
                        case.only = vec![wanted.0.clone()];
                        rehearsed = self.dry_run(&[&case]);
                    }
                    if let Ok(rehearsed) = rehearsed {
                        self.accept(case, &name, &wanted, &rehearsed);
                    }
                }
            }
        }
        true
    }

    /// Accepts the case if the dry run shows that it decides the target; excludes the sources on
    /// which it does not pass.
    fn accept(&mut self, mut case: SketchCase, name: &str, wanted: &Decides, rehearsed: &DryRun) {
        let Some((outcome, observed)) = rehearsed.last() else {
            return;
        };
        if self.decided.contains(wanted) {
            return;
        }
        let own = || {
            outcome
                .checks
                .iter()
                .filter(|check| check.key.case == case.name)
        };
        let good: Vec<String> = own()
            .filter(|check| is_good(check.verdict))
            .map(|check| check.key.source.clone())
            .collect();
        let decides = |(check, decided): (&CheckTrace, &Decided)| {
            (
                check.key.source.clone(),
                decided.clause.clone(),
                decided.matched,
            )
        };
        let checks = observed.checks.iter();
        let checks =
            checks.filter(|check| check.key.case == case.name && good.contains(&check.key.source));
        let decided: BTreeSet<Decides> = checks
            .flat_map(|check| all_decided(check).map(move |decided| (check, decided)))
            .map(decides)
            .collect();
        if !decided.contains(wanted) {
            return;
        }
        if own().count() > good.len() {
            case.only = good;
        }
        self.decided.extend(decided);
        case.name = free_name(name, self.taken);
        self.filled.cases.push(case);
    }

    /// Notes what the scenario's own checks decide.
    fn note(&mut self, observed: &TestTrace) {
        for check in observed
            .checks
            .iter()
            .filter(|check| check.verdict != Verdict::Invalid)
        {
            let all = all_decided(check);
            self.decided.extend(all.map(|decided| {
                (
                    check.key.source.clone(),
                    decided.clause.clone(),
                    decided.matched,
                )
            }));
        }
    }

    fn dry_run(&self, cases: &[&SketchCase]) -> Result<DryRun, DryRunError> {
        let text = self.destination.with(cases);
        let (subject, catalogue) = (self.request.subject, self.request.catalogue);
        dry_run::run(subject, catalogue, self.destination.place(), &text, true)
    }

    /// The attack's events on a source that a change can name.
    fn attack(&self, source: &DataSource) -> Option<Vec<ExpandedEvent>> {
        let (scenario, events) = self.expanded(source)?;
        Some(written_events(&scenario, events))
    }

    /// The scenario, and its attack's events on a source.
    fn expanded(&self, source: &DataSource) -> Option<(Scenario, Vec<ExpandedEvent>)> {
        let text = SourceText::new("new.yaml", self.destination.with(&[]));
        let scenario = scenario::read(&text).scenarios.pop()?;
        let indicators = self
            .request
            .subject
            .indicator_source(self.request.catalogue);
        let expander = Expander::new(&scenario, source).with_indicators(indicators);
        let Expanded::Events(case) = expander.expand(None).ok()? else {
            return None;
        };
        drop(expander);
        Some((scenario, case.events))
    }

    /// Which stage each event of the attack is for, by its label: from the first source on which it
    /// matches.
    fn stages(&self, sources: &[&DataSource]) -> BTreeMap<String, StageId> {
        let found = sources.iter().find_map(|source| {
            let events = self.attack(source)?;
            on_plan(self.request, source, self.patterns, |on_source| {
                stages_of(on_source, &events).ok_or(UnsolvedReason::NoMatch)
            })
            .ok()
        });
        found.unwrap_or_default()
    }
}

/// The events that a change can name: neither copies nor events of the past.
fn written_events(scenario: &Scenario, mut events: Vec<ExpandedEvent>) -> Vec<ExpandedEvent> {
    if let Base::Written(written) = &scenario.attack.base {
        let labels: BTreeSet<&str> = written.iter().map(|one| one.label.value.as_str()).collect();
        events.retain(|event| {
            let label = event.label.as_deref();
            event.role == EventRole::Event && label.is_some_and(|label| labels.contains(label))
        });
    }
    events
}

/// What decided a check, of the query and beside it.
fn all_decided(check: &CheckTrace) -> impl Iterator<Item = &Decided> {
    check.decided.iter().chain(&check.settings)
}

fn is_good(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Passed | Verdict::Pinned)
}

fn stages_of(
    on_source: &RuleOnSource<'_>,
    events: &[ExpandedEvent],
) -> Option<BTreeMap<String, StageId>> {
    let all: Vec<Event> = events.iter().map(|event| event.event.clone()).collect();
    let evaluation = on_source
        .prepared
        .evaluate(&all, &Context::default())
        .ok()?;
    let first = evaluation.matches().first()?;
    let plan = on_source.prepared.plan();
    let mut slots = Vec::new();
    for (id, stage) in plan.numbered() {
        if matches!(stage.role, Role::Until { .. }) {
            continue;
        }
        slots.extend(std::iter::repeat_n(id, usize::from(stage.runs.max(1))));
    }
    let labelled =
        first.stages.iter().zip(slots).filter_map(|(event, stage)| {
            Some((events.get((*event)?.index())?.label.clone()?, stage))
        });
    Some(labelled.collect())
}

/// The attack as drafts, in the order of the stages.
fn parts<'a>(
    on_source: &RuleOnSource<'a>,
    events: &[ExpandedEvent],
    stages: &BTreeMap<String, StageId>,
) -> Vec<AttackEvent<'a>> {
    let part = |event: &ExpandedEvent| {
        let label = event.label.clone()?;
        let kind = on_source.source.kind(event.kind.as_deref()?)?;
        let fields: Fields = event
            .set_fields
            .iter()
            .map(|path| (path.clone(), event.event.values(path).to_vec()))
            .collect();
        let mut builder = EventBuilder::new(on_source.source, kind);
        builder.fields = fields;
        Some(AttackEvent {
            stage: *stages.get(&label)?,
            label,
            at: event.at_millis,
            partial: PartialEvent::new(builder),
        })
    };
    let mut parts: Vec<AttackEvent<'a>> = events.iter().filter_map(part).collect();
    parts.sort_by_key(|part| (part.stage, part.at));
    parts
}
