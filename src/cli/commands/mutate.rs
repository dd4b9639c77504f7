//! `trapline mutate`: which changes of the rules no case notices.

use super::super::args::{MutateArgs, TableFormat};
use super::super::console::Stream;
use super::super::error::Problem;
use super::super::settings::Settings;
use super::super::{Console, ExitCode};
use super::coverage::{gate, nothing, observe};
use super::load;
use crate::mutation::{Mutation, mutate};
use crate::replay::Subject;
use crate::report::mutation as format;
use crate::report::terminal::{MutationOptions, write_mutation};

/// Runs the verb.
pub fn run(
    settings: &Settings,
    args: &MutateArgs,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let targets = settings.targets(&args.paths)?;
    let loaded = load::load(settings, &targets);
    let observing = match observe(&loaded, settings, &targets, console) {
        Ok(observing) => observing,
        Err(code) => return Ok(code),
    };
    let tests = loaded.tests();
    let subjects: Vec<&Subject> = tests.iter().map(|test| test.subject).collect();
    let found = mutate(
        &observing.replayed.scenarios,
        &subjects,
        &observing.observed,
        args.jobs.map_or(0, usize::from),
    );
    if found.rules.is_empty() {
        if observing.code == ExitCode::Passed {
            console.diagnostics([&nothing()]);
            return Ok(ExitCode::NothingSelected);
        }
        return Ok(observing.code);
    }
    write(&found, args, console);
    let missed = args.min.is_some_and(|min| found.share().percent() < min);
    Ok(observing.code.and(gate(missed)))
}

fn write(found: &Mutation, args: &MutateArgs, console: &mut Console) {
    let text = match args.format {
        TableFormat::Human => {
            let options = MutationOptions {
                colour: console.colour(Stream::Out),
                list: args.list,
                min: args.min,
            };
            let mut text = String::new();
            write_mutation(found, options, &mut text);
            text
        }
        TableFormat::Markdown => format::markdown(found),
        TableFormat::Json => {
            let mut bytes = Vec::new();
            // Writing to memory does not fail.
            let _ = format::json(found, &mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        }
    };
    console.write(Stream::Out, &text);
}
