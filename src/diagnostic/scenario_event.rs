//! What is wrong with the events of a scenario: their labels, kinds and copies, and what a case
//! changes of them.

use std::fmt;

use super::cause::{Part, causes, phrases};
use super::details::did_you_mean;
use super::names::Names;

causes! {
    /// Why the events of a scenario are not taken.
    ScenarioEvent {
        NoEvents => "the attack has no `events`", help "`events` maps labels to events";
        /// A map of events that is empty.
        EmptyEvents { key: &'static str } => "there are no events",
            help "`{key}` maps labels to events: `child: {{is: process}}`";
        /// `fix` is the first of the events as a map has it.
        ListOfEvents { key: &'static str, fix: LabelledEvent } =>
            "`{key}` must be a map of labels, found a list",
            help "give each event a label by which cases and `expect` name it:\n  {key}:\n{fix}";
        NoKind { name: String } => "the event `{name}` does not say what it is",
            help "add its kind: `is: process`";
        EventsAndCapture => "the attack has both `events` and `events_from`",
            help "events are written or captured; take one of the two out";
        BesideCapture { name: String } => "`{name}` beside `events_from`",
            help "a recording has its own past and its own indicators, at its own times: write the attack as `events`";
        CaptureWithoutFile => "`events_from` names no `file`",
            help "`file` is an NDJSON file, relative to the scenario";
        /// `expected` are the labels, where none is near.
        UnknownLabel { name: String, suggestion: Option<String>, expected: Names } =>
            "no event has the label `{name}`",
            hint Some(suggestion.as_deref().map_or_else(|| labels(expected), did_you_mean));
        /// Among the events, history and indicators of the attack.
        DuplicateLabel { name: String } => "two events are labelled `{name}`",
            label "the second", help "events, history and indicators share their labels";
        /// A label of the attack that an event which a case adds has, too.
        TakenLabel { name: String } => "an event is labelled `{name}` already",
            help "an added event needs a label of its own; `change` changes one";
        RemovedTwice { name: String } => "`{name}` is removed twice",
            help "take one of them out";
        RemovedAndChanged { name: String } => "`{name}` is both removed and changed",
            help "take one of the two out";
        VaryWithoutRepeat => "`vary` without `repeat`",
            help "say how often it happens: `repeat: {{times: 20, every: 3s}}`";
        /// A field of `vary` with one value.
        VaryWithoutValues { name: String } => "`{name}` does not vary",
            help "a list of values, or a range of whole numbers: `1..250`";
        RangeTooLong { most: usize } => "a range has at most {most} values";
        CaptureRepeated => "the events of a capture cannot be repeated",
            help "write the events in the scenario to repeat them";
        CaptureChanged { change: CaptureChange } => "{change}",
            help "a change of captured events sets or removes fields; write the events in the scenario to change more";
    }
}

fn labels(known: &Names) -> String {
    if known.is_empty() {
        "no event has a label here".to_owned()
    } else {
        format!("the labels are {known}")
    }
}

phrases! {
    /// What a case cannot do with the events of a capture.
    CaptureChange {
        Add = "no events can be added to a capture",
        Kind = "a captured event has its own kind",
        Time = "a captured event has its own time",
    }
}

/// The start of an event of this kind, with a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelledEvent {
    /// For example `process.start`.
    pub kind: String,
}

impl fmt::Display for LabelledEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = &self.kind;
        let label = kind.split('.').next().unwrap_or(kind);
        write!(f, "    {label}:\n      is: {kind}\n      …")
    }
}

impl Part for LabelledEvent {
    fn part(&self) -> Option<String> {
        Some(self.kind.clone())
    }
}
