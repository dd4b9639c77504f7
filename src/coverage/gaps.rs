//! Uncovered clauses, each with the case that would cover it.

use super::ClauseCoverage;
use crate::plan::ClauseKind;
use crate::replay::trace::setting::Setting;

/// A clause that is not covered.
#[derive(Debug, Clone)]
pub struct Gap<'a> {
    /// The clause.
    pub clause: &'a ClauseCoverage,
    /// The cases that would cover it: one or two.
    pub missing_cases: Vec<MissingCase>,
}

/// A case that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingCase {
    /// It must alert; otherwise it must not.
    pub alert: bool,
    /// What is missing, in a few words: `no alert depends on it`.
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
        let mut missing_cases = Vec::new();
        if clause.decisions.alert.count == 0 {
            missing_cases.push(MissingCase {
                alert: true,
                lack: "no alert depends on it",
                case: alerting(clause),
            });
        }
        if clause.decisions.none.count == 0 {
            missing_cases.push(MissingCase {
                alert: false,
                lack: "it stops no case",
                case: stops_text(clause),
            });
        }
        (!missing_cases.is_empty()).then_some(Self {
            clause,
            missing_cases,
        })
    }
}

fn alerting(clause: &ClauseCoverage) -> String {
    if let Some(setting) = &clause.setting {
        return match setting {
            Setting::Count(count) => format!("a case whose group has exactly {count} events"),
            Setting::Cardinality(field, count) => {
                format!("a case with exactly {count} values of `{field}`")
            }
            Setting::Group(_) | Setting::Filter(..) | Setting::IndicatorFilter(..) => {
                "a case that alerts".to_owned()
            }
            Setting::IndicatorClause(own) => format!(
                "a case that alerts only because `{own}` of the indicator is {}",
                clause.wanted
            ),
            Setting::NewTerm(field) => {
                format!("a case that alerts with `history:` in which only `{field}` is another")
            }
            Setting::History(start) => {
                format!("a case that alerts although the terms were seen before `{start}`")
            }
            Setting::Entry(words, _) => format!("a case that alerts by `{words}` alone"),
        };
    }
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

fn stops_text(clause: &ClauseCoverage) -> String {
    let because = &clause.name.text;
    if let Some(setting) = &clause.setting {
        return setting_stops(setting, clause.wanted);
    }
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

/// The silent case that a setting lacks.
fn setting_stops(setting: &Setting, wanted: bool) -> String {
    match setting {
        Setting::Count(count) => {
            let fewer = count.saturating_sub(1);
            format!("the attack with {fewer} events in its group, `because: count`")
        }
        Setting::Cardinality(field, count) => {
            let fewer = count.saturating_sub(1);
            format!("the attack with {fewer} values of `{field}`, `because: cardinality`")
        }
        Setting::Group(field) => format!(
            "the attack over several values of `{field}`, `because: spread`, or without the field, \
             `because: no group`"
        ),
        Setting::NewTerm(_) => {
            "the attack with its terms in `history:`, `because: seen`".to_owned()
        }
        Setting::History(start) => {
            format!("the attack with its terms in `history:` after `{start}`, `because: seen`")
        }
        Setting::Entry(words, false) => {
            format!(
                "the attack, changed only so that `{words}` does not hold, `because: indicator`"
            )
        }
        Setting::Entry(words, true) => {
            format!("the attack with an indicator for which `{words}` does not hold")
        }
        Setting::Filter(_, words) => {
            format!("the attack with an event that does not meet `{words}`, `because: filters`")
        }
        Setting::IndicatorFilter(_, words) => format!(
            "the attack with an indicator that does not meet `{words}`, `because: indicator query`"
        ),
        Setting::IndicatorClause(own) => format!(
            "the attack with its indicator changed only so that `{own}` is {}, `because: indicator \
             query`",
            !wanted
        ),
    }
}
