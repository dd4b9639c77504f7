//! Events of the past that a rule does not count, so that they prove nothing.

use crate::event::EventId;
use crate::replay::production::case_run::Run;
use crate::replay::rule_types::stateful::Selected;
use crate::rule::RuleKind;

/// The labels of the events of `history` and `seen` that a rule which counts or remembers does not
/// find: they do not meet its query, or something hides them.
pub(in crate::replay) fn uncounted(run: &Run<'_>) -> Vec<String> {
    let kind = &run.schedule.rule().kind;
    if !matches!(kind, RuleKind::Threshold(_) | RuleKind::NewTerms(_)) {
        return Vec::new();
    }
    let ids = EventId::of(&run.case_events.events);
    let past: Vec<EventId> = ids.filter(|id| run.case_events.is_context(*id)).collect();
    if past.is_empty() {
        return Vec::new();
    }
    let counted = Selected::of(run, &run.schedule, &[]).events;
    let uncounted = past.into_iter().filter(|id| !counted.contains(id));
    uncounted.map(|id| run.case_events.label(id)).collect()
}
