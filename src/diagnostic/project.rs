//! Why files of a project cannot be used: its configuration, its rules and its scenarios.

use std::fmt;

use super::cause::{Part, causes};
use super::details::did_you_mean;
use super::names::NameList;

causes! {
    /// What is wrong with `trapline.toml`.
    BadConfig {
        /// No TOML; what its reader says.
        Syntax { said: String } => "the configuration cannot be read", label "{said}";
        NoTables { name: &'static str } => "the configuration cannot be read",
            label "expected tables: `[[{name}]]`";
        NoTable { name: String } => "the configuration cannot be read",
            label "expected a table: `[{name}]`";
        /// One of several tables of a name.
        NoTableOfList => "the configuration cannot be read", label "expected a table";
        NoListOfNames => "the configuration cannot be read", label "expected a list of names";
        /// `kind` is what is named, with its article.
        NoName { kind: &'static str } => "the configuration cannot be read",
            label "expected the name of {kind} in quotes";
        NoWord => "the configuration cannot be read", label "expected a word in quotes";
        NoBoolean => "the configuration cannot be read", label "expected `true` or `false`";
        NoNumber => "the configuration cannot be read", label "expected a number";
        NoPositiveNumber => "the configuration cannot be read", label "expected a number above 0";
        NoPercentage => "the configuration cannot be read",
            label "expected a number from 0 to 100";
        NoDirectory => "the configuration cannot be read",
            label "expected the name of a directory in quotes";
        EmptyDirectory => "the configuration cannot be read",
            label "the name of a directory is missing";
        UnknownKey { name: String, suggestion: Option<String>, known: NameList } =>
            "unknown key `{name}`", hint suggestion_or_known(suggestion.as_deref(), known);
    }
}

fn suggestion_or_known(suggestion: Option<&str>, known: &NameList) -> String {
    suggestion.map_or_else(|| format!("known here: {known}"), did_you_mean)
}

causes! {
    /// Why a file, or a rule in it, is not there.
    NotFound {
        File { name: String } => "`{name}` does not exist";
        /// The rule that a scenario tests.
        TestedRule { name: String } => "there is no rule `{name}`",
            help "name the rule with `rule:`, relative to the scenario file";
        Rule { name: String } => "there is no rule `{name}`",
            help "a rule in a file of Kibana's export is named `FILE#RULE_ID`";
        /// A name that must stand for one rule.
        OneRule { name: String, found: usize } =>
            "`{name}` holds {found} rules; name one by its id",
            help "a rule in a file of Kibana's export is named `FILE#RULE_ID`";
    }
}

causes! {
    /// Why something of a project is not run.
    NotTested {
        /// Files that an ignore file hides.
        Ignored { names: FileNames } => "ignore files hide {names}",
            help "they are neither checked nor run";
        /// No data source has the rule's indices.
        NoSource { name: String, indices: NameList } => "no check runs for `{name}`",
            label "no data source serves {indices}",
            help "`trapline sources` lists the indices that data sources serve",
            help "`skip: REASON` in the scenario says that this is meant";
        /// The scenario leaves every check out.
        NothingLeft { name: String } => "no check runs for `{name}`",
            label "no case runs on a data source of the scenario",
            help "`sources`, `only` and the expectations leave nothing to run",
            help "`skip: REASON` in the scenario says that this is meant";
    }
}

/// Names of files: the first of them, and how many there are more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileNames {
    /// The names that are shown; at least one.
    pub shown: Vec<String>,
    /// How many more there are.
    pub more: usize,
}

impl fmt::Display for FileNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.shown.join("`, `"))?;
        match self.more {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

impl Part for FileNames {
    fn part(&self) -> Option<String> {
        self.shown.part()
    }
}
