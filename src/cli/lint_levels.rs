//! What becomes of the findings of lints, by their names.

use std::collections::BTreeMap;

use super::error::{self, Problem};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::suggest::nearest;
use crate::lint::LINTS;

/// What becomes of a lint's findings; what is said later counts.
pub type Levels = BTreeMap<&'static str, Level>;

/// What becomes of the findings of a lint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// They are errors.
    Deny,
    /// They are left out.
    Allow,
}

/// The lint of this name; `place` says where the name stands.
pub(super) fn lint(
    name: &str,
    place: impl Fn(Diagnostic) -> Diagnostic,
) -> Result<&'static str, Box<Problem>> {
    let known = LINTS.iter().map(|lint| lint.name());
    if let Some(found) = known.clone().find(|known| *known == name) {
        return Ok(found);
    }
    let message = format!("there is no lint `{name}`");
    let diagnostic = place(Diagnostic::error(&error::UNKNOWN_LINT, message));
    let names: Vec<&str> = known.clone().collect();
    Err(Problem::usage(match nearest(name, known) {
        Some(near) => diagnostic.suggest(near),
        None => diagnostic.help(format!("there are {}", names.join(", "))),
    }))
}
