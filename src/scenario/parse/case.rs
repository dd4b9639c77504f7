//! One entry of `cases`: a case, or one for each combination of its `each`.

use super::each::{self, Combination};
use super::expectation::SiblingKeys;
use super::sources::sources;
use super::{Entries, Parser, because, event, expectation, given, production};
use crate::diagnostic::scenario_event::{CaptureChange, ScenarioEvent};
use crate::diagnostic::scenario_part::ScenarioPart;
use crate::diagnostic::scenario_source::{ScenarioSource, Tested};
use crate::diagnostic::scenario_structure::ScenarioStructure;
use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{Span, escape};
use crate::scenario::error::{CONTRADICTION, UNKNOWN_LABEL, UNKNOWN_SOURCE, WRONG_SHAPE};
use crate::scenario::model::{
    Base, Case, Change, EventRole, EventsFrom, Expectation, Located, PerSource, Scenario,
};
use crate::scenario::yaml::{Node, NodeKind};

pub(in crate::scenario) const KEYS: &[&str] = &[
    "name",
    "only",
    "skip",
    "each",
    "change",
    "add",
    "history",
    "indicators",
    "remove",
    "force",
    "repeat",
    "schedule",
    "exceptions",
    "completions",
    "events_from",
    "expect",
    "because",
    "gap",
    "noise",
    "with",
];

/// Reads one entry of `cases` into one or several cases.
pub(super) fn cases(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    node: &Node,
    cases: &mut Vec<Case>,
) {
    let Some(mut entries) = parser.map(node, &ScenarioPart::Case) else {
        return;
    };
    let name = if let Some(node) = entries.take("name") {
        parser.one_line(node, &ScenarioPart::CaseName)
    } else {
        parser.missing(node.span, &ScenarioStructure::NoCaseName);
        None
    };
    let name = name.unwrap_or_else(|| Located::new(String::new(), node.span));
    let combinations = match entries.take("each") {
        Some(each) => each::combinations(parser, scenario, each, node),
        None => vec![Combination::default()],
    };
    for combination in combinations {
        let node = each::substitute(parser, scenario, node, &combination);
        let mut full = name.value.clone();
        for (key, _) in &combination.keys {
            full.push_str(" / ");
            full.push_str(&escape::line(key));
        }
        // A case of one `each` name is known by its line there.
        let place = match combination.keys.as_slice() {
            [(_, span)] => *span,
            _ => name.span,
        };
        let name = Located::new(full, place);
        cases.extend(case(parser, scenario, &node, name));
    }
}

fn case(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    node: &Node,
    name: Located<String>,
) -> Option<Case> {
    let mut entries = parser.map(node, &ScenarioPart::Case)?;
    let _ = (entries.take("name"), entries.take("each"));
    let only = entries
        .take("only")
        .map(|node| sources(parser, node, "only"));
    let skip = entries
        .take("skip")
        .map_or_else(Vec::new, |node| skip(parser, node));
    let events_from = entries
        .take("events_from")
        .and_then(|node| event::events_from(parser, node));
    let (changes, labels) = changes(parser, scenario, events_from.as_ref(), &mut entries);
    let force = entries
        .take("force")
        .map_or_else(Vec::new, |node| event::force(parser, scenario, node));
    let repeat = entries
        .take_entry("repeat")
        .and_then(|(_, node)| production::repeat(parser, node));
    let schedule = entries
        .take("schedule")
        .and_then(|node| production::schedule(parser, node));
    let exceptions = entries
        .take("exceptions")
        .map_or_else(Vec::new, |node| production::exceptions(parser, node));
    let completions = entries
        .take("completions")
        .map_or_else(Vec::new, |node| given::completions(parser, node));
    let expect = expect(parser, scenario, &mut entries, &labels, node.span);
    let because = match entries.take("because") {
        Some(node) => because::because(parser, node, &expect),
        None => PerSource::All(Vec::new()),
    };
    parser.rest(&entries, &ScenarioPart::Case, KEYS);
    let case = Case {
        name: name.value,
        name_span: name.span,
        span: node.span,
        only,
        skip,
        events_from,
        changes,
        schedule,
        exceptions,
        completions,
        repeat,
        force,
        expect,
        because,
    };
    check_sources(parser, scenario, &case);
    check_captured(parser, scenario, &case);
    Some(case)
}

/// `expect` with the keys that stand beside it.
fn expect(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    entries: &mut Entries<'_>,
    labels: &[String],
    span: Span,
) -> PerSource<Expectation> {
    let beside = SiblingKeys {
        gap: entries.take_entry("gap"),
        noise: entries.take_entry("noise"),
        with: entries.take_entry("with"),
    };
    match entries.take("expect") {
        Some(node) => expectation::expect(parser, scenario, node, Some(&beside), labels),
        None => without_expect(parser, scenario, &beside, span),
    }
}

fn without_expect(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    beside: &SiblingKeys<'_>,
    span: Span,
) -> PerSource<Expectation> {
    if beside.gap.is_none() && beside.noise.is_none() {
        parser.missing(span, &ScenarioStructure::NoExpectation);
    }
    expectation::pinned(parser, scenario, beside, span)
}

fn skip(parser: &mut Parser<'_>, node: &Node) -> Vec<(Located<String>, Located<String>)> {
    if !matches!(node.kind, NodeKind::Map(_)) {
        let cause = ScenarioStructure::SkipWithoutReasons;
        parser.error(&WRONG_SHAPE, node.span, &cause);
        return Vec::new();
    }
    let Some(entries) = parser.map(node, &ScenarioPart::Key("skip")) else {
        return Vec::new();
    };
    let skips = entries.entries.into_iter().filter_map(|(source, reason)| {
        let name = source.text.clone();
        let reason = parser.text(reason, &ScenarioPart::SkippedSource { name })?;
        Some((Located::new(source.text.clone(), source.span), reason))
    });
    skips.collect()
}

/// Reads `remove`, `change`, and what is added in each role; with the labels that the case's events
/// have.
fn changes(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    events_from: Option<&EventsFrom>,
    entries: &mut Entries<'_>,
) -> (Vec<Change>, Vec<String>) {
    let [remove, change] = ["remove", "change"].map(|key| entries.take(key));
    let added = [
        (entries.take("add"), EventRole::Event),
        (entries.take("history"), EventRole::History),
        (entries.take("indicators"), EventRole::Indicator),
    ];
    let mut labels = match events_from {
        Some(from) => event::labels(&Base::Captured(from.clone())),
        None => event::labels(&scenario.attack.base),
    };
    let removed = remove.map_or_else(Vec::new, |node| removed(parser, node, &mut labels));
    let of_removed = removed.iter().cloned().map(Change::Remove);
    let mut changes: Vec<Change> = of_removed.collect();
    let steps: &[Node] = match change {
        None => &[],
        Some(node) => match &node.kind {
            NodeKind::List(items) => items,
            _ => std::slice::from_ref(node),
        },
    };
    for step in steps {
        change_events(parser, scenario, step, &labels, &removed, &mut changes);
    }
    for (add, role) in added {
        let Some(add) = add else { continue };
        for event in event::events(parser, scenario, add, role) {
            if labels.contains(&event.label.value) {
                let name = event.label.value;
                let cause = ScenarioEvent::TakenLabel { name };
                parser.error(&UNKNOWN_LABEL, event.label.span, &cause);
            } else {
                labels.push(event.label.value.clone());
                changes.push(Change::Add(event));
            }
        }
    }
    // Nearly every case has one change, and a vector that grows has room for four.
    changes.shrink_to_fit();
    (changes, labels)
}

/// The labels of `remove`, which are taken from those of the case's events.
fn removed(parser: &mut Parser<'_>, node: &Node, labels: &mut Vec<String>) -> Vec<Located<String>> {
    let mut removed: Vec<Located<String>> = Vec::new();
    for label in parser.texts(node, &ScenarioPart::Key("remove")) {
        if removed.iter().any(|other| other.value == label.value) {
            let name = label.value;
            parser.error(
                &UNKNOWN_LABEL,
                label.span,
                &ScenarioEvent::RemovedTwice { name },
            );
        } else if labels.contains(&label.value) {
            labels.retain(|known| *known != label.value);
            removed.push(label);
        } else {
            event::unknown_label(parser, &label.value, label.span, labels);
        }
    }
    removed
}

fn change_events(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    step: &Node,
    labels: &[String],
    removed: &[Located<String>],
    changes: &mut Vec<Change>,
) {
    let Some(entries) = parser.map(step, &ScenarioPart::Key("change")) else {
        return;
    };
    for (label, node) in entries.entries {
        if removed.iter().any(|other| other.value == label.text) {
            let name = label.text.clone();
            let cause = ScenarioEvent::RemovedAndChanged { name };
            parser.error(&CONTRADICTION, label.span, &cause);
        } else if !labels.contains(&label.text) {
            event::unknown_label(parser, &label.text, label.span, labels);
            // What stands below a wrong label is read for its own errors.
            event::event(parser, scenario, label, node);
        } else if let Some(event) = event::event(parser, scenario, label, node) {
            changes.push(Change::Event(event));
        }
    }
}

/// The events of a capture are taken as they are, but for their fields.
fn check_captured(parser: &mut Parser<'_>, scenario: &Scenario, case: &Case) {
    if case.events_from.is_none() && !matches!(scenario.attack.base, Base::Captured(_)) {
        return;
    }
    if let Some(repeat) = &case.repeat {
        parser.error(&CONTRADICTION, repeat.span, &ScenarioEvent::CaptureRepeated);
    }
    for change in &case.changes {
        let (span, change) = match change {
            Change::Remove(_) => continue,
            Change::Add(event) => (event.label.span, CaptureChange::Add),
            Change::Event(event) => {
                match (&event.kind, event.at.as_ref().or(event.ingested.as_ref())) {
                    (Some(kind), _) => (kind.span, CaptureChange::Kind),
                    (None, Some(at)) => (at.span, CaptureChange::Time),
                    (None, None) => continue,
                }
            }
        };
        parser.error(
            &CONTRADICTION,
            span,
            &ScenarioEvent::CaptureChanged { change },
        );
    }
}

/// Checks the names of sources against those of the scenario, where it lists them.
fn check_sources(parser: &mut Parser<'_>, scenario: &Scenario, case: &Case) {
    let known = scenario.sources.as_deref();
    if let (Some(only), Some(known)) = (&case.only, known) {
        for name in only {
            if !known.iter().any(|source| source.value == name.value) {
                let names = known.iter().map(|source| &*source.value);
                let cause = ScenarioSource::NotAmongSources {
                    name: name.value.clone(),
                    suggestion: nearest(&name.value, names).map(str::to_owned),
                };
                parser.error(&UNKNOWN_SOURCE, name.span, &cause);
            }
        }
    }
    let sources = case.only.as_deref().or(known);
    if case.events_from.is_none() {
        let runs: Option<Vec<Located<String>>> = sources.map(|sources| {
            let runs = sources
                .iter()
                .filter(|name| case.skipped(&name.value).is_none());
            runs.cloned().collect()
        });
        expectation::covers(
            parser,
            scenario,
            &case.expect,
            runs.as_deref(),
            Tested::Case,
        );
    }
    let Some(sources) = sources else { return };
    let named_by_because = match &case.because {
        PerSource::Each(entries) => entries.iter().map(|(source, _)| source).collect(),
        PerSource::All(_) => Vec::new(),
    };
    let skipped = case.skip.iter().map(|(source, _)| source);
    for name in skipped.chain(named_by_because) {
        if !sources.iter().any(|source| source.value == name.value) {
            let cause = ScenarioSource::NotRunOn {
                tested: Tested::Case,
                name: name.value.clone(),
                suggestion: None,
                expected: sources.iter().map(|source| &*source.value).collect(),
            };
            parser.error(&UNKNOWN_SOURCE, name.span, &cause);
        }
    }
}
