//! What a rule counts, remembers and compares beside its query, as clauses: which of them decided a
//! case.

use super::clause::{Decided, RuleClause};
use super::indicator_clauses;
use super::setting::{Setting, entry};
use crate::diagnostic::{QueryText, Span};
use crate::evaluate::indicator_match::{Enumerated, Pair, group_holds};
use crate::evaluate::{Match, Override};
use crate::event::{Event, EventId};
use crate::plan::ClauseKind;
use crate::replay::case::indicators::{Indicators, Input};
use crate::replay::outcome::Place;
use crate::replay::production::case_run::{Run, executions};
use crate::replay::production::schedule::ScheduleConfig;
use crate::replay::reason::{ReasonName, ReasonWord};
use crate::replay::rule_types::indicator_match;
use crate::replay::rule_types::new_terms;
use crate::replay::rule_types::run_schedule;
use crate::replay::rule_types::stateful::Selected;
use crate::rule::{NewTerms, Rule, RuleKind, ThreatMatch, Threshold};

/// That a setting decided a check.
fn decides(setting: &Setting, matched: bool) -> Decided {
    Decided {
        clause: setting.name(),
        matched,
    }
}

/// The settings of a rule that can decide, each with its place and the event's field that it reads.
fn settings(rule: &Rule) -> Vec<(Setting, Span, Option<&str>)> {
    let filters = rule.production.filters.iter().enumerate();
    let filters = filters
        .map(|(number, (filter, span))| (Setting::Filter(number, filter.to_string()), *span, None));
    let mut all: Vec<(Setting, Span, Option<&str>)> = filters.collect();
    match &rule.kind {
        RuleKind::Threshold(own) => {
            for field in &own.group_by {
                let name = field.name.as_str();
                all.push((Setting::Group(name.to_owned()), field.span, Some(name)));
            }
            // One event less than one is no group.
            if own.count > 1 {
                all.push((Setting::Count(own.count), own.count_span, None));
            }
            let cardinality = own.cardinality.as_ref().filter(|own| own.count > 1);
            all.extend(cardinality.map(|own| {
                let name = own.field.name.as_str();
                let setting = Setting::Cardinality(name.to_owned(), own.count);
                (setting, own.count_span, Some(name))
            }));
        }
        RuleKind::NewTerms(own) => {
            for field in &own.fields {
                let name = field.name.as_str();
                all.push((Setting::NewTerm(name.to_owned()), field.span, Some(name)));
            }
            let start = own.history_window_start.clone();
            all.push((Setting::History(start), own.history_span, None));
        }
        RuleKind::ThreatMatch(own) => {
            for one in own.groups.iter().flatten() {
                let setting = entry(one);
                if all.iter().all(|(known, ..)| *known != setting) {
                    let field = &one.event_field;
                    all.push((setting, field.span, Some(field.name.as_str())));
                }
            }
            let filters = own.filters.iter().enumerate();
            all.extend(filters.map(|(number, (filter, span))| {
                let setting = Setting::IndicatorFilter(number, filter.to_string());
                (setting, *span, None)
            }));
        }
        RuleKind::Eql
        | RuleKind::Query
        | RuleKind::SavedQuery { .. }
        | RuleKind::Esql
        | RuleKind::MachineLearning => {}
    }
    all
}

/// The clauses of a rule's settings; `maps` says whether some tested source maps a field.
pub(in crate::replay) fn clauses(
    rule: &Rule,
    query: &QueryText,
    maps: &dyn Fn(&str) -> bool,
) -> Vec<RuleClause> {
    let clause = |(setting, span, field): (Setting, Span, Option<&str>)| RuleClause {
        name: setting.name(),
        kind: ClauseKind::Comparison,
        list: false,
        place: Place {
            source: std::sync::Arc::clone(query.source()),
            span,
        },
        wanted: true,
        fields: field.into_iter().map(str::to_owned).collect(),
        testable: field.is_none_or(maps),
        setting: Some(setting),
    };
    settings(rule).into_iter().map(clause).collect()
}

/// The settings that decided a case: of an alert those whose nearest other value takes it away, of
/// a silent case those whose nearest other value gives one.
pub(in crate::replay) fn decided(run: &Run<'_>, overrides: &[Override]) -> Vec<Decided> {
    let rule = run.schedule.rule();
    let kind = &rule.kind;
    if !kind.is_stateful() && rule.production.filters.is_empty() {
        return Vec::new();
    }
    let alerts = match overrides {
        [] => run.scheduled.matches.clone(),
        overrides => run_schedule(run, &run.schedule, overrides).matches,
    };
    let trial = Trial {
        run,
        overrides,
        alerts: &alerts,
    };
    let mut decided = match kind {
        RuleKind::Threshold(own) => trial.threshold(own),
        RuleKind::NewTerms(own) => trial.new_terms(own),
        RuleKind::ThreatMatch(own) => trial.threat_match(own),
        _ => Vec::new(),
    };
    decided.extend(trial.filters());
    decided
}

/// A run that is tried with other settings.
struct Trial<'t, 'c> {
    run: &'t Run<'c>,
    overrides: &'t [Override],
    /// What the rule itself gives.
    alerts: &'t [Match],
}

impl Trial<'_, '_> {
    /// The alerts with other settings.
    fn with(&self, kind: RuleKind) -> Vec<Match> {
        let schedule = &self.run.schedule;
        let rule = Rule {
            kind,
            ..schedule.rule().clone()
        };
        let (windows, phase, start) = (schedule.windows(), schedule.phase(), schedule.start());
        let schedule = ScheduleConfig::for_variant(&rule, windows, phase, start);
        let (RuleKind::ThreatMatch(settings), Some(own)) = (&rule.kind, &self.run.indicators)
        else {
            return run_schedule(self.run, &schedule, self.overrides).matches;
        };
        let input = Input {
            settings,
            case_events: own.case_events,
            query: own.query,
            exclusions: own.exclusions,
        };
        let times = executions(self.run.case_events, &schedule);
        let events = &self.run.case_events.events;
        let indicators = Indicators::new(&input, events, self.run.query, times);
        indicators.map_or_else(
            |_| Vec::new(),
            |indicators| {
                indicator_match::run_schedule(self.run, &schedule, &indicators, self.overrides)
                    .matches
            },
        )
    }

    /// Whether other settings lose an alert, by its events.
    fn loses(&self, kind: RuleKind) -> bool {
        let others = self.with(kind);
        let is_lost = |own: &Match| others.iter().all(|other| other.stages != own.stages);
        self.alerts.iter().any(is_lost)
    }

    fn gives(&self, kind: RuleKind) -> bool {
        !self.with(kind).is_empty()
    }

    fn threshold(&self, own: &Threshold) -> Vec<Decided> {
        let with = |change: &dyn Fn(&mut Threshold)| {
            let mut changed = own.clone();
            change(&mut changed);
            RuleKind::Threshold(changed)
        };
        let matched = !self.alerts.is_empty();
        let mut decided = Vec::new();
        for (setting, ..) in settings(self.run.schedule.rule()) {
            let step = |count: u64| if matched { count + 1 } else { count - 1 };
            let other = match &setting {
                Setting::Count(count) => with(&|changed| changed.count = step(*count)),
                Setting::Cardinality(_, count) => with(&|changed| {
                    if let Some(own) = &mut changed.cardinality {
                        own.count = step(*count);
                    }
                }),
                // An alert is of a group, and an event that lacks the field is in none.
                Setting::Group(_) if matched => {
                    decided.push(decides(&setting, true));
                    continue;
                }
                Setting::Group(field) => with(&|changed| {
                    changed.group_by.retain(|own| own.name != *field);
                }),
                _ => continue,
            };
            if matched && self.loses(other.clone()) || !matched && self.gives(other) {
                decided.push(decides(&setting, matched));
            }
        }
        decided
    }

    fn new_terms(&self, own: &NewTerms) -> Vec<Decided> {
        let mut all = settings(self.run.schedule.rule());
        all.retain(|(setting, ..)| matches!(setting, Setting::NewTerm(_) | Setting::History(_)));
        if self.alerts.is_empty() {
            return self.not_new(own, &all);
        }
        let hangs = |setting: &Setting| match setting {
            Setting::NewTerm(_) if own.fields.len() == 1 => true,
            Setting::NewTerm(field) => {
                let mut changed = own.clone();
                changed.fields.retain(|own| own.name != *field);
                self.loses(RuleKind::NewTerms(changed))
            }
            _ => own
                .with_double_history()
                .is_some_and(|changed| self.loses(RuleKind::NewTerms(changed))),
        };
        let all = all.iter().map(|(setting, ..)| setting);
        let hanging = all.filter(|setting| hangs(setting));
        hanging.map(|setting| decides(setting, true)).collect()
    }

    /// Which settings keep a case silent whose events meet the query.
    fn not_new(&self, own: &NewTerms, all: &[(Setting, Span, Option<&str>)]) -> Vec<Decided> {
        let Some(stopped) = new_terms::no_alert_reason(self.run, own, self.overrides) else {
            return Vec::new();
        };
        let is = |word: ReasonWord| stopped.reasons.contains(&ReasonName::Word(word));
        let lacks_terms = is(ReasonWord::NoTerm);
        if !lacks_terms && !is(ReasonWord::Seen) && !is(ReasonWord::AtTheEdge) {
            return Vec::new();
        }
        let selected = Selected::of(self.run, &self.run.schedule, self.overrides);
        let lacks = |field: &str| {
            let mut of_case = selected.of_case.iter().enumerate();
            of_case.any(|(number, own)| *own && selected.terms(self.run, number, field).is_empty())
        };
        let is_cause = |setting: &&Setting| match setting {
            Setting::NewTerm(field) => !lacks_terms || lacks(field),
            _ => is(ReasonWord::Seen),
        };
        let all = all.iter().map(|(setting, ..)| setting);
        let deciding = all.filter(is_cause);
        deciding.map(|setting| decides(setting, false)).collect()
    }

    fn threat_match(&self, own: &ThreatMatch) -> Vec<Decided> {
        if self.alerts.is_empty() {
            return self.not_matched(own);
        }
        let mut decided = Vec::new();
        for (number, group) in own.groups.iter().enumerate() {
            let mut changed = own.clone();
            changed.groups.remove(number);
            if changed.groups.is_empty() || self.loses(RuleKind::ThreatMatch(changed)) {
                decided.extend(group.iter().map(|one| decides(&entry(one), true)));
            }
        }
        for (number, (filter, _)) in own.filters.iter().enumerate() {
            let setting = Setting::IndicatorFilter(number, filter.to_string());
            decided.push(decides(&setting, true));
        }
        if let Some(indicators) = &self.run.indicators {
            decided.extend(indicator_clauses::of_alerts(indicators, self.alerts));
        }
        decided
    }

    /// Which filters of the rule decided: all of an alert, whose events meet them; of a silent case
    /// each that alone hides what would alert.
    fn filters(&self) -> Vec<Decided> {
        let run = self.run;
        let filters = run.schedule.rule().production.filters.iter().enumerate();
        let matched = !self.alerts.is_empty();
        let stops = |number: usize| {
            let numbers = 0..run.case_events.events.len();
            let mut overrides = self.overrides.to_vec();
            let hidden =
                numbers.filter(|event| run.case_events.filter_alone(*event) == Some(number));
            let hidden = hidden.filter_map(|event| u32::try_from(event).ok());
            overrides.extend(hidden.map(|event| Override::Route(EventId(event))));
            overrides.len() > self.overrides.len()
                && !run_schedule(run, &run.schedule, &overrides)
                    .matches
                    .is_empty()
        };
        let deciding = filters.filter(|(number, _)| matched || stops(*number));
        let named = deciding.map(|(number, (filter, _))| {
            decides(&Setting::Filter(number, filter.to_string()), matched)
        });
        named.collect()
    }

    /// Which entries keep a case silent whose events meet the query: each that alone does not hold.
    fn not_matched(&self, own: &ThreatMatch) -> Vec<Decided> {
        let Some(indicators) = &self.run.indicators else {
            return Vec::new();
        };
        let selected = Selected::of(self.run, &self.run.schedule, self.overrides);
        let ids = selected.events.iter().zip(&selected.of_case);
        let ids: Vec<EventId> = ids.filter(|(_, own)| **own).map(|(id, _)| *id).collect();
        let side = Enumerated::of(ids.len(), indicators.found.len());
        let events = || {
            let events = ids.iter();
            events.filter_map(|id| self.run.case_events.events.get(id.index()))
        };
        let pairs = |event: &Event, number: usize, group: usize| {
            let indicator = indicators.case_events.events.get(number);
            indicator.map_or_else(Vec::new, |indicator| {
                indicators.compared.pairs(side, group, event, indicator)
            })
        };
        let mut decided = Vec::new();
        for (number, group) in own.groups.iter().enumerate() {
            for event in events() {
                for indicator in &indicators.found {
                    let pairs = pairs(event, *indicator, number);
                    let alone = group
                        .iter()
                        .zip(0..)
                        .filter(|(_, at)| fails_alone(&pairs, *at));
                    decided.extend(alone.map(|(one, _)| decides(&entry(one), false)));
                }
                for (indicator, why) in &indicators.lost {
                    let pairs = pairs(event, *indicator, number);
                    if pairs.is_empty() || group_holds(&pairs).is_err() {
                        continue;
                    }
                    let filter = indicators.case_events.filter_alone(*indicator);
                    let filter = filter.and_then(|at| Some((at, own.filters.get(at)?)));
                    decided.extend(filter.map(|(at, (filter, _))| {
                        decides(&Setting::IndicatorFilter(at, filter.to_string()), false)
                    }));
                    decided.extend(indicator_clauses::of_lost(why));
                }
            }
        }
        decided.sort();
        decided.dedup();
        decided
    }
}

/// Whether the entry at a place is the only one of a group that does not hold, although both sides
/// have its fields.
fn fails_alone(pairs: &[Pair], at: usize) -> bool {
    let Some(own) = pairs.get(at) else {
        return false;
    };
    let fails = if own.is_negated {
        own.is_shared
    } else {
        own.enumerated > 0 && own.has_searched && !own.is_shared
    };
    let others = pairs.iter().enumerate().filter(|(other, _)| *other != at);
    let others: Vec<Pair> = others.map(|(_, pair)| *pair).collect();
    fails && (others.is_empty() || group_holds(&others).is_ok())
}
