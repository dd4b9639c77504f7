//! Declares the options of every command, one file a group of commands; the only files that use
//! clap's derive. [`super::settings`] turns parsed options into settings. A new command is a variant
//! of [`Verb`], a struct of its options in one of these files, a file in `settings/` and one in
//! `commands/`.

mod check;
mod compare;
mod format;
mod measure;
mod query;
mod scaffold;
mod scan;
mod test;
mod write;

use camino::Utf8PathBuf;
use clap::{Args as Group, Parser, Subcommand, ValueEnum};

pub use check::{CheckArgs, CheckFormat, ExplainArgs, ExplainFormat};
pub use check::{LearnArgs, SourcesArgs, SourcesVerb};
pub use compare::{CompareArgs, CompareFormat};
pub use format::{BadFormat, Format, FormatArg};
pub(super) use measure::operator;
pub use measure::{CoverageArgs, DiffArgs, MutateArgs, TableFormat};
pub use query::{End, Optional, QueryArgs, QueryFormat, QueryLanguage};
pub use scaffold::{CompletionsArgs, ManArgs, SchemaArgs, SchemaOf};
#[cfg(feature = "internals")]
pub use scan::ScanWindow;
pub use scan::{PlanShardsArgs, ScanArgs, ScanFormat};
pub use test::{Required, ReviewArgs, TestArgs};
pub use write::{As, ImportArgs, NewArgs};

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

impl Verb {
    /// The column of Parquet files that holds events as JSON.
    pub fn raw_column(&self) -> Option<&str> {
        let parquet = match self {
            Self::Scan(args) => &args.parquet,
            Self::PlanShards(args) => &args.parquet,
            Self::Query(args) => &args.parquet,
            Self::Explain(args) => &args.parquet,
            Self::Compare(args) => &args.parquet,
            Self::Diff(args) => &args.parquet,
            _ => return None,
        };
        parquet.raw_column.as_deref()
    }
}

impl Args {
    /// Reads a command line that no person typed.
    pub fn of_line(line: &[String]) -> Result<Self, clap::Error> {
        Self::try_parse_from(line)
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
    /// Hold a cluster's answers to the requests of scan --emit-requests against Trapline's
    Compare(CompareArgs),
    /// Print how a scan is divided among machines: spans and join keys of the rules, as JSON
    PlanShards(PlanShardsArgs),
    /// Convert recordings (EVTX, Windows events as JSON, exports from Elastic) to ECS documents or
    /// to the smallest scenario
    Import(ImportArgs),
    /// List the data sources, show one with its sensor facts and their evidence, or learn one from
    /// a recording
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
    /// Print the JSON Schema of scenarios, rules, data sources, trapline.toml or the JSON reports
    Schema(SchemaArgs),
    /// Print shell completions
    Completions(CompletionsArgs),
    /// Write manual pages
    Man(ManArgs),
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
