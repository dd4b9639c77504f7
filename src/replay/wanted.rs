//! A scenario's expectation → what a check is judged by.

use super::judge::{Alert, Wanted};
use super::outcome::{Pin, PinKind};
use crate::scenario::{self, Expectations, Outcome, Scenario};

/// What is wanted on a source; `None` when the expectation says nothing of it.
pub(super) fn wanted(
    scenario: &Scenario,
    expectations: &Expectations,
    source: &str,
) -> Option<Wanted> {
    let (expectation, named) = expectations.for_source(source)?;
    let alert = match &expectation.outcome {
        Outcome::None => Alert::None,
        Outcome::Alert {
            labels: Some(labels),
            ..
        } => Alert::Of(labels.iter().map(|label| label.text.clone()).collect()),
        Outcome::Alert {
            count: Some(count), ..
        } => Alert::Count(*count),
        Outcome::Alert { .. } => Alert::Any,
    };
    let with = expectation.with.iter().filter_map(|(field, value)| {
        let path = scenario.fields.path(field, source)?;
        Some((path.to_owned(), value.text.clone()))
    });
    Some(Wanted {
        alert,
        because: expectation
            .because
            .iter()
            .map(|because| because.text.clone())
            .collect(),
        with: with.collect(),
        pin: expectation.pin.as_ref().map(|pin| Pin {
            kind: match pin.kind {
                scenario::PinKind::Gap => PinKind::Gap,
                scenario::PinKind::Noise => PinKind::Noise,
            },
            reason: pin.reason.text.clone(),
        }),
        named,
    })
}
