//! Finds and reads what a run needs: the scenarios that were asked for, and the rules that they
//! test, no others. Used by every verb that replays scenarios.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::super::files::Files;
use super::super::settings::{ProjectSettings, Settings, Target};
use super::super::{ExitCode, error};
use crate::diagnostic::{Diagnostic, SourceText};
use crate::event::io;
use crate::language::eql;
use crate::replay::outcome::RuleCounts;
use crate::replay::{Subject, Test};
use crate::rule::{self, RuleKind};
use crate::scenario::{self, Scenario};
use crate::snapshot;

/// Everything that was read.
#[derive(Debug, Default)]
pub struct Loaded {
    files: Vec<ScenarioFile>,
    subjects: Vec<Subject>,
    /// What is wrong with the files, and warnings.
    pub diagnostics: Vec<Diagnostic>,
    /// How many rules the project has.
    pub rules: RuleCounts,
    /// The scenario files that could be read, by name.
    pub names: Vec<String>,
    /// What each scenario file hangs on.
    pub depends: Dependencies,
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
}

/// For each scenario file the files that its outcome hangs on: itself, its snapshot, its rules,
/// captures and exception lists. All by name, whether they are there or not.
#[derive(Debug, Clone, Default)]
pub struct Dependencies(BTreeMap<String, BTreeSet<String>>);

impl Dependencies {
    /// The scenario files that a change of these files touches.
    pub fn touched(&self, changed: &BTreeSet<String>) -> Vec<String> {
        let touched = self
            .0
            .iter()
            .filter(|(_, files)| !files.is_disjoint(changed));
        touched.map(|(scenario, _)| scenario.clone()).collect()
    }

    /// Whether some scenario file hangs on the file.
    pub fn knows(&self, name: &str) -> bool {
        self.0.values().any(|files| files.contains(name))
    }

    /// The files, some of them several times.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.values().flatten().map(String::as_str)
    }

    /// How many scenario files there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Takes over what is known of other scenario files, and what is known better of these.
    pub fn extend(&mut self, other: &Self) {
        let others = other.0.iter();
        self.0
            .extend(others.map(|(name, files)| (name.clone(), files.clone())));
    }

    /// The scenario file is gone.
    pub fn forget(&mut self, scenario: &str) {
        self.0.remove(scenario);
    }
}

/// Keeps the scenario files that a change of these files touches. Gives whether any is left.
pub fn keep_touched(loaded: &mut Loaded, changed: &BTreeSet<String>) -> bool {
    let touched = loaded.depends.touched(changed);
    loaded.files.retain(|file| touched.contains(&file.name));
    !loaded.files.is_empty()
}

/// Reads the scenarios that the targets name (all of them without a target) and their rules.
pub fn load(settings: &Settings, targets: &[Target]) -> Loaded {
    let mut loader = Loader {
        settings,
        loaded: Loaded::default(),
        subjects: BTreeMap::new(),
    };
    let paths = loader.scenario_paths(targets);
    for (project, path) in &paths {
        loader.scenario_file(project, path);
    }
    loader.count_rules();
    loader.loaded
}

/// Reads the rule that a path names: the rule file itself, or the rule that its scenario tests.
pub fn rule(settings: &Settings, path: &Utf8Path) -> (Option<Subject>, Vec<Diagnostic>) {
    if path.extension() != Some("toml") {
        let mut loaded = load(settings, &[Target::Path(path.to_owned())]);
        let first = (!loaded.subjects.is_empty()).then(|| loaded.subjects.swap_remove(0));
        return (first, loaded.diagnostics);
    }
    let mut loader = Loader {
        settings,
        loaded: Loaded::default(),
        subjects: BTreeMap::new(),
    };
    let found = loader.rule(path, &settings.files.name(path));
    let mut loaded = loader.loaded;
    let subject = found.map(|at| loaded.subjects.swap_remove(at));
    (subject, loaded.diagnostics)
}

/// Reads every rule of the project, tested or not.
pub fn every_rule(settings: &Settings) -> (Vec<Subject>, Vec<Diagnostic>) {
    let mut loader = Loader {
        settings,
        loaded: Loaded::default(),
        subjects: BTreeMap::new(),
    };
    for name in loader.rule_names() {
        loader.rule(&settings.files.path(&name), &name);
    }
    (loader.loaded.subjects, loader.loaded.diagnostics)
}

/// Whether everything could be loaded.
pub fn all_loaded(diagnostics: &[Diagnostic]) -> ExitCode {
    if diagnostics.iter().any(Diagnostic::is_error) {
        ExitCode::NotLoaded
    } else {
        ExitCode::Passed
    }
}

struct Loader<'s> {
    settings: &'s Settings,
    loaded: Loaded,
    /// The number of each rule by its file's name; `None` for one that cannot be used.
    subjects: BTreeMap<String, Option<usize>>,
}

impl<'s> Loader<'s> {
    /// The scenario files with their projects, each once, in the order of their names.
    fn scenario_paths(&mut self, targets: &[Target]) -> Vec<(&'s ProjectSettings, Utf8PathBuf)> {
        let mut found: BTreeMap<Utf8PathBuf, &'s ProjectSettings> = BTreeMap::new();
        let settings = self.settings;
        if targets.is_empty() {
            for project in &settings.projects {
                if settings.files.exists(&project.scenarios) {
                    self.add(project, &project.scenarios, &mut found);
                }
            }
        }
        for target in targets {
            match target {
                Target::Key { scenario, .. } => {
                    let path = settings.files.path(scenario);
                    found.insert(path.clone(), self.project_of(&path));
                }
                Target::Path(path) => self.target(path, &mut found),
            }
        }
        found
            .into_iter()
            .map(|(path, project)| (project, path))
            .collect()
    }

    /// A scenario, a rule (its mirrored scenario), or a directory of either.
    fn target(&mut self, path: &Utf8Path, found: &mut BTreeMap<Utf8PathBuf, &'s ProjectSettings>) {
        let settings = self.settings;
        for project in &settings.projects {
            for rules in &project.rules {
                let Ok(below) = path.strip_prefix(rules) else {
                    continue;
                };
                let mirrored = project.scenarios.join(below);
                let mirrored = if path.extension() == Some("toml") {
                    mirrored.with_extension("yaml")
                } else {
                    mirrored
                };
                if settings.files.exists(&mirrored) {
                    self.add(project, &mirrored, found);
                }
                return;
            }
        }
        self.add(self.project_of(path), path, found);
    }

    fn add(
        &mut self,
        project: &'s ProjectSettings,
        path: &Utf8Path,
        found: &mut BTreeMap<Utf8PathBuf, &'s ProjectSettings>,
    ) {
        match self.settings.files.find(path, &["yaml", "yml"]) {
            Ok(paths) => found.extend(paths.into_iter().map(|path| (path, project))),
            Err(diagnostic) => self.loaded.diagnostics.push(*diagnostic),
        }
    }

    /// The project whose scenarios hold `path`; the first one for a file outside of all.
    fn project_of(&self, path: &Utf8Path) -> &'s ProjectSettings {
        let projects = &self.settings.projects;
        let holds = |project: &&ProjectSettings| path.starts_with(&project.scenarios);
        let first = projects.first();
        projects.iter().find(holds).or(first).unwrap_or(&NO_PROJECT)
    }

    fn scenario_file(&mut self, project: &ProjectSettings, path: &Utf8Path) {
        let text = match self.settings.files.read(path) {
            Ok(text) => text,
            Err(diagnostic) => {
                self.loaded.diagnostics.push(*diagnostic);
                return;
            }
        };
        let name = self.settings.files.name(path);
        let read = scenario::read(&text);
        self.loaded.diagnostics.extend(read.diagnostics);
        let mut scenarios = Vec::new();
        let depends = self.depends_on(project, path, &read.scenarios);
        self.loaded.depends.0.insert(name.clone(), depends);
        for scenario in read.scenarios {
            if let Some(subject) = self.subject(project, path, &text, &scenario) {
                scenarios.push((scenario, subject));
            }
        }
        self.loaded.names.push(name.clone());
        self.loaded.files.push(ScenarioFile { name, scenarios });
    }

    /// The names of the files that the outcome of a scenario file hangs on.
    fn depends_on(
        &self,
        project: &ProjectSettings,
        path: &Utf8Path,
        scenarios: &[Scenario],
    ) -> BTreeSet<String> {
        let files = &self.settings.files;
        let name = files.name(path);
        let directory = path.parent().unwrap_or(Utf8Path::new(""));
        let mut depends = BTreeSet::from([snapshot::path(&name), name]);
        if scenarios.is_empty() {
            depends.insert(files.name(&self.mirrored(project, path)));
        }
        for scenario in scenarios {
            depends.insert(files.name(&self.rule_path(project, path, scenario)));
            depends.extend(
                scenario
                    .files()
                    .map(|file| files.name(&directory.join(file))),
            );
        }
        depends
    }

    /// Where the rule of a scenario is: the one that it names, or the mirrored one.
    fn rule_path(
        &self,
        project: &ProjectSettings,
        path: &Utf8Path,
        scenario: &Scenario,
    ) -> Utf8PathBuf {
        let directory = path.parent().unwrap_or(Utf8Path::new(""));
        match &scenario.rule {
            Some(rule) => directory.join(&rule.value),
            None => self.mirrored(project, path),
        }
    }

    /// The rule of a scenario.
    fn subject(
        &mut self,
        project: &ProjectSettings,
        path: &Utf8Path,
        text: &Arc<SourceText>,
        scenario: &Scenario,
    ) -> Option<usize> {
        let rule_path = self.rule_path(project, path, scenario);
        let name = self.settings.files.name(&rule_path);
        if let Some(known) = self.subjects.get(&name) {
            return *known;
        }
        let subject = if self.settings.files.exists(&rule_path) {
            self.rule(&rule_path, &name)
        } else {
            let span = scenario
                .rule
                .as_ref()
                .map_or(scenario.span, |rule| rule.span);
            let message = format!("there is no rule `{name}`");
            let missing = Diagnostic::error(&error::MISSING, message)
                .at(
                    text,
                    crate::diagnostic::Span::new(span.start, span.start),
                    "",
                )
                .help("name the rule with `rule:`, relative to the scenario file");
            self.loaded.diagnostics.push(missing);
            None
        };
        self.subjects.insert(name, subject);
        subject
    }

    /// `scenarios/windows/a.yaml` → `rules/windows/a.toml`, in the first rules directory that has
    /// it.
    fn mirrored(&self, project: &ProjectSettings, path: &Utf8Path) -> Utf8PathBuf {
        let below = path.strip_prefix(&project.scenarios).unwrap_or(path);
        let candidates: Vec<Utf8PathBuf> = project
            .rules
            .iter()
            .map(|rules| rules.join(below).with_extension("toml"))
            .collect();
        let exists = |path: &&Utf8PathBuf| self.settings.files.exists(path);
        let first = candidates.first();
        let found = candidates.iter().find(exists).or(first).cloned();
        found.unwrap_or_else(|| path.with_extension("toml"))
    }

    fn rule(&mut self, path: &Utf8Path, name: &str) -> Option<usize> {
        let text = match self.settings.files.read(path) {
            Ok(text) => text,
            Err(diagnostic) => {
                self.loaded.diagnostics.push(*diagnostic);
                return None;
            }
        };
        let read = rule::load(&text);
        self.loaded.diagnostics.extend(read.diagnostics);
        let rule = read.rule?;
        let mut syntax = None;
        if let (RuleKind::Eql, Some(query)) = (&rule.kind, &rule.query) {
            let parsed = eql::parse(query.text.text());
            let errors = parsed.errors.iter();
            let diagnostics = errors.map(|error| error.diagnostic(&query.text));
            self.loaded.diagnostics.extend(diagnostics);
            syntax = Some(parsed.query?);
        }
        self.loaded.subjects.push(Subject {
            file: name.to_owned(),
            rule,
            syntax,
        });
        Some(self.loaded.subjects.len() - 1)
    }

    /// The rule files of the project, without those that are deprecated by their place.
    fn rule_names(&mut self) -> BTreeSet<String> {
        let mut all: BTreeSet<String> = BTreeSet::new();
        for project in &self.settings.projects {
            for rules in &project.rules {
                if !self.settings.files.exists(rules) {
                    continue;
                }
                match self.settings.files.find(rules, &["toml"]) {
                    Ok(paths) => all.extend(
                        paths
                            .iter()
                            .filter(|path| !path.components().any(|c| c.as_str() == "_deprecated"))
                            .map(|path| self.settings.files.name(path)),
                    ),
                    Err(diagnostic) => self.loaded.diagnostics.push(*diagnostic),
                }
            }
        }
        all
    }

    /// Counts the rules of the project by what becomes of them; untested ones are not read.
    fn count_rules(&mut self) {
        let all = self.rule_names();
        let tested = self.loaded.subjects.iter();
        let unsupported = tested
            .filter(|subject| subject.unsupported().is_some())
            .count();
        let known = |name: &&String| !self.subjects.contains_key(*name);
        self.loaded.rules = RuleCounts {
            tested: self.loaded.subjects.len() - unsupported,
            untested: all.iter().filter(known).count(),
            unsupported,
        };
    }
}

static NO_PROJECT: ProjectSettings = ProjectSettings {
    rules: Vec::new(),
    scenarios: Utf8PathBuf::new(),
};

impl io::Files for Files {
    fn open_beside(
        &self,
        beside: &str,
        path: &str,
    ) -> Result<Box<dyn io::ReadSeek + Send>, Box<Diagnostic>> {
        let directory = self.path(beside);
        let directory = directory.parent().unwrap_or(Utf8Path::new(""));
        let bytes = self.open_raw(&directory.join(path), &Arc::default())?;
        Ok(Box::new(bytes))
    }
}
