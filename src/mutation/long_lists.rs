//! The long lists of a rule in EQL or KQL, and the rule with next to nothing in them.

use super::Mutant;
use super::kql::lists::KqlLists;
use super::list_item::OtherItem;
use super::lists::Lists;
use crate::compile::Syntax;
use crate::diagnostic::Span;

/// A rule's lists.
pub(super) struct LongLists<'q> {
    lists: Of<'q>,
    /// The rule with the shortest lists.
    least: Syntax,
}

enum Of<'q> {
    Eql(Lists<'q>),
    Kuery(KqlLists<'q>),
}

impl<'q> LongLists<'q> {
    /// Those of a rule; `None` in another language.
    pub(super) fn of(rule: &'q Syntax) -> Option<Self> {
        let lists = match rule {
            Syntax::Eql(query) => Of::Eql(Lists::of(query)),
            Syntax::Kuery(query) => Of::Kuery(KqlLists::of(query)),
            Syntax::Esql(_) | Syntax::Lucene(_) => return None,
        };
        let least = lists.shortened(|_| false);
        Some(Self { lists, least })
    }

    /// The place of the clause that has the fact of an item.
    pub(super) fn clause(&self, item: Span) -> Option<Span> {
        match &self.lists {
            Of::Eql(lists) => lists.clause(item),
            Of::Kuery(lists) => lists.clause(item),
        }
    }

    /// The rule with those items of its lists for which `keep` holds, and a few others.
    pub(super) fn shortened(&self, keep: impl Fn(Span) -> bool) -> Syntax {
        self.lists.shortened(keep)
    }

    /// The rule with little more than these items in its lists.
    pub(super) fn with(&self, items: &[Span]) -> Syntax {
        match (&self.lists, &self.least) {
            (Of::Eql(lists), Syntax::Eql(least)) => Syntax::Eql(lists.with(least, items)),
            (Of::Kuery(lists), Syntax::Kuery(least)) => Syntax::Kuery(lists.with(least, items)),
            (_, least) => least.clone(),
        }
    }

    /// A query that asks for nothing but the item that a mutant puts in the place of one.
    pub(super) fn alone(&self, mutant: &Mutant) -> Option<Syntax> {
        let item = mutant.item()?;
        match (&self.lists, &self.least, item.other?) {
            (Of::Eql(_), Syntax::Eql(least), OtherItem::Eql) => {
                mutant.without_other_items(least).map(Syntax::Eql)
            }
            (Of::Kuery(lists), _, OtherItem::Kuery(other)) => {
                lists.alone(item.span, other).map(Syntax::Kuery)
            }
            _ => None,
        }
    }
}

impl Of<'_> {
    fn shortened(&self, keep: impl Fn(Span) -> bool) -> Syntax {
        match self {
            Self::Eql(lists) => Syntax::Eql(lists.shortened(keep)),
            Self::Kuery(lists) => Syntax::Kuery(lists.shortened(keep)),
        }
    }
}
