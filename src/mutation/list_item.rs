//! Mutants that change one item of a list.

use super::edit::Change;
use super::{Changed, Mutant};
use crate::diagnostic::Span;
use crate::language::eql::syntax as eql;

impl Mutant {
    /// The list item that changes, and what it becomes.
    pub(super) fn item(&self) -> Option<(Span, Option<&eql::Expr>)> {
        match &self.changed {
            Changed::Condition(_, _, Change::Item(span, other)) => Some((*span, other.as_ref())),
            _ => None,
        }
    }

    /// A query that asks for nothing but the changed item.
    pub(super) fn alone(&self, least: &eql::Query) -> Option<eql::Query> {
        let Changed::Condition(place, path, Change::Item(_, Some(other))) = &self.changed else {
            return None;
        };
        let mut least = least.clone();
        let event = super::operators::event_mut(&mut least, *place)?;
        let mut clause = super::condition::at_path(&mut event.condition, path)?.clone();
        let fixed = usize::from(matches!(clause.kind, eql::ExprKind::Call(_)));
        let items = super::leaf::items_mut(&mut clause)?;
        items.truncate(fixed);
        items.push(other.clone());
        let event = eql::EventQuery {
            condition: clause,
            ..event.clone()
        };
        Some(eql::Query {
            kind: eql::QueryKind::Event(event),
            pipes: Vec::new(),
            span: least.span,
        })
    }
}
