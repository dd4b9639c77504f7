//! What a case of a scenario is replayed from on a source: its events, what hides them, and how
//! production runs the rule.

use std::sync::Arc;

use super::source_runner::{RuleOnSource, SourceRunner, context};
use crate::compile::{CompiledQuery, Refused};
use crate::evaluate::QueryFailure;
use crate::replay::START;
use crate::replay::case::capture::{self, Events};
use crate::replay::case::case_events::CaseEvents;
use crate::replay::case::exclusions::hide;
use crate::replay::case::given;
use crate::replay::case::indicators::{Input, Searched, ThreatSource};
use crate::replay::production::case_run::Run;
use crate::replay::production::schedule::ScheduleConfig;
use crate::replay::reason::Reason;
use crate::replay::rule_types;
use crate::scenario::expand::{CapturedEvent, expand_captured};
use crate::scenario::{self, Effect, Expanded};

/// The attack or a case, ready to run.
pub(super) struct PreparedCase {
    compiled: Arc<CompiledQuery>,
    case_events: CaseEvents,
    indicators: Option<Searched>,
}

impl PreparedCase {
    /// The indicators that the rule searches.
    pub(super) fn input<'c>(&'c self, threat: Option<&ThreatSource<'c>>) -> Option<Input<'c>> {
        let searched = self.indicators.as_ref()?;
        threat.map(|threat| threat.input(searched))
    }

    /// Runs the rule on the documents by its schedule.
    pub(super) fn run<'c>(
        &'c self,
        schedule: ScheduleConfig<'c>,
        indicators: Option<&Input<'c>>,
    ) -> Result<Run<'c>, QueryFailure> {
        let case_events = &self.case_events;
        rule_types::run(
            &self.compiled,
            case_events,
            &context(),
            schedule,
            indicators,
        )
    }
}

impl<'a> SourceRunner<'a> {
    /// Compiles the rule for the documents and the indicators of the attack or a case, and hides
    /// those that it does not see.
    pub(super) fn prepare(
        &self,
        case: Option<&scenario::Case>,
        (mut case_events, indicators): (CaseEvents, CaseEvents),
        rule: &RuleOnSource<'_>,
    ) -> Result<PreparedCase, Arc<Refused>> {
        let compiled = rule.compiler.compile(&case_events.events)?;
        let indicators = match rule.threat {
            Some(threat) => Some(self.search(case, indicators, threat)?),
            None => None,
        };
        self.hide(case, &compiled, &mut case_events)?;
        Ok(PreparedCase {
            compiled,
            case_events,
            indicators,
        })
    }

    /// The indicators of the attack or a case, with those hidden that the rule does not see.
    fn search(
        &self,
        case: Option<&scenario::Case>,
        case_events: CaseEvents,
        threat: &ThreatSource<'_>,
    ) -> Result<Searched, Arc<Refused>> {
        let rule = &self.test.subject.rule;
        let scenario = self.test.scenario;
        let exceptions = self.exceptions;
        let exclusions = exceptions.of_indicators(rule, threat.settings, scenario, case);
        threat.search(case_events, exclusions)
    }

    /// Hides the events that production does not show to the query, and adds what comes with its
    /// request.
    fn hide(
        &self,
        case: Option<&scenario::Case>,
        compiled: &CompiledQuery,
        case_events: &mut CaseEvents,
    ) -> Result<(), Arc<Refused>> {
        if compiled.pipeline.is_some() {
            case_events.given = Arc::new(given::given(
                self.test.scenario,
                case,
                self.files.limits().rows,
            ));
        }
        let rule = &self.test.subject.rule;
        let exclusions = self.exceptions.of(rule, self.test.scenario, case);
        match compiled.schema.mappings().first() {
            Some(types) if !exclusions.is_empty() => {
                hide(&exclusions.on(types.clone())?, case_events)
            }
            _ => Ok(()),
        }
    }

    /// How production runs the rule for the attack or a case.
    pub(in crate::replay) fn schedule(
        &self,
        case: Option<&scenario::Case>,
        recorded: bool,
    ) -> ScheduleConfig<'a> {
        let of_case = match case {
            Some(case) => case.schedule.as_ref(),
            None => self.test.scenario.attack.schedule.as_ref(),
        };
        let specs = [self.test.scenario.schedule.as_ref(), of_case];
        let start = (!recorded).then_some(START.millis());
        let stated = match (self.test.scenario, case) {
            (scenario, _) if scenario.schedule.is_some() || !scenario.exceptions.is_empty() => true,
            (_, Some(case)) => {
                case.schedule.is_some() || case.repeat.is_some() || !case.exceptions.is_empty()
            }
            (_, None) => of_case.is_some(),
        };
        ScheduleConfig::new(&self.test.subject.rule, &specs, start, stated)
    }

    /// Recorded events with the case's changes; `None` after an error, which is noted.
    pub(in crate::replay) fn changed(
        &mut self,
        case_events: CaseEvents,
        case: &scenario::Case,
    ) -> Option<CaseEvents> {
        let captured = case_events.events.into_iter().zip(case_events.facts);
        let captured = captured.map(|(event, facts)| CapturedEvent {
            event,
            label: (!facts.label.is_empty()).then_some(facts.label),
            at_millis: 0,
        });
        let captured = captured.collect();
        match expand_captured(self.test.scenario, Some(case), self.source, captured) {
            Ok(expanded) => Some(CaseEvents::of(expanded).0),
            Err(diagnostics) => {
                self.diagnostics.extend(diagnostics);
                None
            }
        }
    }

    /// Whether the sensor pins the field.
    pub(in crate::replay) fn pins(&self, field: &str) -> bool {
        let kinds = self.source.kinds.iter().flat_map(|kind| &kind.pins);
        kinds.chain(&self.source.pins).any(|pin| pin.field == field)
    }

    /// Why a case is the same as the attack on this source.
    pub(in crate::replay) fn no_effect(&self, effect: &Effect) -> Option<Reason> {
        match effect {
            Effect::Changed => None,
            Effect::Equal => Some(Reason::SameAsAttack),
            Effect::PinnedAway(fields) => {
                let fields = fields.iter().map(|pin| pin.field.clone());
                Some(Reason::PinnedBySensor {
                    source: self.source.name.clone(),
                    fields: fields.collect(),
                })
            }
        }
    }

    /// The events of the attack or a case; `None` after an error, which is noted.
    pub(in crate::replay) fn events(&mut self, case: Option<&scenario::Case>) -> Option<Events> {
        let test = self.test;
        match self.expander.expand(case) {
            Ok(Expanded::Skipped(reason)) => Some(Events::Skipped(reason)),
            Ok(Expanded::Events(expanded)) => Some(Events::Written(expanded)),
            Ok(Expanded::Capture(from)) => {
                let beside = capture::CaptureRequest {
                    scenario_file: test.scenario_file,
                    source: &test.scenario.source,
                    catalogue: self.catalogue,
                    patterns: self.patterns,
                };
                match capture::load(&from, &beside, self.files) {
                    Ok(capture) => Some(Events::Recorded(capture)),
                    Err(diagnostics) => {
                        self.diagnostics.extend(diagnostics);
                        None
                    }
                }
            }
            Err(diagnostics) => {
                self.diagnostics.extend(diagnostics);
                None
            }
        }
    }
}
