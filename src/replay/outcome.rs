//! The outcome of a run: the one type that reports, snapshots and the exit code read. It is
//! complete when it is made; reports decide nothing.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::census::{RuleCensus, RuleEntry, TestedState};
use super::reason::{BlindPhases, NotRun, Reason, RefusedQuery, Uncertainty};
use crate::diagnostic::observation::{Missed, Seen};
use crate::diagnostic::{Diagnostic, SourceText, Span};
use crate::evaluate::FailureKind;
use crate::scenario::Skipped;

/// Everything that one run of `trapline test` gave, in file order.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Outcome {
    /// One entry a scenario document, in file order.
    pub scenarios: Vec<ScenarioOutcome>,
    /// The rules that the run could have tested, by whether it did.
    pub rules: RuleCensus,
}

/// What one scenario (one YAML document) gave.
#[derive(Debug)]
#[non_exhaustive]
pub struct ScenarioOutcome {
    /// The scenario file, relative to the project's root, with `/`.
    pub scenario: String,
    /// The rule file, likewise.
    pub rule_file: String,
    /// `rule_id`.
    pub rule_id: String,
    /// The rule's name.
    pub rule_name: String,
    /// `low`, `medium`, `high`, `critical`.
    pub severity: String,
    /// 0 to 100.
    pub risk_score: u8,
    /// The checks: the attack first, then the cases, each in the order of the sources.
    pub checks: Vec<Check>,
    /// Sources that the rule claims and the scenario leaves out.
    pub untested: Vec<String>,
    /// Index patterns that no source serves.
    pub unshaped: Vec<String>,
}

/// One case on one data source.
#[derive(Debug)]
#[non_exhaustive]
pub struct Check {
    /// `SCENARIO::CASE[SOURCE]`.
    pub key: CheckKey,
    /// The case's place in the scenario: the attack is 0.
    pub order: usize,
    /// Whether it is the attack itself.
    pub attack: bool,
    /// The one outcome.
    pub verdict: Verdict,
    /// What the scenario expects, in a few words: `alert rpc, child`, `none, because maxspan`.
    pub expected: String,
    /// Whether the scenario expects an alert.
    pub expects_alert: bool,
    /// What happened; what the snapshot holds.
    pub observed: Observed,
    /// The pin that applies, with its reason. For a waived run this is a pin of the case's own,
    /// never the attack's gap.
    pub pin: Option<Pin>,
    /// For a run that was judged with the gap's blocker waived: the clause that was waived.
    pub waived: Option<String>,
    /// The effects of schedule, suppression and overrides on the alerts.
    pub production: Vec<ProductionFact>,
    /// What to say beside the verdict.
    pub warnings: Vec<CheckWarning>,
    /// Why the verdict is what it is, when that must be said (`failed`, `invalid`, `skipped` …).
    pub reason: Option<Reason>,
    /// The places that belong to the reason: the case in the scenario, the clause in the rule.
    pub diagnostics: Vec<Diagnostic>,
    /// The labels of the events of its past that the rule does not count.
    pub uncounted_history: Vec<String>,
    /// What the case changes against the attack, one line each (`child.process.executable =
    /// C:\…`).
    pub change: Vec<String>,
    /// The place of the case in the scenario file.
    pub place: Option<Place>,
    /// The place of the expectation in the scenario file, where one is written.
    pub expectation: Option<Place>,
}

impl Check {
    /// What Trapline does not implement, or lacks, to run the check.
    pub fn unsupported(&self) -> Option<&NotRun> {
        match &self.observed {
            Observed::Unsupported(what) => Some(what),
            _ => None,
        }
    }

    /// The clauses of the rule that the verdict is about, each with its file, line and text: those
    /// of the reason, or those that stopped an alert.
    pub fn clauses<'c>(&'c self, rule_file: &'c str) -> Vec<(&'c str, usize, String)> {
        let labels = self.diagnostics.iter().flat_map(|one| &one.labels);
        let in_rule = labels.filter(|label| label.source.name() == rule_file);
        let shown: Vec<(&str, usize, String)> = in_rule
            .map(|label| {
                let text = label.source.slice(label.span);
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                (
                    rule_file,
                    label.source.line_column(label.span.start).0,
                    text,
                )
            })
            .collect();
        let Observed::None(none) = &self.observed else {
            return shown;
        };
        if !shown.is_empty() {
            return shown;
        }
        let causes = none.causes.iter();
        let causes =
            causes.filter_map(|cause| Some((rule_file, cause.line?, cause.clause.clone())));
        causes.collect()
    }
}

/// A place in a file.
#[derive(Debug, Clone)]
pub struct Place {
    /// The file.
    pub source: Arc<SourceText>,
    /// The bytes.
    pub span: Span,
}

impl Place {
    /// The line, from 1.
    pub fn line(&self) -> usize {
        self.source.line_column(self.span.start).0
    }
}

/// The name of a check everywhere: in review, explain, JUnit and in the command to run it again.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CheckKey {
    /// The scenario file, relative to the project's root, with `/`.
    pub scenario: String,
    /// The case's name.
    pub case: String,
    /// The data source's name.
    pub source: String,
}

impl CheckKey {
    /// Whether `typed` names this check: the whole key, or the key without its source for all
    /// sources of the case.
    pub fn matches(&self, typed: &str) -> bool {
        typed
            .strip_prefix(self.scenario.as_str())
            .and_then(|rest| rest.strip_prefix("::"))
            .and_then(|rest| rest.strip_prefix(self.case.as_str()))
            .is_some_and(|rest| {
                rest.is_empty()
                    || rest
                        .strip_prefix('[')
                        .and_then(|rest| rest.strip_suffix(']'))
                        .is_some_and(|source| source == self.source)
            })
    }
}

impl fmt::Display for CheckKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}[{}]", self.scenario, self.case, self.source)
    }
}

/// The outcome of a check; the first that applies, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Verdict {
    /// A rule type or construct that is not implemented.
    Unsupported,
    /// Left out by the scenario, or the source cannot produce the kind of event.
    Skipped,
    /// Nothing can be learnt: the attack itself does not match, or the change has no effect.
    Invalid,
    /// Elasticsearch would refuse the query on this mapping.
    Unverifiable,
    /// The expectation does not hold.
    Failed,
    /// The outcome depends on an open point of Elasticsearch's semantics.
    Uncertain,
    /// The source's attack is a gap without a single blocker to waive.
    Blind,
    /// No alert, as expected, but not proven.
    Vacuous,
    /// As pinned, or judged by a waived run.
    Pinned,
    /// As expected.
    Passed,
}

impl Verdict {
    /// All verdicts in the order of precedence.
    pub const ALL: [Self; 10] = [
        Self::Unsupported,
        Self::Skipped,
        Self::Invalid,
        Self::Unverifiable,
        Self::Failed,
        Self::Uncertain,
        Self::Blind,
        Self::Vacuous,
        Self::Pinned,
        Self::Passed,
    ];

    /// The word for it, as in JSON and in `-k verdict:…`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unsupported => "unsupported",
            Self::Skipped => "skipped",
            Self::Invalid => "invalid",
            Self::Unverifiable => "unverifiable",
            Self::Failed => "failed",
            Self::Uncertain => "uncertain",
            Self::Blind => "blind",
            Self::Vacuous => "vacuous",
            Self::Pinned => "pinned",
            Self::Passed => "passed",
        }
    }

    /// Whether the check ran the rule.
    pub fn is_run(self) -> bool {
        !matches!(self, Self::Skipped | Self::Unsupported)
    }

    /// Whether the run fails with it (exit code 1).
    pub fn fails(self) -> bool {
        matches!(self, Self::Invalid | Self::Unverifiable | Self::Failed)
    }

    /// Whether the run fails with it under `--strict`, though not otherwise.
    pub fn fails_strict(self) -> bool {
        matches!(self, Self::Uncertain | Self::Vacuous)
    }

    /// Whether the run does not end well with it: exit code 1, or 3 for what is not implemented
    /// under `--strict`.
    pub fn fails_run(self, strict: bool) -> bool {
        self.fails() || (strict && (self.fails_strict() || self == Self::Unsupported))
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A known false positive or known miss.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pin {
    /// Which of the two.
    pub kind: PinKind,
    /// Why.
    pub reason: String,
}

/// The kinds of pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PinKind {
    /// A known miss.
    Gap,
    /// A known false positive.
    Noise,
}

impl PinKind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::Noise => "noise",
        }
    }
}

/// What a check did: what the snapshot records.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Observed {
    /// It alerted.
    Alert(Vec<AlertRecord>),
    /// It did not, and why.
    None(NoneRecord),
    /// Its outcome depends on an open point; on which.
    Uncertain(Uncertainty),
    /// Elasticsearch would refuse the query.
    Unverifiable(NotRun),
    /// Not implemented; the name of what is not.
    Unsupported(NotRun),
    /// Not run; why.
    Skipped(Skipped),
}

/// The effects of schedule, suppression and overrides on the alerts of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProductionFact {
    /// Some phases of the schedule have no alert.
    BlindPhases(BlindPhases),
    /// The phases have different numbers of alerts.
    AlertCounts {
        /// The fewest of a phase.
        least: usize,
        /// The most of a phase.
        most: usize,
    },
    /// The number of alerts above `max_signals`.
    Lost(AtMost),
    /// The number of alerts suppressed by another one.
    Suppressed(AtMost),
    /// A value that Kibana writes into the alert, `severity = high`.
    Kibana(String),
    /// These filters or exceptions hide events without which there would be no alert.
    CreatedBy(Vec<String>),
}

/// The number of alerts of every phase, or the most of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtMost {
    /// How many.
    pub count: usize,
    /// Whether there is one phase only.
    pub is_exact: bool,
}

/// What is to be said beside a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckWarning {
    /// The source's field list does not name fields of the query.
    AssumedMapping {
        /// The source.
        source: String,
        /// How many fields.
        fields: usize,
    },
    /// Some phases of the schedule have no alert.
    BlindPhases(BlindPhases),
    /// The outcome is another one where the rule's other data sources are searched as well.
    SplitByDeployment(Split),
    /// Values of the recording do not fit their fields and count as missing.
    Misfits(Misfits),
}

/// A check with one outcome where its data source is searched alone and another where the rule's
/// other sources are searched as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// The source of the check.
    pub source: String,
    /// Whether the rule alerts where that is searched alone.
    pub alerts_alone: bool,
    /// The other sources.
    pub others: Vec<String>,
    /// The outcome where all are searched.
    pub together: Together,
}

/// What a search of all data sources of a rule does that the search of one does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Together {
    /// Elasticsearch refuses it.
    Refused(RefusedQuery),
    /// It fails when it runs.
    Fails(FailureKind),
    /// The rule does not alert.
    NoAlert,
    /// The rule alerts, on other events if it does alone.
    OtherAlerts,
}

/// The values of a recording that do not fit their fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfits {
    /// How many.
    pub count: usize,
    /// The first of them.
    pub first: Vec<Misfit>,
}

/// A value that does not fit its field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// The number of the event in the recording, from 1.
    pub event: usize,
    /// The field.
    pub field: String,
    /// The type of the field.
    pub field_type: String,
    /// The beginning of the value.
    pub value: String,
}

/// One alert.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AlertRecord {
    /// The events by stage; `None` is a missing event.
    pub events: Vec<Option<EventRecord>>,
    /// The join keys: name and value (`null` for a missing optional key).
    pub join: Vec<(String, String)>,
    /// The fields that all events have in common, of those that the scenario sets or the query
    /// reads.
    pub shared: Vec<(String, String)>,
    /// Fields that the expectation names with `with`, and their values.
    pub with: Vec<(String, String)>,
}

/// An event of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRecord {
    /// Its label in the scenario; for an event of a capture without a label, its number (`#12`).
    pub label: String,
    /// Milliseconds after the first event of the match.
    pub after: i64,
}

/// Why there was no alert.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct NoneRecord {
    /// The stage that was not met, from 1; `None` when it is a matter of several stages.
    pub stage: Option<u16>,
    /// The label of the event that did not meet it.
    pub event: Option<String>,
    /// The blocker: the smallest part of the query that contains all causes; empty when there is
    /// none.
    pub blocker: Vec<String>,
    /// The causes one by one.
    pub causes: Vec<CauseRecord>,
    /// What the blocking clause saw.
    pub value: Option<Seen>,
    /// By how much it missed.
    pub miss: Option<Missed>,
    /// No cause stands alone: `blocker` lists the clauses that must change together.
    pub overdetermined: bool,
    /// Not proven by the attack.
    pub vacuous: bool,
    /// Not all assignments of events to stages were looked at.
    pub approximate: bool,
}

/// One cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CauseRecord {
    /// The stage, from 1.
    pub stage: Option<u16>,
    /// The event's label.
    pub event: Option<String>,
    /// The clause's canonical text or structural word.
    pub clause: String,
    /// The clause's line in the rule file, from 1.
    pub line: Option<usize>,
}

impl Outcome {
    /// All checks in file order.
    pub fn checks(&self) -> impl Iterator<Item = &Check> {
        self.scenarios.iter().flat_map(|scenario| &scenario.checks)
    }

    /// The scenarios whose rule no data source has the shape of, so that nothing of them runs.
    pub fn unshaped(&self) -> impl Iterator<Item = &ScenarioOutcome> {
        let is_unshaped = |rule: &&RuleEntry| matches!(rule.standing, TestedState::Unshaped(_));
        let unshaped = self.rules.0.iter().filter(is_unshaped);
        let unshaped: BTreeSet<&str> = unshaped.map(|rule| rule.file.as_str()).collect();
        let scenarios = self.scenarios.iter();
        scenarios.filter(move |scenario| unshaped.contains(scenario.rule_file.as_str()))
    }

    /// How many checks have this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.checks()
            .filter(|check| check.verdict == verdict)
            .count()
    }
}
