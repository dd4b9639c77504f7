//! Cases: the attack with a change, and what is expected of it. Called by `model` only.

use super::attack::{self, Attack, EventsFrom};
use super::each;
use super::error::{CONTRADICTION, DUPLICATE, MISSING, UNKNOWN_LABEL, UNKNOWN_SOURCE};
use super::event::{self, EventChange, EventSpec};
use super::expectation::{self, Context, Expectations, Outcome, Role};
use super::names::{self, FieldName};
use super::reader::{Located, Reader, listed};
use super::yaml::{Kind, Node};
use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{Diagnostic, Span};

/// One case of a scenario; those of an `each` are cases of their own.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Its name; `case / key` for a case of an `each`.
    pub name: String,
    /// The place of its name; for a case of an `each`, that of the common name.
    pub span: Span,
    /// The only sources that it is for.
    pub only: Option<Vec<Located>>,
    /// `(source, reason)`: sources on which it does not run.
    pub skip: Vec<(Located, Located)>,
    /// What changes, in order.
    pub change: Vec<EventChange>,
    /// Events that the attack does not have.
    pub add: Vec<EventSpec>,
    /// Labels of events that do not happen.
    pub remove: Vec<Located>,
    /// Fields that the sensor does not pin here.
    pub force: Vec<FieldName>,
    /// Recorded events in the place of the attack's.
    pub events_from: Option<EventsFrom>,
    /// What is expected.
    pub expect: Expectations,
}

impl Case {
    /// Whether the case is for `source`; a source that it skips is one that it is for.
    pub fn is_for(&self, source: &str) -> bool {
        let only = self.only.as_ref();
        only.is_none_or(|only| only.iter().any(|name| name.text == source))
    }

    /// Why the case does not run on `source`.
    pub fn skips(&self, source: &str) -> Option<&str> {
        let found = self.skip.iter().find(|(name, _)| name.text == source);
        found.map(|(_, reason)| reason.text.as_str())
    }

    /// Whether the case changes anything but what the sensor pins.
    pub fn changes(&self) -> bool {
        !(self.change.is_empty() && self.add.is_empty() && self.remove.is_empty())
    }
}

/// The keys of a case.
const KEYS: &[&str] = &[
    "name",
    "only",
    "skip",
    "change",
    "add",
    "remove",
    "force",
    "each",
    "events_from",
    "expect",
    "because",
    "with",
    "gap",
    "noise",
];

/// Reads one entry of `cases:`, which an `each` makes several.
pub(super) fn read(
    reader: &mut Reader<'_>,
    node: &Node,
    attack: Option<&Attack>,
    context: &Context<'_>,
) -> Vec<Case> {
    let Some(entries) = reader.entries(node, "a case", KEYS) else {
        return Vec::new();
    };
    let Some(name) = entries.get("name") else {
        let help = "say in a few words what differs: `name: medium integrity`";
        reader.error(
            MISSING,
            node.span,
            "the case has no name",
            "no `name:`",
            help,
        );
        return Vec::new();
    };
    let Some(name) = reader.text(name, "the case's `name`") else {
        return Vec::new();
    };
    let combinations = each::combinations(reader, entries.get("each"), node, context.names);
    reader.each = match entries.get("each").map(|each| &each.kind) {
        Some(Kind::Map(each)) => each
            .iter()
            .map(|(key, _)| format!("${}", key.text))
            .collect(),
        _ => Vec::new(),
    };
    let mut cases = Vec::new();
    for combination in combinations {
        let node = combination.apply(node);
        let mut full = name.clone();
        for part in &combination.suffix {
            full.text.push_str(" / ");
            full.text.push_str(part);
        }
        cases.extend(read_one(reader, &node, full, attack, context));
    }
    reader.each.clear();
    cases
}

fn read_one(
    reader: &mut Reader<'_>,
    node: &Node,
    name: Located,
    attack: Option<&Attack>,
    context: &Context<'_>,
) -> Option<Case> {
    let before = reader.diagnostics.len();
    // Unknown keys were reported before `each` was applied.
    let entries = reader.entries(node, "a case", KEYS)?;
    let names = context.names;
    let only = entries.get("only").map(|node| reader.texts(node, "`only`"));
    for source in only.iter().flatten() {
        known_source(reader, source, "only", context);
    }
    let skip = entries
        .get("skip")
        .map_or(Vec::new(), |node| read_skip(reader, node, context));
    let expect = expectation::read(reader, &entries, Some(&name), Role::Case, context);
    let mut case = Case {
        name: name.text,
        span: name.span,
        only,
        skip,
        change: entries
            .get("change")
            .map_or(Vec::new(), |node| read_change(reader, node, context)),
        add: entries.get("add").map_or(Vec::new(), |node| {
            event::read_events(reader, node, "`add`", names)
        }),
        remove: entries
            .get("remove")
            .map_or(Vec::new(), |node| reader.texts(node, "`remove`")),
        force: attack::read_force(reader, entries.get("force"), names),
        events_from: entries
            .get("events_from")
            .and_then(|node| attack::read_events_from(reader, node)),
        expect: expect?,
    };
    if let (Some(from), Some(event)) = (&case.events_from, case.add.first()) {
        let message = "recorded events are taken as they are, so none can be added";
        reader.diagnostics.push(
            Diagnostic::error(CONTRADICTION, message)
                .at(reader.source, event.label.span, "added here")
                .at(reader.source, from.span, "recorded here")
                .help("add it to the recording, or leave `events_from` out"),
        );
    }
    if let Some(attack) = attack {
        check_labels(reader, &mut case, attack);
        check_sources(reader, &case, context);
    }
    (reader.diagnostics.len() == before).then_some(case)
}

fn read_change(reader: &mut Reader<'_>, node: &Node, context: &Context<'_>) -> Vec<EventChange> {
    let parts = match &node.kind {
        Kind::List(parts) => parts.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let mut changes = Vec::new();
    for part in parts {
        for (label, value) in reader.map(part, "`change`").unwrap_or(&[]) {
            changes.extend(event::read_change(reader, label, value, context.names));
        }
    }
    changes
}

fn read_skip(
    reader: &mut Reader<'_>,
    node: &Node,
    context: &Context<'_>,
) -> Vec<(Located, Located)> {
    let mut skip = Vec::new();
    for (key, value) in reader.map(node, "`skip`").unwrap_or(&[]) {
        let source = names::located(key);
        known_source(reader, &source, "skip", context);
        let reason = reader.text(value, &format!("the reason to skip `{}`", key.text));
        skip.extend(reason.map(|reason| (source, reason)));
    }
    skip
}

/// Reports a source that the scenario does not list.
fn known_source(reader: &mut Reader<'_>, source: &Located, key: &str, context: &Context<'_>) {
    let known: Vec<&str> = context
        .sources
        .iter()
        .map(|known| known.text.as_str())
        .collect();
    if known.is_empty() || known.contains(&source.text.as_str()) {
        return;
    }
    let help = match nearest(&source.text, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the scenario's sources are {}", listed(&known)),
    };
    let message = format!(
        "`{key}` names `{}`, which is no source of the scenario",
        source.text
    );
    reader.error(UNKNOWN_SOURCE, source.span, message, "unknown source", help);
}

/// Every label that the case uses must be one of its events.
fn check_labels(reader: &mut Reader<'_>, case: &mut Case, attack: &Attack) {
    let base: Vec<&Located> = match &case.events_from {
        Some(from) => from.labels.iter().map(|(label, _)| label).collect(),
        None => attack.labels(),
    };
    for event in &case.add {
        if let Some(old) = base.iter().find(|old| old.text == event.label.text) {
            let message = format!("the attack has an event `{}` already", event.label.text);
            reader.diagnostics.push(
                Diagnostic::error(DUPLICATE, message)
                    .at(reader.source, event.label.span, "added here")
                    .at(reader.source, old.span, "the attack's")
                    .help("give it another label, or change the attack's event under `change`"),
            );
        }
    }
    let added = case.add.iter().map(|event| &event.label);
    let all: Vec<&Located> = base.into_iter().chain(added).collect();
    let changed = case.change.iter().map(|change| &change.label);
    for label in changed.chain(&case.remove) {
        known_label(reader, label, &all);
    }
    let removed = |label: &Located| case.remove.iter().any(|gone| gone.text == label.text);
    let left: Vec<&Located> = all.into_iter().filter(|label| !removed(label)).collect();
    expected_labels(reader, &case.expect, &left);
}

/// Every label that is expected in an alert must be one of the case's events.
pub(super) fn expected_labels(reader: &mut Reader<'_>, expect: &Expectations, labels: &[&Located]) {
    for expectation in expect.all() {
        if let Outcome::Alert {
            labels: Some(wanted),
            ..
        } = &expectation.outcome
        {
            for label in wanted {
                known_label(reader, label, labels);
            }
        }
    }
}

fn known_label(reader: &mut Reader<'_>, label: &Located, known: &[&Located]) {
    let known: Vec<&str> = known.iter().map(|label| label.text.as_str()).collect();
    if known.contains(&label.text.as_str()) {
        return;
    }
    let help = match nearest(&label.text, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => {
            "no event has a label; give it one under `events_from`'s `label`".to_owned()
        }
        None => format!("its events are {}", listed(&known)),
    };
    let message = format!("no event is labelled `{}`", label.text);
    reader.error(UNKNOWN_LABEL, label.span, message, "unknown label", help);
}

/// A per-source `expect` names every source on which the case runs.
fn check_sources(reader: &mut Reader<'_>, case: &Case, context: &Context<'_>) {
    let runs = context.sources.iter().map(|source| source.text.as_str());
    let runs = runs.filter(|source| case.is_for(source) && case.skips(source).is_none());
    let missing: Vec<&str> = runs
        .filter(|source| case.expect.for_source(source).is_none())
        .collect();
    missing_sources(reader, case.span, &case.expect, &missing);
}

/// Reports sources for which nothing is expected.
pub(super) fn missing_sources(
    reader: &mut Reader<'_>,
    span: Span,
    expect: &Expectations,
    missing: &[&str],
) {
    if missing.is_empty() {
        return;
    }
    let at = expect.named().last().map_or(span, |source| source.span);
    let message = format!("nothing says what is expected on {}", listed(missing));
    reader.error(
        MISSING,
        at,
        message,
        "the last source that `expect` names",
        "name it under `expect`, or restrict the case with `only:`",
    );
}
