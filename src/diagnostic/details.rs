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
    /// The details with these parts.
    pub fn of<const N: usize>(parts: [(&'static str, Option<String>); N]) -> Self {
        let mut details = Self::default();
        for (key, part) in parts {
            match key {
                "name" => details.name = part,
                "found" => details.found = part,
                "expected" => details.expected = part,
                "suggestion" => details.suggestion = part,
                // What a cause says in its help alone.
                "mend" => {}
                _ => details.more.extend(part.map(|part| (key, part))),
            }
        }
        details
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
