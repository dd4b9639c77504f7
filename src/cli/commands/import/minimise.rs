//! `trapline import FILE… --rule RULE --minimise`: reads what the rule asks about, has it made
//! into the smallest scenario, and writes that where the rule's scenarios stand.

use std::fmt::Write as _;

use camino::{Utf8Path, Utf8PathBuf};

use super::super::super::args::{ImportArgs, Show, TestArgs};
use super::super::super::console::Stream;
use super::super::super::error::{self, Problem};
use super::super::super::settings::{Settings, Target};
use super::super::super::{Console, ExitCode};
use super::super::{load, snapshots};
use super::read::Recordings;
use super::{exit_code, summary};
use crate::data_source::Catalogue;
use crate::diagnostic::{Diagnostic, SourceText};
use crate::event::Event;
use crate::minimise::{self, Impossible, Minimised, Request, minimise};
use crate::replay::outcome::{CheckKey, Outcome};
use crate::replay::{self, Options, Subject};
use crate::scenario;
use crate::snapshot::Scope;

/// Runs the verb with `--minimise`.
pub(super) fn run(
    settings: &Settings,
    args: &ImportArgs,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let recordings = Recordings::new(settings, args)?;
    let typed = args.rule.clone().unwrap_or_default();
    let rule = rule_path(settings, &typed)?;
    let subject = subject(settings, &rule, console)?;
    let place = Place::new(settings, args, &rule)?;
    let catalogue = Catalogue::builtin().map_err(|mistake| {
        let diagnostic = Diagnostic::error(&error::INTERNAL, mistake.to_string());
        Problem::new(ExitCode::Internal, diagnostic)
    })?;
    let wanted = minimise::fields(&subject);
    let mut events = Vec::new();
    let seen = recordings.read(console, |document, _| {
        let whole = Event::from_document(&document.source);
        events.push(only(whole, &wanted));
        true
    });
    if seen.interrupted {
        return Ok(ExitCode::Interrupted);
    }
    console.write(Stream::Err, &summary::line(&seen));
    let request = Request {
        subject: &subject,
        catalogue: &catalogue,
        source: args.shape.as_deref(),
        benign: args.show == Show::Benign,
        name: place.free_name(&name(args, &recordings)),
        rule: place.rule.clone(),
        scrub: !args.no_scrub,
    };
    let made = minimise(events, &request).map_err(|why| Box::new(impossible(&why)))?;
    write(settings, &place, &made, console)?;
    console.write(Stream::Err, &said(&made, &place, settings));
    Ok(exit_code(&seen))
}

fn rule_path(settings: &Settings, typed: &str) -> Result<Utf8PathBuf, Box<Problem>> {
    let targets = settings.targets(std::slice::from_ref(&typed.to_owned()))?;
    match targets.into_iter().next() {
        Some(Target::Path(path)) => Ok(path),
        _ => {
            let message = format!("`{typed}` is no rule file");
            let diagnostic = Diagnostic::error(&error::NOTHING_SELECTED, message);
            Err(Problem::usage(diagnostic))
        }
    }
}

fn subject(
    settings: &Settings,
    rule: &Utf8Path,
    console: &mut Console,
) -> Result<Subject, Box<Problem>> {
    let (subject, diagnostics) = load::rule(settings, rule);
    console.diagnostics(&diagnostics);
    subject.ok_or_else(|| {
        let message = format!(
            "`{}` gives no rule that can be run",
            settings.files.name(rule)
        );
        let diagnostic = Diagnostic::error(&error::NO_SCENARIO, message);
        Problem::new(ExitCode::NotLoaded, diagnostic)
    })
}

/// Only the fields that matter: of a large recording all that is held in memory.
fn only(mut event: Event, wanted: &std::collections::BTreeSet<String>) -> Event {
    let mut small = Event::default();
    for path in wanted {
        let values = event.values(path);
        if !values.is_empty() {
            small.set(path, values.to_vec());
        }
    }
    small.index = event.index.take();
    small.id = event.id.take();
    small
}

fn name(args: &ImportArgs, recordings: &Recordings<'_>) -> String {
    let stem = || recordings.stem().replace(['_', '-'], " ").trim().to_owned();
    let name = args.name.clone().unwrap_or_else(stem);
    if name.is_empty() {
        "recorded".to_owned()
    } else {
        name
    }
}

/// Where the scenario goes.
struct Place {
    /// `None` is standard output.
    path: Option<Utf8PathBuf>,
    /// What `rule:` says there; `None` where the rule is the mirrored one.
    rule: Option<String>,
    /// What stands there already.
    before: String,
}

impl Place {
    fn new(settings: &Settings, args: &ImportArgs, rule: &Utf8Path) -> Result<Self, Box<Problem>> {
        let mirrored = mirrored(settings, rule);
        let typed = args.output.as_ref();
        let typed = typed.map(|path| settings.working_directory.join(path));
        let path = match args.output.as_ref().map(|typed| typed.as_str()) {
            Some("-") => None,
            _ => typed.or_else(|| mirrored.clone()),
        };
        let below = path.as_ref().and_then(|path| path.parent());
        let relative = below.map(|below| relative(below, rule));
        let rule = if path == mirrored { None } else { relative };
        let before = match &path {
            Some(path) if settings.files.exists(path) => {
                let text = settings.files.read(path);
                let text = text.map_err(|mistake| Problem::usage(*mistake))?;
                text.text().to_owned()
            }
            _ => String::new(),
        };
        Ok(Self { path, rule, before })
    }

    /// The name, with a number where the file has it already.
    fn free_name(&self, name: &str) -> String {
        let read = scenario::read(&SourceText::new("before", self.before.as_str()));
        let mut taken = Vec::new();
        for scenario in &read.scenarios {
            taken.push(scenario.attack.name.value.as_str());
            taken.extend(scenario.cases.iter().map(|case| case.name.as_str()));
        }
        let mut free = name.to_owned();
        let mut number = 2;
        while taken.contains(&free.as_str()) {
            free = format!("{name} {number}");
            number += 1;
        }
        free
    }

    /// What stands there and the new scenario behind it.
    fn with(&self, text: &str) -> String {
        if self.before.trim().is_empty() {
            return text.to_owned();
        }
        let newline = if self.before.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        format!("{}{newline}---\n{text}", self.before)
    }
}

/// The scenario file of a rule in one of the projects.
fn mirrored(settings: &Settings, rule: &Utf8Path) -> Option<Utf8PathBuf> {
    settings.projects.iter().find_map(|project| {
        let mut below = project.rules.iter();
        let below = below.find_map(|rules| rule.strip_prefix(rules).ok())?;
        Some(project.scenarios.join(below).with_extension("yaml"))
    })
}

/// The way from a directory to a file, with `/`.
fn relative(from: &Utf8Path, to: &Utf8Path) -> String {
    let from: Vec<&str> = from.components().map(|part| part.as_str()).collect();
    let to: Vec<&str> = to.components().map(|part| part.as_str()).collect();
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", from.len() - shared);
    let way: Vec<&str> = up.chain(to.into_iter().skip(shared)).collect();
    way.join("/")
}

fn write(
    settings: &Settings,
    place: &Place,
    made: &Minimised,
    console: &mut Console,
) -> Result<(), Box<Problem>> {
    let text = made.sketch.text();
    let Some(path) = &place.path else {
        console.write(Stream::Out, &text);
        return Ok(());
    };
    let whole = place.with(&text);
    let read = scenario::read(&SourceText::new(settings.files.name(path), whole.as_str()));
    if read.diagnostics.iter().any(Diagnostic::is_error) {
        return Err(Box::new(Problem {
            exit: ExitCode::NotLoaded,
            diagnostics: read.diagnostics,
        }));
    }
    let written = settings.files.write(path, &whole);
    written.map_err(|mistake| Problem::usage(*mistake))?;
    if !settings.ci {
        record(settings, path, made, console)?;
    }
    Ok(())
}

/// Takes what the new scenario does into the snapshot, and nothing else.
fn record(
    settings: &Settings,
    path: &Utf8Path,
    made: &Minimised,
    console: &mut Console,
) -> Result<(), Box<Problem>> {
    let scenario = settings.files.name(path);
    let case = made.sketch.cases.iter().map(|case| &case.name);
    let names = std::iter::once(&made.sketch.name).chain(case);
    let keys = names.flat_map(|name| {
        let of = |source: &String| {
            let key = CheckKey {
                scenario: scenario.clone(),
                case: name.clone(),
                source: source.clone(),
            };
            key.to_string()
        };
        made.sketch.sources.iter().map(of)
    });
    let test = settings.test(&TestArgs {
        paths: vec![path.to_string()],
        accept: Some(keys.collect()),
        ..TestArgs::default()
    })?;
    let loaded = load::load(settings, &test.targets);
    let catalogue = Catalogue::builtin().map_err(|mistake| {
        let diagnostic = Diagnostic::error(&error::INTERNAL, mistake.to_string());
        Problem::new(ExitCode::Internal, diagnostic)
    })?;
    let tests = loaded.tests();
    let replayed = replay::run(&tests, &catalogue, &settings.files, &Options::default());
    let outcome = Outcome {
        scenarios: replayed.scenarios,
        ..Outcome::default()
    };
    let compared = snapshots::compare(&outcome, &settings.files, &test, |_| Scope::All);
    console.diagnostics(&compared.diagnostics);
    Ok(())
}

fn impossible(why: &Impossible) -> Problem {
    let diagnostic = Diagnostic::error(&error::NO_SCENARIO, why.to_string()).help(why.help());
    let exit = match why {
        Impossible::UnknownSource(_) => ExitCode::Usage,
        Impossible::Refused { .. } | Impossible::Unsupported(_) | Impossible::NoSource => {
            ExitCode::NotLoaded
        }
        Impossible::NoEvents | Impossible::Nowhere => ExitCode::NothingSelected,
        _ => ExitCode::Failed,
    };
    Problem {
        exit,
        diagnostics: vec![diagnostic],
    }
}

/// What was made, what stands in for what, and what comes next.
fn said(made: &Minimised, place: &Place, settings: &Settings) -> String {
    let mut text = String::new();
    let path = place.path.as_ref().map(|path| settings.files.name(path));
    let lines = made.sketch.text().lines().count();
    let file = path.as_deref().unwrap_or("standard output");
    let case = made.sketch.cases.first();
    let name = case.map_or(&made.sketch.name, |case| &case.name);
    let _ = writeln!(
        text,
        "{file}: \"{name}\" in {lines} lines ({} tried)\n  {}",
        made.trials, made.shows
    );
    if made.matches > 1 {
        let _ = writeln!(
            text,
            "  the first of {} matches of the recording",
            made.matches
        );
    }
    if !made.replaced.is_empty() {
        let _ = writeln!(text, "replaced:");
    }
    for replaced in &made.replaced {
        let _ = writeln!(
            text,
            "  {:<8} {} → {}",
            replaced.kind.word(),
            replaced.original,
            replaced.stand_in
        );
    }
    if let Some(path) = path {
        let _ = writeln!(text, "next: trapline test {path}");
    }
    text
}
