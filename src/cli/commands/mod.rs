//! One file a verb.

pub mod load;
pub mod scan;
pub mod snapshots;
pub mod sources;
pub mod test;

use super::args::Verb;
use super::settings::Settings;
use super::{Console, ExitCode};

/// Does what the verb says.
pub fn run(verb: &Verb, settings: &Settings, console: &mut Console) -> ExitCode {
    match verb {
        Verb::Test(args) => match settings.test(args) {
            Ok(test) => test::run(settings, &test, console),
            Err(problem) => console.problem(&problem),
        },
        Verb::Scan(args) => scan::run(settings, args, console),
        Verb::Sources(args) => sources::run(args.name.as_deref(), console),
    }
}
