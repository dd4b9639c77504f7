//! Parts of messages that several languages share.

use std::fmt;

use crate::diagnostic::cause::Part;

/// A name that the message has in capital letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capitals(pub String);

impl fmt::Display for Capitals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_uppercase())
    }
}

impl Part for Capitals {
    fn part(&self) -> Option<String> {
        Some(self.0.clone())
    }
}

/// The name that was probably meant, at the end of a message of ES|QL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Near(pub Option<String>);

impl fmt::Display for Near {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(near) => write!(f, ", did you mean [{near}]?"),
            None => Ok(()),
        }
    }
}

impl Part for Near {
    fn part(&self) -> Option<String> {
        self.0.clone()
    }
}
