//! `trapline diff`: shows how two versions of the rules behave differently.
//!
//! Each side is read into a project of its own. A scenario runs with the rules of both; the older
//! side's scenarios add the cases that the newer one no longer has.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;

use super::super::console::Stream;
use super::super::error::{self, Problem};
use super::super::files::Scratch;
use super::super::git::{self, GitError};
use super::super::settings::{DiffSettings, Settings, TableFormat};
use super::super::{Console, ExitCode, interrupt};
use super::diff_captures;
use super::diff_exceptions::ExceptionsOf;
use super::exception_lists;
use super::scan_inputs::CliInputs;
use crate::compile::ExceptionLists;
use crate::coverage::coverage;
use crate::data_source::Catalogue;
use crate::diagnostic::Diagnostic;
use crate::event::io::NoProgress;
use crate::mutation::{MutationRequest, mutate};
use crate::project::Loaded;
use crate::replay::outcome::{CheckKey, Outcome};
use crate::replay::trace::Share;
use crate::replay::{self, Options, Subject, Test};
use crate::report::comparison;
use crate::report::terminal::write_comparison;
use crate::rule::ExceptionItem;
use crate::rule_diff::recordings::{Pair, Recordings};
use crate::rule_diff::{self, Comparison, Exceptions, Measure, RuleChange, RuleChangeKind};

/// One version of the project.
struct Side {
    name: String,
    settings: Settings,
    /// The data sources: those of the project among them, as this side defines them.
    catalogue: Catalogue,
    loaded: Loaded,
    rules: Vec<Subject>,
    /// The exception lists that apply over recordings.
    lists: ExceptionLists,
    /// Holds the files of a revision; they go with it.
    _scratch: Option<Scratch>,
}

/// Runs the verb.
pub fn run(
    settings: &Settings,
    asked: &DiffSettings,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let mut old = Side::open(&asked.old, settings)?;
    let mut new = match &asked.new {
        Some(new) => Side::open(new, settings)?,
        None => Side::read("the work tree", settings.clone(), None)?,
    };
    let mut code = ExitCode::Passed;
    for side in [&old, &new] {
        let errors = side.loaded.diagnostics.iter().filter(|one| one.is_error());
        let errors: Vec<&Diagnostic> = errors.collect();
        if !errors.is_empty() {
            console.write(Stream::Err, &format!("in {}:\n", side.name));
            console.diagnostics(errors);
            code = code.and(ExitCode::NotLoaded);
        }
    }
    if let Some(captures) = &asked.captures {
        let typed = exception_lists::typed(settings, &captures.exceptions, console)?;
        for side in [&mut old, &mut new] {
            side.lists = exception_lists::load(&side.settings, &[], console)?;
            side.lists.extend(&typed);
        }
    }
    let mut found = compare(&old, &new);
    found.recordings = asked.captures.as_ref().map(|captures| {
        let inputs = CliInputs::new(&settings.files, &captures.inputs, interrupt::stop());
        let pairs = pairs(&found.rules, &old, &new);
        let lists = [&old.lists, &new.lists];
        let catalogues = [&old.catalogue, &new.catalogue];
        diff_captures::compare(&inputs, &pairs, lists, catalogues, console)
    });
    if let Some(recordings) = &found.recordings {
        code = code.and(exit_code(recordings));
    }
    write(&found, asked.format, console);
    let gate = |class: &crate::snapshot::Class| found.has(*class);
    if asked.fail_on.iter().any(gate) {
        code = code.and(ExitCode::Failed);
    }
    if asked.require_tested && found.untested().next().is_some() {
        code = code.and(ExitCode::GateMissed);
    }
    Ok(code)
}

/// The rules that differ, with both versions of each.
fn pairs<'s>(changes: &'s [RuleChange], old: &'s Side, new: &'s Side) -> Vec<Pair<'s>> {
    let changes = changes.iter().map(|change| {
        let own = |one: &&Subject| one.file == change.file && one.rule.id == change.id;
        let newer = new.rules.iter().find(own);
        let newer = newer.filter(|_| change.kind != RuleChangeKind::Removed);
        let older = match newer {
            Some(newer) if change.kind == RuleChangeKind::Changed => {
                rule_diff::counterpart(newer, &old.rules)
            }
            Some(_) => None,
            None => old.rules.iter().find(own),
        };
        Pair {
            change,
            old: older,
            new: newer,
        }
    });
    changes.collect()
}

/// A recording that cannot be read to its end is no comparison.
fn exit_code(recordings: &Recordings) -> ExitCode {
    if recordings.stats.interrupted {
        ExitCode::Interrupted
    } else if recordings.broken.is_empty() {
        ExitCode::Passed
    } else {
        ExitCode::NotLoaded
    }
}

impl Side {
    /// A git revision, or else a directory; a name that begins with `.` or `/` is a directory.
    fn open(typed: &str, settings: &Settings) -> Result<Self, Box<Problem>> {
        let directory = settings.working_directory.join(typed);
        let is_path = typed.starts_with(['.', '/']);
        let extracted = if is_path {
            Err(GitError::IsPath(typed.to_owned()))
        } else {
            Self::extract(typed, settings)?
        };
        let (root, scratch) = match extracted {
            Ok((root, scratch)) => (root, Some(scratch)),
            Err(_) if settings.files.is_directory(&directory) => (directory, None),
            Err(reason) => {
                let message = format!("`{typed}` is neither a revision nor a directory: {reason}");
                return Err(Problem::usage(
                    Diagnostic::error(&error::NO_REVISION, message)
                        .help("name a branch, a tag, a commit, or the root of a project"),
                ));
            }
        };
        let within = settings.files.name(&settings.working_directory);
        let working_directory = if scratch.is_some() {
            root.join(within)
        } else {
            root.clone()
        };
        let own = settings.at_root(root, &working_directory)?;
        Self::read(typed, own, scratch)
    }

    /// The project's root as it was in a revision.
    fn extract(
        revision: &str,
        settings: &Settings,
    ) -> Result<Result<(Utf8PathBuf, Scratch), GitError>, Box<Problem>> {
        let scratch = Scratch::new().map_err(|mistake| Problem::usage(*mistake))?;
        let root = git::extract(settings.files.root(), revision, scratch.path());
        Ok(root.map(|root| (root, scratch)))
    }

    fn read(
        name: &str,
        settings: Settings,
        scratch: Option<Scratch>,
    ) -> Result<Self, Box<Problem>> {
        let catalogue = settings.catalogue()?;
        let mut loaded = settings.project().load(&[]);
        let (rules, diagnostics) = settings.project().load_rules();
        for diagnostic in diagnostics {
            let said = loaded.diagnostics.iter();
            if !said.clone().any(|one| one.message == diagnostic.message) {
                loaded.diagnostics.push(diagnostic);
            }
        }
        Ok(Self {
            name: name.to_owned(),
            settings,
            catalogue,
            loaded,
            rules,
            lists: ExceptionLists::default(),
            _scratch: scratch,
        })
    }

    /// The outcome of tests whose scenarios are this side's, with the exceptions and the data sources
    /// of `side`.
    fn replay(&self, tests: &[Test<'_>], side: &Side) -> Outcome {
        let files = ExceptionsOf::new(tests, &side.settings.files, &self.settings.files);
        let replayed = replay::run(tests, &side.catalogue, &files, &Options::default());
        Outcome {
            scenarios: replayed.scenarios,
            ..Outcome::default()
        }
    }

    /// The scenarios of this side whose rule both sides have and which differs, with the rules of
    /// each: `(older, newer)`. Where the data sources differ, every rule may.
    fn pairs<'s>(
        &'s self,
        old: &'s Side,
        new: &'s Side,
        differ: &[RuleChange],
    ) -> (Vec<Test<'s>>, Vec<Test<'s>>) {
        let mut pairs = (Vec::new(), Vec::new());
        for test in self.loaded.tests() {
            let of = |side: &'s Side| rule_diff::counterpart(test.subject, &side.rules);
            let (Some(older), Some(newer)) = (of(old), of(new)) else {
                continue;
            };
            let is_changed = differ.iter().any(|change| change.file == newer.file);
            if is_changed || old.catalogue != new.catalogue {
                let with = |subject| Test { subject, ..test };
                pairs.0.push(with(older));
                pairs.1.push(with(newer));
            }
        }
        pairs
    }

    /// Which share of the clauses its cases decide, and of the mutants they catch.
    fn measure(&self, differ: &[RuleChange]) -> (Share, Share) {
        let mut tests = self.loaded.tests();
        tests.retain(|test| {
            let own = |change: &RuleChange| {
                change.id == test.subject.rule.id || change.file == test.subject.file
            };
            differ.iter().any(own)
        });
        let files = &self.settings.files;
        let options = Options::default();
        let (replayed, observed) = replay::run_traced(&tests, &self.catalogue, files, &options);
        let subjects: Vec<&Subject> = tests.iter().map(|test| test.subject).collect();
        let bounds = MutationRequest {
            jobs: 0,
            selects: &|_, _, _| true,
            progress: &NoProgress,
        };
        let decided = coverage(&replayed.scenarios, &observed).share();
        let caught = mutate(&replayed.scenarios, &subjects, &observed, &bounds).share();
        (decided, caught)
    }
}

fn compare(old: &Side, new: &Side) -> Comparison {
    let excepted = |side: &Side| exceptions(old, new, side);
    let mut rules =
        rule_diff::rule_changes((&old.rules, &excepted(old)), (&new.rules, &excepted(new)));
    let (older, newer) = new.pairs(old, new, &rules);
    let mut before = new.replay(&older, old);
    let mut after = new.replay(&newer, new);
    let known: BTreeSet<CheckKey> = keys(&before).chain(keys(&after)).collect();
    let (older, newer) = old.pairs(old, new, &rules);
    for (tests, side, into) in [(older, old, &mut before), (newer, new, &mut after)] {
        let mut gone = old.replay(&tests, side);
        for scenario in &mut gone.scenarios {
            scenario.checks.retain(|check| !known.contains(&check.key));
        }
        gone.scenarios
            .retain(|scenario| !scenario.checks.is_empty());
        into.scenarios.append(&mut gone.scenarios);
    }
    for rule in &mut rules {
        let scenarios = before.scenarios.iter().chain(&after.scenarios);
        let mut own = scenarios.filter(|one| one.rule_file == rule.file || one.rule_id == rule.id);
        rule.tested = own.any(|one| one.checks.iter().any(|check| check.verdict.is_run()));
    }
    let measured = (!rules.is_empty()).then(|| {
        let (before, after) = (old.measure(&rules), new.measure(&rules));
        let measure = |before, after| Measure { before, after };
        (measure(before.0, after.0), measure(before.1, after.1))
    });
    Comparison {
        old: old.name.clone(),
        new: new.name.clone(),
        differences: rule_diff::differences(&before, &after),
        checks: after.checks().count(),
        coverage: measured.map(|(coverage, _)| coverage),
        mutation: measured.map(|(_, mutation)| mutation),
        recordings: None,
        rules,
    }
}

/// What the exceptions of a side hide from each of its rules: those that the scenarios of both name,
/// and over recordings those of the lists that it refers to.
fn exceptions(old: &Side, new: &Side, side: &Side) -> Exceptions {
    let mut exceptions = Exceptions::new();
    for test in old.loaded.tests().into_iter().chain(new.loaded.tests()) {
        let Some(rule) = rule_diff::counterpart(test.subject, &side.rules) else {
            continue;
        };
        let items = replay::exceptions_of(&test, &side.settings.files);
        if !items.is_empty() {
            let known = exceptions.entry(rule.file.clone()).or_default();
            known.extend(items.iter().map(|item| (item.name.clone(), words(item))));
        }
    }
    for subject in &side.rules {
        for item in side.lists.of(&subject.rule).items {
            let known = exceptions.entry(subject.file.clone()).or_default();
            known.insert(item.name.clone(), words(&item));
        }
    }
    exceptions
}

fn words(item: &ExceptionItem) -> String {
    let expires = item.expires.map(|expires| format!(", until {expires}"));
    format!("{}{}", item.filter, expires.unwrap_or_default())
}

fn keys(outcome: &Outcome) -> impl Iterator<Item = CheckKey> {
    outcome.checks().map(|check| check.key.clone())
}

fn write(found: &Comparison, format: TableFormat, console: &mut Console) {
    if format == TableFormat::Human {
        let mut text = String::new();
        write_comparison(found, console.colour(Stream::Out), &mut text);
        console.write(Stream::Out, &text);
        return;
    }
    let mut bytes = Vec::new();
    // Writing to memory does not fail.
    if format == TableFormat::Json {
        let _ = comparison::json(found, &mut bytes);
        return console.write_json(&String::from_utf8_lossy(&bytes));
    }
    let _ = comparison::markdown(found, &mut bytes);
    console.write(Stream::Out, &String::from_utf8_lossy(&bytes));
}
