//! `trapline explain`: why a case or a recording alerted, or why not.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::super::args::{ExplainArgs, ExplainFormat};
use super::super::console::Stream;
use super::super::error::{self, Problem};
use super::super::settings::Settings;
use super::super::{Console, ExitCode};
use super::coverage::observe;
use super::{explain_events, explain_word};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::suggest::nearest;
use crate::explain::{Explanation, explain};
use crate::project::Target;
use crate::replay::outcome::{CheckKey, ScenarioOutcome};
use crate::report::explain::json;
use crate::report::terminal::{clean, write_explanations, write_timeline};

/// Runs the verb.
pub fn run(
    settings: &Settings,
    args: &ExplainArgs,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let is_file = settings
        .files
        .exists(&settings.working_directory.join(&args.rule));
    if !is_file && let Some(text) = explain_word::explain(&args.rule) {
        console.write(Stream::Out, &text);
        return Ok(ExitCode::Passed);
    }
    let targets = settings.targets(std::slice::from_ref(&args.rule))?;
    if let Some(events) = &args.events {
        let found = explain_events::explain(settings, &targets, events, args, console)?;
        write(&[found], args, console);
        return Ok(ExitCode::Passed);
    }
    Ok(of_case(settings, &targets, args, console))
}

fn of_case(
    settings: &Settings,
    targets: &[Target],
    args: &ExplainArgs,
    console: &mut Console,
) -> ExitCode {
    let loaded = settings.project().load(targets);
    let observing = match observe(&loaded, settings, console) {
        Ok(observing) => observing,
        Err(code) => return code,
    };
    let attacks = observing
        .replayed
        .scenarios
        .iter()
        .flat_map(|one| &one.checks);
    let attacks: BTreeSet<&CheckKey> = attacks
        .filter(|check| check.attack)
        .map(|check| &check.key)
        .collect();
    let asked = |key: &CheckKey| match &args.case {
        Some(case) => key.case == *case,
        None => attacks.contains(key),
    };
    if args.schedule && args.format == ExplainFormat::Human {
        let mut text = String::new();
        let colour = console.colour(Stream::Out);
        for check in observing.observed.iter().flat_map(|one| &one.checks) {
            let source = args.source.as_ref();
            let wanted = asked(&check.key) && source.is_none_or(|name| *name == check.key.source);
            if let (true, Some(timeline)) = (wanted, &check.timeline) {
                write_timeline(&check.key.to_string(), timeline, colour, &mut text);
            }
        }
        if !text.is_empty() {
            console.write(Stream::Out, &text);
            return ExitCode::of_loading(&loaded.diagnostics);
        }
    }
    let mut found = Vec::new();
    for observed in &observing.observed {
        let wanted = observed.checks.iter().filter(|check| {
            let source = args.source.as_ref();
            asked(&check.key) && source.is_none_or(|name| *name == check.key.source)
        });
        found.extend(wanted.map(|check| explain(check, &observed.clauses)));
    }
    if found.is_empty() {
        let checks = observing.observed.iter().flat_map(|one| &one.checks);
        let names = checks.map(|check| check.key.case.as_str());
        let case = args.case.as_deref().unwrap_or("the attack");
        console.diagnostics([&no_case(case, names)]);
        return observing.code.and(ExitCode::NothingSelected);
    }
    write(&found, args, console);
    if args.case.is_none() && args.format == ExplainFormat::Human {
        console.write(
            Stream::Err,
            &other_cases(&observing.replayed.scenarios, &args.rule),
        );
    }
    ExitCode::of_loading(&loaded.diagnostics)
}

fn write(found: &[Explanation], args: &ExplainArgs, console: &mut Console) {
    let text = match args.format {
        ExplainFormat::Json => return console.write_json(&json(found)),
        ExplainFormat::Human => {
            let mut text = String::new();
            let colour = console.colour(Stream::Out);
            write_explanations(found, colour, args.all_clauses, &mut text);
            text
        }
    };
    console.write(Stream::Out, &text);
}

/// The cases that can be explained beside the attack.
fn other_cases(scenarios: &[ScenarioOutcome], rule: &str) -> String {
    let checks = scenarios.iter().flat_map(|one| &one.checks);
    let mut names: Vec<&str> = checks
        .filter(|check| !check.attack)
        .map(|check| check.key.case.as_str())
        .collect();
    names.dedup();
    if names.is_empty() {
        return String::new();
    }
    let mut text = format!("\nother cases, by `trapline explain {rule} --case NAME`:\n");
    for name in names {
        let _ = writeln!(text, "  {}", clean(name));
    }
    text
}

/// The case does not exist, or did not run on the source.
fn no_case<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Diagnostic {
    let message = format!("no check of a case `{name}` ran");
    let diagnostic = Diagnostic::error(&error::NOTHING_SELECTED, message);
    match nearest(name, names) {
        Some(near) => diagnostic.suggest(near),
        None => diagnostic.help("`trapline test --list` shows what there is"),
    }
}
