//! `trapline mutate`: finds changes of the rules that no case detects.

use super::super::args::{MutateArgs, TableFormat};
use super::super::console::Stream;
use super::super::error::{self, Problem};
use super::super::git::Changed;
use super::super::progress::Bar;
use super::super::settings::Settings;
use super::super::{Console, ExitCode};
use super::coverage::{gate, nothing, observe};
use crate::diagnostic::Diagnostic;
use crate::mutation::{Mutation, MutationRequest, Operator, count, mutate};
use crate::project::Loaded;
use crate::project::rule_files::file_of;
use crate::replay::Subject;
use crate::replay::outcome::Place;
use crate::report::mutation as format;
use crate::report::terminal::{MutationOptions, write_mutation};

/// Runs the verb.
pub fn run(
    settings: &Settings,
    args: &MutateArgs,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let targets = settings.targets(&args.paths)?;
    let loaded = settings.project().load(&targets);
    let observing = match observe(&loaded, settings, console) {
        Ok(observing) => observing,
        Err(code) => return Ok(code),
    };
    let changed = args
        .in_diff
        .as_ref()
        .map(|revision| changed(settings, revision));
    let changed = changed.transpose()?;
    let operators = settings.operators(&args.operators);
    let min = settings.least_caught(args.min);
    let wants = |file: &str, place: &Place, operator: Operator| {
        if !operators.is_empty() && !operators.contains(&operator) {
            return false;
        }
        let line = |at: u32| place.source.line_column(at).0;
        let last = place.span.end.saturating_sub(1).max(place.span.start);
        let lines = (line(place.span.start), line(last));
        let touched = changed
            .as_ref()
            .map(|changed| changed.touches(file, lines.0, lines.1));
        touched.unwrap_or(true)
    };
    let tests = loaded.tests();
    let subjects: Vec<&Subject> = tests.iter().map(|test| test.subject).collect();
    let scenarios = &observing.replayed.scenarios;
    let whole = u64::try_from(count(scenarios, &subjects, &wants)).ok();
    let bar = Bar::new(whole, console.err_terminal());
    bar.set(0, |_| "mutants".to_owned());
    let bounds = MutationRequest {
        jobs: args.jobs.map_or(0, usize::from),
        selects: &wants,
        progress: &bar,
    };
    let found = mutate(scenarios, &subjects, &observing.observed, &bounds);
    bar.clear();
    let untested = match &changed {
        Some(changed) => untested(settings, &loaded, changed)?,
        None => Vec::new(),
    };
    for file in &untested {
        let words = format!("untested {file}: it changed and no scenario tests it\n");
        console.write(Stream::Err, &words);
    }
    // No mutant of a rule without a test is caught.
    let code = observing
        .code
        .and(gate(min.is_some() && !untested.is_empty()));
    if found.rules.is_empty() && args.in_diff.is_some() && observing.code == ExitCode::Passed {
        let revision = args.in_diff.as_deref().unwrap_or_default();
        let words = format!("no line of a tested rule differs from {revision}\n");
        console.write(Stream::Err, &words);
        return Ok(code);
    }
    if found.rules.is_empty() {
        if observing.code == ExitCode::Passed {
            console.diagnostics([&nothing()]);
            return Ok(ExitCode::NothingSelected);
        }
        return Ok(observing.code);
    }
    write(&found, args, min, console);
    let missed = min.is_some_and(|min| found.share().percent() < min);
    Ok(code.and(gate(missed)))
}

/// The rules of which a line differs and that no scenario tests, though Trapline can run them.
fn untested(
    settings: &Settings,
    loaded: &Loaded,
    changed: &Changed,
) -> Result<Vec<String>, Box<Problem>> {
    let catalogue = settings.catalogue()?;
    let rules = settings.project().census(loaded, &catalogue);
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

fn write(found: &Mutation, args: &MutateArgs, min: Option<f64>, console: &mut Console) {
    let text = match args.format {
        TableFormat::Human => {
            let options = MutationOptions {
                colour: console.colour(Stream::Out),
                width: console.width(Stream::Out),
                list: args.list,
                survivors: args.survivors,
                min,
            };
            let mut text = String::new();
            write_mutation(found, options, &mut text);
            text
        }
        TableFormat::Markdown => format::markdown(found, args.survivors),
        TableFormat::Json => {
            let mut bytes = Vec::new();
            // Writing to memory does not fail.
            let _ = format::json(found, &mut bytes);
            return console.write_json(&String::from_utf8_lossy(&bytes));
        }
    };
    console.write(Stream::Out, &text);
}
