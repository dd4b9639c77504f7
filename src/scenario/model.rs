//! The model of a scenario, with the place of every part. Made by `parse`, read by `expand`,
//! `check` and the modules that run scenarios.
//!
//! What cannot be meant cannot be held: a case has an expectation, a pin has a reason, a gap
//! stands beside no alert.

use std::sync::Arc;

use crate::diagnostic::{SourceText, Span};

/// Something and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<T> {
    /// What is written.
    pub value: T,
    /// Where.
    pub span: Span,
}

impl<T> Located<T> {
    /// `value`, written at `span`.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// One YAML document of a scenario file: an attack and its cases.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The file.
    pub source: Arc<SourceText>,
    /// Which document of the file, from 0.
    pub document: usize,
    /// The whole document.
    pub span: Span,
    /// The rule file, relative to the scenario file; the mirrored file without.
    pub rule: Option<Located<String>>,
    /// The data sources to run on; every source that the rule claims without.
    pub sources: Option<Vec<Located<String>>>,
    /// Why nothing of the scenario runs.
    pub skip: Option<Located<String>>,
    /// Whether the sources share one Elasticsearch.
    pub deployment: Deployment,
    /// The fields that a `$name` stands for.
    pub names: Vec<FieldName>,
    /// How production runs the rule, for all cases.
    pub schedule: Option<ScheduleSpec>,
    /// Files with exception lists that the rule is linked to, relative to the scenario file.
    pub exceptions: Vec<Located<String>>,
    /// The answers of COMPLETION.
    pub completions: Vec<CompletionAnswer>,
    /// The tables of ENRICH and LOOKUP JOIN.
    pub tables: Vec<LookupTable>,
    /// The base of every case.
    pub attack: Attack,
    /// An error was found in the attack: nothing is run.
    pub attack_is_broken: bool,
    /// The cases in file order, each `each` expanded, but for those with an error.
    pub cases: Vec<Case>,
    /// An error was found in a case.
    pub lacks_cases: bool,
}

/// An answer of a language model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletionAnswer {
    /// A part of the prompts that get it; every prompt where it is empty.
    pub prompt: String,
    /// The answer.
    pub answer: String,
}

/// A lookup index or an enrich policy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LookupTable {
    /// Its name.
    pub name: String,
    /// The column that a policy matches; none of a lookup index.
    pub match_field: Option<String>,
    /// Its rows, each the values of its columns.
    pub rows: Vec<Vec<(String, Vec<WrittenValue>)>>,
}

/// Which indices a check's query sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Deployment {
    /// Those of the check's own source.
    #[default]
    Separate,
    /// Those of all the scenario's sources.
    Combined,
}

/// How production runs the rule, where it differs from the rule file, and which phases are
/// requested.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScheduleSpec {
    /// Where it is written.
    pub span: Span,
    /// Milliseconds from one execution to the next.
    pub interval: Option<Located<i64>>,
    /// Milliseconds that an execution looks back.
    pub from: Option<Located<i64>>,
    /// Milliseconds before an execution at which its range ends.
    pub to: Option<Located<i64>>,
    /// The one phase to replay: executions start so long after the start of the case, and an
    /// interval later again.
    pub phase: Option<Located<i64>>,
    /// In which phases an expected alert must be.
    pub found: Option<Located<FoundIn>>,
}

/// In which phases of the schedule an expected alert must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FoundIn {
    /// In one at least.
    #[default]
    SomePhase,
    /// In all of them.
    EveryPhase,
}

/// The events again and again (`repeat`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeat {
    /// How often in all.
    pub times: usize,
    /// Milliseconds from one to the next.
    pub every: i64,
    /// Where it is written.
    pub span: Span,
}

/// The value of one `$name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldName {
    /// With its dollar sign.
    pub name: Located<String>,
    /// The path for each source.
    pub paths: Vec<(Located<String>, Located<String>)>,
}

/// The attack: what every case starts from, and a case of its own.
#[derive(Debug, Clone)]
pub struct Attack {
    /// Its name.
    pub name: Located<String>,
    /// Its events.
    pub base: Base,
    /// Fields that override what the sensor pins.
    pub force: Vec<Located<FieldKey>>,
    /// How production runs the rule for the attack alone, instead of the scenario's.
    pub schedule: Option<ScheduleSpec>,
    /// The expected outcome.
    pub expect: PerSource<Expectation>,
}

/// Where events come from.
#[derive(Debug, Clone)]
pub enum Base {
    /// They are written in the scenario, in this order.
    Written(Vec<EventSpec>),
    /// They are read from a capture.
    Captured(EventsFrom),
}

/// A capture to read events from, and which of them have labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventsFrom {
    /// The NDJSON file, relative to the scenario file.
    pub file: Located<String>,
    /// Label → EQL event query; the first event that it finds has the label.
    pub labels: Vec<(Located<String>, Located<String>)>,
    /// The source to judge under; the one that serves most events without.
    pub source: Option<Located<String>>,
}

/// A case: the base plus a change, and what must come of it.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its name; `case / key` for a case of an `each`.
    pub name: String,
    /// Where its name is written.
    pub name_span: Span,
    /// The whole case.
    pub span: Span,
    /// The only sources to run on.
    pub only: Option<Vec<Located<String>>>,
    /// Sources to leave out, each with its reason.
    pub skip: Vec<(Located<String>, Located<String>)>,
    /// A capture that replaces the attack's events.
    pub events_from: Option<EventsFrom>,
    /// What to change, in this order: events taken out, changed, added.
    pub changes: Vec<Change>,
    /// How production runs the rule, instead of what the scenario says.
    pub schedule: Option<ScheduleSpec>,
    /// More files with exception lists.
    pub exceptions: Vec<Located<String>>,
    /// Answers of COMPLETION, before those of the scenario.
    pub completions: Vec<CompletionAnswer>,
    /// Its events again and again.
    pub repeat: Option<Repeat>,
    /// Fields that override what the sensor pins.
    pub force: Vec<Located<FieldKey>>,
    /// The expected outcome.
    pub expect: PerSource<Expectation>,
    /// The clauses that must have stopped it; empty where none is named.
    pub because: PerSource<Vec<Located<String>>>,
}

/// One change of a case.
#[derive(Debug, Clone)]
pub enum Change {
    /// The event of this label is left out.
    Remove(Located<String>),
    /// The event of this label is changed.
    Event(EventSpec),
    /// An event more, after the others.
    Add(EventSpec),
}

/// An event, or what a change makes of one.
#[derive(Debug, Clone)]
pub struct EventSpec {
    /// The label that cases and expectations know it by.
    pub label: Located<String>,
    /// Its role for the rule.
    pub role: EventRole,
    /// The kind of event (`is`); an added event and one of an attack has one.
    pub kind: Option<Located<String>>,
    /// Milliseconds from the start of the case (`at`).
    pub at: Option<Located<i64>>,
    /// Milliseconds from its time to when it can be found (`ingested`).
    pub ingested: Option<Located<i64>>,
    /// The fields that it sets, in file order.
    pub fields: Vec<FieldSetting>,
    /// It happens several times (`repeat`), each time with other values (`vary`).
    pub copies: Option<Copies>,
}

/// The role of an event of a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum EventRole {
    /// What the rule is to find (`events`, `add`).
    #[default]
    Event,
    /// What happened before (`history`, `seen`).
    History,
    /// An indicator of compromise (`indicators`).
    Indicator,
}

/// An event several times over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copies {
    /// How often, and how far apart.
    pub repeat: Repeat,
    /// The fields of each copy, of as many copies as differ; then from the first again.
    pub varied: Vec<Vec<FieldSetting>>,
}

/// One field of an event as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldSetting {
    /// The field.
    pub key: Located<FieldKey>,
    /// What becomes of it.
    pub action: FieldAction,
}

/// A field as a scenario names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum FieldKey {
    /// By its dotted path.
    Path(String),
    /// By a `$name` of `fields`, with its dollar sign.
    Name(String),
}

/// The action of a setting on a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldAction {
    /// `field: null`
    Remove(Span),
    /// `field: value`; no values for `[]`.
    Set(Located<Vec<WrittenValue>>),
    /// `field+: value`
    Append(Located<Vec<WrittenValue>>),
}

/// One value as it is written; the type of the field decides what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenValue {
    /// The text: as written if plain, else decoded.
    pub text: String,
    /// Whether it stands in quotes or in a block.
    pub quoted: bool,
    /// Where.
    pub span: Span,
}

/// The same for all sources, or something for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PerSource<T> {
    /// For every source.
    All(T),
    /// For each source that is named.
    Each(Vec<(Located<String>, T)>),
}

impl<T> PerSource<T> {
    /// What holds for a source.
    pub fn get(&self, source: &str) -> Option<&T> {
        match self {
            Self::All(value) => Some(value),
            Self::Each(entries) => entries
                .iter()
                .find(|(name, _)| name.value == source)
                .map(|(_, value)| value),
        }
    }

    /// Whether the source has an entry of its own.
    pub fn names(&self, source: &str) -> bool {
        matches!(self, Self::Each(_)) && self.get(source).is_some()
    }

    /// Everything that holds somewhere.
    pub fn values(&self) -> Vec<&T> {
        match self {
            Self::All(value) => vec![value],
            Self::Each(entries) => entries.iter().map(|(_, value)| value).collect(),
        }
    }
}

/// The expected outcome of a case on a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// Where it is written.
    pub span: Span,
    /// The outcome.
    pub expected: Expected,
}

/// An outcome, and the pin beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// The rule alerts.
    Alert {
        /// On what, or how often.
        alerts: Alerts,
        /// Fields that the match must have.
        with: Vec<FieldSetting>,
        /// The new terms of an alert, in the order of the rule's fields.
        new_terms: Vec<WrittenValue>,
        /// The indicators that each event matches, by label.
        matched: Vec<(Located<String>, Vec<Located<String>>)>,
        /// It should not: a known false positive, with its reason.
        noise: Option<Located<String>>,
    },
    /// The rule does not alert.
    None {
        /// It should: a known miss, with its reason.
        gap: Option<Located<String>>,
    },
}

/// Which alerts are expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alerts {
    /// One or more.
    Some,
    /// One whose events are these, by label.
    Labels(Vec<Located<String>>),
    /// Exactly this many.
    Count(usize),
    /// One of a group of events, or of a row.
    Group {
        /// The values that the group, or the row, has in fields.
        fields: Vec<FieldSetting>,
        /// How many events it counts.
        count: Option<u64>,
    },
}

impl Expectation {
    /// The known miss, if it is one.
    pub fn gap(&self) -> Option<&Located<String>> {
        match &self.expected {
            Expected::None { gap } => gap.as_ref(),
            Expected::Alert { .. } => None,
        }
    }

    /// The known false positive, if it is one.
    pub fn noise(&self) -> Option<&Located<String>> {
        match &self.expected {
            Expected::Alert { noise, .. } => noise.as_ref(),
            Expected::None { .. } => None,
        }
    }

    /// Whether an alert is expected.
    pub fn is_alert(&self) -> bool {
        matches!(self.expected, Expected::Alert { .. })
    }
}

impl FieldKey {
    /// As it is written.
    pub fn text(&self) -> &str {
        match self {
            Self::Path(text) | Self::Name(text) => text,
        }
    }
}

impl Scenario {
    /// The path that a field key stands for on a source; `None` when `fields` has none for it.
    pub fn path<'a>(&'a self, key: &'a FieldKey, source: &str) -> Option<&'a str> {
        match key {
            FieldKey::Path(path) => Some(path),
            FieldKey::Name(name) => {
                let name = self.names.iter().find(|known| known.name.value == *name)?;
                let mut paths = name.paths.iter();
                let (_, path) = paths.find(|(known, _)| known.value == source)?;
                Some(&path.value)
            }
        }
    }

    /// The captures and exception lists that it names, relative to its own file.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        let captures = self
            .cases
            .iter()
            .filter_map(|case| case.events_from.as_ref());
        let captures = captures.map(|from| from.file.value.as_str());
        let of_cases = self.cases.iter().flat_map(|case| &case.exceptions);
        let exceptions = self.exceptions.iter().chain(of_cases);
        captures.chain(exceptions.map(|file| file.value.as_str()))
    }

    /// The text of a `because` on a source: a `$name` is its field there.
    pub fn because_on<'a>(&'a self, because: &'a str, source: &str) -> &'a str {
        let name = self.names.iter().find(|known| known.name.value == because);
        let path = name.and_then(|name| {
            let mut paths = name.paths.iter();
            paths.find(|(known, _)| known.value == source)
        });
        path.map_or(because, |(_, path)| path.value.as_str())
    }
}

impl Case {
    /// Whether the case runs on a source of its scenario; a skipped source is one it runs on.
    pub fn runs_on(&self, source: &str) -> bool {
        self.only
            .as_ref()
            .is_none_or(|only| only.iter().any(|name| name.value == source))
    }

    /// Why the case is skipped on a source.
    pub fn skipped(&self, source: &str) -> Option<&Located<String>> {
        let mut skips = self.skip.iter();
        skips
            .find(|(name, _)| name.value == source)
            .map(|(_, reason)| reason)
    }
}
