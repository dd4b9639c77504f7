//! JSON Schemas for editors, shell completions and manual pages.

use camino::Utf8Path;
use clap::CommandFactory as _;
use clap_complete::Shell;

use super::super::args::Args;
use super::super::console::Stream;
use super::super::error::Problem;
use super::super::settings::{SchemaOf, Settings};
use super::super::{Console, ExitCode};
use crate::data_source::own;
use crate::{project, report, rule, scenario};

/// `trapline schema`.
pub fn schema(of: SchemaOf, console: &mut Console) -> ExitCode {
    let schema = match of {
        SchemaOf::Scenario => scenario::schema::schema(),
        SchemaOf::Rule => rule::schema::schema(),
        SchemaOf::Config => project::schema::schema(),
        SchemaOf::Source => own::schema::schema(),
        SchemaOf::Report => report::schema::schema(),
        SchemaOf::Check => report::schema::of_check(),
        SchemaOf::Compare => report::compared::schema(),
    };
    console.write(Stream::Out, &format!("{schema:#}\n"));
    ExitCode::Passed
}

/// `trapline completions`.
pub fn completions(shell: Shell, console: &mut Console) -> ExitCode {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "trapline", &mut bytes);
    console.write(Stream::Out, &String::from_utf8_lossy(&bytes));
    ExitCode::Passed
}

/// `trapline man`: a page for the program and one for each verb.
pub fn man(
    directory: &Utf8Path,
    settings: &Settings,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let mut program = Args::command();
    program.build();
    let mut commands: Vec<clap::Command> = vec![program.clone()];
    for verb in program.get_subcommands() {
        commands.push(verb.clone());
        let parts = verb.get_subcommands();
        commands.extend(parts.filter(|part| part.get_name() != "help").cloned());
    }
    for command in commands {
        let name = command.get_display_name().unwrap_or(command.get_name());
        let name = format!("{}.1", name.replace(' ', "-"));
        let mut bytes = Vec::new();
        // Writing to memory does not fail.
        let _ = clap_mangen::Man::new(command).render(&mut bytes);
        let text = String::from_utf8_lossy(&bytes);
        let written = settings.files.write(&directory.join(&name), &text);
        written.map_err(|mistake| Problem::usage(*mistake))?;
        console.write(Stream::Out, &format!("wrote    {name}\n"));
    }
    Ok(ExitCode::Passed)
}
