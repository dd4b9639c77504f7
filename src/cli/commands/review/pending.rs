//! The changes that wait for a review, what a reviewer sees beside them, and how a decision is
//! written.

use crate::cli::ExitCode;
use crate::cli::commands::rule_changes;
use crate::cli::error::{self, Problem};
use crate::cli::settings::Settings;
use crate::diagnostic::{Diagnostic, SourceText};
use crate::project::{RunRequest, Target};
use crate::report::terminal::{ReviewStep, failing_lines};
use crate::rule_diff::RuleChange;
use crate::snapshot::review::Pending;
use crate::snapshot::{self, Change, Resolution};
use camino::{Utf8Path, Utf8PathBuf};
use std::collections::{BTreeMap, BTreeSet};

/// A scenario file's snapshot and what waits beside it.
pub(super) struct PendingReview {
    pub(super) snapshot: Utf8PathBuf,
    pub(super) pending: Pending,
}

/// Everything that waits, in the order of the file names.
pub(super) fn pending_reviews(settings: &Settings) -> Result<Vec<PendingReview>, Box<Problem>> {
    let files = &settings.files;
    let mut reviews = Vec::new();
    for layout in &settings.layouts {
        let scenarios = Utf8Path::new(&layout.scenarios);
        if !files.is_directory(scenarios) {
            continue;
        }
        let found = files.find(scenarios, &["yaml", "yml"]);
        for scenario in found.map_err(|mistake| Problem::usage(*mistake))? {
            let snapshot = Utf8PathBuf::from(snapshot::path(&files.name(&scenario)));
            let path = Utf8PathBuf::from(format!("{snapshot}.new"));
            if !files.exists(&path) {
                continue;
            }
            let read = |path: &Utf8PathBuf| {
                let read = files.read(path).and_then(|text| snapshot::read(&text));
                read.map_err(|mistake| Problem::new(ExitCode::NotLoaded, *mistake))
            };
            let old = files
                .exists(&snapshot)
                .then(|| read(&snapshot))
                .transpose()?;
            reviews.push(PendingReview {
                pending: Pending::new(old, read(&path)?),
                snapshot,
            });
        }
    }
    Ok(reviews)
}

/// What a reviewer sees besides the pending changes: the checks that fail, which accepting does not
/// fix, and the differences of the rules.
pub(super) struct ReviewContext {
    /// A line a check that fails, by scenario file.
    pub(super) failing: BTreeMap<String, Vec<String>>,
    /// The rule files that a scenario file tests.
    pub(super) tested: BTreeMap<String, BTreeSet<String>>,
    pub(super) rules: Vec<RuleChange>,
}

impl ReviewContext {
    /// Runs the scenarios of what waits, which writes nothing.
    pub(super) fn of(settings: &Settings, reviews: &[PendingReview]) -> Self {
        let mut context = Self {
            failing: BTreeMap::new(),
            tested: BTreeMap::new(),
            rules: Vec::new(),
        };
        let scenarios: BTreeSet<String> = reviews
            .iter()
            .flat_map(|reviews| reviews.pending.changes())
            .map(|change| change.key.scenario.clone())
            .collect();
        let Ok(catalogue) = settings.catalogue() else {
            return context;
        };
        if scenarios.is_empty() {
            return context;
        }
        context.rules = rule_changes::since(settings, None);
        let targets: Vec<Target> = scenarios.into_iter().map(Target::Path).collect();
        let project = settings.project();
        let run = project.run(project.load(&targets), &catalogue, &RunRequest::default());
        for scenario in &run.outcome.scenarios {
            let tested = context.tested.entry(scenario.scenario.clone()).or_default();
            tested.insert(scenario.rule_file.clone());
            let lines = failing_lines(&scenario.checks);
            let failing = context
                .failing
                .entry(scenario.scenario.clone())
                .or_default();
            failing.extend(lines);
        }
        context
    }

    fn rules_of(&self, scenario: &str) -> Vec<&RuleChange> {
        let files = self.tested.get(scenario);
        let own = |change: &&RuleChange| files.is_some_and(|files| files.contains(&change.file));
        self.rules.iter().filter(own).collect()
    }
}

/// The changes of all files, worst first.
pub(super) fn changes(reviews: &[PendingReview]) -> impl Iterator<Item = &Change> {
    let mut all: Vec<&Change> = reviews
        .iter()
        .flat_map(|reviews| reviews.pending.changes())
        .collect();
    all.sort_by_key(|change| change.class);
    all.into_iter()
}

/// Writes a snapshot, then what waits beside it: interrupted between the two, the change is taken
/// and still waits, and taking it again changes nothing.
pub(super) fn store(
    settings: &Settings,
    reviews: &PendingReview,
    resolution: &Resolution,
) -> Result<(), Box<Problem>> {
    let files = &settings.files;
    let pending = Utf8PathBuf::from(format!("{}.new", reviews.snapshot));
    let mut stored = Ok(());
    if let Some(text) = &resolution.snapshot {
        stored = files.write(&reviews.snapshot, text);
    }
    let stored = stored.and_then(|()| match &resolution.pending {
        Some(text) => files.write(&pending, text),
        None => files.remove(&pending),
    });
    stored.map_err(|mistake| Problem::usage(*mistake))
}

/// Changes that are alike with the lines of the scenario that make their case, and what stands beside
/// them.
pub(super) fn step<'a>(
    settings: &Settings,
    context: &'a ReviewContext,
    group: &[&'a Change],
    index: usize,
    total: usize,
) -> ReviewStep<'a> {
    let first = group.first();
    let scenario = first.map_or("", |change| change.key.scenario.as_str());
    let case = first.map_or("", |change| change.key.case.as_str());
    let source = settings.files.read(Utf8Path::new(scenario));
    let failing = context.failing.get(scenario).map_or(&[][..], Vec::as_slice);
    ReviewStep {
        changes: group.to_vec(),
        context: source.map_or_else(|_| Vec::new(), |source| lines_of_case(&source, case)),
        rules: context.rules_of(scenario),
        failing: failing.iter().map(String::as_str).collect(),
        number: index + 1,
        total,
    }
}

/// The lines of the case, with their numbers; its name may stand in an `each`.
fn lines_of_case(source: &SourceText, case: &str) -> Vec<(usize, String)> {
    const SHOWN: usize = 8;
    let name = case.split(" / ").next().unwrap_or(case);
    let lines: Vec<&str> = source.text().lines().collect();
    let start = lines.iter().position(|line| {
        let line = line.trim_start().trim_start_matches("- ");
        let line = line.trim_start_matches('{');
        line.strip_prefix("name:")
            .is_some_and(|rest| rest.trim().trim_matches(['"', '\'']).starts_with(name))
    });
    let Some(start) = start else {
        return Vec::new();
    };
    let indent = |line: &str| line.len() - line.trim_start().len();
    let own = lines.get(start).map_or(0, |line| indent(line));
    let rest = lines.iter().enumerate().skip(start);
    rest.take_while(|(number, line)| {
        *number == start || (indent(line) > own && !line.trim().is_empty())
    })
    .take(SHOWN)
    .map(|(number, line)| (number + 1, (*line).to_owned()))
    .collect()
}

pub(super) fn nothing<T>(key: &str) -> Result<T, Box<Problem>> {
    let message = format!("no pending change for `{key}`");
    let diagnostic = Diagnostic::error(&error::NOTHING_SELECTED, message);
    let diagnostic = diagnostic.help("`trapline review --list` lists pending changes");
    Err(Problem::new(ExitCode::NothingSelected, diagnostic))
}
