//! `trapline import FILE… --rule RULE --minimise`: reads the fields that the rule uses, reduces the
//! recording to the smallest scenario, and writes it beside the rule's scenarios.

use std::fmt::Write as _;
use std::sync::Arc;

use super::super::super::console::Stream;
use super::super::super::error::{self, Problem};
use super::super::super::settings::{MinimiseSettings, RecordingSettings, Settings};
use super::super::super::{Console, ExitCode};
use super::super::exception_lists;
use super::super::write_scenario::{self, Place};
use super::read::Recordings;
use super::{exit_code, summary};
use crate::compile::LinkedLists;
use crate::diagnostic::escape;
use crate::diagnostic::no_scenario::NoScenario;
use crate::event::Event;
use crate::reduce::{self, Minimised, ReduceError, Request, minimise};
use crate::replay::dry_run;
use crate::report::generated;
use crate::rule::ExceptionItem;

/// Runs the verb with `--minimise`.
pub(super) fn run(
    settings: &Settings,
    recordings: &RecordingSettings,
    asked: &MinimiseSettings,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let recordings = Recordings::new(settings, recordings);
    let subject = write_scenario::subject(settings, &asked.rule, console)?;
    let place = Place::new(settings, &asked.output, &asked.rule)?;
    let catalogue = settings.catalogue()?;
    let lists = exception_lists::of_rule(&subject.rule, settings, &asked.exceptions, console)?;
    let linked = lists.of(&subject.rule);
    let wanted = reduce::fields(&subject, &linked.items);
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
    let with_path = |item: &Arc<ExceptionItem>| {
        let path = place.relative(settings, item.source.name());
        (Arc::clone(item), path)
    };
    let request = Request {
        subject: &subject,
        catalogue: &catalogue,
        source: asked.source.as_deref(),
        benign: asked.is_benign,
        name: place.free_name(&asked.name),
        rule: place.rule.clone(),
        exceptions: linked.items.iter().map(with_path).collect(),
        place: dry_run::DryRunPlace {
            file: &settings.files.name(&place.file),
            files: &settings.files,
        },
        redact: asked.redact,
    };
    let small = minimise(events, &request).map_err(|why| Box::new(impossible(&why)))?;
    let text = small.sketch.text();
    let cases = small.sketch.cases.iter().map(|case| case.name.as_str());
    let names = std::iter::once(small.sketch.name.as_str())
        .chain(cases)
        .collect();
    write_scenario::write(settings, &place, &place.with(&text), &text, &names, console)?;
    console.write(Stream::Err, &success_message(&small, &place, settings));
    console.write(Stream::Err, &of_lists(&linked));
    Ok(exit_code(&seen))
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

fn impossible(why: &ReduceError) -> Problem {
    let exit = match why {
        ReduceError::NoScenario(why) => match why {
            NoScenario::UnknownSource { .. } => ExitCode::Usage,
            NoScenario::Refused { .. }
            | NoScenario::Fails { .. }
            | NoScenario::Unsupported(_)
            | NoScenario::NoSource => ExitCode::NotLoaded,
            NoScenario::NoEvents | NoScenario::NothingNear => ExitCode::NothingSelected,
            NoScenario::NoAlert { .. }
            | NoScenario::Alerts { .. }
            | NoScenario::TooManyEvents { .. } => ExitCode::Failed,
        },
        ReduceError::Unlike { .. } => ExitCode::Failed,
    };
    Problem {
        exit,
        diagnostics: vec![generated::no_scenario(&error::NO_SCENARIO, why)],
    }
}

/// Which exception lists decided.
fn of_lists(linked: &LinkedLists) -> String {
    let mut text = String::new();
    if !linked.applied.is_empty() {
        let _ = writeln!(
            text,
            "exception lists applied: {}",
            linked.applied.join(", ")
        );
    }
    if !linked.missing.is_empty() {
        let missing = linked.missing.join(", ");
        let _ = writeln!(
            text,
            "exception lists that were not applied: {missing} (--exceptions PATH)"
        );
    }
    text
}

/// What was made, what stands in for what, and what comes next.
fn success_message(made: &Minimised, place: &Place, settings: &Settings) -> String {
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
            escape::line(&replaced.original),
            escape::line(&replaced.pseudonym)
        );
    }
    if let Some(path) = path {
        let _ = writeln!(text, "next: trapline test {path}");
    }
    text
}
