//! Talk to the person and the disk. Everything below this room gets what it needs as values.
//!
//! `arguments -> Args -> Settings -> command -> ExitCode`: [`args`] is what was typed, [`settings`]
//! what it means; commands take the second.

pub mod args;
pub mod commands;
mod confinement;
pub mod console;
pub mod environment;
pub mod error;
pub mod files;
mod zstd;
pub mod git;
pub mod interrupt;
pub mod keypress;
pub mod progress;
mod project_files;
pub mod file_watcher;
pub mod settings;

use std::ffi::OsString;
use std::io;

use clap::Parser as _;

pub use self::console::Console;
pub use crate::project::ExitCode;

/// Runs the program: parse, mean, do.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args = match args::Args::try_parse_from(arguments) {
        Ok(args) => args,
        Err(error) => {
            // Help and version go to standard output and are no failure; clap knows which.
            let printed = error.print();
            let lost = printed.is_err_and(|error| error.kind() != io::ErrorKind::BrokenPipe);
            return if lost || error.use_stderr() {
                ExitCode::Usage
            } else {
                ExitCode::Passed
            };
        }
    };
    let mut console = Console::new(args.global.color);
    let exit = match settings::Settings::new(&args) {
        Ok(settings) => commands::run(&args.verb, &args.global, &settings, &mut console),
        Err(problem) => console.problem(&problem),
    };
    console.close(exit)
}
