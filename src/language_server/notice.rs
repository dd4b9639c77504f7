//! What is marked in a text: findings of `check`, and what became of the checks of a scenario.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::diagnostic::{Diagnostic, SourceText, Span};
use crate::replay::outcome::{Check, Place, Verdict};
use crate::replay::reason::Reason;
use crate::report::reason;
use crate::snapshot::{Change, Class};

/// How much a notice weighs, with the protocol's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    Error = 1,
    Warning = 2,
    Information = 3,
}

/// One mark.
#[derive(Debug, Clone)]
pub(super) struct Notice {
    pub(super) span: Span,
    pub(super) weight: Weight,
    pub(super) code: String,
    /// Whether the code is that of an error or a lint.
    pub(super) has_page: bool,
    pub(super) message: String,
    /// The same for programs and for code actions.
    pub(super) data: Value,
    /// Other places, each with what is there.
    pub(super) related: Vec<(Arc<SourceText>, Span, String)>,
}

/// A diagnostic as a mark in the file of this name.
pub(super) fn of_diagnostic(diagnostic: &Diagnostic, file: &str) -> Notice {
    let mut labels = diagnostic.labels.iter();
    let own = labels.clone().find(|label| label.source.name() == file);
    let mut message = diagnostic.message.clone();
    if let Some(label) = own.filter(|label| !label.message.is_empty()) {
        message.push_str(": ");
        message.push_str(&label.message);
    }
    for help in &diagnostic.help {
        message.push('\n');
        message.push_str(help);
    }
    let is_other =
        |label: &&crate::diagnostic::Label| own.is_none_or(|own| !std::ptr::eq(own, *label));
    let related = labels.by_ref().filter(is_other);
    Notice {
        span: own.map_or(Span::new(0, 0), |label| label.span),
        weight: if diagnostic.is_error() {
            Weight::Error
        } else {
            Weight::Warning
        },
        code: diagnostic.code.number.to_owned(),
        has_page: true,
        message,
        data: data(diagnostic),
        related: related
            .map(|label| (Arc::clone(&label.source), label.span, label.message.clone()))
            .collect(),
    }
}

/// The cause of a diagnostic beside what its message names.
fn data(diagnostic: &Diagnostic) -> Value {
    let mut data = json!(diagnostic.details);
    if let (Some(data), Some(cause)) = (data.as_object_mut(), &diagnostic.cause) {
        data.insert("cause".to_owned(), json!(cause));
    }
    data
}

/// A notice for a check that does not pass and can be fixed; otherwise `None`.
pub(super) fn of_check(check: &Check, file: &str) -> Option<Notice> {
    let weight = match check.verdict {
        verdict if verdict.fails() => Weight::Error,
        Verdict::Uncertain | Verdict::Vacuous | Verdict::Unsupported => Weight::Warning,
        _ => return None,
    };
    let place = check.expectation.as_ref().or(check.place.as_ref());
    let mut message = reason::message(check);
    if message.is_empty() {
        message = format!("expected {}", check.expected);
    }
    let labels = check.diagnostics.iter().flat_map(|one| &one.labels);
    let related = labels.filter(|label| label.source.name() != file);
    Some(Notice {
        span: span_in(place, file),
        weight,
        code: check.verdict.word().to_owned(),
        has_page: false,
        message: format!("{}: {message}", check.key.source),
        data: json!({
            "reason": check.reason.as_ref().map(Reason::word),
            "cause": check.reason.as_ref().and_then(Reason::cause),
        }),
        related: related
            .map(|label| (Arc::clone(&label.source), label.span, label.message.clone()))
            .collect(),
    })
}

/// A change of the snapshot that waits.
pub(super) fn of_change(change: &Change, check: Option<&Check>, file: &str) -> Notice {
    let (weight, what) = match change.class {
        Class::Lost => (Weight::Error, "an alert is gone"),
        Class::New => (Weight::Error, "an alert that was not there"),
        Class::Split => (
            Weight::Warning,
            "data sources that behaved alike now differ",
        ),
        Class::Reason => (Weight::Warning, "something else decides it now"),
        Class::Content => (Weight::Information, "the same outcome with other values"),
        Class::Added => (Weight::Information, "not in the snapshot yet"),
        Class::Removed => (
            Weight::Information,
            "recorded, and no longer in the scenario",
        ),
    };
    Notice {
        span: span_in(check.and_then(|check| check.place.as_ref()), file),
        weight,
        code: change.class.word().to_owned(),
        has_page: false,
        message: format!("{}: {what}", change.key.source),
        data: Value::Null,
        related: Vec::new(),
    }
}

fn span_in(place: Option<&Place>, file: &str) -> Span {
    let place = place.filter(|place| place.source.name() == file);
    place.map_or(Span::new(0, 0), |place| place.span)
}

/// The same said of several data sources at one place is said once.
pub(super) fn merged(notices: Vec<Notice>) -> Vec<Notice> {
    let mut merged: Vec<Notice> = Vec::new();
    for notice in notices {
        let said = |one: &Notice| {
            one.message
                .split_once(": ")
                .map(|(_, said)| said.to_owned())
        };
        let same = |other: &&mut Notice| {
            other.span == notice.span && other.code == notice.code && said(other) == said(&notice)
        };
        match merged.iter_mut().find(same) {
            Some(other) => {
                let source = notice.message.split(": ").next().unwrap_or("");
                other.message = match other.message.split_once(": ") {
                    Some((sources, said)) => format!("{sources}, {source}: {said}"),
                    None => continue,
                };
            }
            None => merged.push(notice),
        }
    }
    merged
}
