//! The counts of a project's rules as phrases, the same in every text format.

use std::collections::BTreeMap;

use crate::project::Missing;
use crate::replay::census::{RuleCensus, TestedState};
use crate::snapshot::words;

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
        let reasons = counted(rules, word).into_iter();
        let reasons: Vec<String> = reasons
            .map(|(reason, count)| format!("{reason} ({count})"))
            .collect();
        if !reasons.is_empty() {
            lines.push((word, reasons));
        }
    }
    lines
}

/// Why Trapline cannot run a rule; `None` where it can.
pub(super) fn reason(standing: &TestedState) -> Option<String> {
    match standing {
        TestedState::Tested | TestedState::Untested => None,
        TestedState::Unshaped(patterns) => {
            Some(format!("no data source serves {}", patterns.join(", ")))
        }
        TestedState::Unsupported(what) => Some(what.to_string()),
        TestedState::NotRun(why) => Some(words::not_run(why)),
        TestedState::NotLoaded => Some("the file cannot be loaded".to_owned()),
    }
}

/// What a gate misses of a rule.
pub(super) fn missing(missing: &Missing) -> String {
    match missing {
        Missing::NotTestable(standing) => {
            let reason = reason(standing).unwrap_or_default();
            format!("no scenario can test it: {reason}")
        }
        Missing::ChangedUntested => "it changed and no scenario tests it".to_owned(),
        Missing::Untested => "no scenario tests it".to_owned(),
        Missing::FewCases { count, least } => format!("{count} of at least {least} cases"),
        Missing::NoAttack => "no case expects an alert".to_owned(),
        Missing::NoBenign => "no case expects that there is no alert".to_owned(),
    }
}

/// How many rules of a standing cannot be run, for each reason; patterns of unshaped rules count
/// one by one.
fn counted(rules: &RuleCensus, word: &str) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for rule in rules.of(word) {
        match &rule.standing {
            TestedState::Unshaped(patterns) => {
                for pattern in patterns {
                    *counts.entry(pattern.clone()).or_default() += 1;
                }
            }
            TestedState::Unsupported(_) | TestedState::NotRun(_) => {
                let reason = reason(&rule.standing).unwrap_or_default();
                *counts.entry(reason).or_default() += 1;
            }
            TestedState::Tested | TestedState::Untested | TestedState::NotLoaded => {}
        }
    }
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}
