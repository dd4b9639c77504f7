//! Why a snapshot file cannot be used, and why nothing of it is accepted.

use super::cause::causes;
use super::details::did_you_mean;

causes! {
    /// What is wrong with a snapshot file.
    BadSnapshot {
        /// Two branches changed it; `command` runs its scenario.
        Conflict { command: String } => "the snapshot holds a merge conflict",
            label "git left this marker",
            help "rebuild it with `{command} --accept=all` and look at the difference";
        Malformed { why: MalformedSnapshot, command: String } =>
            "the file does not read as a snapshot",
            label "{why}",
            help "rebuild it with `{command} --accept=all` and look at the difference";
        /// Its scenario is gone.
        Unreferenced { name: String } => "no scenario belongs to `{name}`",
            help "remove it, or rename it with its scenario";
    }
}

causes! {
    /// What no snapshot has.
    MalformedSnapshot {
        Empty => "the file is empty";
        NoFrontMatter => "a snapshot begins with a line `---`";
        OpenFrontMatter => "the front matter has no end: a second line `---`";
        FactWithoutSource => "a fact belongs below its data source";
        EntryWithoutCase => "an entry belongs below its case, `# CASE`";
        EntryWithoutSource => "an entry names its data sources";
        RuleWithoutCase => "this is no fact, no entry and no rule with cases, `# CASE`";
    }
}

causes! {
    /// A wish for `--accept` that names nothing.
    BadAccept {
        Unknown { name: String, suggestion: Option<String>, known: String } =>
            "`{name}` is neither a class of change nor a KEY",
            hint match suggestion {
                Some(near) => did_you_mean(near),
                None => format!("the classes are {known}, or all"),
            };
    }
}
