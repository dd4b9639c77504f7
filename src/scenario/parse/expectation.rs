//! Parses the expectation of a case: `expect`, the pins `gap` and `noise`, `with`, and `because`.

use super::sources::MAX_SOURCES;
use super::{Entries, Parser, event, field};
use crate::diagnostic::Span;
use crate::diagnostic::scenario_expectation::{AlertCheck, ScenarioExpectation};
use crate::diagnostic::scenario_part::{Counted, ScenarioPart};
use crate::diagnostic::scenario_source::Tested;
use crate::diagnostic::suggest::nearest;
use crate::scenario::check;
use crate::scenario::error::{CONTRADICTION, MISSING_KEY, UNKNOWN_KEY, WRONG_SHAPE};
use crate::scenario::model::{
    Alerts, Expectation, Expected, FieldSetting, Located, PerSource, Scenario, WrittenValue,
};
use crate::scenario::yaml::{Key, Node, NodeKind};

/// The keys of an expectation; a map with any other key is one by source.
pub(in crate::scenario) const KEYS: &[&str] = &[
    "alert",
    "alerts",
    "none",
    "expect",
    "gap",
    "noise",
    "with",
    "new_terms",
    "matched",
];
const OUTCOMES: &[&str] = &["alert", "none"];

/// The keys that stand beside the `expect` of a case and belong to it.
#[derive(Default)]
pub(super) struct SiblingKeys<'n> {
    pub(super) gap: Option<(&'n Key, &'n Node)>,
    pub(super) noise: Option<(&'n Key, &'n Node)>,
    pub(super) with: Option<(&'n Key, &'n Node)>,
}

impl<'n> SiblingKeys<'n> {
    /// The first of the keys that is there.
    pub(super) fn first(&self) -> Option<&'n Key> {
        let entry = self.gap.or(self.noise).or(self.with);
        entry.map(|(key, _)| key)
    }
}

/// The parsed keys of an expectation, before contradictions are checked.
#[derive(Default)]
struct RawExpectation {
    outcome: Option<(Outcome, Span)>,
    gap: Option<Located<String>>,
    noise: Option<Located<String>>,
    with: Option<(Vec<FieldSetting>, Span)>,
    new_terms: Option<(Vec<WrittenValue>, Span)>,
    matched: Option<(Matched, Span)>,
}

/// The indicators that each event matches, by label.
type Matched = Vec<(Located<String>, Vec<Located<String>>)>;

enum Outcome {
    Alert(Alerts),
    None,
}

/// Reads `expect` together with the pins that stand beside it.
pub(super) fn expect(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    node: &Node,
    beside: Option<&SiblingKeys<'_>>,
    labels: &[String],
) -> PerSource<Expectation> {
    let by_source = match &node.kind {
        NodeKind::Map(entries) => {
            !entries.is_empty()
                && !entries
                    .iter()
                    .any(|(key, _)| KEYS.contains(&key.text.as_str()))
        }
        _ => false,
    };
    if !by_source {
        let mut said = read_expectation(parser, scenario, node, labels);
        if let Some(beside) = beside {
            beside_outcome(parser, scenario, beside, &mut said);
        }
        return PerSource::All(expectation(parser, said, node.span));
    }
    if let Some(key) = beside.and_then(SiblingKeys::first) {
        let name = key.text.clone();
        let cause = ScenarioExpectation::BesideSources { name };
        parser.error(&CONTRADICTION, key.span, &cause);
    }
    let Some(entries) = parser.map(node, &ScenarioPart::Key("expect")) else {
        return PerSource::Each(Vec::new());
    };
    let count = entries.entries.len();
    if !parser.few(node.span, count, MAX_SOURCES, Counted::Sources) {
        return PerSource::Each(Vec::new());
    }
    let each = entries.entries.into_iter().map(|(source, node)| {
        let said = read_expectation(parser, scenario, node, labels);
        let source = Located::new(source.text.clone(), source.span);
        (source, expectation(parser, said, node.span))
    });
    PerSource::Each(each.collect())
}

/// The expectation of a case that has a pin and no `expect`.
pub(super) fn pinned(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    beside: &SiblingKeys<'_>,
    span: Span,
) -> PerSource<Expectation> {
    let mut said = RawExpectation::default();
    beside_outcome(parser, scenario, beside, &mut said);
    PerSource::All(expectation(parser, said, span))
}

fn beside_outcome(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    beside: &SiblingKeys<'_>,
    said: &mut RawExpectation,
) {
    if let Some((_, node)) = beside.gap {
        said.gap = reason(parser, node, "gap");
    }
    if let Some((_, node)) = beside.noise {
        said.noise = reason(parser, node, "noise");
    }
    if let Some((_, node)) = beside.with {
        said.with = with(parser, scenario, node);
    }
}

fn read_expectation(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    node: &Node,
    labels: &[String],
) -> RawExpectation {
    let mut said = RawExpectation::default();
    match &node.kind {
        NodeKind::Scalar { .. } => said.outcome = outcome(parser, node),
        NodeKind::List(_) => {
            let cause = ScenarioExpectation::ExpectationList;
            parser.error(&WRONG_SHAPE, node.span, &cause);
            said.outcome = Some((Outcome::Alert(Alerts::Some), node.span));
        }
        NodeKind::Map(_) => {
            if let Some(entries) = parser.map(node, &ScenarioPart::Expectation) {
                said_in_map(parser, scenario, entries, labels, &mut said);
            }
        }
    }
    said
}

fn said_in_map(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    mut entries: Entries<'_>,
    labels: &[String],
    said: &mut RawExpectation,
) {
    let span = entries.span;
    if let Some(node) = entries.take("expect") {
        said.outcome = outcome(parser, node);
    }
    if let Some(node) = entries.take("alert") {
        let alerts = match &node.kind {
            NodeKind::Map(_) => group(parser, scenario, node),
            _ => alert_labels(parser, node, labels),
        };
        said.outcome = Some((Outcome::Alert(alerts), node.span));
    }
    if let Some(node) = entries.take("alerts") {
        said.outcome = Some((count(parser, node), node.span));
    }
    if let Some((key, _)) = entries.take_entry("none") {
        said.outcome = Some((Outcome::None, key.span));
    }
    if let Some(node) = entries.take("gap") {
        said.gap = reason(parser, node, "gap");
    }
    if let Some(node) = entries.take("noise") {
        said.noise = reason(parser, node, "noise");
    }
    if let Some(node) = entries.take("with") {
        said.with = with(parser, scenario, node);
    }
    if let Some((key, node)) = entries.take_entry("new_terms") {
        said.new_terms = Some((field::values(parser, scenario, "new_terms", node), key.span));
    }
    if let Some((key, node)) = entries.take_entry("matched") {
        said.matched = Some((matched(parser, node, labels), key.span));
    }
    if is_mixed(parser, scenario, &entries) {
        return;
    }
    parser.rest(&entries, &ScenarioPart::Expectation, KEYS);
    let empty = said.outcome.is_none() && said.gap.is_none() && said.noise.is_none();
    let with = said.with.is_some() || said.new_terms.is_some() || said.matched.is_some();
    if empty && !with && entries.entries.is_empty() {
        parser.error(&MISSING_KEY, span, &ScenarioExpectation::EmptyExpectation);
    }
}

/// Whether a source stands beside the keys of an expectation, which is reported.
fn is_mixed(parser: &mut Parser<'_>, scenario: &Scenario, entries: &Entries<'_>) -> bool {
    let by_source = entries.entries.iter().find(|(key, _)| {
        let mut sources = scenario.sources.iter().flatten();
        match scenario.sources {
            Some(_) => sources.any(|source| source.value == key.text),
            // Which sources there are is not known here: a map or a word of an outcome tells.
            None => nearest(&key.text, KEYS.iter().copied()).is_none(),
        }
    });
    let Some((key, _)) = by_source else {
        return false;
    };
    let name = key.text.clone();
    parser.error(
        &UNKNOWN_KEY,
        key.span,
        &ScenarioExpectation::MixedKeys { name },
    );
    true
}

fn outcome(parser: &mut Parser<'_>, node: &Node) -> Option<(Outcome, Span)> {
    let text = parser.text(node, &ScenarioPart::Expectation)?;
    let outcome = match text.value.as_str() {
        "alert" => Outcome::Alert(Alerts::Some),
        "none" => Outcome::None,
        other => {
            let suggestion = nearest(other, OUTCOMES.iter().copied());
            let cause = ScenarioExpectation::UnknownOutcome {
                name: other.to_owned(),
                suggestion: suggestion.map(str::to_owned),
            };
            parser.error(&WRONG_SHAPE, text.span, &cause);
            return None;
        }
    };
    Some((outcome, text.span))
}

fn alert_labels(parser: &mut Parser<'_>, node: &Node, labels: &[String]) -> Alerts {
    if let NodeKind::Scalar { text, .. } = &node.kind
        && (text.is_empty() || text == "true")
    {
        return Alerts::Some;
    }
    let named = parser.texts(node, &ScenarioPart::Key("alert"));
    for label in &named {
        if !labels.contains(&label.value) {
            event::unknown_label(parser, &label.value, label.span, labels);
        }
    }
    if named.is_empty() {
        return Alerts::Some;
    }
    Alerts::Labels(named)
}

/// `alert: {field: value, count: n}`: one alert of a group of events, or of a row.
fn group(parser: &mut Parser<'_>, scenario: &Scenario, node: &Node) -> Alerts {
    let Some(mut entries) = parser.map(node, &ScenarioPart::Key("alert")) else {
        return Alerts::Some;
    };
    let counted = entries.take("count").and_then(|node| {
        let text = parser.text(node, &ScenarioPart::Key("count"))?;
        let count = text.value.parse::<u64>().ok();
        if count.is_none() {
            let found = text.value;
            let cause = ScenarioExpectation::NotACount {
                key: "count",
                found,
            };
            parser.error(&WRONG_SHAPE, node.span, &cause);
        }
        count
    });
    let fields = field::settings(parser, scenario, &entries);
    if fields.is_empty() && counted.is_none() {
        parser.missing(node.span, &ScenarioExpectation::EmptyGroup);
    }
    Alerts::Group {
        fields,
        count: counted,
    }
}

/// `matched: {event: [indicator, …]}`.
fn matched(parser: &mut Parser<'_>, node: &Node, labels: &[String]) -> Matched {
    let Some(entries) = parser.map(node, &ScenarioPart::Key("matched")) else {
        return Vec::new();
    };
    let mut matched = Vec::new();
    for (event, node) in entries.entries {
        let event = Located::new(event.text.clone(), event.span);
        let indicators = parser.texts(node, &ScenarioPart::Key("matched"));
        for label in indicators.iter().chain([&event]) {
            if !labels.contains(&label.value) {
                event::unknown_label(parser, &label.value, label.span, labels);
            }
        }
        matched.push((event, indicators));
    }
    matched
}

fn count(parser: &mut Parser<'_>, node: &Node) -> Outcome {
    let Some(text) = parser.text(node, &ScenarioPart::Key("alerts")) else {
        return Outcome::Alert(Alerts::Some);
    };
    match text.value.parse::<usize>() {
        Ok(0) => {
            parser.error(&CONTRADICTION, node.span, &ScenarioExpectation::NoAlerts);
            Outcome::None
        }
        Ok(count) => Outcome::Alert(Alerts::Count(count)),
        Err(_) => {
            let (key, found) = ("alerts", text.value);
            let cause = ScenarioExpectation::NotACount { key, found };
            parser.error(&WRONG_SHAPE, node.span, &cause);
            Outcome::Alert(Alerts::Some)
        }
    }
}

fn reason(parser: &mut Parser<'_>, node: &Node, pin: &'static str) -> Option<Located<String>> {
    let empty = match &node.kind {
        NodeKind::Scalar { text, quoted } => {
            text.trim().is_empty() || (!quoted && matches!(text.as_str(), "true" | "yes" | "~"))
        }
        _ => false,
    };
    if empty {
        let cause = ScenarioExpectation::PinWithoutReason { pin };
        parser.error(&MISSING_KEY, node.span, &cause);
        // A pin without a reason is still a pin to all that is read after it.
        return Some(Located::new(String::new(), node.span));
    }
    let reason = parser.text(node, &ScenarioPart::PinReason { name: pin });
    reason.or_else(|| Some(Located::new(String::new(), node.span)))
}

fn with(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    node: &Node,
) -> Option<(Vec<FieldSetting>, Span)> {
    let entries = parser.map(node, &ScenarioPart::Key("with"))?;
    Some((field::settings(parser, scenario, &entries), node.span))
}

/// Makes an expectation of what was said, and reports what excludes itself.
fn expectation(parser: &mut Parser<'_>, said: RawExpectation, span: Span) -> Expectation {
    let RawExpectation {
        outcome,
        mut gap,
        mut noise,
        with,
        new_terms,
        matched,
    } = said;
    if let (Some(_), Some(second)) = (&gap, &noise) {
        parser.error(
            &CONTRADICTION,
            second.span,
            &ScenarioExpectation::GapAndNoise,
        );
        noise = None;
    }
    let outcome = outcome.map_or_else(
        || match (&gap, &noise) {
            (Some(_), _) => Outcome::None,
            _ => Outcome::Alert(Alerts::Some),
        },
        |(outcome, _)| outcome,
    );
    let expected = match outcome {
        Outcome::Alert(alerts) => {
            if let Some(gap) = gap.take() {
                parser.error(&CONTRADICTION, gap.span, &ScenarioExpectation::GapWithAlert);
            }
            Expected::Alert {
                alerts,
                with: with.map_or_else(Vec::new, |(with, _)| with),
                new_terms: new_terms.map_or_else(Vec::new, |(terms, _)| terms),
                matched: matched.map_or_else(Vec::new, |(matched, _)| matched),
                noise,
            }
        }
        Outcome::None => {
            let beside = [
                with.map(|(_, span)| (AlertCheck::With, span)),
                new_terms.map(|(_, span)| (AlertCheck::NewTerms, span)),
                matched.map(|(_, span)| (AlertCheck::Matched, span)),
            ];
            contradict_none(parser, noise.map(|noise| noise.span), beside);
            Expected::None { gap }
        }
    };
    Expectation { span, expected }
}

/// Reports what cannot stand beside `none`: noise, and checks of an alert.
fn contradict_none(
    parser: &mut Parser<'_>,
    noise: Option<Span>,
    beside: [Option<(AlertCheck, Span)>; 3],
) {
    if let Some(span) = noise {
        parser.error(&CONTRADICTION, span, &ScenarioExpectation::NoiseWithNone);
    }
    for (key, span) in beside.into_iter().flatten() {
        parser.error(
            &CONTRADICTION,
            span,
            &ScenarioExpectation::CheckWithNone { key },
        );
    }
}

/// Checks that an expectation by source names exactly the sources on which the case runs, where
/// the scenario says which these are.
pub(super) fn covers(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    expect: &PerSource<Expectation>,
    sources: Option<&[Located<String>]>,
    tested: Tested,
) {
    if let Some(sources) = sources {
        let names: Vec<&str> = sources.iter().map(|source| &*source.value).collect();
        for diagnostic in check::covers(scenario, expect, &names, tested) {
            parser.push(diagnostic);
        }
    }
}
