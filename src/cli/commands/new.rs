//! `trapline new RULE`: a first scenario, or with `--fill-coverage` the cases that one lacks. What
//! is written has been replayed, and stands in the snapshot as accepted.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::super::args::NewArgs;
use super::super::console::Stream;
use super::super::error::{self, Problem};
use super::super::settings::Settings;
use super::super::{Console, ExitCode};
use super::write_scenario::{self, Place};
use crate::diagnostic::Diagnostic;
use crate::replay::dry_run;
use crate::scenario::write::Sketch;
use crate::synthesize::{self, Impossible, Request, Unsolved, Written};

/// How many things that were not found are listed.
const LISTED: usize = 12;

/// What to look at when a source is not found.
const SOURCES: &str = "`trapline sources` lists the data sources";

/// Runs the verb.
pub fn run(
    settings: &Settings,
    args: &NewArgs,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let rule = write_scenario::rule_path(settings, &args.rule)?;
    let subject = write_scenario::subject(settings, &rule, console)?;
    let place = Place::new(settings, args.output.as_deref(), &rule)?;
    let catalogue = write_scenario::catalogue()?;
    let request = Request {
        subject: &subject,
        catalogue: &catalogue,
        sources: &args.sources,
    };
    if args.fill_coverage {
        fill(settings, &request, &place, console)
    } else {
        new(settings, &request, &place, console)
    }
}

fn new(
    settings: &Settings,
    request: &Request<'_>,
    place: &Place,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    if let Some(path) = &place.path
        && settings.files.exists(path)
    {
        let message = format!("`{}` is there already", settings.files.name(path));
        let diagnostic = Diagnostic::error(&error::SCENARIO_EXISTS, message)
            .help("`--fill-coverage` adds the cases that it lacks, `-o FILE` writes elsewhere");
        return Err(Problem::usage(diagnostic));
    }
    let mut made = possible(synthesize::new(request))?;
    if made.sketches.is_empty() {
        return not_solved(&made.unsolved);
    }
    for sketch in &mut made.sketches {
        sketch.rule.clone_from(&place.rule);
    }
    let texts: Vec<String> = made.sketches.iter().map(Sketch::text).collect();
    let text = texts.join("---\n");
    let sketches = made.sketches.iter();
    let names: BTreeSet<&str> = sketches
        .flat_map(|sketch| {
            let cases = sketch.cases.iter().map(|case| case.name.as_str());
            std::iter::once(sketch.name.as_str()).chain(cases)
        })
        .collect();
    write_scenario::write(settings, place, &text, &text, &names, console)?;
    let mut said = String::new();
    for sketch in &made.sketches {
        let _ = writeln!(
            said,
            "attack   \"{}\" on {}, {}",
            sketch.name,
            sketch.sources.join(", "),
            counted(sketch.cases.len(), "case")
        );
        for (source, reason) in &sketch.gaps {
            let _ = writeln!(said, "gap      {source}: {reason}");
        }
    }
    said.push_str(&unsolved(&made.unsolved));
    said.push_str(&next(settings, place));
    console.write(Stream::Err, &said);
    Ok(ExitCode::Passed)
}

fn fill(
    settings: &Settings,
    request: &Request<'_>,
    place: &Place,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let file = place.path.as_ref().map_or_else(
        || dry_run::NOWHERE.to_owned(),
        |path| settings.files.name(path),
    );
    let beside = dry_run::Place {
        file: &file,
        files: &settings.files,
    };
    let written = Written::new(beside, &place.before).map_err(|why| {
        let diagnostic = Diagnostic::error(&error::NOT_EXTENDED, format!("`{file}`: {why}"))
            .help("`trapline check` says what is wrong with it; without `--fill-coverage` a first scenario is written");
        Problem::new(ExitCode::NotLoaded, diagnostic)
    })?;
    let filled = possible(synthesize::fill(request, &written))?;
    let names: BTreeSet<&str> = filled.cases.iter().map(|case| case.name.as_str()).collect();
    if !names.is_empty() {
        let whole = written.with(filled.cases.iter());
        write_scenario::write(settings, place, &whole, &whole, &names, console)?;
    }
    let mut said = String::new();
    for case in &filled.cases {
        let _ = writeln!(said, "case     {}", case.name);
    }
    if filled.cases.is_empty() && filled.unsolved.is_empty() {
        said.push_str("each clause decides some case on each source: nothing to add\n");
    }
    said.push_str(&unsolved(&filled.unsolved));
    said.push_str(&next(settings, place));
    console.write(Stream::Err, &said);
    Ok(ExitCode::Passed)
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        more => format!("{more} {what}s"),
    }
}

/// What was not found, each with its line in the rule.
fn unsolved(unsolved: &[Unsolved]) -> String {
    let mut said = String::new();
    for one in unsolved.iter().take(LISTED) {
        let _ = match &one.clause {
            Some(clause) => writeln!(
                said,
                "missing  {}, line {}: {}\n         {}",
                one.source, clause.line, clause.text, one.reason
            ),
            None => writeln!(said, "missing  {}: {}", one.source, one.reason),
        };
    }
    if unsolved.len() > LISTED {
        let more = unsolved.len() - LISTED;
        let _ = writeln!(
            said,
            "         and {more} more; `trapline coverage` lists them"
        );
    }
    said
}

fn next(settings: &Settings, place: &Place) -> String {
    let Some(path) = &place.path else {
        return String::new();
    };
    let name = settings.files.name(path);
    format!("next     read {name}, then trapline test {name}\n")
}

fn not_solved(unsolved: &[Unsolved]) -> Result<ExitCode, Box<Problem>> {
    let reasons = unsolved
        .iter()
        .map(|one| format!("{}: {}", one.source, one.reason));
    let message = format!(
        "no attack was found ({})",
        reasons.collect::<Vec<_>>().join("; ")
    );
    let diagnostic = Diagnostic::error(&error::NOT_SOLVED, message).help(
        "write the attack by hand, or take it from a recording with `trapline import --minimise`",
    );
    Err(Problem::new(ExitCode::Failed, diagnostic))
}

fn possible<T>(solved: Result<T, Impossible>) -> Result<T, Box<Problem>> {
    solved.map_err(|why| {
        let (exit, help) = match &why {
            Impossible::Unsupported(_) => (
                ExitCode::NotLoaded,
                "`trapline check` says more of the rule",
            ),
            Impossible::NoSource => (ExitCode::NotLoaded, SOURCES),
            Impossible::UnknownSource(_) => (ExitCode::Usage, SOURCES),
        };
        let diagnostic = Diagnostic::error(&error::NOT_SOLVED, why.to_string()).help(help);
        Problem::new(exit, diagnostic)
    })
}
