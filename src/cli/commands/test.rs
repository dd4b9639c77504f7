//! `trapline test`: load, replay, compare with the snapshots, report, say how it went.

use std::collections::BTreeSet;

use super::super::args::{Format, FormatArg};
use super::super::console::Stream;
use super::super::error;
use super::super::settings::{Settings, TestSettings};
use super::super::{Console, ExitCode};
use super::snapshots;
use crate::diagnostic::Diagnostic;
use crate::replay::outcome::Outcome;
use crate::report::{View, json, terminal};
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
}

/// Runs the verb.
pub fn run(settings: &Settings, test: &TestSettings, console: &mut Console) -> ExitCode {
    let ran = Ran::default();
    finish(&ran, settings, test, console)
}

/// Everything after the replay: snapshots, reports, exit code.
pub fn finish(
    ran: &Ran,
    settings: &Settings,
    test: &TestSettings,
    console: &mut Console,
) -> ExitCode {
    console.diagnostics(&ran.diagnostics);
    let mut code = loaded(&ran.diagnostics);
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
    code = code.and(loaded(&compared.diagnostics)).and(ExitCode::of(
        &ran.outcome,
        &compared.open,
        test.strict,
    ));
    for report in &test.reports {
        code = code.and(write(report, &view, settings, test, console));
    }
    code
}

/// Writes one report. Human text goes to standard error when standard output carries a format for
/// machines.
fn write(
    report: &FormatArg,
    view: &View<'_>,
    settings: &Settings,
    test: &TestSettings,
    console: &mut Console,
) -> ExitCode {
    let machine = |other: &FormatArg| other.format != Format::Human && other.file.is_none();
    let stream = if report.format == Format::Human && test.reports.iter().any(machine) {
        Stream::Err
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

/// Whether everything could be loaded.
fn loaded(diagnostics: &[Diagnostic]) -> ExitCode {
    if diagnostics.iter().any(Diagnostic::is_error) {
        ExitCode::NotLoaded
    } else {
        ExitCode::Passed
    }
}

fn nothing() -> Diagnostic {
    Diagnostic::error(&error::NOTHING_SELECTED, "no check was selected")
        .help("`trapline test --list` shows what there is")
}
