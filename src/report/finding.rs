//! The failed checks and changed snapshots that a reviewer must look at, one entry per case, worst
//! first, each with its place. Used by the formats of code hosts.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::Serialize;

use super::terminal::group::{alike, alike_changes, argument, groups, name};
use super::terminal::quote;
use super::{View, reason, rules};
use crate::diagnostic::{Details, Diagnostic, Severity, SourceText, Span};
use crate::project::MissedGate;
use crate::replay::outcome::{Check, CheckKey, CheckWarning};
use crate::replay::reason::Reason;
use crate::snapshot::diff::diff;
use crate::snapshot::{Change, Class, record};

/// One thing to look at.
pub(super) struct Finding<'a> {
    /// The verdict's or the class's word: `failed`, `lost`.
    pub(super) kind: &'static str,
    pub(super) level: Level,
    /// How soon a reviewer must see it; less is sooner.
    rank: u8,
    /// `SCENARIO::CASE[SOURCE, …]`.
    pub(super) name: String,
    /// What it is, in one line.
    pub(super) message: String,
    /// Recorded and found, as a diff; empty where there is none.
    pub(super) diff: String,
    /// The clause where there is one, then the case.
    pub(super) places: Vec<Spot<'a>>,
    /// It fails because its attack fails, so it says nothing new.
    pub(super) follows: bool,
    /// What to do about it.
    pub(super) next: Next,
    /// What it is for programs.
    pub(super) words: MachineWords<'a>,
}

/// A finding for programs: the code and the parts of an error, the reason of a verdict.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct MachineWords<'a> {
    /// The code of the error.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// The parts of its message.
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    details: Option<Cow<'a, Details>>,
    /// The word for the reason of the verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// The word for what is behind the reason or the error.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<Cow<'a, str>>,
}

impl MachineWords<'_> {
    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.code.is_none() && self.reason.is_none()
    }
}

/// What a reviewer does about a finding.
pub(super) struct Next {
    /// What to fix or to decide, in our own words, with code in backticks.
    pub(super) words: &'static str,
    /// The file and line of the expectation that may be wrong.
    pub(super) expectation: Option<(String, usize)>,
    /// The command that follows, or that accepts.
    pub(super) command: Option<String>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Error,
    Warning,
    Note,
}

/// A place in a file.
#[derive(Clone)]
pub(super) struct Spot<'a> {
    pub(super) file: &'a str,
    /// Line and column of the start, both from 1; none for a file as a whole.
    pub(super) start: Option<(usize, usize)>,
    /// Line and column behind the end.
    pub(super) end: Option<(usize, usize)>,
    /// What is there.
    pub(super) label: &'a str,
}

/// The findings of a run over all rules, worst first: what could not be loaded, lost and new alerts,
/// other failures, missed gates, then the changes that fit their scenario.
pub(super) fn findings<'a>(view: &'a View<'a>) -> Vec<Finding<'a>> {
    let mut findings: Vec<Finding<'a>> = view.problems.iter().map(problem).collect();
    findings.extend(view.gates.iter().map(missed));
    for scenario in &view.outcome.scenarios {
        let failing = scenario.checks.iter().filter(|check| view.fails(check));
        for group in groups(failing, |one: &&Check, other: &&Check| alike(one, other)) {
            findings.extend(failure(view, &group, &scenario.rule_file));
        }
        let split = scenario.checks.iter();
        let split = split.filter(|check| split_of(check).is_some());
        let same = |one: &&Check, other: &&Check| split_of(one) == split_of(other);
        for group in groups(split, same) {
            findings.extend(split_by_deployment(view, &group, &scenario.rule_file));
        }
    }
    let same = |one: &&Change, other: &&Change| alike_changes(one, other);
    for group in groups(view.reviewable(), same) {
        findings.extend(change(view, &group));
    }
    // The sort is stable: what weighs the same stays in the order of the files.
    findings.sort_by_key(|finding| finding.rank);
    findings
}

/// Something that could not be loaded.
fn problem(problem: &Diagnostic) -> Finding<'_> {
    let places: Vec<Spot<'_>> = problem
        .labels
        .iter()
        .map(|label| spot(&label.source, label.span, &label.message))
        .collect();
    let name = places.first().map_or("trapline", |place| place.file);
    let help = problem.help.iter().map(|help| format!("; {help}"));
    Finding {
        kind: "not-loaded",
        level: Level::Error,
        rank: 0,
        name: name.to_owned(),
        message: format!(
            "{} ({}){}",
            problem.message,
            problem.code.number,
            help.collect::<String>()
        ),
        diff: String::new(),
        places,
        follows: false,
        next: Next {
            words: "fix the file, then run",
            expectation: None,
            command: Some("trapline test".to_owned()),
        },
        words: MachineWords {
            code: Some(problem.code.number),
            cause: problem.cause.as_deref().map(Cow::Borrowed),
            details: Some(Cow::Borrowed(&problem.details)),
            ..MachineWords::default()
        },
    }
}

fn missed(gate: &MissedGate) -> Finding<'_> {
    Finding {
        kind: "gate-missed",
        level: Level::Error,
        rank: RANK_OF_GATE,
        name: gate.rule_file.clone(),
        message: format!("{} (--{})", rules::missing(&gate.missing), gate.gate),
        diff: String::new(),
        places: vec![Spot {
            file: &gate.rule_file,
            start: None,
            end: None,
            label: "",
        }],
        follows: false,
        next: next_of_gate(gate),
        words: MachineWords::default(),
    }
}

fn failure<'a>(view: &'a View<'a>, group: &[&'a Check], rule_file: &str) -> Option<Finding<'a>> {
    let first = *group.first()?;
    let mut changes = view.changes.iter().filter(|change| !change.header);
    let changed = changes.find(|change| change.key == first.key);
    let mut message = reason::message(first);
    if let Some(change) = changed {
        let class = change.class.word().to_uppercase();
        message = format!("{class}: {message}");
    }
    if message.is_empty() {
        message = format!("expected {}", first.expected);
    }
    Some(Finding {
        kind: first.verdict.word(),
        level: Level::Error,
        rank: rank_of_failure(changed),
        name: name(group.iter().map(|check| &check.key)),
        message,
        diff: changed.map_or_else(|| recorded_behaviour(first), difference),
        places: places(first, rule_file),
        follows: follows(view, first),
        next: next_of_failure(&group_argument(view, group), first),
        words: MachineWords {
            reason: first.reason.as_ref().map(Reason::word),
            cause: first
                .reason
                .as_ref()
                .and_then(Reason::cause)
                .map(Cow::Owned),
            details: first
                .reason
                .as_ref()
                .and_then(Reason::details)
                .map(Cow::Owned),
            ..MachineWords::default()
        },
    })
}

/// The outcomes of a check that is split by deployment, in words.
fn split_of(check: &Check) -> Option<String> {
    let mut warnings = check.warnings.iter();
    warnings.find_map(|warning| match warning {
        CheckWarning::SplitByDeployment(split) => Some(reason::split_by_deployment(split)),
        _ => None,
    })
}

/// Checks that have another outcome where the rule's other data sources are searched as well.
fn split_by_deployment<'a>(
    view: &'a View<'a>,
    group: &[&'a Check],
    rule_file: &str,
) -> Option<Finding<'a>> {
    let first = *group.first()?;
    Some(Finding {
        kind: "split-by-deployment",
        level: Level::Warning,
        rank: RANK_OF_SPLIT,
        name: name(group.iter().map(|check| &check.key)),
        message: split_of(first)?,
        diff: String::new(),
        places: places(first, rule_file),
        follows: false,
        next: Next {
            words: "write a value that means the same for both types of the field; then run",
            expectation: None,
            command: Some(format!("trapline test {}", group_argument(view, group))),
        },
        words: MachineWords::default(),
    })
}

fn change<'a>(view: &'a View<'a>, group: &[&'a Change]) -> Option<Finding<'a>> {
    let first = *group.first()?;
    let (level, what) = (meaning(first.class).0, what(first));
    let check = view.outcome.checks().find(|check| check.key == first.key);
    let whole = Spot {
        file: &first.key.scenario,
        start: None,
        end: None,
        label: "",
    };
    let place = check.and_then(|check| check.place.as_ref());
    let place = place.map_or(whole, |place| spot(&place.source, place.span, "the case"));
    Some(Finding {
        kind: first.class.word(),
        level,
        rank: rank_of_change(first),
        name: if first.header {
            first.key.scenario.clone()
        } else {
            name(group.iter().map(|change| &change.key))
        },
        message: format!("{}: {what}", first.class.word().to_uppercase()),
        diff: difference(first),
        places: vec![place],
        follows: false,
        next: next_of_change(first),
        words: MachineWords::default(),
    })
}

/// What a missed gate asks for.
pub(super) fn next_of_gate(gate: &MissedGate) -> Next {
    Next {
        words: "write what is missing; a first scenario by",
        expectation: None,
        command: Some(format!("trapline new {}", quote(&gate.rule_file))),
    }
}

/// What to do about a check that fails: the rule or the expectation is wrong.
pub(super) fn next_of_failure(argument: &str, check: &Check) -> Next {
    let place = check.expectation.as_ref().or(check.place.as_ref());
    Next {
        words: "fix the rule, or edit `expect` if the rule is right; then run",
        expectation: place.map(|place| (place.source.name().to_owned(), place.line())),
        command: Some(format!("trapline test {argument}")),
    }
}

/// What names the checks of a group on a command line.
fn group_argument(view: &View<'_>, group: &[&Check]) -> String {
    let keys: Vec<&CheckKey> = group.iter().map(|check| &check.key).collect();
    let of_case = |check: &&Check| {
        keys.first().is_some_and(|first| {
            first.scenario == check.key.scenario && first.case == check.key.case
        })
    };
    argument(&keys, view.outcome.checks().filter(of_case).count())
}

/// Whether a check fails because its attack does, on the same source.
fn follows(view: &View<'_>, check: &Check) -> bool {
    let mut scenarios = view.outcome.scenarios.iter();
    let own = scenarios.find(|one| one.checks.iter().any(|known| known.key == check.key));
    let mut checks = own.into_iter().flat_map(|one| &one.checks);
    !check.attack
        && checks.any(|attack| {
            attack.attack && attack.key.source == check.key.source && attack.verdict.fails()
        })
}

/// What to do about a change that contradicts nothing.
pub(super) fn next_of_change(change: &Change) -> Next {
    Next {
        words: match change.class {
            Class::Added => "record what it does by",
            Class::Removed => "if it is not intended, bring it back; if it is, accept it with",
            _ => "if it is not intended, fix the rule; if it is, accept it with",
        },
        expectation: None,
        command: Some(format!(
            "trapline test {} --accept={}",
            quote(&change.key.scenario),
            change.class.word()
        )),
    }
}

/// How soon a check that fails must be seen, with the change that it shows.
pub(super) fn rank_of_failure(change: Option<&Change>) -> u8 {
    change.map_or(3, |change| rank(change.class).min(3))
}

/// How soon a missed gate must be seen.
pub(super) const RANK_OF_GATE: u8 = 4;

/// How soon a check that is split by deployment must be seen: as one whose sources differ.
const RANK_OF_SPLIT: u8 = 6;

/// How soon a change must be seen: another severity or risk score before other values.
pub(super) fn rank_of_change(change: &Change) -> u8 {
    if change.header { 5 } else { rank(change.class) }
}

/// What a change is, in words.
pub(super) fn what(change: &Change) -> String {
    if !change.header {
        return meaning(change.class).1.to_owned();
    }
    let line = |side: &Option<String>| {
        let line = side.as_deref().and_then(|text| text.lines().next());
        line.unwrap_or("nothing").to_owned()
    };
    format!(
        "the rule's name, severity or risk score: {} → {}",
        line(&change.before),
        line(&change.after)
    )
}

/// How soon a change must be seen.
fn rank(class: Class) -> u8 {
    match class {
        Class::Lost => 1,
        Class::New => 2,
        Class::Split => 6,
        Class::Reason => 7,
        Class::Content => 8,
        Class::Removed => 9,
        Class::Added => 10,
    }
}

/// How bad a change of a class is, and what it is.
pub(super) fn meaning(class: Class) -> (Level, &'static str) {
    match class {
        Class::Lost => (Level::Error, "an alert is gone"),
        Class::New => (Level::Error, "an alert that was not there"),
        Class::Split => (Level::Warning, "data sources that behaved alike now differ"),
        Class::Reason => (Level::Warning, "something else decides it now"),
        Class::Content => (Level::Warning, "the same outcome with other values"),
        Class::Added => (Level::Note, "not in the snapshot yet"),
        Class::Removed => (Level::Warning, "recorded, and no longer in the scenario"),
    }
}

/// The places of a check: those in the rule file first.
fn places<'a>(check: &'a Check, rule_file: &str) -> Vec<Spot<'a>> {
    let errors = check.diagnostics.iter();
    let errors = errors.filter(|diagnostic| diagnostic.severity == Severity::Error);
    let labels = errors.flat_map(|diagnostic| &diagnostic.labels);
    let mut spots: Vec<Spot<'a>> = labels
        .map(|label| spot(&label.source, label.span, &label.message))
        .collect();
    spots.sort_by_key(|spot| spot.file != rule_file);
    if let Some(place) = &check.place {
        let case = spot(&place.source, place.span, "the case");
        if spots
            .iter()
            .all(|spot| spot.start != case.start || spot.file != case.file)
        {
            spots.push(case);
        }
    }
    spots
}

fn spot<'a>(source: &'a SourceText, span: Span, label: &'a str) -> Spot<'a> {
    Spot {
        file: source.name(),
        start: Some(source.line_column(span.start)),
        end: Some(source.line_column(span.end)),
        label,
    }
}

/// The behaviour of a check without a snapshot.
fn recorded_behaviour(check: &Check) -> String {
    let mut text = String::new();
    for fact in record(check).iter().flat_map(|record| &record.facts) {
        let _ = writeln!(text, "+ {:<9}{}", fact.key, fact.value);
    }
    text
}

fn difference(change: &Change) -> String {
    let side = |entry: &Option<String>| entry.clone().unwrap_or_default();
    let mut text = String::new();
    for (tag, line) in diff(&side(&change.before), &side(&change.after)) {
        let _ = writeln!(text, "{}", format!("{} {line}", tag.sign()).trim_end());
    }
    text
}
