//! Snapshots: the recorded behaviour of each scenario file, as text for review in pull requests.
//!
//! `Outcome -> Snapshot -> text` ([`format`]), `text -> Snapshot` ([`read`]), two snapshots ->
//! changes by class ([`class`], [`diff`]), changes and a wish -> the bytes to write ([`accept`]).
//! Nothing in here opens a file. Accepting a snapshot never changes an expectation.

pub mod accept;
pub mod class;
pub mod diff;
pub mod error;
pub mod format;
pub mod read;
pub mod review;
pub mod words;

pub use accept::{Accept, Resolution, resolve};
pub use class::{Change, Class, Scope, compare};
pub use format::{Current, by_file, current, record};
pub use read::read;

/// What one scenario file is recorded to do. Sources that share an entry in the text stand one by
/// one here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The scenario file, relative to the project's root, with `/`.
    pub scenario: String,
    /// The cases in file order.
    pub cases: Vec<Case>,
}

/// The recorded behaviour of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The rule's name, severity and risk; written where it differs from the case before.
    pub header: String,
    /// The case's name.
    pub name: String,
    /// One for each data source.
    pub records: Vec<Record>,
}

/// The recorded behaviour of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The data source.
    pub source: String,
    /// Whether the gap's blocker was waived.
    pub waived: bool,
    /// `gap` or `noise`, when that is how it is pinned.
    pub pin: Option<String>,
    /// One fact a line.
    pub facts: Vec<Fact>,
}

/// One line: `blocker  user.id : "S-1-5-18"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// A single word.
    pub key: String,
    /// The rest of the line; empty for a word that stands alone.
    pub value: String,
}

impl Snapshot {
    /// The record of a check.
    pub fn record(&self, case: &str, source: &str) -> Option<&Record> {
        self.case(case)?
            .records
            .iter()
            .find(|record| record.source == source)
    }

    /// A case by its name.
    pub fn case(&self, name: &str) -> Option<&Case> {
        self.cases.iter().find(|case| case.name == name)
    }
}

impl Record {
    /// Whether it alerts by itself: an alert that needs the gap waived is none in production.
    pub fn alerts(&self) -> usize {
        if self.waived { 0 } else { self.all_alerts() }
    }

    /// How many alerts it has, a waived run's too.
    pub(crate) fn all_alerts(&self) -> usize {
        let many = self.facts.first().filter(|fact| fact.key == "alerts");
        many.and_then(|fact| fact.value.parse().ok())
            .unwrap_or_else(|| self.count("alert"))
    }

    /// How many facts have this key.
    pub(crate) fn count(&self, key: &str) -> usize {
        self.facts.iter().filter(|fact| fact.key == key).count()
    }

    /// The record as it reads in a snapshot when the source stands alone.
    pub fn text(&self) -> String {
        format::entry(std::slice::from_ref(&self))
    }
}

/// Where the snapshot of a scenario file stands: `scenarios/windows/a.yaml` →
/// `scenarios/windows/__snapshots__/a.snap`.
///
/// ```
/// use trapline::snapshot::path;
/// assert_eq!(path("scenarios/windows/a.yaml"), "scenarios/windows/__snapshots__/a.snap");
/// assert_eq!(path("a.b.yml"), "__snapshots__/a.b.snap");
/// ```
pub fn path(scenario: &str) -> String {
    let (directory, file) = match scenario.rfind('/') {
        Some(at) => scenario.split_at(at + 1),
        None => ("", scenario),
    };
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    format!("{directory}__snapshots__/{stem}.snap")
}

#[cfg(test)]
mod tests;
