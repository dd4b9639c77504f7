//! Options of the commands that look at rules and explain: `check`, `explain`, `sources`.

use camino::Utf8PathBuf;
use clap::{Args as Group, Subcommand, ValueEnum};

use super::scan::ParquetArgs;

/// Options of `check`.
#[derive(Debug, Clone, Default, Group)]
pub struct CheckArgs {
    /// Rules, scenarios or directories [default: everything]
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// Report format: human, concise (one finding per line), json, or markdown (figures only)
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "human",
        hide_default_value = true,
        hide_possible_values = true
    )]
    pub format: CheckFormat,
    /// Show every finding instead of the first ones of each kind
    #[arg(long)]
    pub verbose: bool,
    /// Treat the findings of a lint as errors (repeatable)
    #[arg(long, value_name = "NAME")]
    pub deny: Vec<String>,
    /// Ignore the findings of a lint (repeatable)
    #[arg(long, value_name = "NAME")]
    pub allow: Vec<String>,
}

/// How `check` reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum CheckFormat {
    /// For people, with the places drawn
    #[default]
    Human,
    /// A finding a line
    Concise,
    /// For programs
    Json,
    /// Figures only
    Markdown,
}

/// Options of `explain`.
#[derive(Debug, Clone, Default, Group)]
pub struct ExplainArgs {
    /// A rule or its scenario; or a term of the reports, an error code (E310), a lint
    #[arg(value_name = "RULE|WORD")]
    pub rule: String,
    /// The case by its name [default: the attack]
    #[arg(long, value_name = "NAME")]
    pub case: Option<String>,
    /// Explain a recording instead of a case: NDJSON (also .gz and .zst), EVTX or Parquet; of rules
    /// in EQL, KQL, Lucene and ES|QL
    #[arg(long, value_name = "FILE", conflicts_with = "case")]
    pub events: Option<String>,
    /// How Parquet files are read.
    #[command(flatten)]
    pub parquet: ParquetArgs,
    /// Only on this data source; for a recording, the source whose field types apply
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// Exception lists that apply to the rule over the recording if it refers to them, files or
    /// directories (repeatable); beside those of the project
    #[arg(long, value_name = "PATH", requires = "events")]
    pub exceptions: Vec<Utf8PathBuf>,
    /// Draw the executions of the rule on a timeline: when each runs and which events it sees
    #[arg(long, conflicts_with = "events")]
    pub schedule: bool,
    /// List every clause, not only the deciding ones
    #[arg(long)]
    pub all_clauses: bool,
    /// Report format: human or json
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "human",
        hide_default_value = true,
        hide_possible_values = true
    )]
    pub format: ExplainFormat,
}

/// The formats of `explain`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ExplainFormat {
    /// For people
    #[default]
    Human,
    /// For programs
    Json,
}

/// Options of `sources`.
#[derive(Debug, Clone, Default, Group)]
#[command(args_conflicts_with_subcommands = true)]
pub struct SourcesArgs {
    /// The data source to show
    pub name: Option<String>,
    /// What else there is to do.
    #[command(subcommand)]
    pub verb: Option<SourcesVerb>,
}

/// What `sources` does besides showing them.
#[derive(Debug, Clone, Subcommand)]
pub enum SourcesVerb {
    /// Learn a data source from a recording: its indices, field types and kinds of event
    Learn(LearnArgs),
}

/// Options of `sources learn`.
#[derive(Debug, Clone, Default, Group)]
pub struct LearnArgs {
    /// The recording: NDJSON, also as .gz or .zst
    #[arg(value_name = "FILE")]
    pub file: String,
    /// The name of the data source; the recording's without
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Where to write the source, below the root; standard output without, or for `-`
    #[arg(short = 'o', long = "output", value_name = "OUT")]
    pub output: Option<Utf8PathBuf>,
    /// Replace the file if it exists
    #[arg(long, requires = "output")]
    pub overwrite: bool,
}
