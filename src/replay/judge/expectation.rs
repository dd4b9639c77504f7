//! A scenario's expectation → what a check is judged by.

use std::fmt::Write as _;

use crate::data_source::DataSource;
use crate::diagnostic::Diagnostic;
use crate::event::Scalar;
use crate::replay::outcome::{Pin, PinKind};
use crate::replay::reason::{Group, ReasonName};
use crate::scenario::expand::{expected_fields, group_fields};
use crate::scenario::model::{Alerts, Case, Expected, Located, Scenario};

/// What a scenario expects of one check.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::replay) struct CheckExpectation {
    /// Whether it is to alert.
    pub(in crate::replay) alert: Alert,
    /// The reasons that must all be found if no alert is expected.
    pub(in crate::replay) because: Vec<ReasonName>,
    /// Fields of the alert and the values that they must have.
    pub(in crate::replay) with: Vec<(String, String)>,
    /// The new terms of an alert, in the order of the rule's fields.
    pub(in crate::replay) new_terms: Vec<String>,
    /// The indicators that each event matches, by label.
    pub(in crate::replay) matched: Vec<(String, Vec<String>)>,
    /// A known false positive or known miss.
    pub(in crate::replay) pin: Option<Pin>,
    /// The expectation names the data source, rather than holding for all.
    pub(in crate::replay) named: bool,
}

/// Whether a check is to alert.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::replay) enum Alert {
    /// No alert.
    None,
    /// At least one alert.
    Any,
    /// An alert of exactly these events.
    Of(Vec<String>),
    /// Exactly this many alerts.
    Count(usize),
    /// An alert of so many events with these values.
    Group(Group),
}

impl CheckExpectation {
    /// In a few words.
    pub(in crate::replay) fn words(&self) -> String {
        let mut words = match &self.alert {
            Alert::None => "none".to_owned(),
            Alert::Any => "alert".to_owned(),
            Alert::Of(labels) => format!("alert {}", labels.join(", ")),
            Alert::Count(count) => format!("{count} alerts"),
            Alert::Group(group) => format!("alert {group}"),
        };
        if !self.because.is_empty() {
            words.push_str(", because ");
            let because: Vec<String> = self.because.iter().map(ToString::to_string).collect();
            words.push_str(&because.join(" and "));
        }
        if let Some(pin) = &self.pin {
            let _ = write!(words, " ({}: {})", pin.kind.word(), pin.reason);
        }
        words
    }
}

/// What is expected of the attack (without `case`) or a case on a source; `None` if the scenario
/// does not say.
pub(in crate::replay) fn check_expectation(
    scenario: &Scenario,
    case: Option<&Case>,
    source: &DataSource,
) -> Option<CheckExpectation> {
    let expect = case.map_or(&scenario.attack.expect, |case| &case.expect);
    let because = case.map(|case| &case.because);
    let expectation = expect.get(&source.name)?;
    let pin = |kind, reason: &Located<String>| Pin {
        kind,
        reason: reason.value.clone(),
    };
    let reasons = because.and_then(|because| because.get(&source.name));
    let because = reasons.into_iter().flatten();
    let because = because.map(|reason| scenario.because_on(&reason.value, &source.name));
    let because = because.map(ReasonName::parse).collect();
    let (alert, pin) = match &expectation.expected {
        Expected::None { gap } => {
            let gap = gap.as_ref().map(|reason| pin(PinKind::Gap, reason));
            (Alert::None, gap)
        }
        Expected::Alert { alerts, noise, .. } => {
            let alert = match alerts {
                Alerts::Some => Alert::Any,
                Alerts::Labels(labels) => {
                    Alert::Of(labels.iter().map(|label| label.value.clone()).collect())
                }
                Alerts::Count(count) => Alert::Count(*count),
                Alerts::Group { count, .. } => Alert::Group(Group {
                    fields: texts(group_fields(scenario, case, source)),
                    count: *count,
                }),
            };
            let noise = noise.as_ref().map(|reason| pin(PinKind::Noise, reason));
            (alert, noise)
        }
    };
    let (new_terms, matched) = match &expectation.expected {
        Expected::Alert {
            new_terms, matched, ..
        } => (new_terms.as_slice(), matched.as_slice()),
        Expected::None { .. } => (&[][..], &[][..]),
    };
    let labels = |labels: &[Located<String>]| {
        let labels = labels.iter().map(|label| label.value.clone());
        labels.collect::<Vec<_>>()
    };
    Some(CheckExpectation {
        alert,
        because,
        with: texts(expected_fields(scenario, case, source)),
        new_terms: new_terms.iter().map(|term| term.text.clone()).collect(),
        matched: matched
            .iter()
            .map(|(event, indicators)| (event.value.clone(), labels(indicators)))
            .collect(),
        pin,
        named: expect.names(&source.name),
    })
}

/// Fields and their values as text; what is wrong with them is said by the check of the scenario.
fn texts(fields: Result<Vec<(String, Vec<Scalar>)>, Vec<Diagnostic>>) -> Vec<(String, String)> {
    let fields = fields.unwrap_or_default();
    let text = |(field, values): (String, Vec<Scalar>)| {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        (field, values.join(", "))
    };
    fields.into_iter().map(text).collect()
}
