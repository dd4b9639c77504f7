//! `trapline coverage`: which clauses the cases decide.

use super::super::console::Stream;
use super::super::error::{self, Problem};
use super::super::settings::{CoverageSettings, Settings, TableFormat};
use super::super::{Console, ExitCode};
use crate::coverage::{Coverage, coverage};
use crate::diagnostic::Diagnostic;
use crate::project::Loaded;
use crate::replay::trace::TestTrace;
use crate::replay::{self, Options, Replayed};
use crate::report::coverage as format;
use crate::report::terminal::{CoverageOptions, write_coverage};

/// Scenarios that were run and observed.
pub struct TracedRun {
    /// What the checks did.
    pub replayed: Replayed,
    /// What decided them, one entry a scenario.
    pub observed: Vec<TestTrace>,
    /// How loading went: passed or not loaded.
    pub code: ExitCode,
}

/// Runs the verb.
pub fn run(
    settings: &Settings,
    asked: &CoverageSettings,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let loaded = settings.project().load(&asked.targets);
    let observing = observe(&loaded, settings, console)?;
    let found = coverage(&observing.replayed.scenarios, &observing.observed);
    if found.rules.is_empty() {
        if observing.code == ExitCode::Passed {
            console.diagnostics([&nothing()]);
            return Ok(ExitCode::NothingSelected);
        }
        return Ok(observing.code);
    }
    write(&found, asked, console);
    let missed = asked.min.is_some_and(|min| found.share().percent() < min);
    Ok(observing.code.and(gate(missed)))
}

/// 5 when a gate was missed.
pub fn gate(missed: bool) -> ExitCode {
    if missed {
        ExitCode::GateMissed
    } else {
        ExitCode::Passed
    }
}

/// Runs and observes the loaded tests and reports their errors. Failing checks are reported too,
/// because they make the measured figures less meaningful.
pub fn observe(
    loaded: &Loaded,
    settings: &Settings,
    console: &mut Console,
) -> Result<TracedRun, Box<Problem>> {
    let catalogue = settings.catalogue()?;
    let options = Options {
        keys: &loaded.keys,
        ..Options::default()
    };
    let tests = loaded.tests();
    let (replayed, observed) = replay::run_traced(&tests, &catalogue, &settings.files, &options);
    console.diagnostics(&loaded.diagnostics);
    console.diagnostics(&replayed.diagnostics);
    let mut code =
        ExitCode::of_loading(&loaded.diagnostics).and(ExitCode::of_loading(&replayed.diagnostics));
    let checks = || replayed.scenarios.iter().flat_map(|one| &one.checks);
    let failing = checks().filter(|check| check.verdict.fails()).count();
    if failing > 0 {
        let words = format!("{failing} of the checks fail; `trapline test` says why\n");
        console.write(Stream::Err, &words);
        code = code.and(ExitCode::Failed);
    }
    Ok(TracedRun {
        replayed,
        observed,
        code,
    })
}

fn write(found: &Coverage, asked: &CoverageSettings, console: &mut Console) {
    let text = match asked.format {
        TableFormat::Human => {
            let options = CoverageOptions {
                colour: console.colour(Stream::Out),
                width: console.width(Stream::Out),
                uncovered: asked.uncovered,
                min: asked.min,
            };
            let mut text = String::new();
            write_coverage(found, options, &mut text);
            text
        }
        TableFormat::Markdown => format::markdown(found),
        TableFormat::Json => {
            let mut bytes = Vec::new();
            // Writing to memory does not fail.
            let _ = format::json(found, &mut bytes);
            return console.write_json(&String::from_utf8_lossy(&bytes));
        }
    };
    console.write(Stream::Out, &text);
}

/// No rule is tested by what was named.
pub fn nothing() -> Diagnostic {
    Diagnostic::error(
        &error::NOTHING_SELECTED,
        "no rule with a scenario was selected",
    )
    .help("`trapline test --list` shows what there is")
}
