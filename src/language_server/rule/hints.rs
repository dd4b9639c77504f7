//! Behind each clause of a rule, whether its cases decide it; above the query, how many they do.

use crate::coverage::RuleCoverage;
use crate::diagnostic::{SourceText, Span};

/// A word behind a clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::language_server) struct Hint {
    /// The end of the clause.
    pub(in crate::language_server) at: u32,
    pub(in crate::language_server) label: &'static str,
    pub(in crate::language_server) tooltip: String,
}

/// The hints of a rule's clauses, as far as what was covered is a clause of this text.
pub(in crate::language_server) fn hints(coverage: &RuleCoverage, file: &SourceText) -> Vec<Hint> {
    let mut hints = Vec::new();
    for clause in &coverage.clauses {
        if clause.place.source.name() != file.name() {
            continue;
        }
        let gap = coverage.gaps().find(|gap| gap.clause.name == clause.name);
        let (label, tooltip) = match gap {
            Some(gap) => {
                let missing_cases = gap.missing_cases.iter();
                let missing_cases =
                    missing_cases.map(|missing| format!("- {}: {}", missing.lack, missing.case));
                let missing_cases: Vec<String> = missing_cases.collect();
                let label = match missing_cases.len() {
                    2 => " ✗",
                    _ => " ◐",
                };
                (
                    label,
                    format!("`{}`\n\n{}", clause.name, missing_cases.join("\n")),
                )
            }
            None if !clause.testable => (
                " –",
                format!("`{}`: no tested source maps its fields", clause.name),
            ),
            None => {
                let first =
                    |seen: &crate::coverage::DecidedChecks| seen.first.clone().unwrap_or_default();
                let tooltip = format!(
                    "`{}`\n\n- alerts because of it: {} ({})\n- stopped by it: {} ({})",
                    clause.name,
                    clause.decisions.alert.count,
                    first(&clause.decisions.alert),
                    clause.decisions.none.count,
                    first(&clause.decisions.none),
                );
                (" ✓", tooltip)
            }
        };
        hints.push(Hint {
            at: clause.place.span.end,
            label,
            tooltip,
        });
    }
    hints.sort_by_key(|hint| hint.at);
    hints
}

/// The words above the query, and where it stands.
pub(in crate::language_server) fn share(coverage: &RuleCoverage) -> Option<(Span, String)> {
    let place = coverage.query.as_ref()?;
    let share = coverage.share();
    let words = format!(
        "{} of {} clauses are decided by cases",
        share.good, share.all
    );
    Some((place.span, words))
}
