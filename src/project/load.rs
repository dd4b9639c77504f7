//! Loads the files of a run: the requested scenarios and the rules that they test. Every command
//! that replays scenarios uses it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::census::census;
use super::dependencies::Dependencies;
use super::files::{in_order, parent, without_extension};
use super::layout::Layout;
use super::rule_files::{self, ReadRule, file_of, is_rule};
use super::sources::LoadedCatalogue;
use super::target::Target;
use super::{Project, error};
use crate::data_source::Catalogue;
use crate::diagnostic::project::{FileNames, NotFound, NotTested};
use crate::diagnostic::{Diagnostic, SourceText, Span};
use crate::replay::census::RuleCensus;
use crate::replay::{Subject, Test};
use crate::scenario::{self, Scenario};
use crate::snapshot;

/// The number of files named in one message.
const NAMED: usize = 10;

/// The rules and scenarios of a run.
#[derive(Debug, Default)]
pub struct Loaded {
    files: Vec<ScenarioFile>,
    subjects: Vec<Subject>,
    /// Errors and warnings about the files.
    pub diagnostics: Vec<Diagnostic>,
    /// The scenario files that could be read, by name.
    pub names: Vec<String>,
    /// The files that each scenario file depends on.
    pub depends: Dependencies,
    /// The KEYs that were asked for; all checks when empty.
    pub keys: Vec<String>,
    /// Whether all scenarios of the project were asked for.
    pub whole: bool,
    targets: Vec<Target>,
    /// The number of each rule by its file's name; `None` for one that cannot be used.
    rules: BTreeMap<String, Option<usize>>,
}

/// A scenario file, and for each of its documents the rule that it tests.
#[derive(Debug)]
struct ScenarioFile {
    name: String,
    scenarios: Vec<(Scenario, usize)>,
}

impl Loaded {
    /// The tests, in the order of the files.
    pub fn tests(&self) -> Vec<Test<'_>> {
        let mut tests = Vec::new();
        for file in &self.files {
            for (scenario, subject) in &file.scenarios {
                if let Some(subject) = self.subjects.get(*subject) {
                    tests.push(Test {
                        scenario_file: &file.name,
                        scenario,
                        subject,
                    });
                }
            }
        }
        tests
    }

    /// Keeps the scenario files that a change of these files touches. Returns whether any is left.
    pub fn keep_touched(&mut self, changed: &BTreeSet<String>) -> bool {
        let touched = self.depends.touched(changed);
        self.files.retain(|file| touched.contains(&file.name));
        self.whole = false;
        !self.files.is_empty()
    }
}

impl Project<'_> {
    /// Reads the scenarios that the targets name (all of them without a target) and their rules.
    pub fn load(&self, targets: &[Target]) -> Loaded {
        let mut loader = Loader::new(*self);
        loader.loaded.keys = targets.iter().filter_map(Target::key).collect();
        loader.loaded.whole = targets.is_empty();
        let names = loader.scenario_names(targets);
        // Read on all cores, taken in their order.
        let read = |(_, name): &(&Layout, String)| -> ReadScenarios {
            let text = self.files.read(name)?;
            Ok((scenario::read(&text), text))
        };
        let files: Vec<_> = names.par_iter().with_max_len(1).map(read).collect();
        loader.read_rules_ahead(names.iter().zip(&files));
        for ((layout, name), read) in names.iter().zip(files) {
            match read {
                Ok((read, text)) => loader.scenario_file(layout, name, &text, read),
                Err(diagnostic) => loader.loaded.diagnostics.push(*diagnostic),
            }
        }
        loader.loaded.targets = targets.to_vec();
        loader.loaded
    }

    /// The same, and the data sources, at the same time.
    pub fn load_with_catalogue(&self, targets: &[Target]) -> (Loaded, LoadedCatalogue) {
        rayon::join(|| self.load(targets), || self.catalogue())
    }

    /// The rules that what was loaded could test, by whether a scenario tests them.
    pub fn census(&self, loaded: &Loaded, catalogue: &Catalogue) -> RuleCensus {
        self.census_and_errors(loaded, catalogue).0
    }

    /// The same, and why rules that no scenario tests cannot be loaded.
    pub(super) fn census_and_errors(
        &self,
        loaded: &Loaded,
        catalogue: &Catalogue,
    ) -> (RuleCensus, Vec<Diagnostic>) {
        let subject = |at: &Option<usize>| at.and_then(|at| loaded.subjects.get(at));
        let subjects = loaded.rules.iter();
        let subjects = subjects.map(|(name, at)| (name.clone(), subject(at)));
        census(self, &loaded.targets, &subjects.collect(), catalogue)
    }

    /// Reads the rule that a name stands for: the rule file itself, or the rule that its scenario
    /// tests.
    pub fn load_rule(&self, name: &str) -> (Option<Subject>, Vec<Diagnostic>) {
        if !is_rule(name) {
            let mut loaded = self.load(&[Target::Path(name.to_owned())]);
            let first = (!loaded.subjects.is_empty()).then(|| loaded.subjects.swap_remove(0));
            return (first, loaded.diagnostics);
        }
        let mut loader = Loader::new(*self);
        let found = loader.rule(name);
        let mut loaded = loader.loaded;
        let subject = found.map(|at| loaded.subjects.swap_remove(at));
        (subject, loaded.diagnostics)
    }

    /// A warning if ignore files hide rules or scenarios of the project.
    pub fn ignored(&self) -> Option<Diagnostic> {
        let mut names = BTreeSet::new();
        for layout in self.layouts {
            let rules = layout.rules.iter();
            for directory in rules {
                names.extend(self.files.find_ignored(directory, &["toml"]));
            }
            let scenarios = self.files.find_ignored(&layout.scenarios, &["yaml", "yml"]);
            names.extend(scenarios);
        }
        if names.is_empty() {
            return None;
        }
        let more = names.len().saturating_sub(NAMED);
        let names = FileNames {
            shown: names.into_iter().take(NAMED).collect(),
            more,
        };
        let hidden = Diagnostic::of(&error::IGNORED, &NotTested::Ignored { names });
        Some(hidden.into_warning())
    }

    /// Reads the rules of these files, leaving out what cannot be read.
    pub fn load_rule_files<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Vec<Subject> {
        let mut loader = Loader::new(*self);
        for name in names {
            loader.rules(name);
        }
        loader.loaded.subjects
    }

    /// The names of those of the files that lie in a directory of rules and may hold some.
    pub fn rule_files_among<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
        let of_rules = |name: &&str| {
            let mut layouts = self.layouts.iter();
            is_rule(name) && layouts.any(|layout| layout.scenario_of(name).is_some())
        };
        names.into_iter().filter(of_rules).collect()
    }

    /// Reads every rule of the project, tested or not.
    pub fn load_rules(&self) -> (Vec<Subject>, Vec<Diagnostic>) {
        let mut loader = Loader::new(*self);
        match self.rule_names(&[]) {
            Ok(names) => {
                for name in names {
                    loader.rules(&name);
                }
            }
            Err(diagnostic) => loader.loaded.diagnostics.push(*diagnostic),
        }
        (loader.loaded.subjects, loader.loaded.diagnostics)
    }
}

struct Loader<'p> {
    project: Project<'p>,
    loaded: Loaded,
    /// Rules that were read on all cores, by the names that scenarios give them.
    ahead: BTreeMap<String, RulesOfName>,
}

/// The rules that a name stands for.
type RulesOfName = Result<Vec<ReadRule>, Box<Diagnostic>>;
/// A scenario file as it was read, with its text.
type ReadScenarios = Result<(scenario::ScenarioFile, Arc<SourceText>), Box<Diagnostic>>;

impl<'p> Loader<'p> {
    fn new(project: Project<'p>) -> Self {
        Self {
            project,
            loaded: Loaded::default(),
            ahead: BTreeMap::new(),
        }
    }

    /// Reads the rules of scenarios on all cores; they are taken in the order of the scenarios.
    fn read_rules_ahead<'f>(
        &mut self,
        files: impl Iterator<Item = (&'f (&'f Layout, String), &'f ReadScenarios)>,
    ) {
        let mut names = BTreeSet::new();
        for ((layout, name), read) in files {
            if let Ok((read, _)) = read {
                let scenarios = read.scenarios.iter();
                names.extend(scenarios.map(|scenario| self.rule_name(layout, name, scenario)));
            }
        }
        let files = self.project.files;
        let read = |name: String| {
            let is_there = files.exists(file_of(&name));
            is_there.then(|| {
                let rules = rule_files::read_and_parse(files, &name);
                (name, rules)
            })
        };
        let names: Vec<String> = names.into_iter().collect();
        let read = names.into_par_iter().with_max_len(1).filter_map(read);
        self.ahead = read.collect();
    }

    /// The scenario files with their layouts, each once, in the order of their names.
    fn scenario_names(&mut self, targets: &[Target]) -> Vec<(&'p Layout, String)> {
        let mut found: BTreeMap<String, &'p Layout> = BTreeMap::new();
        let project = self.project;
        if targets.is_empty() {
            for layout in project.layouts {
                if project.files.exists(&layout.scenarios) {
                    self.add(layout, &layout.scenarios, &mut found);
                }
            }
        }
        for target in targets {
            match target {
                Target::Key { scenario, .. } => {
                    found.insert(scenario.clone(), project.layout_of(scenario));
                }
                Target::Path(name) => self.target(name, &mut found),
            }
        }
        let mut names: Vec<_> = found.into_iter().map(|(name, of)| (of, name)).collect();
        names.sort_by(|(_, one), (_, other)| in_order(one, other));
        names
    }

    /// A scenario, a rule (its mirrored scenario), or a directory of either.
    fn target(&mut self, name: &str, found: &mut BTreeMap<String, &'p Layout>) {
        let project = self.project;
        for layout in project.layouts {
            if let Some(mirrored) = layout.scenario_of(name) {
                // The scenarios of a file with many rules lie in a directory of its name.
                let many = is_rule(name).then(|| without_extension(&mirrored).to_owned());
                let mirrored = std::iter::once(mirrored).chain(many);
                for mirrored in mirrored.filter(|name| project.files.exists(name)) {
                    self.add(layout, &mirrored, found);
                }
                return;
            }
        }
        self.add(project.layout_of(name), name, found);
    }

    fn add(&mut self, layout: &'p Layout, name: &str, found: &mut BTreeMap<String, &'p Layout>) {
        match self.project.files.find(name, &["yaml", "yml"]) {
            Ok(names) => found.extend(names.into_iter().map(|name| (name, layout))),
            Err(diagnostic) => self.loaded.diagnostics.push(*diagnostic),
        }
    }

    fn scenario_file(
        &mut self,
        layout: &Layout,
        name: &str,
        text: &Arc<SourceText>,
        read: scenario::ScenarioFile,
    ) {
        self.loaded.diagnostics.extend(read.diagnostics);
        let mut scenarios = Vec::new();
        let depends = self.depends_on(layout, name, &read.scenarios);
        self.loaded.depends.insert(name, depends);
        for scenario in read.scenarios {
            if let Some(subject) = self.subject(layout, name, text, &scenario) {
                scenarios.push((scenario, subject));
            }
        }
        self.loaded.names.push(name.to_owned());
        self.loaded.files.push(ScenarioFile {
            name: name.to_owned(),
            scenarios,
        });
    }

    /// The names of the files that the outcome of a scenario file depends on.
    fn depends_on(&self, layout: &Layout, name: &str, scenarios: &[Scenario]) -> BTreeSet<String> {
        let files = self.project.files;
        let mut depends = BTreeSet::from([snapshot::path(name), name.to_owned()]);
        if scenarios.is_empty() {
            depends.insert(layout.rule_of(name, files));
        }
        for scenario in scenarios {
            depends.insert(self.rule_name(layout, name, scenario));
            let others = scenario.files();
            depends.extend(others.map(|file| files.resolve(parent(name), file)));
        }
        depends
    }

    /// The rule file of a scenario: the one that it names, or the mirrored one.
    fn rule_name(&self, layout: &Layout, name: &str, scenario: &Scenario) -> String {
        match &scenario.rule {
            Some(rule) => self.project.files.resolve(parent(name), &rule.value),
            None => layout.rule_of(name, self.project.files),
        }
    }

    /// The rule of a scenario.
    fn subject(
        &mut self,
        layout: &Layout,
        scenario_file: &str,
        text: &Arc<SourceText>,
        scenario: &Scenario,
    ) -> Option<usize> {
        let name = self.rule_name(layout, scenario_file, scenario);
        if let Some(known) = self.loaded.rules.get(&name) {
            return *known;
        }
        let subject = if self.ahead.contains_key(&name) {
            self.rule(&name)
        } else {
            let rule = scenario.rule.as_ref();
            let span = rule.map_or(scenario.span, |rule| rule.span);
            let missing = NotFound::TestedRule { name: name.clone() };
            let missing = Diagnostic::of(&error::MISSING, &missing);
            let place = Span::new(span.start, span.start);
            self.loaded.diagnostics.push(missing.at(text, place, ""));
            None
        };
        self.loaded.rules.insert(name, subject);
        subject
    }

    /// The one rule that a name stands for.
    fn rule(&mut self, name: &str) -> Option<usize> {
        let before = self.loaded.diagnostics.len();
        let found = self.rules(name);
        let name = name.to_owned();
        let missing = match found.as_slice() {
            [one] => return Some(*one),
            [] if self.loaded.diagnostics.len() > before => return None,
            [] => NotFound::Rule { name },
            many => NotFound::OneRule {
                name,
                found: many.len(),
            },
        };
        let missing = Diagnostic::of(&error::MISSING, &missing);
        self.loaded.diagnostics.push(missing);
        None
    }

    /// The rules that a name stands for: all of a file, or the one with the id behind `#`.
    fn rules(&mut self, name: &str) -> Vec<usize> {
        let ahead = self.ahead.remove(name);
        let read = ahead.unwrap_or_else(|| rule_files::read_and_parse(self.project.files, name));
        let rules = match read {
            Ok(rules) => rules,
            Err(diagnostic) => {
                self.loaded.diagnostics.push(*diagnostic);
                return Vec::new();
            }
        };
        rules
            .into_iter()
            .filter_map(|read| self.add_rule(read))
            .collect()
    }

    fn add_rule(&mut self, read: ReadRule) -> Option<usize> {
        self.loaded.diagnostics.extend(read.diagnostics);
        self.loaded.subjects.push(read.subject?);
        Some(self.loaded.subjects.len() - 1)
    }
}
