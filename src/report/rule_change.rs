//! What differs about a rule, in the order in which a reviewer weighs it: how loud it is, when it
//! runs, the rest of its settings, its query. Read by the formats that show rules to reviewers.

use std::fmt::Write as _;

use crate::rule_diff::{ChangedSetting, RuleChange};

/// What a change of these means is seen by everybody whom the rule pages.
const FIRST: [&str; 6] = [
    "severity",
    "risk_score",
    "interval",
    "from",
    "to",
    "max_signals",
];

/// The changed settings: severity, risk and schedule first.
pub(super) fn settings(change: &RuleChange) -> Vec<&ChangedSetting> {
    let mut settings: Vec<&ChangedSetting> = change.settings.iter().collect();
    settings.sort_by_key(|setting| {
        let place = FIRST.iter().position(|first| *first == setting.key);
        place.unwrap_or(FIRST.len())
    });
    settings
}

/// A value of a setting in words.
pub(super) fn value(text: &str) -> String {
    const MOST: usize = 200;
    match text.char_indices().nth(MOST) {
        _ if text.is_empty() => "none".to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

/// The lines of the query with their signs; empty where it is the same.
pub(super) fn query(change: &RuleChange) -> String {
    let mut text = String::new();
    for (tag, line) in &change.query {
        let _ = writeln!(text, "{}", format!("{} {line}", tag.sign()).trim_end());
    }
    text
}
