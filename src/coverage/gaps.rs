//! Uncovered clauses, each with the case that would cover it.

use super::ClauseCoverage;
use crate::plan::ClauseKind;

/// A clause that is not covered.
#[derive(Debug, Clone)]
pub struct Gap<'a> {
    /// The clause.
    pub clause: &'a ClauseCoverage,
    /// What no case shows yet, one or both.
    pub wishes: Vec<Wish>,
}

/// A case that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// It must alert; otherwise it must not.
    pub alert: bool,
    /// What is missing, in a few words: `no alert hangs on it`.
    pub lack: &'static str,
    /// The case, in words.
    pub case: String,
}

impl<'a> Gap<'a> {
    /// The missing outcomes of a clause; `None` if it is covered or cannot be.
    pub(super) fn of(clause: &'a ClauseCoverage) -> Option<Self> {
        if !clause.testable {
            return None;
        }
        let mut wishes = Vec::new();
        if clause.decisions.alert.count == 0 {
            wishes.push(Wish {
                alert: true,
                lack: "no alert hangs on it",
                case: alerting(clause),
            });
        }
        if clause.decisions.none.count == 0 {
            wishes.push(Wish {
                alert: false,
                lack: "it stops no case",
                case: stopped(clause),
            });
        }
        (!wishes.is_empty()).then_some(Self { clause, wishes })
    }
}

fn alerting(clause: &ClauseCoverage) -> String {
    match clause.kind {
        ClauseKind::JoinKey | ClauseKind::Maxspan | ClauseKind::Until | ClauseKind::Missing => {
            "a case that alerts".to_owned()
        }
        _ => format!(
            "a case that alerts only because `{}` is {}",
            clause.name, clause.wanted
        ),
    }
}

fn stopped(clause: &ClauseCoverage) -> String {
    let because = &clause.name.text;
    match clause.kind {
        ClauseKind::JoinKey => {
            let field = because.strip_prefix("join ").unwrap_or(because);
            format!("the attack with another `{field}` on one of its events, `because: {because}`")
        }
        ClauseKind::Maxspan => {
            "the attack with its last event after `maxspan`, `because: maxspan`".to_owned()
        }
        ClauseKind::Until => {
            "the attack with the `until` event before its last one, `because: until`".to_owned()
        }
        ClauseKind::Missing => {
            "the attack with the event that must be missing, `because: missing event`".to_owned()
        }
        _ => format!(
            "the attack, changed only so that `{}` is {}, which must not alert",
            clause.name, !clause.wanted
        ),
    }
}
