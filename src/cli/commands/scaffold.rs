//! What a project and its editors are given: JSON Schemas, completions, manual pages, and `init`.

use camino::{Utf8Path, Utf8PathBuf};
use clap::CommandFactory as _;
use clap_complete::Shell;

use super::super::args::{Args, SchemaOf};
use super::super::console::Stream;
use super::super::settings::Settings;
use super::super::{Console, ExitCode};
use crate::{project, report, rule, scenario};

/// `trapline schema`.
pub fn schema(of: SchemaOf, console: &mut Console) -> ExitCode {
    let schema = match of {
        SchemaOf::Scenario => scenario::schema::schema(),
        SchemaOf::Rule => rule::schema::schema(),
        SchemaOf::Config => project::schema::schema(),
        SchemaOf::Report => report::schema::schema(),
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
pub fn man(directory: &Utf8Path, settings: &Settings, console: &mut Console) -> ExitCode {
    let mut program = Args::command();
    program.build();
    let directory = settings.typed(directory);
    let verbs: Vec<clap::Command> = program.get_subcommands().cloned().collect();
    for command in std::iter::once(program).chain(verbs) {
        let name = command.get_display_name().unwrap_or(command.get_name());
        let name = format!("{}.1", name.replace(' ', "-"));
        let mut bytes = Vec::new();
        // Writing to memory does not fail.
        let _ = clap_mangen::Man::new(command).render(&mut bytes);
        let text = String::from_utf8_lossy(&bytes);
        if let Err(diagnostic) = settings.files.write(&directory.join(&name), &text) {
            console.diagnostics([&*diagnostic]);
            return ExitCode::Usage;
        }
        console.write(Stream::Out, &format!("wrote    {name}\n"));
    }
    ExitCode::Passed
}

/// The workflow that `init` writes.
const WORKFLOW: &str = ".github/workflows/trapline.yml";

/// What `init` sets up: the file and its text.
const FILES: [(&str, &str); 6] = [
    ("trapline.toml", include_str!("init/trapline.toml")),
    ("rules/example.toml", include_str!("init/example.toml")),
    ("scenarios/example.yaml", include_str!("init/example.yaml")),
    (WORKFLOW, include_str!("init/workflow.yml")),
    (
        ".pre-commit-config.yaml",
        include_str!("init/pre-commit.yaml"),
    ),
    (".gitignore", "*.snap.new\n"),
];

/// `trapline init`: what is there already stays as it is.
pub fn init(settings: &Settings, console: &mut Console) -> ExitCode {
    let files = &settings.files;
    // A project that has rules or scenarios needs no example of them.
    let own = ["rules", "scenarios"].map(|folder| files.exists(Utf8Path::new(folder)));
    let mut kept = Vec::new();
    for (name, text) in FILES {
        let path = Utf8PathBuf::from(name);
        let is_example = name.contains("example.");
        if is_example && own.contains(&true) {
            continue;
        }
        if files.exists(&path) {
            kept.push(name);
            continue;
        }
        if let Err(diagnostic) = files.write(&path, text) {
            console.diagnostics([&*diagnostic]);
            return ExitCode::Usage;
        }
        console.write(Stream::Out, &format!("wrote    {name}\n"));
    }
    for name in &kept {
        console.write(Stream::Out, &format!("kept     {name}\n"));
    }
    if kept.contains(&".gitignore") {
        console.write(
            Stream::Out,
            "add      *.snap.new to .gitignore, unless it is there\n",
        );
    }
    if !kept.contains(&WORKFLOW) {
        console.write(
            Stream::Out,
            "set      TRAPLINE_REPOSITORY, a variable of the repository on GitHub, to OWNER/NAME of \
             Trapline's own\n",
        );
    }
    console.write(Stream::Out, "next     trapline test --accept\n");
    ExitCode::Passed
}
