//! What is around a place of a scenario file: its rule, its data sources, its labels.

use std::sync::Arc;

use super::outline::{Node, Outline, bare};
use crate::data_source::{DataSource, EventKind, IndexPatterns};
use crate::diagnostic::{SourceText, Span};
use crate::language_server::documents::Texts;
use crate::language_server::rule::clauses::Clause;
use crate::language_server::setup::Setup;
use crate::project::{Project, ProjectFiles as _};

/// A scenario file and what belongs to it.
pub(in crate::language_server) struct Context<'s> {
    pub(super) setup: &'s Setup,
    open: &'s Texts,
    pub(super) file: &'s SourceText,
    pub(super) outline: Outline,
}

impl<'s> Context<'s> {
    /// The file with the cursor at an offset.
    pub(in crate::language_server) fn new(
        setup: &'s Setup,
        open: &'s Texts,
        file: &'s SourceText,
        cursor: usize,
    ) -> Self {
        Self {
            setup,
            open,
            outline: Outline::new(file.text(), cursor),
            file,
        }
    }

    pub(super) fn node(&self, at: Option<usize>) -> Option<&Node> {
        at.and_then(|at| self.outline.nodes.get(at))
    }

    /// The text of a node's value.
    pub(super) fn value(&self, node: &Node) -> &'s str {
        bare(self.file.slice(node.value))
    }

    /// The texts of a node: its own value, or those of its items.
    pub(super) fn texts(&self, at: usize) -> Vec<(&'s str, Span)> {
        let mut texts = Vec::new();
        let own = self.node(Some(at));
        let items = self
            .outline
            .below(own.map_or(0, |node| node.document), Some(at));
        let items = items
            .map(|(_, node)| node)
            .filter(|node| node.key.is_none());
        for node in own.into_iter().chain(items) {
            let text = self.value(node);
            if !text.is_empty() {
                texts.push((text, node.value));
            }
        }
        texts
    }

    /// The name of the rule that a document tests.
    pub(super) fn rule_name(&self, document: usize) -> String {
        let overlay = self.setup.overlay(self.open);
        let file = self.file.name();
        let named = self.outline.find(document, &["rule"]);
        let named = self.node(named).map_or("", |node| self.value(node));
        if named.is_empty() {
            Project::new(&overlay, &self.setup.layouts).mirrored_rule(file)
        } else {
            let directory = file.rsplit_once('/').map_or("", |(directory, _)| directory);
            overlay.resolve(directory, named)
        }
    }

    pub(super) fn rule_text(&self, name: &str) -> Option<Arc<SourceText>> {
        self.setup.rule_text(self.open, name)
    }

    pub(super) fn patterns(&self, document: usize) -> IndexPatterns {
        let rule = self.rule_name(document);
        self.setup.patterns(self.open, &rule)
    }

    /// The clauses of the rule of a document, and the text of its file.
    pub(super) fn clauses(&self, document: usize) -> Option<(Arc<SourceText>, Arc<Vec<Clause>>)> {
        let rule = self.rule_name(document);
        self.setup.clauses(self.open, &rule)
    }

    /// The data sources that a case, or the attack, runs on.
    pub(super) fn sources(&self, document: usize, case: Option<usize>) -> Vec<&'s DataSource> {
        let catalogue = &self.setup.catalogue;
        let listed = |at: Option<usize>| at.map(|at| self.texts(at)).filter(|it| !it.is_empty());
        let only = case.and_then(|case| {
            let mut below = self.outline.below(document, Some(case));
            let only = below.find(|(_, node)| node.key.as_deref() == Some("only"));
            only.map(|(at, _)| at)
        });
        let named = listed(only).or_else(|| listed(self.outline.find(document, &["sources"])));
        let named: Vec<&DataSource> = named
            .unwrap_or_default()
            .iter()
            .filter_map(|(name, _)| catalogue.get(name))
            .collect();
        if named.is_empty() {
            return catalogue.claimed(&self.patterns(document));
        }
        named
    }

    /// The labels of events that a case can name, with the node of each: those of the attack and
    /// its own.
    pub(super) fn labels(&self, document: usize, case: Option<usize>) -> Vec<(&str, usize)> {
        let mut labels = Vec::new();
        let attack = self.outline.find(document, &["attack"]);
        for owner in [attack, case].into_iter().flatten() {
            for key in ["events", "add", "history", "indicators"] {
                let mut below = self.outline.below(document, Some(owner));
                let events = below.find(|(_, node)| node.key.as_deref() == Some(key));
                let Some((events, _)) = events else { continue };
                for (at, node) in self.outline.below(document, Some(events)) {
                    if let Some(key) = node.key.as_deref()
                        && labels.iter().all(|(known, _)| *known != key)
                    {
                        labels.push((key, at));
                    }
                }
            }
        }
        labels
    }

    /// The `$names` of a document, with their nodes.
    pub(super) fn names(&self, document: usize) -> Vec<(&str, usize)> {
        let Some(fields) = self.outline.find(document, &["fields"]) else {
            return Vec::new();
        };
        let names = self.outline.below(document, Some(fields));
        names
            .filter_map(|(at, node)| Some((node.key.as_deref()?, at)))
            .collect()
    }

    /// What the event at a node is (`is`): its own, or that of the attack's event of this label.
    pub(super) fn kind_of(&self, document: usize, event: usize) -> Option<&'s str> {
        let is = |event: usize| {
            let mut below = self.outline.below(document, Some(event));
            let (_, node) = below.find(|(_, node)| node.key.as_deref() == Some("is"))?;
            Some(self.value(node)).filter(|value| !value.is_empty())
        };
        is(event).or_else(|| {
            let label = self.node(Some(event))?.key.as_deref()?;
            let labels = self.labels(document, None);
            let (_, attack) = labels.into_iter().find(|(known, _)| *known == label)?;
            is(attack)
        })
    }
}

/// The kind of event that an event is on a source.
pub(super) fn kind<'s>(source: &'s DataSource, is: Option<&str>) -> Option<&'s EventKind> {
    is.and_then(|is| source.kind(is))
}
