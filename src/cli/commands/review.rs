//! `trapline review`: accepts or rejects pending snapshot changes, interactively or by `--list`,
//! `--show`, `--accept` and `--reject`.

mod walk;

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use self::walk::walk;
use super::super::args::ReviewArgs;
use super::super::console::Stream;
use super::super::error::{self, Problem};
use super::super::settings::Settings;
use super::super::{Console, ExitCode};
use super::rule_changes;
use crate::data_source::Catalogue;
use crate::diagnostic::{Diagnostic, SourceText};
use crate::project::{Request, Target};
use crate::replay::outcome::CheckKey;
use crate::report::terminal::{ReviewStep, groups_of_changes, write_review, write_review_list};
use crate::rule_diff::RuleChange;
use crate::snapshot::review::Pending;
use crate::snapshot::{self, Accept, Change, Resolution};

/// Runs the verb.
pub fn run(
    settings: &Settings,
    args: &ReviewArgs,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let decides = !args.accept.is_empty() || !args.reject.is_empty();
    if settings.ci && decides {
        let message = "`review` decides nothing while `CI` is set";
        let diagnostic = Diagnostic::error(&error::CI_ACCEPTS_NOTHING, message);
        return Err(Problem::usage(
            diagnostic.help("review at home and commit the snapshot"),
        ));
    }
    let waiting = waiting(settings)?;
    if decides {
        return decide(settings, &waiting, args, console);
    }
    let colour = console.colour(Stream::Out);
    let beside = Beside::of(settings, &waiting);
    if let Some(key) = &args.show {
        let shown = changes(&waiting).filter(|change| named(&change.key, key));
        let shown = groups_of_changes(shown);
        if shown.is_empty() {
            return nothing(key);
        }
        for (index, group) in shown.iter().enumerate() {
            let step = step(settings, &beside, group, index, shown.len());
            console.write(Stream::Out, &write_review(&step, colour));
        }
        return Ok(ExitCode::Passed);
    }
    let all = groups_of_changes(changes(&waiting));
    if all.is_empty() || args.list || settings.ci || !console.terminal() {
        let failing: Vec<&str> = beside
            .failing
            .values()
            .flatten()
            .map(String::as_str)
            .collect();
        console.write(Stream::Out, &write_review_list(&all, &failing, colour));
        return Ok(ExitCode::Passed);
    }
    walk(settings, waiting, &beside, console)
}

/// A scenario file's snapshot and what waits beside it.
struct Waiting {
    snapshot: Utf8PathBuf,
    pending: Pending,
}

/// Everything that waits, in the order of the file names.
fn waiting(settings: &Settings) -> Result<Vec<Waiting>, Box<Problem>> {
    let files = &settings.files;
    let mut waiting = Vec::new();
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
            waiting.push(Waiting {
                pending: Pending::new(old, read(&path)?),
                snapshot,
            });
        }
    }
    Ok(waiting)
}

/// What a reviewer sees beside the changes that wait: the checks that fail, which no acceptance
/// mends, and what differs about the rules.
struct Beside {
    /// A line a check that fails, by scenario file.
    failing: BTreeMap<String, Vec<String>>,
    /// The rule files that a scenario file tests.
    tested: BTreeMap<String, BTreeSet<String>>,
    rules: Vec<RuleChange>,
}

impl Beside {
    /// Runs the scenarios of what waits, which writes nothing.
    fn of(settings: &Settings, waiting: &[Waiting]) -> Self {
        let mut beside = Self {
            failing: BTreeMap::new(),
            tested: BTreeMap::new(),
            rules: Vec::new(),
        };
        let scenarios: BTreeSet<String> = waiting
            .iter()
            .flat_map(|waiting| waiting.pending.changes())
            .map(|change| change.key.scenario.clone())
            .collect();
        let Ok(catalogue) = Catalogue::builtin() else {
            return beside;
        };
        if scenarios.is_empty() {
            return beside;
        }
        beside.rules = rule_changes::since(settings, None);
        let targets: Vec<Target> = scenarios.into_iter().map(Target::Path).collect();
        let project = settings.project();
        let run = project.run(project.load(&targets), &catalogue, &Request::default());
        for scenario in &run.outcome.scenarios {
            let tested = beside.tested.entry(scenario.scenario.clone()).or_default();
            tested.insert(scenario.rule_file.clone());
            let failing = scenario.checks.iter().filter(|check| check.verdict.fails());
            let lines = failing.map(|check| {
                format!(
                    "{}: {} {}",
                    check.key,
                    check.verdict.word(),
                    check.message()
                )
            });
            let failing = beside.failing.entry(scenario.scenario.clone()).or_default();
            failing.extend(lines);
        }
        beside
    }

    fn rules_of(&self, scenario: &str) -> Vec<&RuleChange> {
        let files = self.tested.get(scenario);
        let own = |change: &&RuleChange| files.is_some_and(|files| files.contains(&change.file));
        self.rules.iter().filter(own).collect()
    }
}

/// The changes of all files, worst first.
fn changes(waiting: &[Waiting]) -> impl Iterator<Item = &Change> {
    let mut all: Vec<&Change> = waiting
        .iter()
        .flat_map(|waiting| waiting.pending.changes())
        .collect();
    all.sort_by_key(|change| change.class);
    all.into_iter()
}

/// A KEY, or a scenario for all of its changes.
fn named(key: &CheckKey, typed: &str) -> bool {
    key.matches(typed) || key.scenario == typed
}

/// `--accept` and `--reject`.
fn decide(
    settings: &Settings,
    waiting: &[Waiting],
    args: &ReviewArgs,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    for key in args.accept.iter().chain(&args.reject) {
        if !changes(waiting).any(|change| named(&change.key, key)) {
            return nothing(key);
        }
    }
    let mut decided = [0, 0];
    for waiting in waiting {
        let keys = |typed: &[String]| {
            let changes = waiting.pending.changes().iter();
            let keys = changes
                .map(|change| &change.key)
                .filter(|key| typed.iter().any(|typed| named(key, typed)));
            Accept::keys(keys.map(ToString::to_string))
        };
        let (taken, put_aside) = (keys(&args.accept), keys(&args.reject));
        let count = |accept: &Accept| {
            let changes = waiting.pending.changes().iter();
            changes.filter(|change| accept.takes(change)).count()
        };
        let counts = [count(&taken), count(&put_aside)];
        if counts == [0, 0] {
            continue;
        }
        // What is taken stands in both files, so that it waits no longer.
        let waits = counts.iter().sum::<usize>() < waiting.pending.changes().len();
        let left = waiting.pending.reject(&put_aside);
        let resolution = Resolution {
            pending: left.pending.filter(|_| waits),
            ..waiting.pending.accept(&taken)
        };
        store(settings, waiting, &resolution)?;
        for (sum, count) in decided.iter_mut().zip(counts) {
            *sum += count;
        }
    }
    let [accepted, rejected] = decided;
    let left = self::waiting(settings)?;
    let left = changes(&left).count();
    let line = format!("{accepted} accepted, {rejected} rejected, {left} waiting\n");
    console.write(Stream::Out, &line);
    Ok(ExitCode::Passed)
}

/// Writes a snapshot, then what waits beside it: interrupted between the two, the change is taken
/// and still waits, and taking it again changes nothing.
fn store(
    settings: &Settings,
    waiting: &Waiting,
    resolution: &Resolution,
) -> Result<(), Box<Problem>> {
    let files = &settings.files;
    let pending = Utf8PathBuf::from(format!("{}.new", waiting.snapshot));
    let mut stored = Ok(());
    if let Some(text) = &resolution.snapshot {
        stored = files.write(&waiting.snapshot, text);
    }
    let stored = stored.and_then(|()| match &resolution.pending {
        Some(text) => files.write(&pending, text),
        None => files.remove(&pending),
    });
    stored.map_err(|mistake| Problem::usage(*mistake))
}

/// Changes that are alike with the lines of the scenario that make their case, and what stands beside
/// them.
fn step<'a>(
    settings: &Settings,
    beside: &'a Beside,
    group: &[&'a Change],
    index: usize,
    total: usize,
) -> ReviewStep<'a> {
    let first = group.first();
    let scenario = first.map_or("", |change| change.key.scenario.as_str());
    let case = first.map_or("", |change| change.key.case.as_str());
    let source = settings.files.read(Utf8Path::new(scenario));
    let failing = beside.failing.get(scenario).map_or(&[][..], Vec::as_slice);
    ReviewStep {
        changes: group.to_vec(),
        context: source.map_or_else(|_| Vec::new(), |source| context(&source, case)),
        rules: beside.rules_of(scenario),
        failing: failing.iter().map(String::as_str).collect(),
        number: index + 1,
        total,
    }
}

/// The lines of the case, with their numbers; its name may stand in an `each`.
fn context(source: &SourceText, case: &str) -> Vec<(usize, String)> {
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

fn nothing<T>(key: &str) -> Result<T, Box<Problem>> {
    let message = format!("no change waits for `{key}`");
    let diagnostic = Diagnostic::error(&error::NOTHING_SELECTED, message);
    let diagnostic = diagnostic.help("`trapline review --list` shows what waits");
    Err(Problem::new(ExitCode::NothingSelected, diagnostic))
}
