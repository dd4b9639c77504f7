//! The parts of a message as a program reads them.

use std::collections::BTreeMap;

use serde::Serialize;

/// What a diagnostic is about, for JSON, SARIF and editors. Its message says the same in words.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Details {
    /// The name of what is wrong: a field, a function, a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What stands there: a type, a number, a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// What must stand there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// The name that was probably meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// What else the message names, by what it is.
    #[serde(flatten)]
    pub more: BTreeMap<&'static str, String>,
}

impl Details {
    /// Adds what is not there yet.
    pub(super) fn add(&mut self, inner: Self) {
        self.name = self.name.take().or(inner.name);
        self.found = self.found.take().or(inner.found);
        self.expected = self.expected.take().or(inner.expected);
        self.suggestion = self.suggestion.take().or(inner.suggestion);
        for (key, text) in inner.more {
            self.more.entry(key).or_insert(text);
        }
    }

    /// Whether there is nothing to read.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The help that goes with a suggestion.
pub fn did_you_mean(near: &str) -> String {
    format!("did you mean `{near}`?")
}
