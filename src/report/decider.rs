//! A clause that decided one side of a comparison, in words and in JSON.

use serde_json::{Value, json};

use super::markdown::code;
use crate::rule_diff::Decider;

/// In words.
pub(super) fn decider_words(decider: &Decider) -> String {
    let line = decider.line.map(|line| format!(":{line}"));
    let at = format!("{}{}", decider.file, line.unwrap_or_default());
    format!(
        "{} {}, {}",
        if decider.before {
            "stopped before by"
        } else {
            "stopped now by"
        },
        code(&decider.clause),
        code(&at)
    )
}

/// In JSON.
pub(super) fn decider_entry(decider: &Decider) -> Value {
    json!({
        "clause": decider.clause,
        "file": decider.file,
        "line": decider.line,
        "side": if decider.before { "old" } else { "new" },
    })
}
