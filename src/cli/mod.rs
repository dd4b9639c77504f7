//! The command line: arguments, terminal, files and exit code. The modules below receive everything
//! they need as values.
//!
//! `arguments -> Args -> settings -> command -> ExitCode`: [`args`] is what was typed, [`settings`]
//! what it means. Commands take settings and never arguments.

pub mod args;
pub mod commands;
mod confinement;
pub mod console;
pub mod environment;
pub mod error;
mod file_errors;
pub mod file_watcher;
pub mod files;
pub mod git;
pub mod interrupt;
pub mod keypress;
pub mod lint_levels;
mod mcp;
mod objects;
mod pipe;
pub mod progress;
mod project_files;
pub mod settings;
mod unpacked;
mod word_page;
mod zstd;

use std::ffi::OsString;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use clap::Parser as _;

pub use self::console::Console;
use crate::plan::InternalError;
pub use crate::project::ExitCode;

/// Runs the program: parses the arguments, reads the settings, runs the command.
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
        Ok(settings) => guarded(&mut console, |console| {
            commands::run(&args.verb, &settings, console)
        }),
        Err(problem) => console.problem(&problem),
    };
    console.close(exit)
}

/// Runs a command; an inconsistency inside Trapline ends it with exit code 70.
fn guarded(console: &mut Console, command: impl FnOnce(&mut Console) -> ExitCode) -> ExitCode {
    let ended = catch_unwind(AssertUnwindSafe(|| command(console)));
    ended.unwrap_or_else(|payload| {
        let message = match payload.downcast_ref::<InternalError>() {
            Some(error) => error.to_string(),
            // The panic has said where it was.
            None => "a command panicked".to_owned(),
        };
        console.internal(&message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inconsistency_ends_a_command_with_exit_code_70() {
        let mut console = Console::new(args::Color::Never);
        let error = InternalError {
            what: "Stage",
            place: 3,
            len: 2,
            at: "here".to_owned(),
        };
        let exit = guarded(&mut console, |_| std::panic::resume_unwind(Box::new(error)));
        assert_eq!(exit, ExitCode::Internal);
        assert_eq!(
            guarded(&mut console, |_| ExitCode::Failed),
            ExitCode::Failed
        );
    }
}
