//! Options of `compare`.

use camino::Utf8PathBuf;
use clap::{Args as Group, ValueEnum};

use super::scan::ParquetArgs;

/// Options of `compare`.
#[derive(Debug, Clone, Group)]
pub struct CompareArgs {
    /// The answers of the cluster, NDJSON: each line of scan --emit-requests with `status` and
    /// `response` added
    #[arg(value_name = "RESPONSES")]
    pub responses: Utf8PathBuf,
    /// The documents that were indexed: NDJSON files, Parquet files, event logs (EVTX), directories
    /// or patterns; `.gz` and `.zst` are unpacked
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<String>,
    /// How Parquet files are read.
    #[command(flatten)]
    pub parquet: ParquetArgs,
    /// The mapping of the indices that were searched: the answer of GET INDEX/_mapping (repeatable).
    /// It counts before the data sources
    #[arg(long, value_name = "FILE")]
    pub mapping: Vec<Utf8PathBuf>,
    /// Exception lists for the rules that refer to them, as they were given to scan
    /// --emit-requests: files or directories (repeatable)
    #[arg(long, value_name = "PATH")]
    pub exceptions: Vec<Utf8PathBuf>,
    /// Output format: table or json
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "table",
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub format: CompareFormat,
    /// Number of threads
    #[arg(short = 'j', long = "jobs", value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// The most events that are held for the search of one rule; the answer to a search that needs
    /// more is not compared
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub max_documents: usize,
    /// Exit with 3 if an answer was not compared, or a rule has no answer
    #[arg(long)]
    pub strict: bool,
}

/// How a comparison is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CompareFormat {
    /// For people
    Table,
    /// One JSON object
    Json,
}
