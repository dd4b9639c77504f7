//! Options of the commands that write documents and scenarios: `import`, `new`.

use camino::Utf8PathBuf;
use clap::{Args as Group, ValueEnum};

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
    /// Write the smallest scenario that still alerts, instead of documents; of rules in EQL, KQL,
    /// Lucene and ES|QL
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
