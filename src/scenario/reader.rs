//! Takes nodes apart and collects what is wrong with them; what all readers of this module share.

use std::sync::Arc;

use super::error::{MISSING, SHAPE, UNKNOWN_KEY};
use super::yaml::{Key, Kind, Node};
use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{Code, Diagnostic, SourceText, Span};

/// A text of the file and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// The file that is read and what was found wrong with it so far.
pub(super) struct Reader<'a> {
    pub(super) source: &'a Arc<SourceText>,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// The names that the `each` of the present case defines.
    pub(super) each: Vec<String>,
}

/// The entries of a map whose keys are known.
pub(super) struct Entries<'n> {
    entries: &'n [(Key, Node)],
    /// Whether every key is known: what seems to be missing may stand under a wrong key.
    pub(super) sound: bool,
}

impl<'n> Entries<'n> {
    /// The value of a key.
    pub(super) fn get(&self, name: &str) -> Option<&'n Node> {
        self.entry(name).map(|(_, node)| node)
    }

    /// The key itself and its value.
    pub(super) fn entry(&self, name: &str) -> Option<(&'n Key, &'n Node)> {
        let found = self.entries.iter().find(|(key, _)| key.text == name);
        found.map(|(key, node)| (key, node))
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: &'a Arc<SourceText>) -> Self {
        Self {
            source,
            diagnostics: Vec::new(),
            each: Vec::new(),
        }
    }

    /// Reports an error with its mend; an empty `help` gives none.
    pub(super) fn error(
        &mut self,
        code: &'static Code,
        span: Span,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) {
        let diagnostic = Diagnostic::error(code, message).at(self.source, span, label);
        let help = help.into();
        self.diagnostics.push(if help.is_empty() {
            diagnostic
        } else {
            diagnostic.help(help)
        });
    }

    /// The entries of a map; `what` names it in messages.
    pub(super) fn map<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [(Key, Node)]> {
        if let Kind::Map(entries) = &node.kind {
            return Some(entries);
        }
        self.wrong_shape(node, what, "a map of keys and values");
        None
    }

    /// The entries of a map that knows these keys; others are reported.
    pub(super) fn entries<'n>(
        &mut self,
        node: &'n Node,
        what: &str,
        known: &[&str],
    ) -> Option<Entries<'n>> {
        let entries = self.map(node, what)?;
        let mut sound = true;
        for (key, _) in entries {
            if !known.contains(&key.text.as_str()) {
                self.unknown_key(key, what, known);
                sound = false;
            }
        }
        Some(Entries { entries, sound })
    }

    /// Reports a key that nothing reads.
    pub(super) fn unknown_key(&mut self, key: &Key, what: &str, known: &[&str]) {
        let help = match nearest(&key.text, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("{what} knows {}", listed(known)),
        };
        self.error(
            UNKNOWN_KEY,
            key.span,
            format!("{what} has no key `{}`", key.text),
            "unknown key",
            help,
        );
    }

    /// A text that is not empty.
    pub(super) fn text(&mut self, node: &Node, what: &str) -> Option<Located> {
        match &node.kind {
            Kind::Scalar { text, .. } if !node.is_null() && !text.trim().is_empty() => {
                Some(Located {
                    text: text.trim_end_matches('\n').to_owned(),
                    span: node.span,
                })
            }
            _ => {
                self.wrong_shape(node, what, "a text");
                None
            }
        }
    }

    /// One text, or a list of texts.
    pub(super) fn texts(&mut self, node: &Node, what: &str) -> Vec<Located> {
        match &node.kind {
            Kind::List(items) => {
                let texts = items.iter().filter_map(|item| self.text(item, what));
                texts.collect()
            }
            _ => self.text(node, what).into_iter().collect(),
        }
    }

    /// Reports that `what` is not `wanted`.
    pub(super) fn wrong_shape(&mut self, node: &Node, what: &str, wanted: &str) {
        if node.is_null() {
            let help = format!("give it {wanted}, or take the key out");
            self.error(
                MISSING,
                node.span,
                format!("{what} has no value"),
                "nothing here",
                help,
            );
            return;
        }
        let found = match &node.kind {
            Kind::Scalar { text, .. } if text.trim().is_empty() => "an empty text",
            Kind::Scalar { .. } => "a text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a map",
        };
        self.error(
            SHAPE,
            node.span,
            format!("{what} must be {wanted}, and this is {found}"),
            found,
            "",
        );
    }
}

/// `a`, `b` and `c`.
pub(super) fn listed<S: AsRef<str>>(words: &[S]) -> String {
    let mut text = String::new();
    for (index, word) in words.iter().enumerate() {
        let separator = match index {
            0 => "",
            _ if index + 1 == words.len() => " and ",
            _ => ", ",
        };
        text.push_str(separator);
        text.push('`');
        text.push_str(word.as_ref());
        text.push('`');
    }
    text
}
