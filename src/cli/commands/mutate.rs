//! `trapline mutate`: finds changes of the rules that no case detects.

use super::super::console::Stream;
use super::super::error::{self, Problem};
use super::super::git::Changed;
use super::super::progress::Bar;
use super::super::settings::{MutateSettings, Settings, TableFormat};
use super::super::{Console, ExitCode};
use super::coverage::{TracedRun, gate, nothing, observe};
use crate::diagnostic::Diagnostic;
use crate::mutation::{Mutation, MutationRequest, Operator, count, mutate};
use crate::project::rule_files::file_of;
use crate::project::{Loaded, RunRequest};
use crate::replay::Subject;
use crate::replay::outcome::Place;
use crate::report::mutation as format;
use crate::report::terminal::{MutationOptions, write_mutation};

/// Runs the verb.
pub fn run(
    settings: &Settings,
    asked: &MutateSettings,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let loaded = settings.project().load(&asked.targets);
    let run = observe(&loaded, settings, console)?;
    let revision = asked.revision.as_deref();
    let changed = revision.map(|revision| changed(settings, revision));
    let changed = changed.transpose()?;
    let found = mutants(&loaded, &run, changed.as_ref(), asked, console);
    let untested = match &changed {
        Some(changed) => untested(settings, &loaded, changed)?,
        None => Vec::new(),
    };
    for file in &untested {
        let words = format!("untested {file}: it changed and no scenario tests it\n");
        console.write(Stream::Err, &words);
    }
    // No mutant of a rule without a test is caught.
    let missed = asked.min.is_some() && !untested.is_empty();
    let code = run.code.and(gate(missed));
    if !found.rules.is_empty() {
        write(&found, asked, console);
        let missed = asked.min.is_some_and(|min| found.share().percent() < min);
        return Ok(code.and(gate(missed)));
    }
    match revision {
        _ if run.code != ExitCode::Passed => Ok(run.code),
        Some(revision) => {
            let words = format!("no line of a tested rule differs from {revision}\n");
            console.write(Stream::Err, &words);
            Ok(code)
        }
        None => {
            console.diagnostics([&nothing()]);
            Ok(ExitCode::NothingSelected)
        }
    }
}

/// Makes the mutants that were asked for, and runs the checks of the rule on each.
fn mutants(
    loaded: &Loaded,
    run: &TracedRun,
    changed: Option<&Changed>,
    asked: &MutateSettings,
    console: &Console,
) -> Mutation {
    let selects = |file: &str, place: &Place, operator: Operator| {
        let line = |at: u32| place.source.line_column(at).0;
        let last = place.span.end.saturating_sub(1).max(place.span.start);
        let touched =
            changed.map(|changed| changed.touches(file, line(place.span.start), line(last)));
        asked.has_operator(operator) && touched.unwrap_or(true)
    };
    let tests = loaded.tests();
    let subjects: Vec<&Subject> = tests.iter().map(|test| test.subject).collect();
    let scenarios = &run.replayed.scenarios;
    let whole = u64::try_from(count(scenarios, &subjects, &selects)).ok();
    let bar = Bar::new(whole, console.err_terminal());
    bar.set(0, |_| "mutants".to_owned());
    let request = MutationRequest {
        jobs: asked.jobs,
        selects: &selects,
        progress: &bar,
    };
    let found = mutate(scenarios, &subjects, &run.observed, &request);
    bar.clear();
    found
}

/// The rules of which a line differs and that no scenario tests, though Trapline can run them.
fn untested(
    settings: &Settings,
    loaded: &Loaded,
    changed: &Changed,
) -> Result<Vec<String>, Box<Problem>> {
    let catalogue = settings.catalogue()?;
    let request = RunRequest::default();
    let rules = settings.project().list(loaded, &catalogue, &request).rules;
    let differs = |file: &str| changed.touches(file_of(file), 1, usize::MAX);
    let untested = rules.of("untested").filter(|rule| differs(&rule.file));
    Ok(untested.map(|rule| rule.file.clone()).collect())
}

/// What differs from a revision.
fn changed(settings: &Settings, revision: &str) -> Result<Changed, Box<Problem>> {
    Changed::since(settings.files.root(), revision).map_err(|reason| {
        let message = format!("what changed since `{revision}` is not known: {reason}");
        let diagnostic = Diagnostic::error(&error::NO_REVISION, message);
        Problem::usage(diagnostic.help("name a branch, a tag or a commit of this repository"))
    })
}

fn write(found: &Mutation, asked: &MutateSettings, console: &mut Console) {
    let text = match asked.format {
        TableFormat::Human => {
            let options = MutationOptions {
                colour: console.colour(Stream::Out),
                width: console.width(Stream::Out),
                list: asked.list,
                survivors: asked.survivors,
                min: asked.min,
            };
            let mut text = String::new();
            write_mutation(found, options, &mut text);
            text
        }
        TableFormat::Markdown => format::markdown(found, asked.survivors),
        TableFormat::Json => {
            let mut bytes = Vec::new();
            // Writing to memory does not fail.
            let _ = format::json(found, &mut bytes);
            return console.write_json(&String::from_utf8_lossy(&bytes));
        }
    };
    console.write(Stream::Out, &text);
}
