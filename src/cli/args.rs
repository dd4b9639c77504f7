//! What was typed; the only file that declares options. [`super::settings`] says what it means.
//!
//! A new verb is a variant of [`Verb`], a struct of its options here, and a file in `commands/`.

use std::str::FromStr;

use camino::Utf8PathBuf;
use clap::{ArgAction, Args as Group, Parser, Subcommand, ValueEnum};

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

/// Options of every verb.
#[derive(Debug, Clone, Default, Group)]
pub struct Global {
    /// The project's root, instead of the nearest directory with a trapline.toml
    #[arg(long, global = true, value_name = "DIR")]
    pub root: Option<Utf8PathBuf>,
    /// Directories with rules, instead of the configured ones
    #[arg(long, global = true, value_name = "DIR")]
    pub rules: Vec<Utf8PathBuf>,
    /// The directory with scenarios, instead of the configured one
    #[arg(long, global = true, value_name = "DIR")]
    pub scenarios: Option<Utf8PathBuf>,
    /// When to write colours: auto, always or never
    #[arg(
        long,
        global = true,
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
    /// Run scenarios, compare expectations and snapshots
    Test(TestArgs),
    /// Run many rules over NDJSON: one alert a line
    Scan(ScanArgs),
    /// List the data sources, or show one with its pins and their evidence
    Sources(SourcesArgs),
}

/// Options of `test`.
#[derive(Debug, Clone, Default, Group)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct TestArgs {
    /// Scenarios, rules, directories or KEYs (SCENARIO::CASE[SOURCE]); everything if there is none
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// Only checks that EXPR names: words, and, or, not, ( ), rule: case: source: tag: verdict:
    #[arg(short = 'k', value_name = "EXPR")]
    pub select: Option<String>,
    /// Only this data source (repeatable)
    #[arg(long, value_name = "NAME")]
    pub source: Vec<String>,
    /// List the checks and the untested and unsupported rules, run nothing
    #[arg(long)]
    pub list: bool,
    /// Stop at the first failure
    #[arg(long)]
    pub fail_fast: bool,
    /// Take changes into the snapshots: classes (lost, new, split, reason, content, added,
    /// removed, all) or a KEY; without a list reason, content and added
    #[arg(
        long,
        value_name = "CLASS,…|KEY",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        action = ArgAction::Append
    )]
    pub accept: Option<Vec<String>>,
    /// Write nothing, as with CI set
    #[arg(long, conflicts_with = "accept")]
    pub check: bool,
    /// Fail on what is not proven, open or not implemented
    #[arg(long)]
    pub strict: bool,
    /// Show nothing but failures and the summary
    #[arg(long)]
    pub failures_only: bool,
    /// How many threads to use
    #[arg(short = 'j', long = "jobs", value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// The report's format (repeatable): human or json, to a file with =FILE
    #[arg(long, value_name = "FORMAT[=FILE]")]
    pub format: Vec<FormatArg>,
}

/// Options of `scan`.
#[derive(Debug, Clone, Default, Group)]
pub struct ScanArgs {
    /// NDJSON files, directories or patterns; `-` is standard input, `.gz` and `.zst` are unpacked
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<String>,
    /// How alerts are written: ndjson, json or table
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "ndjson",
        hide_possible_values = true
    )]
    pub format: ScanFormat,
    /// Write the figures of the run to FILE, as JSON
    #[arg(long, value_name = "FILE")]
    pub stats: Option<Utf8PathBuf>,
    /// How many threads to use
    #[arg(short = 'j', long = "jobs", value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Events of a file that are so many minutes out of order are put in order
    #[arg(long, value_name = "MINUTES", default_value_t = 5)]
    pub reorder: u32,
    /// The most partial sequences that are held; when there are more the oldest go
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub max_partials: usize,
    /// Stop at the first line that is no event
    #[arg(long)]
    pub strict: bool,
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
            _ => return Err("the formats are human and json".to_owned()),
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
            Verb::Scan(_) | Verb::Sources(_) => panic!("not a test"),
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
