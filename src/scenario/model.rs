//! Scenarios as their authors wrote them, made of the nodes of a file. Called by `scenario::load`.

use std::collections::HashMap;

use super::attack::{self, Attack};
use super::case::{self, Case};
use super::error::{DUPLICATE, LIMIT, MISSING, SHAPE};
use super::expectation::Context;
use super::names::{self, Names};
use super::reader::{Located, Reader};
use super::yaml::{Kind, Node};
use crate::diagnostic::{Diagnostic, Span};

/// The most cases that one file may hold.
const MAX_CASES: usize = 10_000;

/// One document of a scenario file: an attack and its cases.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// The rule that it is for, where that is not the mirrored file; relative to the scenario.
    pub rule: Option<Located>,
    /// The data sources that it is for, where those are not all that the rule claims.
    pub sources: Option<Vec<Located>>,
    /// Whether the rule sees the other sources' fields, too (`deployment: combined`).
    pub combined: bool,
    /// Names that stand for another field on each source.
    pub fields: Names,
    /// The base.
    pub attack: Attack,
    /// The cases, in file order.
    pub cases: Vec<Case>,
    /// The place of the whole.
    pub span: Span,
}

/// The keys of a scenario.
const KEYS: &[&str] = &["rule", "sources", "deployment", "fields", "attack", "cases"];

/// Makes scenarios of documents; those with an error are left out.
pub(super) fn read(reader: &mut Reader<'_>, documents: &[Node]) -> Vec<Scenario> {
    let mut scenarios = Vec::new();
    let mut seen = HashMap::new();
    for document in documents {
        let before = reader.diagnostics.len();
        let scenario = read_document(reader, document);
        if let Some(scenario) = scenario {
            check_names(reader, &scenario, &mut seen);
            if reader.diagnostics.len() == before {
                scenarios.push(scenario);
            }
        }
    }
    scenarios
}

fn read_document(reader: &mut Reader<'_>, node: &Node) -> Option<Scenario> {
    let entries = reader.entries(node, "a scenario", KEYS)?;
    let rule = entries
        .get("rule")
        .and_then(|node| reader.text(node, "`rule`"));
    let sources = entries
        .get("sources")
        .map(|node| read_sources(reader, node));
    let combined = entries
        .get("deployment")
        .is_some_and(|node| read_deployment(reader, node));
    let fields = entries
        .get("fields")
        .map_or_else(Names::default, |node| names::read(reader, node));
    let context = Context {
        names: &fields,
        sources: sources.as_deref().unwrap_or(&[]),
    };
    let attack = match entries.get("attack") {
        Some(attack) => attack::read(reader, attack, &context),
        None => {
            let help = "write the base under `attack:`; every case is a change of it";
            reader.error(
                MISSING,
                node.span,
                "the scenario has no attack",
                "no `attack:`",
                help,
            );
            None
        }
    };
    if let Some(attack) = &attack {
        check_attack(reader, attack, &context);
    }
    let cases = entries.get("cases").map_or(Vec::new(), |node| {
        read_cases(reader, node, attack.as_ref(), &context)
    });
    Some(Scenario {
        rule,
        sources,
        combined,
        attack: attack?,
        cases,
        span: node.span,
        fields,
    })
}

fn read_sources(reader: &mut Reader<'_>, node: &Node) -> Vec<Located> {
    let sources = reader.texts(node, "`sources`");
    for (index, source) in sources.iter().enumerate() {
        let earlier = sources
            .iter()
            .take(index)
            .find(|old| old.text == source.text);
        if let Some(first) = earlier {
            reader.diagnostics.push(
                Diagnostic::error(DUPLICATE, format!("`{}` is listed twice", source.text))
                    .at(reader.source, source.span, "the second one")
                    .at(reader.source, first.span, "the first one")
                    .help("take one of them out"),
            );
        }
    }
    sources
}

fn read_deployment(reader: &mut Reader<'_>, node: &Node) -> bool {
    match reader.text(node, "`deployment`") {
        Some(text) if text.text == "combined" => true,
        Some(text) => {
            let message = format!("there is no deployment `{}`", text.text);
            let help = "write `deployment: combined`, or leave it out: then each source is alone";
            reader.error(SHAPE, text.span, message, "", help);
            false
        }
        None => false,
    }
}

fn check_attack(reader: &mut Reader<'_>, attack: &Attack, context: &Context<'_>) {
    case::expected_labels(reader, &attack.expect, &attack.labels());
    let sources = context.sources.iter().map(|source| source.text.as_str());
    let missing: Vec<&str> = sources
        .filter(|source| attack.expect.for_source(source).is_none())
        .collect();
    case::missing_sources(reader, attack.span, &attack.expect, &missing);
}

fn read_cases(
    reader: &mut Reader<'_>,
    node: &Node,
    attack: Option<&Attack>,
    context: &Context<'_>,
) -> Vec<Case> {
    let Kind::List(items) = &node.kind else {
        reader.wrong_shape(
            node,
            "`cases`",
            "a list of cases, each beginning with `- name:`",
        );
        return Vec::new();
    };
    let mut cases = Vec::new();
    for item in items {
        cases.extend(case::read(reader, item, attack, context));
        if cases.len() > MAX_CASES {
            let message = format!("the file makes more than {MAX_CASES} cases");
            reader.error(LIMIT, item.span, message, "", "split it into several files");
            break;
        }
    }
    cases
}

/// A name stands for one case in the whole file: snapshots and rerun lines use it.
fn check_names(reader: &mut Reader<'_>, scenario: &Scenario, seen: &mut HashMap<String, Span>) {
    let attack = (&scenario.attack.name, scenario.attack.span);
    let cases = scenario.cases.iter().map(|case| (&case.name, case.span));
    for (name, span) in std::iter::once(attack).chain(cases) {
        match seen.get(name) {
            None => {
                seen.insert(name.clone(), span);
            }
            Some(first) => {
                let diagnostic = Diagnostic::error(
                    DUPLICATE,
                    format!("two cases are called `{name}`"),
                )
                .at(reader.source, span, "the second one");
                let diagnostic = if *first == span {
                    diagnostic
                } else {
                    diagnostic.at(reader.source, *first, "the first one")
                };
                reader
                    .diagnostics
                    .push(diagnostic.help("give one of them another name"));
            }
        }
    }
}
