//! Options of `schema`, `completions` and `man`.

use camino::Utf8PathBuf;
use clap::{Args as Group, ValueEnum};
use clap_complete::Shell;

/// Options of `schema`.
#[derive(Debug, Clone, Group)]
pub struct SchemaArgs {
    /// Which files: scenario, rule, source (sources/*.toml), config (trapline.toml), report
    /// (test --format json), check (check --format json) or compare (compare --format json)
    #[arg(value_name = "OF", default_value = "scenario")]
    pub of: SchemaOf,
}

/// What a schema is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// Scenario files
    Scenario,
    /// Rule files
    Rule,
    /// Data sources of a project
    Source,
    /// trapline.toml
    Config,
    /// The report of test --format json
    Report,
    /// The report of check --format json
    Check,
    /// The report of compare --format json
    Compare,
}

/// Options of `completions`.
#[derive(Debug, Clone, Group)]
pub struct CompletionsArgs {
    /// Which shell: bash, elvish, fish, powershell or zsh
    #[arg(hide_possible_values = true)]
    pub shell: Shell,
}

/// Options of `man`.
#[derive(Debug, Clone, Group)]
pub struct ManArgs {
    /// Where to write them
    #[arg(value_name = "DIR")]
    pub directory: Utf8PathBuf,
}
