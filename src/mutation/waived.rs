//! What is waived to judge a check, by place, so that it can be waived of a mutant too.

use crate::diagnostic::Span;
use crate::evaluate::Override;
use crate::event::EventId;
use crate::plan::{ClauseId, ClauseKind, Plan};

/// An override that holds for a mutant as well.
pub(super) enum Waived {
    Fact(Span, Option<EventId>, bool),
    Relax(ClauseKind, Span),
    As(Override),
}

/// The override by place.
pub(super) fn by_place(plan: &Plan, change: &Override) -> Waived {
    let place = |id: ClauseId| plan.clause(id);
    match change {
        Override::Fact { clause, event, bit } => match place(*clause) {
            Some(clause) => Waived::Fact(clause.span, *event, *bit),
            None => Waived::As(change.clone()),
        },
        Override::Relax(id) => match place(*id) {
            Some(clause) => Waived::Relax(clause.kind, clause.span),
            None => Waived::As(change.clone()),
        },
        other => Waived::As(other.clone()),
    }
}

/// What is waived, of a mutant.
pub(super) fn on_plan(plan: &Plan, waived: &[Waived]) -> Vec<Override> {
    let of_mutant = |waived: &Waived| match waived {
        Waived::As(change) => Some(change.clone()),
        Waived::Relax(kind, span) => {
            clause_at(plan, |other| *kind == other, *span).map(Override::Relax)
        }
        Waived::Fact(span, event, bit) => {
            let clause = clause_at(plan, ClauseKind::is_condition, *span)?;
            Some(Override::Fact {
                clause,
                event: *event,
                bit: *bit,
            })
        }
    };
    waived.iter().filter_map(of_mutant).collect()
}

/// The clause of this place; where a list has become a single item, the one around it.
pub(super) fn clause_at(
    plan: &Plan,
    kind: impl Fn(ClauseKind) -> bool,
    span: Span,
) -> Option<ClauseId> {
    let numbered = || plan.clauses.numbered();
    let fits = |clause: &crate::plan::Clause| {
        kind(clause.kind) && (clause.leaf.is_some() || !clause.kind.is_condition())
    };
    let exact = numbered().find(|(_, clause)| fits(clause) && clause.span == span);
    let around = || numbered().find(|(_, clause)| fits(clause) && clause.span.contains(span));
    exact.or_else(around).map(|(id, _)| id)
}
