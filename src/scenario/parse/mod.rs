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
use super::{listed, sort_and_limit};
use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{Code, Diagnostic, SourceText, Span, escape};

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
        parser.error(
            &EMPTY,
            span,
            "the file holds no scenario",
            "",
            &["a scenario has an `attack` and `cases`; the README shows one"],
        );
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

    fn error(
        &mut self,
        code: &'static Code,
        span: Span,
        message: impl Into<String>,
        label: &str,
        help: &[&str],
    ) {
        let mut diagnostic = Diagnostic::error(code, message).at(self.source, span, label);
        diagnostic.help = help.iter().map(|help| (*help).to_owned()).collect();
        self.push(diagnostic);
    }

    /// The entries of a map; an error and none for anything else.
    fn map<'n>(&mut self, node: &'n Node, what: &str) -> Option<Entries<'n>> {
        let NodeKind::Map(entries) = &node.kind else {
            self.shape(node, what, "a map");
            return None;
        };
        Some(Entries {
            span: node.span,
            entries: entries.iter().map(|(key, value)| (key, value)).collect(),
        })
    }

    /// Text that is not empty; an error for anything else.
    fn text(&mut self, node: &Node, what: &str) -> Option<Located<String>> {
        match &node.kind {
            NodeKind::Scalar { text, .. } if !text.trim().is_empty() => {
                Some(Located::new(text.clone(), node.span))
            }
            NodeKind::Scalar { .. } => {
                self.error(&WRONG_SHAPE, node.span, format!("{what} is empty"), "", &[]);
                None
            }
            _ => {
                self.shape(node, what, "text");
                None
            }
        }
    }

    /// A name: text of one line, whatever its author writes.
    fn one_line(&mut self, node: &Node, what: &str) -> Option<Located<String>> {
        let name = self.text(node, what)?;
        Some(Located::new(
            escape::line(&name.value).into_owned(),
            name.span,
        ))
    }

    /// A list of texts; one text stands for a list of one.
    fn texts(&mut self, node: &Node, what: &str) -> Vec<Located<String>> {
        match &node.kind {
            NodeKind::List(items) => items
                .iter()
                .filter_map(|item| self.text(item, what))
                .collect(),
            NodeKind::Scalar { .. } => self.text(node, what).into_iter().collect(),
            NodeKind::Map(_) => {
                self.shape(node, what, "a list");
                Vec::new()
            }
        }
    }

    fn shape(&mut self, node: &Node, what: &str, expected: &str) {
        let found = match &node.kind {
            NodeKind::Scalar { text, .. } if text.is_empty() => "nothing",
            NodeKind::Scalar { .. } => "text",
            NodeKind::List(_) => "a list",
            NodeKind::Map(_) => "a map",
        };
        let message = format!("{what} must be {expected}, found {found}");
        self.error(&WRONG_SHAPE, node.span, message, "", &[]);
    }

    /// Whether there are few enough of something that others are looked up in; reports it else.
    fn few(&mut self, span: Span, count: usize, most: usize, what: &str) -> bool {
        if count > most {
            let message = format!("a scenario has at most {most} {what}");
            let line = self.source.slice(span).lines().next().map_or(0, str::len);
            let end = span.start + u32::try_from(line).unwrap_or(0);
            let help = "split the file; events of a recording belong in a capture";
            self.error(&LIMIT, Span::new(span.start, end), message, "", &[help]);
        }
        count <= most
    }

    /// Reports a key that must be there.
    fn missing(&mut self, span: Span, message: impl Into<String>, help: &str) {
        // The first line is enough to show what lacks the key.
        let line = self.source.slice(span).lines().next().map_or(0, str::len);
        let end = span.start + u32::try_from(line).unwrap_or(0);
        self.error(
            &MISSING_KEY,
            Span::new(span.start, end),
            message,
            "",
            &[help],
        );
    }

    /// Reports what is left of a map as unknown keys.
    fn rest(&mut self, entries: &Entries<'_>, what: &str, known: &[&str]) {
        for (key, _) in &entries.entries {
            let message = format!("{what} has no key `{}`", key.text);
            let mut diagnostic = Diagnostic::error(&UNKNOWN_KEY, message)
                .at(self.source, key.span, "")
                .named(&*key.text);
            diagnostic = match nearest(&key.text, known.iter().copied()) {
                Some(near) => diagnostic.suggest(near),
                None => diagnostic.help(format!("the keys are {}", listed(known))),
            };
            self.push(diagnostic);
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
