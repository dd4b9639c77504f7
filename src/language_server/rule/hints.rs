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
                let wishes = gap.wishes.iter();
                let wishes = wishes.map(|wish| format!("- {}: {}", wish.lack, wish.case));
                let wishes: Vec<String> = wishes.collect();
                let label = match wishes.len() {
                    2 => " ✗",
                    _ => " ◐",
                };
                (label, format!("`{}`\n\n{}", clause.name, wishes.join("\n")))
            }
            None if !clause.testable => (
                " –",
                format!("`{}`: no tested source maps its fields", clause.name),
            ),
            None => {
                let first = |seen: &crate::coverage::Seen| seen.first.clone().unwrap_or_default();
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
