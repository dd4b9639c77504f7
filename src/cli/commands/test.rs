//! `trapline test`: load, replay, compare with the snapshots, report, say how it went.

use std::collections::{BTreeMap, BTreeSet};

use super::super::args::{Format, FormatArg, ReviewArgs};
use super::super::console::Stream;
use super::super::error::{self, Problem};
use super::super::settings::{Settings, Target, TestSettings};
use super::super::{Console, ExitCode};
use super::super::{config, git};
use super::{load, review, snapshots};
use crate::coverage::coverage;
use crate::data_source::Catalogue;
use crate::data_source::error::UNKNOWN_SOURCE;
use crate::diagnostic::Diagnostic;
use crate::explain::timeline::{CheckDetails, tell};
use crate::replay::outcome::{Check, CheckKey, Outcome, ScenarioOutcome};
use crate::replay::trace::Observed;
use crate::replay::{self, Options};
use crate::report::html::Depth;
use crate::report::{View, github, html, json, junit, markdown, sarif, terminal};
use crate::snapshot::Scope;

/// What loading and replaying gave.
#[derive(Debug, Default)]
pub struct Ran {
    /// What the checks did.
    pub outcome: Outcome,
    /// Files that could not be loaded, and warnings about those that could.
    pub diagnostics: Vec<Diagnostic>,
    /// The scenario files of which every check ran, by their names.
    pub complete: BTreeSet<String>,
    /// What only the page tells; there where one was asked for.
    pub depth: Depth,
}

/// Runs the verb.
pub fn run(settings: &Settings, test: &TestSettings, console: &mut Console) -> ExitCode {
    let mut loaded = load::load(settings, &test.targets);
    if let Some(revision) = &test.changed {
        match touched(&mut loaded, settings, revision) {
            Ok(true) => {}
            Ok(false) => {
                console.diagnostics(&loaded.diagnostics);
                let words = format!("no scenario is touched by what changed since {revision}\n");
                console.write(Stream::Err, &words);
                return load::all_loaded(&loaded.diagnostics);
            }
            Err(problem) => return console.problem(&problem),
        }
    }
    run_loaded(loaded, settings, test, console)
}

/// Everything after loading.
pub fn run_loaded(
    loaded: load::Loaded,
    settings: &Settings,
    test: &TestSettings,
    console: &mut Console,
) -> ExitCode {
    let catalogue = match Catalogue::builtin() {
        Ok(catalogue) => catalogue,
        Err(error) => return console.internal(&error.to_string()),
    };
    if let Some(unknown) = unknown_source(test, &catalogue) {
        console.diagnostics([&unknown]);
        return ExitCode::Usage;
    }
    let keys: Vec<String> = test.targets.iter().filter_map(Target::key).collect();
    let options = Options {
        selection: test.selection.as_ref(),
        sources: &test.sources,
        keys: &keys,
        jobs: test.jobs.map_or(0, usize::from),
    };
    let tests = loaded.tests();
    let page = test
        .reports
        .iter()
        .any(|report| report.format == Format::Html);
    let (replayed, depth) = if test.coverage || page {
        let (replayed, observed) = replay::observe(&tests, &catalogue, &settings.files, &options);
        let depth = Depth {
            coverage: coverage(&replayed.scenarios, &observed),
            told: told(&observed, page),
        };
        (replayed, depth)
    } else {
        let replayed = replay::run(&tests, &catalogue, &settings.files, &options);
        (replayed, Depth::default())
    };
    let mut complete: BTreeSet<String> = loaded.names.iter().cloned().collect();
    for (test, partial) in tests.iter().zip(&replayed.partial) {
        if *partial {
            complete.remove(test.scenario_file);
        }
    }
    drop(tests);
    let mut diagnostics = loaded.diagnostics;
    diagnostics.extend(replayed.diagnostics);
    if settings.ci && test.targets.is_empty() {
        for project in &settings.projects {
            let directory = &project.scenarios;
            diagnostics.extend(snapshots::unreferenced(
                &settings.files,
                directory,
                &loaded.names,
            ));
        }
    }
    let mut scenarios = replayed.scenarios;
    if test.fail_fast {
        stop_at_first_failure(&mut scenarios, &mut complete, test.strict);
    }
    let ran = Ran {
        outcome: Outcome {
            scenarios,
            rules: loaded.rules,
        },
        diagnostics,
        complete,
        depth,
    };
    if test.list {
        return list(&ran, console);
    }
    let code = finish(&ran, settings, test, console);
    if test.coverage {
        let stream = human_stream(test);
        let line = terminal::coverage_line(&ran.depth.coverage, console.colour(stream));
        console.write(stream, &line);
    }
    code
}

/// What the page tells of each check.
fn told(observed: &[Observed], page: bool) -> BTreeMap<CheckKey, CheckDetails> {
    let all = observed.iter().filter(|_| page).flat_map(tell);
    all.map(|told| (told.key.clone(), told)).collect()
}

/// `--changed`: leaves only what a change since the revision touches; the configuration touches
/// everything. Gives whether anything is left.
fn touched(
    loaded: &mut load::Loaded,
    settings: &Settings,
    revision: &str,
) -> Result<bool, Box<Problem>> {
    let changed = git::changed_files(settings.files.root(), revision).map_err(|reason| {
        let message = format!("what changed since `{revision}` is not known: {reason}");
        let diagnostic = Diagnostic::error(&error::NO_REVISION, message);
        Problem::usage(diagnostic.help("name a branch, a tag or a commit of this repository"))
    })?;
    if changed.contains(config::FILE) {
        return Ok(true);
    }
    Ok(load::keep_touched(loaded, &changed))
}

/// `--fail-fast`: what stands behind the first check that fails is not reported.
fn stop_at_first_failure(
    scenarios: &mut Vec<ScenarioOutcome>,
    complete: &mut BTreeSet<String>,
    strict: bool,
) {
    let fails = |check: &Check| check.verdict.fails_run(strict);
    let stop = scenarios
        .iter()
        .position(|scenario| scenario.checks.iter().any(fails));
    let Some(stop) = stop else { return };
    for scenario in scenarios.iter().skip(stop) {
        complete.remove(&scenario.scenario);
    }
    scenarios.truncate(stop + 1);
    if let Some(last) = scenarios.last_mut()
        && let Some(first) = last.checks.iter().position(fails)
    {
        last.checks.truncate(first + 1);
    }
}

/// The keys of the checks that would run, one a line, and what the project has.
fn list(ran: &Ran, console: &mut Console) -> ExitCode {
    console.diagnostics(&ran.diagnostics);
    let mut text = String::new();
    for check in ran.outcome.checks() {
        text.push_str(&check.key.to_string());
        text.push('\n');
    }
    console.write(Stream::Out, &text);
    if text.is_empty() {
        console.diagnostics([&nothing()]);
        return ExitCode::NothingSelected;
    }
    load::all_loaded(&ran.diagnostics)
}

/// A `--source` that does not exist.
fn unknown_source(test: &TestSettings, catalogue: &Catalogue) -> Option<Diagnostic> {
    let unknown = test
        .sources
        .iter()
        .find(|name| catalogue.get(name).is_none())?;
    let message = format!("there is no data source `{unknown}`");
    let diagnostic = Diagnostic::error(&UNKNOWN_SOURCE, message);
    Some(match catalogue.suggest(unknown) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help("`trapline sources` lists them"),
    })
}

/// Everything after the replay: snapshots, reports, exit code.
pub fn finish(
    ran: &Ran,
    settings: &Settings,
    test: &TestSettings,
    console: &mut Console,
) -> ExitCode {
    console.diagnostics(&ran.diagnostics);
    let mut code = load::all_loaded(&ran.diagnostics);
    if ran.outcome.checks().next().is_none() {
        if code == ExitCode::Passed {
            console.diagnostics([&nothing()]);
            code = ExitCode::NothingSelected;
        }
        return code;
    }
    let scope = |scenario: &str| {
        if ran.complete.contains(scenario) {
            Scope::All
        } else {
            Scope::Selected
        }
    };
    let compared = snapshots::compare(&ran.outcome, &settings.files, test, scope);
    console.diagnostics(&compared.diagnostics);
    let view = View {
        outcome: &ran.outcome,
        changes: &compared.open,
        accepted: &compared.accepted,
        strict: test.strict,
    };
    code = code.and(load::all_loaded(&compared.diagnostics));
    for report in &test.reports {
        code = code.and(write(report, &view, &ran.depth, settings, test, console));
    }
    let mut open = compared.open;
    if test.review && open.iter().any(|change| !change.contradicts) {
        console.write(Stream::Out, "\n");
        match review::run(settings, &ReviewArgs::default(), console) {
            Ok(reviewed) => code = code.and(reviewed),
            Err(problem) => return code.and(console.problem(&problem)),
        }
        // What was taken does not fail the run; what was put aside still does.
        let reading = TestSettings {
            writes: false,
            ..test.clone()
        };
        open = snapshots::compare(&ran.outcome, &settings.files, &reading, scope).open;
    }
    code.and(ExitCode::of(&ran.outcome, &open, test.strict))
}

/// Writes one report. Human text goes to standard error when standard output carries a format for
/// machines.
fn write(
    report: &FormatArg,
    view: &View<'_>,
    depth: &Depth,
    settings: &Settings,
    test: &TestSettings,
    console: &mut Console,
) -> ExitCode {
    let stream = if report.format == Format::Human {
        human_stream(test)
    } else {
        Stream::Out
    };
    let options = terminal::Options {
        colour: report.file.is_none() && console.colour(stream),
        failures_only: test.failures_only,
    };
    let mut bytes = Vec::new();
    // Writing to memory does not fail.
    let _ = match report.format {
        Format::Human => terminal::write(view, options, &mut bytes),
        Format::Json => json::write(view, &mut bytes),
        Format::Junit => junit::write(view, &mut bytes),
        Format::Sarif => sarif::write(view, &mut bytes),
        Format::Github => github::write(view, &mut bytes),
        Format::Markdown => markdown::write(view, &mut bytes),
        Format::Html => html::write(view, depth, &mut bytes),
    };
    let report_text = String::from_utf8_lossy(&bytes);
    let Some(file) = &report.file else {
        console.write(stream, &report_text);
        return ExitCode::Passed;
    };
    let path = settings.working_directory.join(file);
    match settings.files.write(&path, &report_text) {
        Ok(()) => ExitCode::Passed,
        Err(diagnostic) => {
            console.diagnostics([&*diagnostic]);
            ExitCode::Usage
        }
    }
}

/// Where text for people goes: not where a format for machines goes.
fn human_stream(test: &TestSettings) -> Stream {
    let machine = |report: &FormatArg| report.format != Format::Human && report.file.is_none();
    if test.reports.iter().any(machine) {
        Stream::Err
    } else {
        Stream::Out
    }
}

fn nothing() -> Diagnostic {
    Diagnostic::error(&error::NOTHING_SELECTED, "no check was selected")
        .help("`trapline test --list` shows what there is")
}
