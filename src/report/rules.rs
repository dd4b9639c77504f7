//! The counts of a project's rules as phrases, the same in every text format.

use crate::replay::census::RuleCensus;

/// `3 tested, 1 untested, 0 unshaped, 2 unsupported`; files that cannot be loaded where there are
/// any.
pub(super) fn counts(rules: &RuleCensus) -> String {
    let mut text = format!(
        "{} tested, {} untested, {} unshaped, {} unsupported",
        rules.count("tested"),
        rules.count("untested"),
        rules.count("unshaped"),
        rules.count("unsupported"),
    );
    match rules.count("not loaded") {
        0 => {}
        count => text.push_str(&format!(", {count} not loaded")),
    }
    text
}

/// Why rules cannot be run, each reason with the number of its rules: of unsupported rules first,
/// then the index patterns that no data source serves.
pub(super) fn reasons(rules: &RuleCensus) -> Vec<(&'static str, Vec<String>)> {
    let mut lines = Vec::new();
    for word in ["unsupported", "unshaped"] {
        let reasons = rules.reasons(word).into_iter();
        let reasons: Vec<String> = reasons
            .map(|(reason, count)| format!("{reason} ({count})"))
            .collect();
        if !reasons.is_empty() {
            lines.push((word, reasons));
        }
    }
    lines
}
