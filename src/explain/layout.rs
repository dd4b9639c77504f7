//! The structure of an explanation: stages, what each lacks, clauses with values. Cases and
//! recordings share it.

use super::change::missed;
use super::{Change, ClauseRow, Explanation, LongestPrefix, PrefixEnd, StageRow, UnmetClause};
use crate::diagnostic::observation::{ValueSeen, Values};
use crate::evaluate::{Blockers, Cause, CauseKind, Evaluation, reason};
use crate::event::field::Reading;
use crate::event::{Event, EventId};
use crate::plan::{ClauseId, ClauseKind, Operator, Role, StageId};
use crate::replay::trace::RuleClause;

/// An evaluation with what its events and clauses are called.
pub(super) struct LabelledEvaluation<'a, 'p> {
    pub(super) evaluation: &'a Evaluation<'p>,
    pub(super) events: &'a [Event],
    /// What each event is called.
    pub(super) labels: &'a [String],
    pub(super) clauses: &'a [RuleClause],
}

impl LabelledEvaluation<'_, '_> {
    /// Builds everything of an explanation that follows from the events. `near` names the event
    /// nearest to each stage, where known; `decided` tells which clauses a match depends on.
    pub(super) fn explanation(
        &self,
        blockers: &Blockers,
        near: &[(StageId, EventId)],
        decided: &dyn Fn(ClauseId) -> bool,
    ) -> Explanation {
        let alerted = !self.evaluation.matches().is_empty();
        let causes = || blockers.causes.iter().chain(&blockers.together);
        let blamed = causes().filter_map(|cause| Some((cause.stage?, cause.event?)));
        let near: Vec<(StageId, EventId)> = near.iter().copied().chain(blamed).collect();
        let plan = self.evaluation.plan();
        let shown: Vec<Option<EventId>> = plan
            .numbered()
            .map(|(id, _)| self.nearest(id, &near))
            .collect();
        let decides = |id: ClauseId| {
            if alerted {
                return decided(id);
            }
            causes().any(|cause| cause.kind == CauseKind::Clause(id))
        };
        let would = |causes: &[Cause]| {
            let changes = causes.iter().filter_map(|cause| self.change(cause));
            changes.collect()
        };
        let unmet: Vec<UnmetClause> = causes().map(|cause| self.unmet_clause(cause)).collect();
        Explanation {
            alerted,
            alone: !blockers.causes.is_empty(),
            longest_prefix: if alerted {
                None
            } else {
                self.longest_prefix(blockers, &shown)
            },
            unmet,
            stages: self.stages(&shown),
            clauses: self.rows(&shown, &decides),
            would: would(&blockers.causes),
            together: would(&blockers.together),
            ..Explanation::default()
        }
    }

    /// What an event is called.
    pub(super) fn label(&self, event: EventId) -> String {
        let label = self.labels.get(event.index());
        label.cloned().unwrap_or_default()
    }

    /// Converts a cause to an unmet clause.
    pub(super) fn unmet_clause(&self, cause: &Cause) -> UnmetClause {
        let plan = self.evaluation.plan();
        UnmetClause {
            stage: cause.stage.map(|stage| stage.0 + 1),
            event: cause.event.map(|event| self.label(event)),
            clause: match self.excluded_by(cause) {
                Some(name) => name.to_owned(),
                None => reason::words(plan, cause, |event| self.label(event)),
            },
            saw: self.saw(cause),
            found: None,
            miss: cause.shortfall.as_ref().map(missed),
        }
    }

    /// The outcome and the value of a condition that is a cause.
    fn saw(&self, cause: &Cause) -> Option<(bool, String)> {
        let (CauseKind::Clause(id), Some(event)) = (cause.kind, cause.event) else {
            return None;
        };
        let clause = self.evaluation.plan().clause(id)?;
        let bit = self.evaluation.fact(id, event)?;
        let known = self.known(id)?;
        Some((bit != clause.negated, self.value(event, &known.fields)))
    }

    fn known(&self, id: ClauseId) -> Option<&RuleClause> {
        let name = self.evaluation.plan().clause_name(id)?;
        self.clauses.iter().find(|known| known.name == name)
    }

    fn change(&self, cause: &Cause) -> Option<Change> {
        let outcome = self.saw(cause).map(|(outcome, _)| outcome);
        let event = cause
            .event
            .map_or_else(String::new, |event| self.label(event));
        match self.excluded_by(cause) {
            Some(name) => Some(Change::Shown {
                event,
                exclusion: name.to_owned(),
            }),
            None => Change::of(self.evaluation.plan(), cause, outcome, event),
        }
    }

    /// The filter or exception that hides the event of a cause.
    fn excluded_by(&self, cause: &Cause) -> Option<&str> {
        let event = self.events.get(cause.event?.index())?;
        let name = event.excluded_by.as_deref()?;
        (cause.kind == CauseKind::NotRouted).then_some(name)
    }

    fn ids(&self) -> impl Iterator<Item = EventId> + '_ {
        (0u32..).map(EventId).take(self.events.len())
    }

    /// The event on which a stage is shown: the one that it blames, one that meets it, or one of
    /// its category.
    fn nearest(&self, stage: StageId, near: &[(StageId, EventId)]) -> Option<EventId> {
        let blamed = near.iter().find(|(of, _)| *of == stage);
        let meets = || self.ids().find(|event| self.meets(stage, *event));
        let of_category = || {
            self.ids()
                .find(|event| self.evaluation.category(stage, *event))
        };
        blamed
            .map(|(_, event)| *event)
            .or_else(meets)
            .or_else(of_category)
    }

    fn meets(&self, stage: StageId, event: EventId) -> bool {
        self.evaluation.stages_met(event).any(|met| met == stage)
    }

    /// The longest prefix of the sequence that matches, and what ended it.
    fn longest_prefix(
        &self,
        blockers: &Blockers,
        shown: &[Option<EventId>],
    ) -> Option<LongestPrefix> {
        let plan = self.evaluation.plan();
        if !matches!(plan.operator, Operator::Sequence(_)) {
            return None;
        }
        let near: Vec<EventId> = shown.iter().flatten().copied().collect();
        let events = self.evaluation.longest_prefix(&near);
        let positions: Vec<StageId> = plan
            .positive()
            .flat_map(|(id, stage)| std::iter::repeat_n(id, usize::from(stage.runs)))
            .collect();
        if events.is_empty() {
            return None;
        }
        let causes = || blockers.causes.iter().chain(&blockers.together);
        let ended = match positions.get(events.len()) {
            Some(next) if self.ids().any(|event| self.meets(*next, event)) => {
                let at = |cause: &&Cause| cause.stage == Some(*next);
                let later = |cause: &&Cause| cause.stage.is_none_or(|stage| stage > *next);
                causes().find(at).or_else(|| causes().find(later))
            }
            Some(_) => None,
            None => causes().find(|cause| self.is_missing(cause)),
        };
        let ended = match (ended, positions.get(events.len())) {
            (Some(cause), _) => PrefixEnd::Unmet(Box::new(self.unmet_clause(cause))),
            (None, Some(next)) => PrefixEnd::NoEvent(next.0 + 1),
            (None, None) => PrefixEnd::NotMissing,
        };
        Some(LongestPrefix {
            events: events.into_iter().map(|event| self.label(event)).collect(),
            of: positions.len(),
            ended,
        })
    }

    fn is_missing(&self, cause: &Cause) -> bool {
        let CauseKind::Clause(id) = cause.kind else {
            return false;
        };
        let clause = self.evaluation.plan().clause(id);
        clause.is_some_and(|clause| clause.kind == ClauseKind::Missing)
    }

    fn stages(&self, shown: &[Option<EventId>]) -> Vec<StageRow> {
        let plan = self.evaluation.plan();
        let timestamp = plan.fields.at(plan.timestamp);
        let numbered = plan.numbered().zip(shown);
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let rows = numbered.map(|((id, stage), shown)| StageRow {
            number: id.0 + 1,
            role: match stage.role {
                Role::Positive => "stage",
                Role::Missing { .. } => "missing",
                Role::Until { .. } => "until",
            },
            asks: stage.category_value().unwrap_or("any").to_owned(),
            seen: count(self.events.len()),
            category: count(
                self.ids()
                    .filter(|event| self.evaluation.category(id, *event))
                    .count(),
            ),
            matching: count(self.ids().filter(|event| self.meets(id, *event)).count()),
            event: shown.map(|event| self.label(event)),
            time: shown.and_then(|event| {
                let event = self.events.get(event.index())?;
                Some(event.values(&timestamp.path).first()?.to_string())
            }),
        });
        rows.collect()
    }

    fn rows(
        &self,
        shown: &[Option<EventId>],
        decides: &dyn Fn(ClauseId) -> bool,
    ) -> Vec<ClauseRow> {
        let plan = self.evaluation.plan();
        let mut rows = Vec::new();
        for (id, clause) in plan.clauses.numbered() {
            let event = clause.stage.and_then(|stage| shown.get(stage.index()));
            let Some(event) = event.copied().flatten() else {
                continue;
            };
            let (Some(bit), Some(known)) = (self.evaluation.fact(id, event), self.known(id)) else {
                continue;
            };
            rows.push(ClauseRow {
                stage: known.name.stage,
                text: clause.text.clone(),
                place: known.place.clone(),
                value: self.value(event, &known.fields),
                outcome: bit != clause.negated,
                decisive: decides(id),
            });
        }
        rows
    }

    fn value(&self, event: EventId, fields: &[String]) -> String {
        let Some(event) = self.events.get(event.index()) else {
            return String::new();
        };
        let of_field = |field: &String| {
            let plan = self.evaluation.plan();
            let read = plan.fields.iter().find(|read| read.path == *field);
            let reader =
                read.and_then(|read| read.readers.get(usize::from(event.mapping.0))?.as_ref());
            let Some(reader) = reader else {
                let values = event.values(field).iter().map(ToString::to_string);
                return Values(values.collect()).to_string();
            };
            if let Some(constant) = reader.field_type.constant_value() {
                return constant.to_owned();
            }
            let values = reader.sources().flat_map(|path| event.values(path));
            let values = values.map(|value| match reader.read(value.raw()) {
                Reading::Malformed => ValueSeen::Misfit {
                    found: value.to_string(),
                    expected: reader.field_type.to_string(),
                }
                .to_string(),
                Reading::Value(_) | Reading::Ignored => value.to_string(),
            });
            Values(values.collect()).to_string()
        };
        fields.iter().map(of_field).collect::<Vec<_>>().join("; ")
    }
}
