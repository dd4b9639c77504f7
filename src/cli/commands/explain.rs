//! `trapline explain`: why a case or a recording alerted, or why not.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::super::console::Stream;
use super::super::error::{self, Problem};
use super::super::settings::{ExplainCase, ExplainFormat, ExplainSettings, Settings};
use super::super::{Console, ExitCode};
use super::coverage::observe;
use super::explain_events;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::suggest::nearest;
use crate::explain::{Explanation, explain};
use crate::replay::outcome::{CheckKey, ScenarioOutcome};
use crate::report::explain::json;
use crate::report::terminal::{clean, write_explanations, write_timeline};

/// Runs the verb.
pub fn run(
    settings: &Settings,
    asked: &ExplainSettings,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    match asked {
        ExplainSettings::Word(page) => console.write(Stream::Out, page),
        ExplainSettings::Case(asked) => return of_case(settings, asked, console),
        ExplainSettings::Recording(asked) => {
            let found = explain_events::explain(settings, asked, console)?;
            write(&[found], asked.format, asked.all_clauses, console);
        }
    }
    Ok(ExitCode::Passed)
}

fn of_case(
    settings: &Settings,
    asked: &ExplainCase,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let loaded = settings.project().load(&asked.targets);
    let run = observe(&loaded, settings, console)?;
    let keys = keys(&run.replayed.scenarios, asked);
    if asked.schedule {
        let mut text = String::new();
        let colour = console.colour(Stream::Out);
        for check in run.observed.iter().flat_map(|one| &one.checks) {
            if let (true, Some(timeline)) = (keys.contains(&check.key), &check.timeline) {
                write_timeline(&check.key.to_string(), timeline, colour, &mut text);
            }
        }
        if !text.is_empty() {
            console.write(Stream::Out, &text);
            return Ok(ExitCode::of_loading(&loaded.diagnostics));
        }
    }
    let mut found = Vec::new();
    for observed in &run.observed {
        let checks = observed.checks.iter();
        let checks = checks.filter(|check| keys.contains(&check.key));
        found.extend(checks.map(|check| explain(check, &observed.clauses)));
    }
    if found.is_empty() {
        let checks = run.observed.iter().flat_map(|one| &one.checks);
        let names = checks.map(|check| check.key.case.as_str());
        let case = asked.case.as_deref().unwrap_or("the attack");
        console.diagnostics([&no_case(case, names)]);
        return Ok(run.code.and(ExitCode::NothingSelected));
    }
    write(&found, asked.format, asked.all_clauses, console);
    if asked.case.is_none() && asked.format == ExplainFormat::Human {
        let others = other_cases(&run.replayed.scenarios, &asked.typed);
        console.write(Stream::Err, &others);
    }
    Ok(ExitCode::of_loading(&loaded.diagnostics))
}

/// The checks to explain: those of the named case, or of the attacks.
fn keys<'s>(scenarios: &'s [ScenarioOutcome], asked: &ExplainCase) -> BTreeSet<&'s CheckKey> {
    let checks = scenarios.iter().flat_map(|one| &one.checks);
    let checks = checks.filter(|check| match &asked.case {
        Some(case) => check.key.case == *case,
        None => check.attack,
    });
    let is_on = |key: &&CheckKey| {
        let source = asked.source.as_ref();
        source.is_none_or(|name| *name == key.source)
    };
    checks.map(|check| &check.key).filter(is_on).collect()
}

fn write(found: &[Explanation], format: ExplainFormat, all_clauses: bool, console: &mut Console) {
    let text = match format {
        ExplainFormat::Json => return console.write_json(&json(found)),
        ExplainFormat::Human => {
            let mut text = String::new();
            let colour = console.colour(Stream::Out);
            write_explanations(found, colour, all_clauses, &mut text);
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
