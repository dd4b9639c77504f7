//! Declares the options of every command; the only file that uses clap's derive.
//! [`super::settings`] turns parsed options into settings. A new command is a variant of [`Verb`],
//! a struct of its options here, and a file in `commands/`.
//!
//! A new verb is a variant of [`Verb`], a struct of its options here, and a file in `commands/`.
//!
//! Longer than 500 lines: the options of all verbs are read side by side, so that like ones have like
//! names.

use std::str::FromStr;

use camino::Utf8PathBuf;
use clap::{ArgAction, Args as Group, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::event::Timestamp;
use crate::event::time::{DateFormat, milliseconds_back};
use crate::mutation::Operator;
use crate::scan::noise::Budget;
use crate::scan::stage_hits::Owner;
use crate::snapshot::Class;

/// Replays attack and benign scenarios through detection rules and shows every change of
/// behaviour.
#[derive(Debug, Parser)]
#[command(name = "trapline", version, max_term_width = 100)]
pub struct Args {
    /// Options of every verb.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

impl Args {
    /// Reads a command line that no person typed; the error in words.
    pub fn of_line(line: &[String]) -> Result<Self, String> {
        Self::try_parse_from(line).map_err(|error| error.to_string())
    }
}

/// The heading of the options that every command has.
const GLOBAL: &str = "Global options";

/// Options of every verb.
#[derive(Debug, Clone, Default, Group)]
pub struct Global {
    /// Root of the project, instead of the nearest directory with a trapline.toml
    #[arg(long, global = true, value_name = "DIR", help_heading = GLOBAL)]
    pub root: Option<Utf8PathBuf>,
    /// Directory with rules, instead of the configured ones (repeatable)
    #[arg(long, global = true, value_name = "DIR", help_heading = GLOBAL)]
    pub rules: Vec<Utf8PathBuf>,
    /// Directory with scenarios, instead of the configured one
    #[arg(long, global = true, value_name = "DIR", help_heading = GLOBAL)]
    pub scenarios: Option<Utf8PathBuf>,
    /// Allow rules and scenarios to read this directory outside the root (repeatable)
    #[arg(long, global = true, value_name = "DIR", help_heading = GLOBAL)]
    pub allow_dir: Vec<Utf8PathBuf>,
    /// When to use colours: auto, always or never
    #[arg(
        long,
        global = true,
        help_heading = GLOBAL,
        value_name = "WHEN",
        default_value = "auto",
        hide_default_value = true,
        hide_possible_values = true
    )]
    pub color: Color,
}

/// When to write colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Run scenarios and compare the outcome with expectations and snapshots
    Test(TestArgs),
    /// Run one EQL, KQL, Lucene or ES|QL query over NDJSON
    Query(QueryArgs),
    /// Find mistakes in rules and scenarios, and cases that prove nothing
    Check(CheckArgs),
    /// Explain why a case or recording alerted or not; or a term, an error code, a lint
    Explain(ExplainArgs),
    /// Show which clauses of the rules the cases decide, and the missing cases
    Coverage(CoverageArgs),
    /// Mutate the rules and show the changes that no case detects
    Mutate(MutateArgs),
    /// Show how two versions of the rules behave differently
    Diff(DiffArgs),
    /// Run many rules over recordings, one alert per line
    Scan(ScanArgs),
    /// Print how a scan is divided among machines: spans and join keys of the rules, as JSON
    PlanShards(PlanShardsArgs),
    /// Convert recordings (EVTX, Windows events as JSON, exports from Elastic) to ECS documents or
    /// to the smallest scenario
    Import(ImportArgs),
    /// List the data sources, or show one with its sensor facts and their evidence
    Sources(SourcesArgs),
    /// Review pending snapshot changes
    Review(ReviewArgs),
    /// Write first scenarios for rules: an attack and a case for each clause
    New(NewArgs),
    /// Set up a project: directories, configuration, CI; overwrites nothing
    Init,
    /// Serve an editor: the Language Server Protocol on standard input and output
    Lsp,
    /// Serve an assistant: the Model Context Protocol on standard input and output
    Mcp,
    /// Print the JSON Schema of scenarios, rules, trapline.toml or the JSON report
    Schema(SchemaArgs),
    /// Print shell completions
    Completions(CompletionsArgs),
    /// Write manual pages
    Man(ManArgs),
}

/// Options of `review`.
#[derive(Debug, Clone, Default, Group)]
pub struct ReviewArgs {
    /// List the pending changes, one per line
    #[arg(long)]
    pub list: bool,
    /// Show the changes of KEY (SCENARIO::CASE[SOURCE], or less of it)
    #[arg(long, value_name = "KEY", conflicts_with = "list")]
    pub show: Option<String>,
    /// Accept the changes of KEY into the snapshot (repeatable)
    #[arg(long, value_name = "KEY", conflicts_with_all = ["list", "show"])]
    pub accept: Vec<String>,
    /// Reject the changes of KEY; the snapshot stays (repeatable)
    #[arg(long, value_name = "KEY", conflicts_with_all = ["list", "show"])]
    pub reject: Vec<String>,
}

/// Options of `schema`.
#[derive(Debug, Clone, Group)]
pub struct SchemaArgs {
    /// Which files: scenario, rule, config (trapline.toml) or report (test --format json)
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
    /// trapline.toml
    Config,
    /// The report of test --format json
    Report,
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

/// Options of `test`.
#[derive(Debug, Clone, Default, Group)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct TestArgs {
    /// Scenarios, rules, directories or KEYs (SCENARIO::CASE[SOURCE]) [default: everything]
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// Run only checks that match EXPR: words, and, or, not, ( ), rule: case: source: tag: verdict:
    #[arg(short = 'k', value_name = "EXPR")]
    pub select: Option<String>,
    /// Run only this data source (repeatable)
    #[arg(long, value_name = "NAME")]
    pub source: Vec<String>,
    /// List the checks and the untested and unsupported rules without running them
    #[arg(long)]
    pub list: bool,
    /// Stop at the first failure
    #[arg(long)]
    pub fail_fast: bool,
    /// Accept changes into the snapshots: classes (lost, new, split, reason, content, added,
    /// removed, all) or a KEY [default: reason,content,added]
    #[arg(
        long,
        value_name = "CLASS,…|KEY",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        action = ArgAction::Append
    )]
    pub accept: Option<Vec<String>>,
    /// Review the changes after the run, as `review` does
    #[arg(long, conflicts_with_all = ["accept", "check", "list", "watch"])]
    pub review: bool,
    /// Run only scenarios that changed since a git revision (default HEAD), or whose rule,
    /// captures or exception lists did
    #[arg(long, value_name = "REF", num_args = 0..=1, require_equals = true, default_missing_value = "HEAD")]
    pub changed: Option<String>,
    /// Run again after each save what the saved file affects, until Ctrl-C
    #[arg(long, conflicts_with_all = ["accept", "changed", "list"])]
    pub watch: bool,
    /// Write nothing, as with CI set
    #[arg(long, conflicts_with = "accept")]
    pub check: bool,
    /// Fail on vacuous, uncertain, unsupported and unshaped results; =false overrides trapline.toml
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub strict: Option<bool>,
    /// Exit with 5 if a supported rule has no scenario; =changed checks only rules that differ from
    /// the revision of --changed, of the pull request, or else from HEAD
    #[arg(long, value_name = "WHICH", num_args = 0..=1, require_equals = true, default_missing_value = "all")]
    pub require_tested: Option<Required>,
    /// Exit with 5 if a tested rule has fewer cases, no case that alerts, or none that does not
    #[arg(long, value_name = "N")]
    pub min_cases: Option<usize>,
    /// Print the clause coverage of the rules
    #[arg(long)]
    pub coverage: bool,
    /// Show only failures and the summary
    #[arg(long)]
    pub failures_only: bool,
    /// Number of threads
    #[arg(short = 'j', long = "jobs", value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Report format (repeatable): human, json, junit, sarif, github, markdown or html; =FILE
    /// writes to a file
    #[arg(long, value_name = "FORMAT[=FILE]")]
    pub format: Vec<FormatArg>,
}

/// Which rules need a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Required {
    /// None
    #[default]
    None,
    /// All that Trapline can run
    All,
    /// Those that changed
    Changed,
}

impl Required {
    /// The rules of a word, as the option takes it.
    pub fn by_word(word: &str) -> Option<Self> {
        Self::from_str(word, false).ok()
    }
}

/// Options of `query`.
#[derive(Debug, Clone, Group)]
pub struct QueryArgs {
    /// The query
    pub query: String,
    /// NDJSON, one document a line, with an optional _index and _id; `-` is standard input, .gz
    /// and .zst are unpacked. An ES|QL query that begins with ROW needs none
    #[arg(value_name = "FILE", required_unless_present = "language")]
    pub files: Vec<String>,
    /// The language of the query
    #[arg(long, value_name = "LANGUAGE", default_value = "eql")]
    pub language: QueryLanguage,
    /// An Elasticsearch mapping, such as the answer of GET INDEX/_mapping (repeatable); without
    /// one, ECS types apply and the others come from the values
    #[arg(long, value_name = "FILE")]
    pub mapping: Vec<Utf8PathBuf>,
    /// The field that orders events
    #[arg(long, value_name = "FIELD", default_value = "@timestamp")]
    pub timestamp_field: String,
    /// The field that holds the category before `where`
    #[arg(long, value_name = "FIELD", default_value = "event.category")]
    pub event_category_field: String,
    /// The field that orders events of the same time
    #[arg(long, value_name = "FIELD")]
    pub tiebreaker_field: Option<String>,
    /// Maximum number of events, sequences or samples returned
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub size: usize,
    /// Page size, at least 2; does not change the answer
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(2..))]
    pub fetch_size: u32,
    /// Which end to return if there are more results than --size
    #[arg(long, value_name = "END", default_value = "tail")]
    pub result_position: End,
    /// Maximum number of samples per key, at least 1
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_samples_per_key: u32,
    /// How to treat an optional field (?field) that no mapping has: as missing in every event, or
    /// as a null that Elasticsearch folds away before it runs the query
    #[arg(long, value_name = "HOW", default_value = "missing")]
    pub optional: Optional,
    /// The time of `now` in date math, instead of the clock's
    #[arg(long, value_name = "TIME")]
    pub now: Option<String>,
    /// Output as a table or as the response body [default: a table on a terminal, else json]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<QueryFormat>,
}

/// An end of the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum End {
    /// The earliest.
    Head,
    /// The most recent.
    Tail,
}

/// What an unmapped optional field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Optional {
    /// Missing in every event.
    Missing,
    /// Null, folded away.
    Folded,
}

/// A query language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum QueryLanguage {
    /// EQL, answered as `_eql/search` answers it.
    Eql,
    /// ES|QL, answered as `_query` answers it.
    Esql,
    /// KQL, answered as `_search` answers what Kibana makes of it.
    Kuery,
    /// A Lucene query string, answered as `_search` answers it.
    Lucene,
}

/// How `query` answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum QueryFormat {
    /// For people.
    Table,
    /// For programs.
    Json,
}

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
    /// Explain a recording instead of a case: NDJSON (also .gz and .zst) or EVTX
    #[arg(long, value_name = "FILE", conflicts_with = "case")]
    pub events: Option<String>,
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
    /// case, maxspan, drop-key, aggregate, swap-stages, swap-fields, history, drop-until
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

/// A class of change by its word.
fn class(text: &str) -> Result<Class, String> {
    let found = Class::ALL.into_iter().find(|class| class.word() == text);
    found.ok_or_else(|| format!("the classes are {}", Class::ALL.map(Class::word).join(", ")))
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
pub(super) fn operator(text: &str) -> Result<Operator, String> {
    let names = Operator::ALL.map(Operator::name);
    Operator::by_name(text).ok_or_else(|| format!("the operators are {}", names.join(", ")))
}

/// `0` to `100`.
fn percent(text: &str) -> Result<f64, String> {
    match text.trim_end_matches('%').parse::<f64>() {
        Ok(number) if (0.0..=100.0).contains(&number) => Ok(number),
        _ => Err("a number from 0 to 100 belongs here".to_owned()),
    }
}

/// Options of `scan`.
#[derive(Debug, Clone, Default, Group)]
pub struct ScanArgs {
    /// NDJSON files, event logs (EVTX), directories or patterns; `-` is standard input, `.gz` and
    /// `.zst` are unpacked
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<String>,
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
    /// Reorder events of a stream within so many minutes; files are always ordered completely
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
    /// Stop at the first line that is not an event; exit with 3 if events or sequences were lost
    #[arg(long)]
    pub strict: bool,
    /// The part of a scan on several machines.
    #[command(flatten)]
    pub division: DivisionArgs,
}

/// The heading of the options that divide a scan.
const DIVISION: &str = "A part of a scan on several machines";

/// Options of `scan` for one part of a scan on several machines.
#[derive(Debug, Clone, Default, Group)]
pub struct DivisionArgs {
    /// Report only alerts whose last event is not before this time (2026-01-31T00:00:00Z)
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = DIVISION)]
    pub from: Option<Timestamp>,
    /// Report only alerts whose last event is before this time
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = DIVISION)]
    pub to: Option<Timestamp>,
    /// Run only rules whose matches span at most this time (10m); with stage hits, only the others
    #[arg(long, value_name = "SPAN", help_heading = DIVISION)]
    pub window: Option<ScanWindow>,
    /// Write the stage hits of the events to FILE instead of alerts
    #[arg(long, value_name = "FILE", help_heading = DIVISION, conflicts_with_all = ["from", "to", "summary"])]
    pub stage_hits: Option<Utf8PathBuf>,
    /// Read files of stage hits instead of events
    #[arg(long, help_heading = DIVISION, conflicts_with_all = ["from", "to", "summary", "stage_hits"])]
    pub from_stage_hits: bool,
    /// Report only alerts of the join keys of machine I of N (0/4)
    #[arg(long, value_name = "I/N", value_parser = owner, help_heading = DIVISION, requires = "from_stage_hits")]
    pub owner: Option<Owner>,
    /// Exit with 3 if events could not be read, put in order or kept
    #[arg(long, help_heading = DIVISION)]
    pub complete: bool,
}

/// A span of time, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanWindow(pub i64);

impl std::str::FromStr for ScanWindow {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let millis = milliseconds_back(&format!("now-{text}"));
        let millis = millis.filter(|millis| *millis >= 0 && !text.contains(['+', '-', '/']));
        millis
            .map(Self)
            .ok_or("a span is a number and a unit, as 30s, 10m, 12h or 1d")
    }
}

fn time(text: &str) -> Result<Timestamp, &'static str> {
    let time = DateFormat::usual().parse(text);
    time.ok_or("a time is written as 2026-01-31T00:00:00Z")
}

fn owner(text: &str) -> Result<Owner, &'static str> {
    let parts = text.split_once('/');
    let parts = parts.and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
    match parts {
        Some((index, count)) if index < count => Ok(Owner { index, count }),
        _ => Err("a machine is I/N: its number, from 0, and how many there are"),
    }
}

/// Options of `plan-shards`.
#[derive(Debug, Clone, Default, Group)]
pub struct PlanShardsArgs {
    /// Files whose time ranges are to be listed: NDJSON, directories or patterns
    #[arg(value_name = "FILE")]
    pub files: Vec<String>,
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

/// Options of `import`.
#[derive(Debug, Clone, Default, Group)]
pub struct ImportArgs {
    /// Recordings, directories or patterns, packed (.zip, .gz, .zst) or not; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<String>,
    /// Write to OUT (`-` is standard output); with --minimise, the scenario file instead of the one
    /// that mirrors the rule's
    #[arg(short = 'o', long = "output", value_name = "OUT")]
    pub output: Option<Utf8PathBuf>,
    /// The form of every event, instead of detecting it: winlogbeat, winlogbeat6, nxlog,
    /// event-tree, ecs, alert or response
    #[arg(long, value_name = "FORM")]
    pub source: Option<String>,
    /// The rule to minimise for
    #[arg(long, value_name = "RULE", requires = "minimise")]
    pub rule: Option<String>,
    /// Write the smallest scenario that still alerts, instead of documents
    #[arg(long, requires = "rule")]
    pub minimise: bool,
    /// With --minimise, the kind of scenario: attack (it alerts) or benign (it does not, for the
    /// same reason); and the pipeline of the documents: integration (Elastic Agent) or winlogbeat,
    /// instead of the shipper that each event names (repeatable)
    #[arg(long = "as", value_name = "WHAT", hide_possible_values = true)]
    pub what: Vec<As>,
    /// Exception lists that apply to the rule if it refers to them, files or directories
    /// (repeatable); beside those of the project
    #[arg(long, value_name = "PATH", requires = "minimise")]
    pub exceptions: Vec<Utf8PathBuf>,
    /// The name of the scenario's attack
    #[arg(long, value_name = "NAME", requires = "minimise")]
    pub name: Option<String>,
    /// The data source of the scenario, instead of the one that serves most events
    #[arg(long, value_name = "NAME", requires = "minimise")]
    pub shape: Option<String>,
    /// Replace users, hosts, domains, addresses and ids by pseudonyms; always on for written
    /// scenarios
    #[arg(long, requires = "minimise", overrides_with = "no_scrub")]
    pub scrub: bool,
    /// Keep users, hosts, domains, addresses and ids
    #[arg(long, requires = "minimise", overrides_with = "scrub")]
    pub no_scrub: bool,
}

/// What `import --as` chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum As {
    /// A scenario in which the rule alerts.
    Attack,
    /// A scenario in which the rule does not alert, and why.
    Benign,
    /// Documents of Elastic's integrations.
    Integration,
    /// Documents of Winlogbeat.
    Winlogbeat,
}

/// Options of `new`.
#[derive(Debug, Clone, Default, Group)]
pub struct NewArgs {
    /// Rule files, or directories of which every rule without a scenario is taken
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<String>,
    /// Append missing cases to the rule's scenario; existing text is not changed
    #[arg(long)]
    pub fill_coverage: bool,
    /// Only for this data source (repeatable)
    #[arg(long = "source", value_name = "NAME")]
    pub sources: Vec<String>,
    /// The scenario file, instead of the one that mirrors the rule (`-` is standard output)
    #[arg(short = 'o', long = "output", value_name = "OUT")]
    pub output: Option<Utf8PathBuf>,
}

/// Options of `sources`.
#[derive(Debug, Clone, Default, Group)]
pub struct SourcesArgs {
    /// The data source to show
    pub name: Option<String>,
}

/// `json` or `json=report.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormatArg {
    /// Which format.
    pub format: Format,
    /// Where to write it; standard output if not given.
    pub file: Option<Utf8PathBuf>,
}

/// A report format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Human,
    /// For programs.
    Json,
    /// For the test results of CI systems.
    Junit,
    /// For code scanning.
    Sarif,
    /// For annotations of a pull request.
    Github,
    /// For the summary of a job.
    Markdown,
    /// A page for a browser.
    Html,
}

impl FromStr for FormatArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (word, file) = match text.split_once('=') {
            Some((_, "")) => return Err("a file name belongs behind the `=`".to_owned()),
            Some((word, file)) => (word, Some(Utf8PathBuf::from(file))),
            None => (text, None),
        };
        let format = match word {
            "human" => Format::Human,
            "json" => Format::Json,
            "junit" => Format::Junit,
            "sarif" => Format::Sarif,
            "github" => Format::Github,
            "markdown" => Format::Markdown,
            "html" => Format::Html,
            _ => {
                let formats =
                    "the formats are human, json, junit, sarif, github, markdown and html";
                return Err(formats.to_owned());
            }
        };
        Ok(Self { format, file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_options_are_consistent() {
        Args::command().debug_assert();
    }

    fn test(arguments: &[&str]) -> TestArgs {
        let arguments = [&["trapline", "test"], arguments].concat();
        match Args::try_parse_from(arguments).unwrap().verb {
            Verb::Test(args) => args,
            _ => panic!("not a test"),
        }
    }

    #[test]
    fn accept_takes_a_list_only_behind_an_equals_sign() {
        assert_eq!(test(&[]).accept, None);
        assert_eq!(
            test(&["--accept", "a.yaml"]).accept,
            Some(vec![String::new()])
        );
        assert_eq!(test(&["--accept", "a.yaml"]).paths, ["a.yaml"]);
        let twice = test(&["--accept=lost,new", "--accept=a::b[c]"]).accept;
        assert_eq!(
            twice,
            Some(vec!["lost,new".to_owned(), "a::b[c]".to_owned()])
        );
    }

    #[test]
    fn a_format_may_name_its_file() {
        let formats = test(&["--format", "human", "--format=json=out.json"]).format;
        assert_eq!(formats[0].file, None);
        assert_eq!(formats[1].format, Format::Json);
        assert_eq!(formats[1].file.as_deref(), Some("out.json".into()));
        assert!(Args::try_parse_from(["trapline", "test", "--format=jsn"]).is_err());
    }
}
