//! Lists the checks of a run without running them: for `--list` and editors.

use super::expectation::check_expectation;
use super::outcome::CheckKey;
use super::{Options, Test, capture};
use crate::data_source::{Catalogue, DataSource};
use crate::event::io::Files;
use crate::scenario::model::{Base, EventsFrom};
use crate::scenario::{Case, Expanded, Expander};

/// Lists the checks of the tests that the options select, in the order in which a run reports them.
/// The events of cases are not made, so that a run may find mistakes in them that leave checks out. A selection by verdict selects every
/// check, for none has a verdict yet.
pub fn list(
    tests: &[Test<'_>],
    catalogue: &Catalogue,
    files: &dyn Files,
    options: &Options<'_>,
) -> Vec<CheckKey> {
    let mut listed = Vec::new();
    for test in tests {
        let patterns = test.subject.patterns();
        let sources = super::sources(test, catalogue, &patterns);
        let beside = capture::CaptureRequest {
            scenario_file: test.scenario_file,
            source: &test.scenario.source,
            catalogue,
            patterns: &patterns,
        };
        let mut lister = Lister {
            test,
            beside,
            files,
            captures: Vec::new(),
        };
        let mut keys = Vec::new();
        for source in sources {
            keys.extend(lister.checks(source));
        }
        // By case, then by source.
        keys.sort_by_key(|(order, _)| *order);
        let keys = keys.into_iter().map(|(_, key)| key);
        listed.extend(keys.filter(|key| options.takes(test, key, None)));
    }
    listed
}

struct Lister<'a> {
    test: &'a Test<'a>,
    beside: capture::CaptureRequest<'a>,
    files: &'a dyn Files,
    /// The source of each capture that was read, by its file.
    captures: Vec<(&'a str, Option<String>)>,
}

impl<'a> Lister<'a> {
    /// The checks on a source, each with the number of its case; the attack is 0.
    fn checks(&mut self, source: &DataSource) -> Vec<(usize, CheckKey)> {
        let scenario = self.test.scenario;
        let key = |case: &str| CheckKey {
            scenario: self.test.scenario_file.to_owned(),
            case: case.to_owned(),
            source: source.name.clone(),
        };
        let mut keys = Vec::new();
        let expected = check_expectation(scenario, None, source).is_some();
        let attack = match &scenario.attack.base {
            Base::Captured(from) if !self.is_of(from, source) => return keys,
            Base::Captured(_) => expected,
            Base::Written(_) => match self.expander(source).expand(None) {
                Ok(Expanded::Skipped(_)) => true,
                Ok(_) => expected,
                Err(_) => return keys,
            },
        };
        let key_of_attack = attack.then(|| (0, key(&scenario.attack.name.value)));
        let cases = scenario.cases.iter().enumerate();
        let cases: Vec<(usize, CheckKey)> = cases
            .filter(|(_, case)| case.runs_on(&source.name))
            .map(|(index, case)| (index + 1, key(&case.name)))
            .collect();
        keys.extend(key_of_attack);
        for (order, key) in cases {
            let case = scenario.cases.get(order - 1);
            if case.is_some_and(|case| self.runs(case, source)) {
                keys.push((order, key));
            }
        }
        keys
    }

    fn expander<'e>(&self, source: &'e DataSource) -> Expander<'e>
    where
        'a: 'e,
    {
        let indicators = self.test.subject.indicator_source(self.beside.catalogue);
        Expander::new(self.test.scenario, source).with_indicators(indicators)
    }

    fn runs(&mut self, case: &'a Case, source: &DataSource) -> bool {
        if case.skipped(&source.name).is_some() {
            return check_expectation(self.test.scenario, Some(case), source).is_some();
        }
        let recorded = case.events_from.as_ref();
        recorded.is_none_or(|from| self.is_of(from, source))
            && check_expectation(self.test.scenario, Some(case), source).is_some()
    }

    /// Whether a capture is judged under a source; one that names no source is read for it.
    fn is_of(&mut self, from: &'a EventsFrom, source: &DataSource) -> bool {
        if let Some(named) = &from.source {
            return named.value == source.name;
        }
        let file = from.file.value.as_str();
        if !self.captures.iter().any(|(known, _)| *known == file) {
            let read = capture::load(from, &self.beside, self.files);
            self.captures.push((file, read.ok().map(|it| it.source)));
        }
        let mut known = self.captures.iter();
        known.any(|(known, of)| *known == file && of.as_deref() == Some(source.name.as_str()))
    }
}
