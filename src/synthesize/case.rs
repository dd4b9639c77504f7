//! Synthesizes a case for one clause: the attack with the smallest change that makes the clause
//! decide. A clause decides where every sibling leaves the outcome to it (MC/DC), which fixes what
//! must be true and false of the event; the search finds the values.

use super::attack::{self, AttackEvent, RuleOnSource, key_path, set_key};
use super::event_builder::{EventBuilder, Fields};
use super::realistic::{command_lines, make_realistic};
use super::sample_values::SampleField;
use super::search::{Goal, PartialEvent, Search};
use crate::plan::{
    Clause, ClauseId, ClauseKind, Condition, ConditionKind, LeafId, Operator, Plan, Role, Stage,
    StageId,
};
use crate::scenario::write::{Expect, SketchCase, SketchChange, SketchEvent};

/// How many values of a join key are tried on each event.
const KEYS: usize = 3;
/// How many kinds of event are tried for one that is added.
const KINDS: usize = 4;

/// Cases in which the clause may decide, the likeliest first. With `alert`, the alert depends on
/// the clause; otherwise the clause alone stops the attack.
pub(super) fn proposals<'a>(
    on_source: &RuleOnSource<'a>,
    search: &mut Search<'a>,
    parts: &[AttackEvent<'a>],
    id: ClauseId,
    alert: bool,
) -> Vec<SketchCase> {
    let plan = on_source.prepared.plan();
    let Some(clause) = plan.clause(id) else {
        return Vec::new();
    };
    let maker = ClauseCaseBuilder {
        on_source,
        plan,
        parts,
        clause,
        alert,
    };
    let cases = match clause.kind {
        ClauseKind::JoinKey => maker.other_key(id),
        ClauseKind::Maxspan => maker.past_maxspan(),
        ClauseKind::Until | ClauseKind::Missing => maker.with_event_of(id),
        kind if kind.is_condition() => maker.with_value(search),
        _ => Vec::new(),
    };
    let named = |case: SketchCase| SketchCase {
        name: name(clause, alert),
        expect: if alert { Expect::Alert } else { Expect::None },
        because: (!alert).then(|| clause.text.clone()),
        ..case
    };
    cases.into_iter().map(named).collect()
}

/// Whether some event of the attack can have another value in one of the clause's fields.
pub(super) fn settable(
    on_source: &RuleOnSource<'_>,
    parts: &[AttackEvent<'_>],
    id: ClauseId,
) -> bool {
    let plan = on_source.prepared.plan();
    let Some(clause) = plan.clause(id) else {
        return false;
    };
    let Some(leaf) = clause.leaf else {
        return true;
    };
    let fields = plan.leaves.at(leaf).predicate.fields();
    let paths = fields.iter().map(|id| plan.fields.at(*id));
    let paths: Vec<&str> = paths
        .filter(|f| f.family.is_some())
        .map(|f| f.path.as_str())
        .collect();
    let of_stage = |part: &&AttackEvent<'_>| clause.stage == Some(part.stage);
    let mut own = parts.iter().filter(of_stage).peekable();
    own.peek().is_none()
        || own.any(|part| {
            paths
                .iter()
                .any(|path| part.partial.builder().can_set(path))
        })
}

/// The preferred name of the case; made unique later.
fn name(clause: &Clause, alert: bool) -> String {
    match clause.kind {
        ClauseKind::JoinKey => {
            let key = clause.text.strip_prefix("join ").unwrap_or(&clause.text);
            format!("another {key}")
        }
        ClauseKind::Maxspan => "past maxspan".to_owned(),
        ClauseKind::Until => "ended by until".to_owned(),
        ClauseKind::Missing => "the missing event is there".to_owned(),
        _ if alert => format!("alerts: {}", clause.text),
        _ => format!("stopped: {}", clause.text),
    }
}

struct ClauseCaseBuilder<'m, 'a> {
    on_source: &'m RuleOnSource<'a>,
    plan: &'a Plan,
    parts: &'m [AttackEvent<'a>],
    clause: &'m Clause,
    alert: bool,
}

impl<'a> ClauseCaseBuilder<'_, 'a> {
    /// A change of the values that the clause asks about.
    fn with_value(&self, search: &mut Search<'a>) -> Vec<SketchCase> {
        let (Some(id), Some(leaf)) = (self.clause.stage, self.clause.leaf) else {
            return Vec::new();
        };
        let stage = self.plan.stages.at(id);
        let Some(goals) = goals(
            &stage.condition,
            leaf,
            self.alert == (stage.role == Role::Positive),
        ) else {
            return Vec::new();
        };
        if stage.role != Role::Positive {
            return self.added(id, stage, &goals);
        }
        let mut cases = Vec::new();
        for (at, part) in self
            .parts
            .iter()
            .enumerate()
            .filter(|(_, part)| part.stage == id)
        {
            let start = PartialEvent::new(part.partial.builder().clone());
            let found = search.meet(start.clone(), goals.clone());
            let Some(mut found) =
                found.or_else(|| search.meet(start.clone(), within_reach(search, &start, &goals)))
            else {
                continue;
            };
            make_realistic(search, &mut found);
            command_lines(search, &mut found, &part.partial.builder().fields);
            let mut changed = self.parts.to_vec();
            if let Some(part) = changed.get_mut(at) {
                part.partial = found;
            }
            self.keep_joined(search, &mut changed, at);
            let changes = changes(self.parts, &changed);
            if !changes.is_empty() {
                cases.push(SketchCase {
                    changes,
                    ..SketchCase::default()
                });
            }
        }
        cases
    }

    /// Copies the changed join keys of one event to the other events.
    fn keep_joined(&self, search: &Search<'_>, parts: &mut [AttackEvent<'_>], at: usize) {
        let Some(changed) = parts.get(at).cloned() else {
            return;
        };
        let event = changed.partial.event().clone();
        for position in 0..attack::keys(self.plan, changed.stage).len() {
            let path = key_path(self.plan, changed.stage, position);
            let Some([value]) = path.map(|path| event.values(path)) else {
                continue;
            };
            for part in parts.iter_mut() {
                if let Some(path) = key_path(self.plan, part.stage, position) {
                    let before = part.partial.clone();
                    if !set_key(search, &mut part.partial, path, value) {
                        part.partial = before;
                    }
                }
            }
        }
    }

    /// One event with another join key.
    fn other_key(&self, id: ClauseId) -> Vec<SketchCase> {
        let joins = self.plan.joins();
        let Some(position) = joins.iter().position(|join| join.clause == id) else {
            return Vec::new();
        };
        let search = Search::new(self.on_source.prepared);
        let mut cases = Vec::new();
        for (at, part) in self.parts.iter().enumerate().rev() {
            let Some(key) = attack::keys(self.plan, part.stage).get(position) else {
                continue;
            };
            let field = self.plan.fields.at(key.field);
            let builder = part.partial.builder();
            let sample = SampleField::new(&field.path, builder.system());
            let now = part.partial.event();
            let others = sample.values(field.family).into_iter();
            let others = others.filter(|value| now.values(&field.path) != [value.clone()]);
            for value in others.take(KEYS) {
                let mut changed = self.parts.to_vec();
                let Some(part) = changed.get_mut(at) else {
                    continue;
                };
                if set_key(&search, &mut part.partial, &field.path, &value) {
                    cases.push(SketchCase {
                        changes: changes(self.parts, &changed),
                        ..SketchCase::default()
                    });
                }
            }
        }
        cases
    }

    /// The last event comes one millisecond after `maxspan` has passed.
    fn past_maxspan(&self) -> Vec<SketchCase> {
        let (Operator::Sequence(sequence), Some(first), Some(last)) =
            (&self.plan.operator, self.parts.first(), self.parts.last())
        else {
            return Vec::new();
        };
        let Some(limit) = sequence.maxspan else {
            return Vec::new();
        };
        let late = SketchChange {
            label: last.label.clone(),
            at: Some(first.at.saturating_add(limit.millis).saturating_add(1)),
            ..SketchChange::default()
        };
        vec![SketchCase {
            changes: vec![late],
            ..SketchCase::default()
        }]
    }

    /// The event that must not be there.
    fn with_event_of(&self, id: ClauseId) -> Vec<SketchCase> {
        let of = |stage: &Stage| match stage.role {
            Role::Missing { clause } | Role::Until { clause } => clause == id,
            Role::Positive => false,
        };
        let Some((id, stage)) = self.plan.numbered().find(|(_, stage)| of(stage)) else {
            return Vec::new();
        };
        self.added(id, stage, &[(&stage.condition, true)])
    }

    /// Adds an event that meets the goals, with the attack's join keys and a time within its span.
    fn added(&self, id: StageId, stage: &'a Stage, goals: &[Goal<'a>]) -> Vec<SketchCase> {
        let states = attack::events_for_stage(self.on_source, stage, goals)
            .into_iter()
            .take(KINDS);
        let states = states.filter_map(|state| self.joined(id, stage, state));
        let event = |state: PartialEvent<'_>| SketchEvent {
            label: self.free_label(state.builder()),
            kind: state.builder().kind_name(),
            at: self.time(id, stage),
            fields: state.builder().fields.clone().into_iter().collect(),
            copies: None,
        };
        let case = |state| SketchCase {
            add: vec![event(state)],
            ..SketchCase::default()
        };
        states.map(case).collect()
    }

    /// The event with the attack's join keys.
    fn joined(
        &self,
        id: StageId,
        stage: &Stage,
        mut state: PartialEvent<'a>,
    ) -> Option<PartialEvent<'a>> {
        let search = Search::new(self.on_source.prepared);
        let first = self.parts.first()?;
        let event = first.partial.event();
        for position in 0..stage.keys.len() {
            let value = event
                .values(key_path(self.plan, first.stage, position)?)
                .first()?;
            let path = key_path(self.plan, id, position)?;
            if !set_key(&search, &mut state, path, value) {
                return None;
            }
        }
        Some(state)
    }

    fn free_label(&self, builder: &EventBuilder<'_>) -> String {
        let taken = |label: &String| self.parts.iter().any(|part| part.label == *label);
        let group = &builder.kind.group;
        let numbered = (2..).map(|number| format!("{group}{number}"));
        let mut labels = std::iter::once(group.clone()).chain(numbered);
        labels.find(|label| !taken(label)).unwrap_or_default()
    }

    /// Between the events that stand around the stage; `until` before the last one.
    fn time(&self, id: StageId, stage: &Stage) -> i64 {
        let at = |part: &AttackEvent<'_>| part.at;
        let last = self.parts.last().map_or(0, at);
        let (before, after) = match stage.role {
            Role::Until { .. } => {
                let before = self.parts.iter().rev().nth(1).map_or(0, at);
                (Some(before), Some(last))
            }
            _ => (
                self.parts.iter().rfind(|part| part.stage < id).map(at),
                self.parts.iter().find(|part| part.stage > id).map(at),
            ),
        };
        let step = self.parts.get(1).map_or(1_000, at).max(2) / 2;
        match (before, after) {
            (Some(before), Some(after)) => before.midpoint(after),
            (Some(before), None) => before.saturating_add(step),
            (None, Some(after)) => after.saturating_sub(step),
            (None, None) => 0,
        }
    }
}

/// The differences between the attack's events and the changed ones.
fn changes(before: &[AttackEvent<'_>], after: &[AttackEvent<'_>]) -> Vec<SketchChange> {
    let mut changes = Vec::new();
    for (before, after) in before.iter().zip(after) {
        let fields = difference(&before.partial, &after.partial);
        if !fields.is_empty() {
            changes.push(SketchChange {
                label: after.label.clone(),
                fields: fields.into_iter().collect(),
                ..SketchChange::default()
            });
        }
    }
    changes
}

fn difference(before: &PartialEvent<'_>, after: &PartialEvent<'_>) -> Fields {
    let event = after.event();
    let (before, after) = (before.builder(), after.builder());
    let mut fields = Fields::new();
    for (path, values) in &after.fields {
        if before.fields.get(path) != Some(values) {
            fields.insert(path.clone(), values.clone());
        }
    }
    // A change cannot unset a field, so a field that only the attack sets is written with the value
    // that it has without it.
    for path in before.fields.keys() {
        if !after.fields.contains_key(path) {
            fields.insert(path.clone(), event.values(path).to_vec());
        }
    }
    fields
}

/// The leaf's own goal, and of the other goals those that the event meets. Where a pinned value
/// stops the attack, no event can meet the others, and the check runs with them waived.
fn within_reach<'a>(
    search: &Search<'_>,
    state: &PartialEvent<'_>,
    goals: &[Goal<'a>],
) -> Vec<Goal<'a>> {
    let met = |(condition, want): &&Goal<'a>| search.outcome(condition, state.event()) == *want;
    let (own, beside) = goals.split_at(goals.len().min(1));
    own.iter()
        .chain(beside.iter().filter(met))
        .copied()
        .collect()
}

/// The goals under which the leaf decides the condition: the outcomes of its siblings that leave
/// the decision to it, and its own outcome for which the condition has `outcome`.
fn goals(condition: &Condition, leaf: LeafId, outcome: bool) -> Option<Vec<Goal<'_>>> {
    match &condition.kind {
        ConditionKind::Constant(_) => None,
        ConditionKind::Leaf(own) => (*own == leaf).then(|| vec![(condition, outcome)]),
        ConditionKind::Not(inner) => goals(inner, leaf, !outcome),
        ConditionKind::All(parts) | ConditionKind::Any(parts) => {
            let neutral = matches!(condition.kind, ConditionKind::All(_));
            let (at, mut found) = parts
                .iter()
                .enumerate()
                .find_map(|(at, part)| Some((at, goals(part, leaf, outcome)?)))?;
            let others = parts.iter().enumerate().filter(|(other, _)| *other != at);
            found.extend(others.map(|(_, part)| (part, neutral)));
            Some(found)
        }
    }
}
