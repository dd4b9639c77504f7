//! Lists the checks of a run without running them: for `--list` and editors.

use super::case::capture;
use super::judge::expectation::check_expectation;
use super::outcome::CheckKey;
use super::{Options, Test};
use crate::data_source::{Catalogue, DataSource};
use crate::event::io::FilesBeside;
use crate::scenario::model::{Base, EventsFrom};
use crate::scenario::{Case, Expanded, Expander};

/// The checks of a test.
#[derive(Debug)]
pub struct ListedTest {
    /// Those that the options select, in the order in which a run reports them.
    pub keys: Vec<CheckKey>,
    /// Whether some check runs the rule, selected or not: one that the scenario does not skip.
    pub runs_rule: bool,
}

/// Lists the checks of the tests, one entry a test. The events of cases are not made, so that a run
/// may find mistakes in them that leave checks out. A selection by verdict selects every check, for
/// none has a verdict yet.
pub fn list(
    tests: &[Test<'_>],
    catalogue: &Catalogue,
    files: &dyn FilesBeside,
    options: &Options<'_>,
) -> Vec<ListedTest> {
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
        let mut checks = Vec::new();
        for source in sources {
            checks.extend(lister.checks(source));
        }
        // By case, then by source.
        checks.sort_by_key(|check| check.order);
        let runs_rule = checks.iter().any(|check| !check.is_skipped);
        let keys = checks.into_iter().map(|check| check.key);
        listed.push(ListedTest {
            keys: keys.filter(|key| options.takes(test, key, None)).collect(),
            runs_rule,
        });
    }
    listed
}

struct ListedCheck {
    /// The number of its case; the attack is 0.
    order: usize,
    key: CheckKey,
    is_skipped: bool,
}

struct Lister<'a> {
    test: &'a Test<'a>,
    beside: capture::CaptureRequest<'a>,
    files: &'a dyn FilesBeside,
    /// The source of each capture that was read, by its file.
    captures: Vec<(&'a str, Option<String>)>,
}

impl<'a> Lister<'a> {
    /// The checks on a source; none where the attack cannot be read or made.
    fn checks(&mut self, source: &DataSource) -> Vec<ListedCheck> {
        let scenario = self.test.scenario;
        if scenario.attack_is_broken {
            return Vec::new();
        }
        let check = |order: usize, case: &str, is_skipped: bool| ListedCheck {
            order,
            key: CheckKey {
                scenario: self.test.scenario_file.to_owned(),
                case: case.to_owned(),
                source: source.name.clone(),
            },
            is_skipped: is_skipped || scenario.skip.is_some(),
        };
        let expected = check_expectation(scenario, None, source).is_some();
        let mut checks = Vec::new();
        let attack = &scenario.attack.name.value;
        match &scenario.attack.base {
            Base::Captured(from) if !self.is_of(from, source) => return checks,
            Base::Captured(_) if expected => checks.push(check(0, attack, false)),
            Base::Captured(_) => {}
            Base::Written(_) => match self.expander(source).expand(None) {
                Ok(Expanded::Skipped(_)) => checks.push(check(0, attack, true)),
                Ok(_) if expected => checks.push(check(0, attack, false)),
                Ok(_) => {}
                Err(_) => return checks,
            },
        }
        for (index, case) in scenario.cases.iter().enumerate() {
            if case.runs_on(&source.name) && self.has_check(case, source) {
                let is_skipped = case.skipped(&source.name).is_some();
                checks.push(check(index + 1, &case.name, is_skipped));
            }
        }
        checks
    }

    fn expander<'e>(&self, source: &'e DataSource) -> Expander<'e>
    where
        'a: 'e,
    {
        let indicators = self.test.subject.indicator_source(self.beside.catalogue);
        Expander::new(self.test.scenario, source).with_indicators(indicators)
    }

    /// Whether a case that runs on the source has a check there.
    fn has_check(&mut self, case: &'a Case, source: &DataSource) -> bool {
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
