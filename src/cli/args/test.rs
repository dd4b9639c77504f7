//! Options of `test` and `review`.

use clap::{ArgAction, Args as Group, ValueEnum};

use super::format::FormatArg;

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
