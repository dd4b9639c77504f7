//! Located YAML values to [`Scenario`]s: nodes -> each -> scenario, attack, cases. Called by
//! [`crate::scenario::read`].
//!
//! Nothing stops at an error: it is recorded, something harmless takes its place, and the reading
//! goes on, so that one run shows every error of a file. Whoever runs a scenario looks at the
//! diagnostics first.

mod attack;
mod because;
mod case;
mod each;
mod event;
mod expectation;
mod field;
mod given;
mod production;
mod repeated;
mod sources;

pub(super) use attack::{ATTACK_KEYS, KEYS as SCENARIO_KEYS};
pub(super) use case::KEYS as CASE_KEYS;
pub(super) use event::CAPTURE_KEYS;
pub(super) use expectation::KEYS as EXPECTATION_KEYS;
pub(super) use production::{REPEAT_KEYS, SCHEDULE_KEYS};

use std::collections::BTreeSet;
use std::sync::Arc;

use super::error::{EMPTY, LIMIT, MISSING_KEY, UNKNOWN_KEY, WRONG_SHAPE};
use super::model::{Located, Scenario};
use super::yaml::{self, Key, Node, NodeKind};
use super::{near_or_all, sort_and_limit};
use crate::diagnostic::scenario_part::{Counted, ScenarioPart, Shape};
use crate::diagnostic::scenario_structure::ScenarioStructure;
use crate::diagnostic::{Cause, Code, Diagnostic, SourceText, Span, escape};

/// The scenarios of a file and its diagnostics.
#[derive(Debug, Clone)]
pub struct ScenarioFile {
    /// One for each YAML document; not to be run if a diagnostic is an error.
    pub scenarios: Vec<Scenario>,
    /// In the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a scenario file.
pub fn read(source: &Arc<SourceText>) -> ScenarioFile {
    let (nodes, diagnostics) = yaml::read(source);
    let mut parser = Parser {
        errors: 0,
        source,
        diagnostics: Vec::new(),
        seen: BTreeSet::new(),
        copied: 0,
    };
    for diagnostic in diagnostics {
        parser.push(diagnostic);
    }
    if nodes.is_empty() && parser.diagnostics.is_empty() {
        let span = Span::new(0, 0);
        parser.error(&EMPTY, span, &ScenarioStructure::EmptyFile);
    }
    let scenarios: Vec<Scenario> = nodes
        .iter()
        .enumerate()
        .filter_map(|(document, node)| attack::scenario(&mut parser, document, node))
        .collect();
    attack::unique_names(&mut parser, &scenarios);
    ScenarioFile {
        scenarios,
        diagnostics: sort_and_limit(parser.diagnostics),
    }
}

/// The shared state of the parser: the file and the errors found so far.
struct Parser<'a> {
    source: &'a Arc<SourceText>,
    diagnostics: Vec<Diagnostic>,
    /// An `each` and an alias read the same lines many times; each error is reported once.
    seen: BTreeSet<(Span, &'static str, String)>,
    /// How many of the diagnostics are errors.
    errors: usize,
    /// How many YAML values the cases of all `each` hold so far.
    copied: usize,
}

/// The entries of a map that are still to be read.
struct Entries<'n> {
    span: Span,
    entries: Vec<(&'n Key, &'n Node)>,
}

impl Parser<'_> {
    fn push(&mut self, diagnostic: Diagnostic) {
        let (_, span, code) = diagnostic.sort_key();
        if self.seen.insert((span, code, diagnostic.message.clone())) {
            self.errors += usize::from(diagnostic.is_error());
            self.diagnostics.push(diagnostic);
        }
    }

    fn error(&mut self, code: &'static Code, span: Span, cause: &dyn Cause) {
        self.push(Diagnostic::caused(code, cause, self.source, span));
    }

    /// Reports what stands at a second place, and not only at the first.
    fn repeated(&mut self, code: &'static Code, second: Span, first: Span, cause: &dyn Cause) {
        let diagnostic = Diagnostic::caused(code, cause, self.source, second);
        self.push(diagnostic.at(self.source, first, cause.other_label()));
    }

    /// The entries of a map; an error and none for anything else.
    fn map<'n>(&mut self, node: &'n Node, part: &ScenarioPart) -> Option<Entries<'n>> {
        let NodeKind::Map(entries) = &node.kind else {
            self.shape(node, part, Shape::Map);
            return None;
        };
        Some(Entries {
            span: node.span,
            entries: entries.iter().map(|(key, value)| (key, value)).collect(),
        })
    }

    /// Text that is not empty; an error for anything else.
    fn text(&mut self, node: &Node, part: &ScenarioPart) -> Option<Located<String>> {
        match &node.kind {
            NodeKind::Scalar { text, .. } if !text.trim().is_empty() => {
                Some(Located::new(text.clone(), node.span))
            }
            NodeKind::Scalar { .. } => {
                let part = part.clone();
                self.error(
                    &WRONG_SHAPE,
                    node.span,
                    &ScenarioStructure::EmptyText { part },
                );
                None
            }
            _ => {
                self.shape(node, part, Shape::Text);
                None
            }
        }
    }

    /// A name: text of one line, whatever its author writes.
    fn one_line(&mut self, node: &Node, part: &ScenarioPart) -> Option<Located<String>> {
        let name = self.text(node, part)?;
        Some(Located::new(
            escape::line(&name.value).into_owned(),
            name.span,
        ))
    }

    /// A list of texts; one text stands for a list of one.
    fn texts(&mut self, node: &Node, part: &ScenarioPart) -> Vec<Located<String>> {
        match &node.kind {
            NodeKind::List(items) => items
                .iter()
                .filter_map(|item| self.text(item, part))
                .collect(),
            NodeKind::Scalar { .. } => self.text(node, part).into_iter().collect(),
            NodeKind::Map(_) => {
                self.shape(node, part, Shape::List);
                Vec::new()
            }
        }
    }

    fn shape(&mut self, node: &Node, part: &ScenarioPart, expected: Shape) {
        let found = match &node.kind {
            NodeKind::Scalar { text, .. } if text.is_empty() => Shape::Nothing,
            NodeKind::Scalar { .. } => Shape::Text,
            NodeKind::List(_) => Shape::List,
            NodeKind::Map(_) => Shape::Map,
        };
        let cause = ScenarioStructure::WrongShape {
            part: part.clone(),
            found,
            expected,
        };
        self.error(&WRONG_SHAPE, node.span, &cause);
    }

    /// Whether there are few enough of something that others are looked up in; reports it else.
    fn few(&mut self, span: Span, count: usize, most: usize, counted: Counted) -> bool {
        if count > most {
            let cause = ScenarioStructure::TooMany { counted, most };
            self.error(&LIMIT, self.first_line(span), &cause);
        }
        count <= most
    }

    /// Reports a key that must be there.
    fn missing(&mut self, span: Span, cause: &dyn Cause) {
        // The first line is enough to show what lacks the key.
        self.error(&MISSING_KEY, self.first_line(span), cause);
    }

    fn first_line(&self, span: Span) -> Span {
        let line = self.source.slice(span).lines().next().map_or(0, str::len);
        let end = span.start + u32::try_from(line).unwrap_or(0);
        Span::new(span.start, end)
    }

    /// Reports what is left of a map as unknown keys.
    fn rest(&mut self, entries: &Entries<'_>, part: &ScenarioPart, known: &[&str]) {
        for (key, _) in &entries.entries {
            let (suggestion, expected) = near_or_all(&key.text, known);
            let cause = ScenarioStructure::UnknownKey {
                part: part.clone(),
                name: key.text.clone(),
                suggestion,
                expected,
            };
            self.error(&UNKNOWN_KEY, key.span, &cause);
        }
    }
}

impl<'n> Entries<'n> {
    /// Takes the value of a key out.
    fn take(&mut self, name: &str) -> Option<&'n Node> {
        self.take_entry(name).map(|(_, value)| value)
    }

    fn take_entry(&mut self, name: &str) -> Option<(&'n Key, &'n Node)> {
        let at = self.entries.iter().position(|(key, _)| key.text == name)?;
        Some(self.entries.remove(at))
    }
}
