//! `trapline test`: loads and runs the project, writes the reports, returns the exit code.

use std::collections::{BTreeMap, BTreeSet};

use super::super::console::Stream;
use super::super::error::{self, Problem};
use super::super::git;
use super::super::settings::{
    Format, FormatArg, Required, ReviewSettings, Settings, TestSettings, without_mistakes,
};
use super::super::{Console, ExitCode, environment, interrupt};
use super::{init, review, rule_changes};
use crate::coverage::coverage;
use crate::data_source::Catalogue;
use crate::data_source::error::UNKNOWN_SOURCE;
use crate::diagnostic::Diagnostic;
use crate::explain::timeline::{CheckDetails, check_details};
use crate::project::{
    Gates, Listed, Loaded, RequireTested, RunRequest, SnapshotPolicy, TestRun, config,
};
use crate::replay::census::RuleCensus;
use crate::replay::outcome::CheckKey;
use crate::replay::trace::TestTrace;
use crate::report::html::PageDetails;
use crate::report::links::Links;
use crate::report::{View, github, html, json, junit, markdown, sarif, terminal};

/// Runs the verb.
pub fn run(
    settings: &Settings,
    test: &TestSettings,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let (loaded, catalogue) = settings.project().load_with_catalogue(&test.targets);
    run_loaded(loaded, without_mistakes(catalogue), settings, test, console)
}

/// Everything after loading.
pub fn run_loaded(
    mut loaded: Loaded,
    catalogue: Result<Catalogue, Box<Problem>>,
    settings: &Settings,
    test: &TestSettings,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let mut may_be_empty = false;
    if let Some(revision) = &test.changed
        && !touched(&mut loaded, settings, revision)?
    {
        let words = format!("no scenario is touched by what changed since {revision}\n");
        console.write(Stream::Err, &words);
        may_be_empty = true;
    }
    let gates = gates(settings, test)?;
    let catalogue = catalogue?;
    if let Some(unknown) = unknown_source(test, &catalogue) {
        return Err(Problem::usage(unknown));
    }
    let html = |report: &FormatArg| report.format == Format::Html;
    let page = test.reports.iter().any(html);
    let request = RunRequest {
        selection: test.selection.as_ref(),
        sources: &test.sources,
        jobs: test.jobs,
        fail_fast: test.fail_fast,
        strict: test.strict,
        gates,
        may_be_empty,
        observe: test.coverage || page,
        stop: Some(interrupt::stop()),
        receiver: None,
        snapshots: test.snapshots.clone(),
    };
    let project = settings.project();
    if test.list {
        let listed = project.list(&loaded, &catalogue, &request);
        return Ok(list(&listed, may_be_empty, console));
    }
    let mut run = project.run(loaded, &catalogue, &request);
    let depth = PageDetails {
        coverage: coverage(&run.outcome.scenarios, &run.observed),
        details: details(&run.observed, page),
    };
    let code = finish(&mut run, &depth, settings, test, console);
    if test.coverage {
        let stream = human_stream(test);
        let line = terminal::coverage_line(&depth.coverage, console.colour(stream));
        console.write(stream, &line);
    }
    Ok(code)
}

/// What the page says of each check.
fn details(observed: &[TestTrace], page: bool) -> BTreeMap<CheckKey, CheckDetails> {
    let all = observed.iter().filter(|_| page).flat_map(check_details);
    all.map(|details| (details.key.clone(), details)).collect()
}

/// `--changed`: leaves only what a change since the revision touches; the configuration and the
/// project's data sources touch everything. Gives whether anything is left.
fn touched(loaded: &mut Loaded, settings: &Settings, revision: &str) -> Result<bool, Box<Problem>> {
    let changed = changed(settings, revision)?;
    let project = settings.project();
    let is_of_all = |name: &String| name == config::FILE || project.holds_source(name);
    if changed.iter().any(is_of_all) {
        return Ok(true);
    }
    Ok(loaded.keep_touched(&changed))
}

fn changed(settings: &Settings, revision: &str) -> Result<BTreeSet<String>, Box<Problem>> {
    git::changed_files(settings.files.root(), revision).map_err(|reason| {
        let message = format!("what changed since `{revision}` is not known: {reason}");
        let diagnostic = Diagnostic::error(&error::NO_REVISION, message);
        Problem::usage(diagnostic.help("name a branch, a tag or a commit of this repository"))
    })
}

/// The gates of the run; which rules changed is asked of git.
fn gates(settings: &Settings, test: &TestSettings) -> Result<Gates, Box<Problem>> {
    let require_tested = match test.require_tested {
        Required::None => RequireTested::None,
        Required::All => RequireTested::All,
        Required::Changed => {
            let since = test.changed.clone().or_else(environment::base_revision);
            match since {
                Some(since) => RequireTested::Changed(changed(settings, &since)?),
                // Where nothing is committed yet every rule is new.
                None => git::changed_files(settings.files.root(), "HEAD")
                    .map_or(RequireTested::All, RequireTested::Changed),
            }
        }
    };
    Ok(Gates {
        require_tested,
        min_cases: test.min_cases,
    })
}

/// `--list`: the keys of the checks that would run, one a line, then the rules that nothing tests.
fn list(listed: &Listed, may_be_empty: bool, console: &mut Console) -> ExitCode {
    console.diagnostics(&listed.diagnostics);
    let mut keys = String::new();
    for key in &listed.keys {
        keys.push_str(&key.to_string());
        keys.push('\n');
    }
    console.write(Stream::Out, &keys);
    let rules = terminal::list_of_rules(&listed.rules, console.colour(Stream::Out));
    console.write(Stream::Out, &rules);
    let (width, colour) = (console.width(Stream::Err), console.colour(Stream::Err));
    let counts = terminal::counts_of_rules(&listed.rules, width, colour);
    console.write(Stream::Err, &counts);
    let code = ExitCode::of_loading(&listed.diagnostics);
    if listed.keys.is_empty() && code == ExitCode::Passed && !may_be_empty {
        console.diagnostics([&nothing(&listed.rules)]);
        return ExitCode::NothingSelected;
    }
    code
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
        Some(near) => diagnostic.suggest(near),
        None => diagnostic.help("`trapline sources` lists them"),
    })
}

/// Everything after the run: reports, review, exit code.
fn finish(
    run: &mut TestRun,
    depth: &PageDetails,
    settings: &Settings,
    test: &TestSettings,
    console: &mut Console,
) -> ExitCode {
    console.diagnostics(&run.diagnostics);
    console.diagnostics(&run.compared.diagnostics);
    let mut code = run.conclusion().exit_code();
    if code == ExitCode::NothingSelected {
        console.diagnostics([&nothing(&run.outcome.rules)]);
    }
    let reviewed = |report: &FormatArg| matches!(report.format, Format::Markdown | Format::Html);
    let rules = if test.reports.iter().any(reviewed) {
        rule_changes::since(settings, test.changed.as_deref())
    } else {
        Vec::new()
    };
    let view = View {
        rules: &rules,
        ..View::from(&*run)
    };
    let mut written = ExitCode::Passed;
    for report in &test.reports {
        written = written.and(write(report, &view, depth, settings, test, console));
    }
    // Without a report on the terminal its last line, the verdict, is printed alone.
    if test.reports.iter().all(|report| report.file.is_some()) {
        let line = terminal::verdict_line(&view, console.colour(Stream::Out));
        console.write(Stream::Out, &line);
    }
    let waits = |run: &TestRun| run.compared.open.iter().any(|change| !change.contradicts);
    if test.review && waits(run) {
        console.write(Stream::Out, "\n");
        match review::run(settings, &ReviewSettings::Ask, console) {
            Ok(reviewed) => written = written.and(reviewed),
            Err(problem) => return code.and(written).and(console.problem(&problem)),
        }
        // What was accepted does not fail the run; what was put aside still does.
        let reading = SnapshotPolicy {
            writes: false,
            ..test.snapshots.clone()
        };
        settings.project().compare_run(run, &reading);
        code = run.conclusion().exit_code();
    }
    code.and(written)
}

/// Writes one report. Human text goes to standard error when standard output carries a format for
/// machines.
fn write(
    report: &FormatArg,
    view: &View<'_>,
    depth: &PageDetails,
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
        width: console.width(stream).filter(|_| report.file.is_none()),
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
        Format::Markdown => markdown::write(view, links(settings).as_ref(), &mut bytes),
        Format::Html => html::write(view, depth, links(settings).as_ref(), &mut bytes),
    };
    let report_text = String::from_utf8_lossy(&bytes);
    let Some(file) = &report.file else {
        match report.format {
            Format::Json | Format::Sarif => console.write_json(&report_text),
            // Commands are what this format is.
            Format::Github => console.write_as_is(stream, &report_text),
            _ => console.write(stream, &report_text),
        }
        return ExitCode::Passed;
    };
    let path = settings.typed(file);
    match settings.files.write(&path, &report_text) {
        Ok(()) => ExitCode::Passed,
        Err(diagnostic) => {
            console.diagnostics([&*diagnostic]);
            ExitCode::Usage
        }
    }
}

/// Where GitHub shows the files of the project, in one of its jobs.
fn links(settings: &Settings) -> Option<Links> {
    let (tree, workspace) = environment::github_tree()?;
    let root = settings.files.root();
    let below = root.strip_prefix(&workspace).ok()?;
    let base = format!("{tree}/{}", below.as_str().replace('\\', "/"));
    Some(Links {
        base: base.trim_end_matches('/').to_owned(),
    })
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

/// No check was selected: what a project lacks, and the command that helps.
fn nothing(rules: &RuleCensus) -> Diagnostic {
    let nothing = Diagnostic::error(&error::NOTHING_SELECTED, "no check was selected");
    if rules.0.is_empty() {
        return nothing.help(
            "there are no rules: `trapline init` sets up a project, `--rules DIR` names them",
        );
    }
    if rules.count("tested") > 0 {
        return nothing.help("`trapline test --list` shows what there is");
    }
    let first = rules.of("untested").next();
    let folder = first.and_then(|rule| rule.file.split('/').next());
    let nothing = nothing.help(init::words(rules));
    match folder {
        Some(folder) => nothing.help(format!("`trapline new {folder}` writes first scenarios")),
        None => nothing.help("`trapline test --list` says why they cannot be run"),
    }
}
