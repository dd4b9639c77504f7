//! Mutants that change one item of a list.

use super::edit::Change;
use super::kql::edit::Becomes;
use super::{Changed, Mutant};
use crate::diagnostic::Span;
use crate::language::eql::syntax as eql;
use crate::language::kql::syntax::Literal;

/// What becomes of one item of a list.
pub(super) struct ChangedItem<'m> {
    /// The item.
    pub(super) span: Span,
    /// What stands in its place; `None` where it is gone.
    pub(super) other: Option<OtherItem<'m>>,
}

/// Another item, in the language of the rule.
pub(super) enum OtherItem<'m> {
    /// That of an EQL query is made from the mutant ([`Mutant::without_other_items`]).
    Eql,
    Kuery(&'m Literal),
}

impl Mutant {
    /// The list item that changes, and what it becomes.
    pub(super) fn item(&self) -> Option<ChangedItem<'_>> {
        match &self.changed {
            Changed::Condition(_, _, Change::Item(span, other)) => Some(ChangedItem {
                span: *span,
                other: other.as_ref().map(|_| OtherItem::Eql),
            }),
            Changed::Kuery(change) => {
                let other = match &change.becomes {
                    Becomes::WithoutValue(_) => None,
                    Becomes::Value(other) => Some(OtherItem::Kuery(other)),
                    _ => return None,
                };
                let span = change.item?;
                Some(ChangedItem { span, other })
            }
            _ => None,
        }
    }

    /// An EQL query that asks for nothing but the changed item.
    pub(super) fn without_other_items(&self, least: &eql::Query) -> Option<eql::Query> {
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
