//! `trapline new PATH…`: writes first scenarios for rules, or with `--fill-coverage` the missing
//! cases. Each written scenario has been replayed and is accepted in the snapshot.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use camino::{Utf8Path, Utf8PathBuf};

use super::super::console::Stream;
use super::super::error::{self, Problem};
use super::super::progress::Bar;
use super::super::settings::{NewRules, NewSettings, ScenarioOutput, Settings};
use super::super::{Console, ExitCode};
use super::write_scenario::{self, Place};
use crate::data_source::Catalogue;
use crate::diagnostic::Diagnostic;
use crate::event::io::Progress as _;
use crate::replay::dry_run;
use crate::report::generated;
use crate::scenario::write::Sketch;
use crate::synthesize::{self, AppendableScenario, Request, SynthesizeError, Unsolved};

/// How many things that were not found are listed.
const LISTED: usize = 12;

/// What to look at when a source is not found.
const SOURCES: &str = "`trapline sources` lists the data sources";

/// Runs the verb.
pub fn run(
    settings: &Settings,
    asked: &NewSettings,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let maker = Maker {
        settings,
        asked,
        catalogue: &settings.catalogue()?,
    };
    match &asked.rules {
        NewRules::One(rule, output) => {
            let said = maker.write(rule, output, console)?;
            console.write(Stream::Err, &said);
            Ok(ExitCode::Passed)
        }
        NewRules::Several(rules) => Ok(maker.all(rules, console)),
    }
}

/// Writes scenarios as the options say.
struct Maker<'a> {
    settings: &'a Settings,
    asked: &'a NewSettings,
    catalogue: &'a Catalogue,
}

impl Maker<'_> {
    /// Writes the scenarios of many rules: those that have one already are skipped, those for which
    /// none is found are counted by reason.
    fn all(&self, rules: &[Utf8PathBuf], console: &mut Console) -> ExitCode {
        let (mut written, mut skipped) = (0_usize, 0_usize);
        let mut failed: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let bar = Bar::new(u64::try_from(rules.len()).ok(), console.err_terminal());
        for rule in rules {
            let name = self.settings.files.name(rule);
            bar.advance(1);
            if name.split('/').any(|part| part == "_deprecated") {
                continue;
            }
            let place = Place::new(self.settings, &ScenarioOutput::Mirrored, rule);
            let has_one = place.as_ref().is_ok_and(|place| !place.before.is_empty());
            if has_one && !self.asked.fill_coverage {
                skipped += 1;
                continue;
            }
            match self.write(rule, &ScenarioOutput::Mirrored, console) {
                Ok(_) => {
                    written += 1;
                    let path = place.ok().and_then(|place| place.path);
                    let file = path.map_or(name, |path| self.settings.files.name(&path));
                    bar.aside(|| console.write(Stream::Out, &format!("wrote    {file}\n")));
                }
                Err(problem) => {
                    let reason = problem.diagnostics.first();
                    let reason = reason.map_or_else(String::new, |one| one.message.clone());
                    failed.entry(kind_of(&reason)).or_default().push(name);
                }
            }
        }
        bar.clear();
        let mut said = String::new();
        for (reason, names) in &failed {
            let first = names.first().map_or("", String::as_str);
            let more = match names.len() {
                1 => String::new(),
                many => format!(" and {} more", many - 1),
            };
            let _ = writeln!(said, "none     {reason}: {first}{more}");
        }
        let without: usize = failed.values().map(Vec::len).sum();
        let _ = writeln!(
            said,
            "new      {} written, {skipped} had one, none found for {without}",
            counted(written, "scenario")
        );
        if written > 0 {
            said.push_str("next     read them, then trapline test\n");
        }
        console.write(Stream::Err, &said);
        if written + skipped == 0 {
            ExitCode::NotLoaded
        } else {
            ExitCode::Passed
        }
    }

    /// Writes the scenario of a rule, or the cases that it lacks; gives what there is to say.
    fn write(
        &self,
        rule: &Utf8Path,
        output: &ScenarioOutput,
        console: &mut Console,
    ) -> Result<String, Box<Problem>> {
        let subject = write_scenario::subject(self.settings, rule, console)?;
        let place = Place::new(self.settings, output, rule)?;
        let request = Request {
            subject: &subject,
            catalogue: self.catalogue,
            sources: &self.asked.sources,
        };
        if self.asked.fill_coverage {
            fill(self.settings, &request, &place, console)
        } else {
            new(self.settings, &request, &place, console)
        }
    }
}

/// A reason without what is particular to one rule, so that rules are counted by it.
fn kind_of(reason: &str) -> String {
    let plain = reason.split_once(" (").map_or(reason, |(kind, _)| kind);
    match plain.split_once('`') {
        Some((_, rest)) => match rest.split_once("` ") {
            Some((_, kind)) => kind.to_owned(),
            None => plain.to_owned(),
        },
        None => plain.to_owned(),
    }
}

fn new(
    settings: &Settings,
    request: &Request<'_>,
    place: &Place,
    console: &mut Console,
) -> Result<String, Box<Problem>> {
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
    Ok(said)
}

fn fill(
    settings: &Settings,
    request: &Request<'_>,
    place: &Place,
    console: &mut Console,
) -> Result<String, Box<Problem>> {
    let file = place.path.as_ref().map_or_else(
        || dry_run::NOWHERE.to_owned(),
        |path| settings.files.name(path),
    );
    let beside = dry_run::DryRunPlace {
        file: &file,
        files: &settings.files,
    };
    let written = AppendableScenario::new(beside, &place.before).map_err(|why| {
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
    Ok(said)
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
                one.source,
                clause.line,
                clause.text,
                generated::unsolved(&one.reason)
            ),
            None => {
                let reason = generated::unsolved(&one.reason);
                writeln!(said, "missing  {}: {reason}", one.source)
            }
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

fn not_solved(unsolved: &[Unsolved]) -> Result<String, Box<Problem>> {
    let reasons = unsolved
        .iter()
        .map(|one| format!("{}: {}", one.source, generated::unsolved(&one.reason)));
    let message = format!(
        "no attack was found ({})",
        reasons.collect::<Vec<_>>().join("; ")
    );
    let diagnostic = Diagnostic::error(&error::NOT_SOLVED, message).help(
        "write the attack by hand, or take it from a recording with `trapline import --minimise`",
    );
    Err(Problem::new(ExitCode::Failed, diagnostic))
}

fn possible<T>(solved: Result<T, SynthesizeError>) -> Result<T, Box<Problem>> {
    solved.map_err(|why| {
        let (exit, help) = match &why {
            SynthesizeError::Unsupported(_) => (
                ExitCode::NotLoaded,
                "`trapline check` says more of the rule",
            ),
            SynthesizeError::NoSource => (ExitCode::NotLoaded, SOURCES),
            SynthesizeError::UnknownSource(_) => (ExitCode::Usage, SOURCES),
        };
        let diagnostic = Diagnostic::error(&error::NOT_SOLVED, why.to_string()).help(help);
        Problem::new(exit, diagnostic)
    })
}
