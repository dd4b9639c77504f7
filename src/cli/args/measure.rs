//! Options of the commands that measure and compare: `coverage`, `mutate`, `diff`.

use camino::Utf8PathBuf;
use clap::{Args as Group, ValueEnum};

use super::scan::ParquetArgs;
use crate::mutation::Operator;
use crate::snapshot::Class;

/// Options of `coverage`.
#[derive(Debug, Clone, Default, Group)]
pub struct CoverageArgs {
    /// Scenarios, rules or directories [default: everything]
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// Exit with 5 if coverage is below this percentage
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub min: Option<f64>,
    /// Show only rules with an uncovered clause
    #[arg(long)]
    pub uncovered: bool,
    /// Report format: human, json or markdown
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "human",
        hide_default_value = true,
        hide_possible_values = true
    )]
    pub format: TableFormat,
}

/// Options of `mutate`.
#[derive(Debug, Clone, Default, Group)]
pub struct MutateArgs {
    /// Scenarios, rules or directories [default: everything]
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// Exit with 5 if the mutation score is below this percentage
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub min: Option<f64>,
    /// Only these mutation operators: drop, negate, swap-and-or, drop-item, widen, narrow, boundary,
    /// case, maxspan, drop-key, aggregate, swap-stages, swap-fields, history, parentheses, nested,
    /// quotes, drop-until
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', value_parser = operator)]
    pub operators: Vec<Operator>,
    /// Number of missing cases to show per rule, the most important first; 0 shows all
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub survivors: usize,
    /// List every mutant and the check that caught it
    #[arg(long)]
    pub list: bool,
    /// Only mutate lines that differ from this git revision
    #[arg(long, value_name = "REF")]
    pub in_diff: Option<String>,
    /// Number of threads
    #[arg(short = 'j', long = "jobs", value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Report format: human, json or markdown
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "human",
        hide_default_value = true,
        hide_possible_values = true
    )]
    pub format: TableFormat,
}

/// Options of `diff`.
#[derive(Debug, Clone, Default, Group)]
pub struct DiffArgs {
    /// The older side: a git revision, or the root of a project
    #[arg(value_name = "OLD")]
    pub old: String,
    /// The newer side [default: the work tree]
    #[arg(value_name = "NEW")]
    pub new: Option<String>,
    /// Exit with 1 if a case is of one of these classes: lost, new, split, reason, content, added,
    /// removed
    #[arg(long, value_name = "CLASS,…", value_delimiter = ',', value_parser = class)]
    pub fail_on: Vec<Class>,
    /// Exit with 5 if a changed or new rule has no test [default: require-tested of [gates]]
    #[arg(long)]
    pub require_tested: bool,
    /// Also run both versions of changed rules over these recordings: files, directories or
    /// patterns of NDJSON, `.gz`, `.zst` and EVTX
    #[arg(long, value_name = "PATH")]
    pub captures: Vec<String>,
    /// How Parquet files are read.
    #[command(flatten)]
    pub parquet: ParquetArgs,
    /// Exception lists that apply over the recordings to the rules of both sides that refer to them,
    /// files or directories (repeatable); beside those of each side's project
    #[arg(long, value_name = "PATH", requires = "captures")]
    pub exceptions: Vec<Utf8PathBuf>,
    /// Report format: human, json or markdown
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "human",
        hide_default_value = true,
        hide_possible_values = true
    )]
    pub format: TableFormat,
}

/// Why a value of an option cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in super::super) enum BadMeasure {
    /// No class of change.
    #[error("the classes are {}", Class::ALL.map(Class::word).join(", "))]
    Class,
    /// No kind of change.
    #[error("the operators are {}", Operator::ALL.map(Operator::name).join(", "))]
    Operator,
    /// No share.
    #[error("a number from 0 to 100 belongs here")]
    Percent,
}

/// A class of change by its word.
fn class(text: &str) -> Result<Class, BadMeasure> {
    let found = Class::ALL.into_iter().find(|class| class.word() == text);
    found.ok_or(BadMeasure::Class)
}

/// The formats of the verbs that report a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum TableFormat {
    /// For people
    #[default]
    Human,
    /// For programs
    Json,
    /// For a merge request
    Markdown,
}

/// A kind of change by its name.
pub(in super::super) fn operator(text: &str) -> Result<Operator, BadMeasure> {
    Operator::by_name(text).ok_or(BadMeasure::Operator)
}

/// `0` to `100`.
fn percent(text: &str) -> Result<f64, BadMeasure> {
    match text.trim_end_matches('%').parse::<f64>() {
        Ok(number) if (0.0..=100.0).contains(&number) => Ok(number),
        _ => Err(BadMeasure::Percent),
    }
}
