//! Reads `because`.

use super::Parser;
use super::sources::MAX_SOURCES;
use crate::diagnostic::scenario_expectation::ScenarioExpectation;
use crate::diagnostic::scenario_part::{Counted, ScenarioPart};
use crate::scenario::error::CONTRADICTION;
use crate::scenario::model::{Alerts, Expectation, Expected, Located, PerSource};
use crate::scenario::yaml::{Node, NodeKind};

const BECAUSE: ScenarioPart = ScenarioPart::Key("because");

/// Reads `because`: one text, a list, or either for each source.
pub(super) fn because(
    parser: &mut Parser<'_>,
    node: &Node,
    expect: &PerSource<Expectation>,
) -> PerSource<Vec<Located<String>>> {
    let because = match &node.kind {
        NodeKind::Map(entries)
            if !parser.few(node.span, entries.len(), MAX_SOURCES, Counted::Sources) =>
        {
            PerSource::Each(Vec::new())
        }
        NodeKind::Map(entries) => {
            let each = entries.iter().map(|(source, node)| {
                let texts = parser.texts(node, &BECAUSE);
                (Located::new(source.text.clone(), source.span), texts)
            });
            PerSource::Each(each.collect())
        }
        _ => PerSource::All(parser.texts(node, &BECAUSE)),
    };
    if of_counts(&because, expect) {
        return because;
    }
    match &because {
        PerSource::All(_) if expect.values().iter().all(|expect| expect.is_alert()) => {
            let cause = ScenarioExpectation::BecauseWithAlert;
            parser.error(&CONTRADICTION, node.span, &cause);
        }
        PerSource::Each(entries) => {
            for (source, _) in entries {
                if expect.get(&source.value).is_some_and(Expectation::is_alert) {
                    let name = source.value.clone();
                    let cause = ScenarioExpectation::BecauseWithAlertOn { name };
                    parser.error(&CONTRADICTION, source.span, &cause);
                }
            }
        }
        PerSource::All(_) => {}
    }
    because
}

/// Whether the reasons are of alerts that are counted: what became of the others.
fn of_counts(because: &PerSource<Vec<Located<String>>>, expect: &PerSource<Expectation>) -> bool {
    let counted = |expect: &&Expectation| {
        matches!(
            expect.expected,
            Expected::Alert {
                alerts: Alerts::Count(_),
                ..
            }
        )
    };
    let reasons = because.values();
    let mut reasons = reasons.into_iter().flatten();
    reasons.all(|reason| {
        matches!(
            reason.value.as_str(),
            "max_signals" | "suppressed" | "counted"
        )
    }) && expect.values().iter().all(counted)
}
