//! `trapline explain`: why a case alerted, or why not.

use super::super::args::{ExplainArgs, ExplainFormat};
use super::super::console::Stream;
use super::super::error::{self, Problem};
use super::super::settings::Settings;
use super::super::{Console, ExitCode};
use super::coverage::observe;
use super::load;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::suggest::nearest;
use crate::explain::explain;
use crate::report::explain::json;
use crate::report::terminal::write_explanation;

/// Runs the verb.
pub fn run(
    settings: &Settings,
    args: &ExplainArgs,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let targets = settings.targets(std::slice::from_ref(&args.rule))?;
    let loaded = load::load(settings, &targets);
    let observing = match observe(&loaded, settings, &targets, console) {
        Ok(observing) => observing,
        Err(code) => return Ok(code),
    };
    let mut found = Vec::new();
    for observed in &observing.observed {
        let wanted = observed.checks.iter().filter(|check| {
            let source = args.source.as_ref();
            check.key.case == args.case && source.is_none_or(|name| *name == check.key.source)
        });
        found.extend(wanted.filter_map(|check| explain(check, &observed.clauses)));
    }
    if found.is_empty() {
        let checks = observing.observed.iter().flat_map(|one| &one.checks);
        let names = checks.map(|check| check.key.case.as_str());
        console.diagnostics([&no_case(&args.case, names)]);
        return Ok(observing.code.and(ExitCode::NothingSelected));
    }
    let text = match args.format {
        ExplainFormat::Json => json(&found),
        ExplainFormat::Human => {
            let mut text = String::new();
            let colour = console.colour(Stream::Out);
            for one in &found {
                write_explanation(one, colour, args.all_clauses, &mut text);
            }
            text
        }
    };
    console.write(Stream::Out, &text);
    Ok(load::all_loaded(&loaded.diagnostics))
}

/// The case does not exist, or did not run on the source.
fn no_case<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Diagnostic {
    let message = format!("no check of a case `{name}` ran");
    let diagnostic = Diagnostic::error(&error::NOTHING_SELECTED, message);
    match nearest(name, names) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help("`trapline test --list` shows what there is"),
    }
}
