//! One document: its head, its attack, its cases.

use std::collections::BTreeMap;

use super::sources::{MAX_SOURCES, sources};
use super::{Parser, case, each, event, expectation, given, production, repeated};
use crate::diagnostic::Span;
use crate::diagnostic::scenario_event::ScenarioEvent;
use crate::diagnostic::scenario_name::ScenarioName;
use crate::diagnostic::scenario_part::ScenarioPart::{self, Key};
use crate::diagnostic::scenario_part::{Counted, Shape};
use crate::diagnostic::scenario_source::Tested;
use crate::diagnostic::scenario_structure::ScenarioStructure;
use crate::scenario::error::{DUPLICATE_CASE, UNKNOWN_NAME, WRONG_SHAPE};
use crate::scenario::model::{
    Alerts, Attack, Base, Case, Deployment, EventRole, EventSpec, Expectation, Expected, FieldName,
    Located, PerSource, Scenario,
};
use crate::scenario::yaml::{self, Node, NodeKind};

pub(in crate::scenario) const KEYS: &[&str] = &[
    "rule",
    "sources",
    "skip",
    "deployment",
    "fields",
    "schedule",
    "exceptions",
    "completions",
    "tables",
    "attack",
    "cases",
];
pub(in crate::scenario) const ATTACK_KEYS: &[&str] = &[
    "name",
    "events",
    "events_from",
    "history",
    "seen",
    "indicators",
    "expect",
    "schedule",
    "force",
];

/// The most names of fields that a scenario defines.
const MAX_NAMES: usize = 1_000;

/// Reads one document; `None` when it has no attack to start from.
pub(super) fn scenario(parser: &mut Parser<'_>, document: usize, node: &Node) -> Option<Scenario> {
    let mut entries = parser.map(node, &ScenarioPart::Scenario)?;
    let rule = entries
        .take("rule")
        .and_then(|node| parser.text(node, &Key("rule")));
    let sources = entries
        .take("sources")
        .map(|node| sources(parser, node, "sources"));
    let skip = entries
        .take("skip")
        .and_then(|node| parser.text(node, &ScenarioPart::SkipReason));
    let deployment = entries
        .take("deployment")
        .map(|node| deployment(parser, node));
    let names = entries
        .take("fields")
        .map_or_else(Vec::new, |node| field_names(parser, node));
    let schedule = entries
        .take("schedule")
        .and_then(|node| production::schedule(parser, node));
    let exceptions = entries
        .take("exceptions")
        .map_or_else(Vec::new, |node| production::exceptions(parser, node));
    let completions = entries
        .take("completions")
        .map_or_else(Vec::new, |node| given::completions(parser, node));
    let tables = entries
        .take("tables")
        .map_or_else(Vec::new, |node| given::tables(parser, node));
    let [attack_node, cases_node] = ["attack", "cases"].map(|key| entries.take(key));
    parser.rest(&entries, &ScenarioPart::Scenario, KEYS);
    let Some(attack_node) = attack_node else {
        parser.missing(node.span, &ScenarioStructure::NoAttack);
        return None;
    };
    let mut scenario = Scenario {
        source: parser.source.clone(),
        document,
        span: node.span,
        rule,
        sources,
        skip,
        deployment: deployment.unwrap_or_default(),
        names,
        schedule,
        exceptions,
        completions,
        tables,
        attack: empty_attack(attack_node.span),
        attack_is_broken: false,
        lacks_cases: false,
        cases: Vec::new(),
    };
    attack_and_cases(parser, &mut scenario, attack_node, cases_node)?;
    Some(scenario)
}

/// The attack, and then the cases, which refer to it.
fn attack_and_cases(
    parser: &mut Parser<'_>,
    scenario: &mut Scenario,
    attack_node: &Node,
    cases_node: Option<&Node>,
) -> Option<()> {
    let errors = parser.errors;
    scenario.attack = attack(parser, scenario, attack_node)?;
    scenario.attack_is_broken = parser.errors > errors;
    if let Some(node) = cases_node {
        let mut lacking = false;
        scenario.cases = cases(parser, scenario, node, &mut lacking);
        scenario.lacks_cases = lacking;
    }
    Some(())
}

fn empty_attack(span: Span) -> Attack {
    Attack {
        name: Located::new(String::new(), span),
        base: Base::Written(Vec::new()),
        force: Vec::new(),
        schedule: None,
        expect: alert(span),
    }
}

fn alert(span: Span) -> PerSource<Expectation> {
    PerSource::All(Expectation {
        span,
        expected: Expected::Alert {
            alerts: Alerts::Some,
            with: Vec::new(),
            new_terms: Vec::new(),
            matched: Vec::new(),
            noise: None,
        },
    })
}

/// A key of the attack with its value, where it is written.
type Entry<'n> = Option<(&'n yaml::Key, &'n Node)>;

fn attack(parser: &mut Parser<'_>, scenario: &Scenario, node: &Node) -> Option<Attack> {
    let node = &each::resolve(parser, node, scenario);
    let mut entries = parser.map(node, &Key("attack"))?;
    let name = if let Some(name) = entries.take("name") {
        parser.one_line(name, &ScenarioPart::AttackName)
    } else {
        parser.missing(node.span, &ScenarioStructure::NoAttackName);
        None
    };
    let from = [
        entries.take_entry("events"),
        entries.take_entry("events_from"),
    ];
    let beside = ["history", "seen", "indicators"].map(|key| entries.take_entry(key));
    let expect = entries.take("expect");
    let force = entries.take("force");
    let schedule = entries
        .take("schedule")
        .and_then(|node| production::schedule(parser, node));
    parser.rest(&entries, &Key("attack"), ATTACK_KEYS);
    let base = base(parser, scenario, node, from, beside)?;
    let labels = event::labels(&base);
    let expect = match expect {
        Some(node) => expectation::expect(parser, scenario, node, None, &labels),
        None => alert(node.span),
    };
    let sources = scenario.sources.as_deref();
    expectation::covers(parser, scenario, &expect, sources, Tested::Attack);
    Some(Attack {
        name: name.unwrap_or_else(|| Located::new(String::new(), node.span)),
        base,
        force: force.map_or_else(Vec::new, |node| event::force(parser, scenario, node)),
        schedule,
        expect,
    })
}

/// The events of the attack: `events` or `events_from`, and what stands beside them in `history`,
/// `seen` and `indicators`.
fn base(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    node: &Node,
    [events, events_from]: [Entry<'_>; 2],
    [history, seen, indicators]: [Entry<'_>; 3],
) -> Option<Base> {
    let mut base = match (events, events_from) {
        (Some((_, events)), None) => Base::Written(attack_events(parser, scenario, events)),
        (None, Some((_, from))) => Base::Captured(event::events_from(parser, from)?),
        (Some((_, events)), Some((key, _))) => {
            parser.error(&WRONG_SHAPE, key.span, &ScenarioEvent::EventsAndCapture);
            Base::Written(attack_events(parser, scenario, events))
        }
        (None, None) => {
            parser.missing(node.span, &ScenarioEvent::NoEvents);
            Base::Written(Vec::new())
        }
    };
    if let Base::Captured(_) = &base {
        for (key, _) in [history, seen, indicators].into_iter().flatten() {
            let name = key.text.clone();
            parser.error(
                &WRONG_SHAPE,
                key.span,
                &ScenarioEvent::BesideCapture { name },
            );
        }
    }
    if let Base::Written(events) = &mut base {
        if let Some((_, node)) = history {
            events.extend(event::events(parser, scenario, node, EventRole::History));
        }
        if let Some((key, node)) = seen {
            let seen = repeated::seen(parser, scenario, key, node, events.first());
            events.extend(seen);
        }
        if let Some((_, node)) = indicators {
            events.extend(event::events(parser, scenario, node, EventRole::Indicator));
        }
        repeated::labels_are_unique(parser, events);
    }
    Some(base)
}

fn attack_events(parser: &mut Parser<'_>, scenario: &Scenario, node: &Node) -> Vec<EventSpec> {
    event::events(parser, scenario, node, EventRole::Event)
}

fn deployment(parser: &mut Parser<'_>, node: &Node) -> Deployment {
    match parser.text(node, &Key("deployment")) {
        Some(text) if text.value == "combined" => Deployment::Combined,
        Some(text) if text.value == "separate" => Deployment::Separate,
        Some(text) => {
            let found = text.value;
            let cause = ScenarioStructure::UnknownDeployment { found };
            parser.error(&WRONG_SHAPE, text.span, &cause);
            Deployment::default()
        }
        None => Deployment::default(),
    }
}

/// `fields`: `$name` → source → path.
fn field_names(parser: &mut Parser<'_>, node: &Node) -> Vec<FieldName> {
    let Some(entries) = parser.map(node, &Key("fields")) else {
        return Vec::new();
    };
    let mut names = Vec::new();
    if !parser.few(node.span, entries.entries.len(), MAX_NAMES, Counted::Names) {
        return names;
    }
    for (key, value) in entries.entries {
        if !each::is_name(&key.text) {
            let cause = ScenarioName::NotAName {
                name: key.text.clone(),
                fix: key.text.trim_start_matches('$').to_owned(),
            };
            parser.error(&UNKNOWN_NAME, key.span, &cause);
            continue;
        }
        let name = key.text.clone();
        let Some(paths) = parser.map(value, &ScenarioPart::FieldName { name }) else {
            continue;
        };
        if !parser.few(
            value.span,
            paths.entries.len(),
            MAX_SOURCES,
            Counted::Sources,
        ) {
            continue;
        }
        let name = key.text.clone();
        let part = ScenarioPart::PathOfName { name };
        let paths = paths.entries.into_iter().filter_map(|(source, path)| {
            let path = parser.text(path, &part)?;
            Some((Located::new(source.text.clone(), source.span), path))
        });
        let paths = paths.collect();
        names.push(FieldName {
            name: Located::new(key.text.clone(), key.span),
            paths,
        });
    }
    names
}

/// The cases that could be read. A case with an error is reported for that and not run: `lacking`
/// says whether there is one.
fn cases(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    node: &Node,
    lacking: &mut bool,
) -> Vec<Case> {
    let items = match &node.kind {
        NodeKind::List(items) => items.as_slice(),
        NodeKind::Scalar { text, .. } if text.is_empty() => &[],
        _ => {
            parser.shape(node, &Key("cases"), Shape::List);
            &[]
        }
    };
    let mut cases: Vec<Case> = Vec::new();
    for item in items {
        let (errors, read) = (parser.errors, cases.len());
        case::cases(parser, scenario, item, &mut cases);
        if parser.errors > errors {
            cases.truncate(read);
            *lacking = true;
        }
    }
    cases.shrink_to_fit();
    cases
}

/// Reports names that two cases share, be they in one document or in several.
pub(super) fn unique_names(parser: &mut Parser<'_>, scenarios: &[Scenario]) {
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    let names = scenarios.iter().flat_map(|scenario| {
        let attack = &scenario.attack.name;
        let cases = scenario.cases.iter();
        let cases = cases.map(|case| (case.name.as_str(), case.name_span));
        std::iter::once((attack.value.as_str(), attack.span)).chain(cases)
    });
    for (name, span) in names.filter(|(name, _)| !name.is_empty()) {
        if let Some(first) = seen.get(name) {
            let name = name.to_owned();
            let cause = ScenarioStructure::DuplicateCase { name };
            parser.repeated(&DUPLICATE_CASE, span, *first, &cause);
        } else {
            seen.insert(name, span);
        }
    }
}
