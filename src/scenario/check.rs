//! Checks a scenario against the data sources: names of sources, kinds of event, fields, values.
//! Runs before any replay.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::drafts;
use super::error::{UNKNOWN_FIELD, UNKNOWN_KIND, UNKNOWN_SOURCE, WRONG_SOURCES};
use super::expand::{Expander, with_fields};
use super::model::{
    Base, Case, Change, EventSpec, EventsFrom, Expectation, FieldKey, Located, PerSource, Scenario,
};
use super::problem::merged;
use super::{MAX_SHOWN, near_or_all, sort_and_limit};
use crate::data_source::{Catalogue, DataSource};
use crate::diagnostic::scenario_field::FieldOnSource;
use crate::diagnostic::scenario_source::{ScenarioSource, Tested};
use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{Cause, Code, Diagnostic, Names, Span};

/// The sources on which the attack (without `case`) or a case runs, skipped ones included:
/// `sources` or those that the rule claims, and of these the ones of `only`.
pub fn sources<'c>(
    scenario: &Scenario,
    case: Option<&Case>,
    catalogue: &'c Catalogue,
    claimed: &[&'c DataSource],
) -> Vec<&'c DataSource> {
    let all: Vec<&DataSource> = match &scenario.sources {
        Some(names) => names
            .iter()
            .filter_map(|name| catalogue.get(&name.value))
            .collect(),
        None => claimed.to_vec(),
    };
    let runs = |source: &&DataSource| case.is_none_or(|case| case.runs_on(&source.name));
    all.into_iter().filter(runs).collect()
}

/// A scenario held against the data sources.
pub struct Checked<'a> {
    /// Everything that is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
    /// By the names of the sources that it runs on, with what the check expanded.
    pub expanders: BTreeMap<&'a str, Expander<'a>>,
}

/// Everything that is wrong with a scenario once the data sources are known; `claimed` are those
/// of the rule, on which a scenario without `sources` runs, and `indicators` the source that stores
/// indicators of compromise.
pub fn check<'a>(
    scenario: &'a Scenario,
    catalogue: &'a Catalogue,
    claimed: &'a [&'a DataSource],
    indicators: Option<&'a DataSource>,
) -> Checked<'a> {
    let mut checker = Checker {
        scenario,
        catalogue,
        claimed,
        indicators,
        diagnostics: Vec::new(),
        seen: BTreeSet::new(),
        expanders: BTreeMap::new(),
    };
    checker.names();
    checker.kinds();
    checker.events(None);
    checker.force(None);
    for case in &scenario.cases {
        if checker.diagnostics.len() > MAX_SHOWN {
            break;
        }
        checker.expectation(case);
        checker.events(Some(case));
        checker.force(Some(case));
    }
    Checked {
        diagnostics: sort_and_limit(checker.diagnostics),
        expanders: checker.expanders,
    }
}

struct Checker<'a> {
    scenario: &'a Scenario,
    catalogue: &'a Catalogue,
    claimed: &'a [&'a DataSource],
    indicators: Option<&'a DataSource>,
    diagnostics: Vec<Diagnostic>,
    /// Places that have been reported: an `each` expands them many times.
    seen: BTreeSet<Span>,
    /// One for each source that was asked for.
    expanders: BTreeMap<&'a str, Expander<'a>>,
}

impl Checker<'_> {
    /// Reports sources that do not exist.
    fn names(&mut self) {
        let scenario = self.scenario;
        let mut names: Vec<&Located<String>> = scenario.sources.iter().flatten().collect();
        for name in &scenario.names {
            names.extend(name.paths.iter().map(|(source, _)| source));
        }
        if let Base::Captured(EventsFrom {
            source: Some(source),
            ..
        }) = &scenario.attack.base
        {
            names.push(source);
        }
        for case in &scenario.cases {
            names.extend(
                case.events_from
                    .iter()
                    .filter_map(|from| from.source.as_ref()),
            );
        }
        if scenario.sources.is_none() {
            // Otherwise the reader has held them against `sources`.
            if let PerSource::Each(entries) = &scenario.attack.expect {
                names.extend(entries.iter().map(|(source, _)| source));
            }
            for case in &scenario.cases {
                names.extend(case.only.iter().flatten());
                names.extend(case.skip.iter().map(|(source, _)| source));
                if let PerSource::Each(entries) = &case.because {
                    names.extend(entries.iter().map(|(source, _)| source));
                }
                if let PerSource::Each(entries) = &case.expect {
                    names.extend(entries.iter().map(|(source, _)| source));
                }
            }
        }
        for name in names {
            if self.catalogue.get(&name.value).is_none() && self.seen.insert(name.span) {
                let suggestion = self.catalogue.suggest(&name.value).map(str::to_owned);
                let expected = match suggestion {
                    Some(_) => Names::default(),
                    None => self.source_names(),
                };
                let cause = ScenarioSource::UnknownSource {
                    name: name.value.clone(),
                    suggestion,
                    expected,
                };
                self.error(&UNKNOWN_SOURCE, name.span, &cause);
            }
        }
    }

    fn source_names(&self) -> Names {
        let sources = self.catalogue.sources().iter();
        sources.map(|source| source.name.as_str()).collect()
    }

    fn error(&mut self, code: &'static Code, span: Span, cause: &dyn Cause) {
        let diagnostic = Diagnostic::caused(code, cause, &self.scenario.source, span);
        self.diagnostics.push(diagnostic);
    }

    /// Reports kinds of event that no source has; one that only some have is skipped on the others.
    fn kinds(&mut self) {
        let scenario = self.scenario;
        let base: &[EventSpec] = match &scenario.attack.base {
            Base::Written(events) => events,
            Base::Captured(_) => &[],
        };
        let of_cases = scenario.cases.iter().flat_map(|case| &case.changes);
        let changed = of_cases.filter_map(|change| match change {
            Change::Event(event) | Change::Add(event) => Some(event),
            Change::Remove(_) => None,
        });
        for kind in base
            .iter()
            .chain(changed)
            .filter_map(|event| event.kind.as_ref())
        {
            let sources = self.catalogue.sources();
            if sources
                .iter()
                .any(|source| source.kind(&kind.value).is_some())
                || !self.seen.insert(kind.span)
            {
                continue;
            }
            let kinds: BTreeSet<String> = sources
                .iter()
                .flat_map(|source| &source.kinds)
                .flat_map(|kind| [kind.name(), kind.group.clone()])
                .collect();
            let suggestion = nearest(&kind.value, kinds.iter().map(String::as_str));
            let cause = ScenarioSource::UnknownKind {
                name: kind.value.clone(),
                suggestion: suggestion.map(str::to_owned),
            };
            self.error(&UNKNOWN_KIND, kind.span, &cause);
        }
    }

    /// Expands the attack or a case on each of its sources and reports what does not fit.
    fn events(&mut self, case: Option<&Case>) {
        let scenario = self.scenario;
        let sources = sources(scenario, case, self.catalogue, self.claimed);
        let mut problems = Vec::new();
        // What is wrong with an event is wrong each time that it happens.
        let repeated = case.filter(|case| case.repeat.is_some());
        let once = repeated.map(|case| Case {
            repeat: None,
            ..case.clone()
        });
        for source in &sources {
            let expander = self.expanders.entry(&source.name);
            let expander = expander.or_insert_with(|| {
                Expander::new(scenario, source).with_indicators(self.indicators)
            });
            problems.extend(expander.problems(once.as_ref().or(case), once.is_none()));
            with_fields(scenario, case, source, &mut problems);
        }
        let names: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
        let found = merged(scenario, case.is_none(), &problems, &names, &mut self.seen);
        self.diagnostics.extend(found);
    }

    /// Reports a forced field that no source knows and no event of the case sets: a slip, for it
    /// forces nothing.
    fn force(&mut self, case: Option<&Case>) {
        let scenario = self.scenario;
        let keys = case.map_or(&scenario.attack.force, |case| &case.force);
        if keys.is_empty() {
            return;
        }
        let sources = sources(scenario, case, self.catalogue, self.claimed);
        let drafts = drafts(scenario, case);
        let settings = drafts
            .iter()
            .flat_map(|draft| draft.settings.iter().copied());
        let set: BTreeSet<&FieldKey> = settings.flatten().map(|set| &set.key.value).collect();
        let known = |key: &FieldKey| {
            sources.iter().any(|source| {
                let path = scenario.path(key, &source.name);
                path.is_some_and(|path| source.field_type(path).is_some())
            })
        };
        for key in keys {
            let slip = !set.contains(&key.value) && !known(&key.value);
            // The events of a capture are not known here.
            if !slip || drafts.is_empty() || !self.seen.insert(key.span) {
                continue;
            }
            let path = key.value.text();
            let cause = FieldOnSource::ForcedField {
                name: path.to_owned(),
                suggestion: sources.iter().find_map(|source| source.suggest(path)),
            };
            self.error(&UNKNOWN_FIELD, key.span, &cause);
        }
    }

    /// Without `sources` in the file, the reader could not know which sources a case runs on.
    fn expectation(&mut self, case: &Case) {
        if self.scenario.sources.is_some() || case.only.is_some() || case.events_from.is_some() {
            return;
        }
        let runs = self
            .claimed
            .iter()
            .filter(|source| case.skipped(&source.name).is_none());
        let names: Vec<&str> = runs.map(|source| source.name.as_str()).collect();
        let found = covers(self.scenario, &case.expect, &names, Tested::Case);
        self.diagnostics.extend(found);
    }
}

/// Whether an expectation by source names exactly the sources on which the case runs.
pub(super) fn covers(
    scenario: &Scenario,
    expect: &PerSource<Expectation>,
    names: &[&str],
    tested: Tested,
) -> Vec<Diagnostic> {
    let PerSource::Each(entries) = expect else {
        return Vec::new();
    };
    let error = |span, cause: &ScenarioSource| {
        Diagnostic::caused(&WRONG_SOURCES, cause, &scenario.source, span)
    };
    let mut diagnostics = Vec::new();
    let mut meant: Vec<&str> = Vec::new();
    for (source, _) in entries {
        if !names.contains(&source.value.as_str()) {
            let near = nearest(&source.value, names.iter().copied());
            meant.extend(near);
            let (suggestion, expected) = near_or_all(&source.value, names);
            let cause = ScenarioSource::NotRunOn {
                tested,
                name: source.value.clone(),
                suggestion,
                expected,
            };
            diagnostics.push(error(source.span, &cause));
        }
    }
    meant.extend(entries.iter().map(|(source, _)| source.value.as_str()));
    let left: Vec<&str> = names
        .iter()
        .filter(|name| !meant.contains(name))
        .copied()
        .collect();
    let spans = entries
        .iter()
        .map(|(source, expect)| source.span.to(expect.span));
    if let Some(span) = spans.reduce(Span::to)
        && !left.is_empty()
    {
        let missing = left.into_iter().collect();
        diagnostics.push(error(span, &ScenarioSource::UnexpectedSources { missing }));
    }
    diagnostics
}
