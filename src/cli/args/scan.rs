//! Options of `scan` and `plan-shards`.

use camino::Utf8PathBuf;
use clap::{Args as Group, ValueEnum};

use crate::event::Timestamp;
use crate::event::time::{DateFormat, milliseconds_back};
use crate::scan::noise::Budget;
use crate::scan::stage_hits::Owner;

/// Options of `scan`.
#[derive(Debug, Clone, Default, Group)]
pub struct ScanArgs {
    /// NDJSON files, event logs (EVTX), Parquet files, directories or patterns; `-` is standard
    /// input, `.gz` and `.zst` are unpacked
    #[arg(value_name = "FILE", required_unless_present = "emit_requests")]
    pub files: Vec<String>,
    /// How Parquet files are read.
    #[command(flatten)]
    pub parquet: ParquetArgs,
    /// Output format: ndjson, json or table [default: ndjson]
    #[arg(long, value_name = "FORMAT", hide_possible_values = true)]
    pub format: Option<ScanFormat>,
    /// Print how noisy each rule is instead of alerts: alerts per day, hosts, most frequent values
    /// (as a table, or with --format json or ndjson)
    #[arg(long)]
    pub summary: bool,
    /// Exit with 5 if a rule alerts more often than that: 5/day, 1/hour, 20/week
    #[arg(long, value_name = "N/PERIOD")]
    pub budget: Option<Budget>,
    /// Write statistics of the run to FILE, as JSON
    #[arg(long, value_name = "FILE")]
    pub stats: Option<Utf8PathBuf>,
    /// Number of threads
    #[arg(short = 'j', long = "jobs", value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Reorder events of a stream within this many minutes; files are always ordered completely
    #[arg(long, value_name = "MINUTES", default_value_t = 5)]
    pub reorder: u32,
    /// Exception lists for the rules that refer to them, in addition to those of the project: files
    /// or directories (repeatable)
    #[arg(long, value_name = "PATH")]
    pub exceptions: Vec<Utf8PathBuf>,
    /// Indicators that rules of type threat_match compare events with: files as FILE, directories or
    /// patterns (repeatable); without them these rules are not run
    #[arg(long, value_name = "FILE")]
    pub indicators: Vec<String>,
    /// Replay the executions of the schedule for rules of type eql, query and saved_query as well:
    /// their range, max_signals and alert suppression
    #[arg(long, conflicts_with_all = ["window", "stage_hits", "from_stage_hits"])]
    pub executions: bool,
    /// Maximum number of partial sequences in memory; the oldest are dropped beyond it
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub max_partials: usize,
    /// The most events that are held for the executions of one rule, and the most indicators; of
    /// events the oldest go, of indicators the last
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub max_documents: usize,
    /// Stop at the first line that is not an event; exit with 3 if a rule was not run or failed on
    /// an event, or events or sequences were lost
    #[arg(long)]
    pub strict: bool,
    /// Requests instead of alerts.
    #[command(flatten)]
    pub requests: RequestArgs,
    /// The part of a scan on several machines.
    #[command(flatten)]
    pub division: DivisionArgs,
}

/// The heading of the options of requests.
const REQUESTS: &str = "Requests for a cluster";

/// Options of `scan` that write search requests.
#[derive(Debug, Clone, Default, Group)]
pub struct RequestArgs {
    /// Write the search requests of the rules for a cluster to FILE (`-`: standard output), a line
    /// each, instead of running them; for the time from --from to --to, or that of the files
    #[arg(long, value_name = "FILE", help_heading = REQUESTS, conflicts_with_all = ["format", "summary", "budget", "stats", "indicators", "executions", "window", "stage_hits", "from_stage_hits", "complete"])]
    pub emit_requests: Option<Utf8PathBuf>,
    /// How many results a request asks for, at most 10000 [default: `max_signals` of the rule]
    #[arg(long = "request-size", value_name = "N", help_heading = REQUESTS, requires = "emit_requests", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub size: Option<u32>,
}

/// Options of every verb that reads Parquet files.
#[derive(Debug, Clone, Default, Group)]
pub struct ParquetArgs {
    /// The column of Parquet files that holds the events as JSON [default: one that is alone or
    /// named so; else columns are fields]
    #[arg(long, value_name = "NAME")]
    pub raw_column: Option<String>,
}

/// The heading of the options that divide a scan.
const DIVISION: &str = "A part of a scan on several machines";

/// Options of `scan` for one part of a scan on several machines.
#[derive(Debug, Clone, Default, Group)]
pub struct DivisionArgs {
    /// Report only alerts whose last event is not before this time (2026-01-31T00:00:00Z); with
    /// --emit-requests, the start of the requests' time range
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = DIVISION)]
    pub from: Option<Timestamp>,
    /// Report only alerts whose last event is before this time; with --emit-requests, the end of the
    /// requests' time range, which includes it
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = DIVISION)]
    pub to: Option<Timestamp>,
    /// Run only rules whose matches span at most this time (10m); with stage hits, only the others
    #[arg(long, value_name = "SPAN", help_heading = DIVISION)]
    pub window: Option<ScanWindow>,
    /// Write the stage hits of the events to FILE instead of alerts; with --from and --to, of those in
    /// the slice
    #[arg(long, value_name = "FILE", help_heading = DIVISION, conflicts_with = "summary")]
    pub stage_hits: Option<Utf8PathBuf>,
    /// Beside stage hits, report the alerts of the rules that --window leaves to a slice, so that the
    /// events are read once for both
    #[arg(long, help_heading = DIVISION, requires_all = ["stage_hits", "window"])]
    pub with_alerts: bool,
    /// Split the stage hits by machine: write FILE.0 to FILE.N-1, each with the hits that --owner I/N
    /// correlates
    #[arg(long, value_name = "N", help_heading = DIVISION, requires = "stage_hits", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub owners: Option<u16>,
    /// Read files of stage hits instead of events
    #[arg(long, help_heading = DIVISION, conflicts_with_all = ["from", "to", "summary", "stage_hits"])]
    pub from_stage_hits: bool,
    /// Report only alerts of the join keys of machine I of N (0/4)
    #[arg(long, value_name = "I/N", value_parser = owner, help_heading = DIVISION, requires = "from_stage_hits")]
    pub owner: Option<Owner>,
    /// Exit with 3 if events could not be read, sorted or kept, or a rule was not run or failed on an event
    #[arg(long, help_heading = DIVISION)]
    pub complete: bool,
}

/// A span of time, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanWindow(pub i64);

/// Why a value of an option cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadScanValue {
    /// No span of time.
    #[error("a span is a number and a unit, as 30s, 10m, 12h or 1d")]
    Span,
    /// No instant.
    #[error("a time is written as 2026-01-31T00:00:00Z")]
    Time,
    /// No machine of several.
    #[error("a machine is I/N: its number, from 0, and how many there are")]
    Owner,
}

impl std::str::FromStr for ScanWindow {
    type Err = BadScanValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let millis = milliseconds_back(&format!("now-{text}"));
        let millis = millis.filter(|millis| *millis >= 0 && !text.contains(['+', '-', '/']));
        millis.map(Self).ok_or(BadScanValue::Span)
    }
}

fn time(text: &str) -> Result<Timestamp, BadScanValue> {
    let time = DateFormat::usual().parse(text);
    time.ok_or(BadScanValue::Time)
}

fn owner(text: &str) -> Result<Owner, BadScanValue> {
    let parts = text.split_once('/');
    let parts = parts.and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
    match parts {
        Some((index, count)) if index < count => Ok(Owner { index, count }),
        _ => Err(BadScanValue::Owner),
    }
}

/// Options of `plan-shards`.
#[derive(Debug, Clone, Default, Group)]
pub struct PlanShardsArgs {
    /// Files whose time ranges are to be listed: files as `scan` reads them, directories or patterns
    #[arg(value_name = "FILE")]
    pub files: Vec<String>,
    /// How Parquet files are read.
    #[command(flatten)]
    pub parquet: ParquetArgs,
    /// The longest neighbourhood of a slice [default: the longest span of a rule]
    #[arg(long, value_name = "SPAN")]
    pub window: Option<ScanWindow>,
    /// Exception lists for the rules that refer to them, files or directories (repeatable)
    #[arg(long, value_name = "PATH")]
    pub exceptions: Vec<Utf8PathBuf>,
}

/// How alerts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ScanFormat {
    /// A JSON object a line
    #[default]
    Ndjson,
    /// A JSON array
    Json,
    /// For people
    Table,
}
