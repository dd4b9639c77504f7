//! Phrases for what a match lacks: the clause, by how much it missed, and what would match instead.

use crate::evaluate::{Cause, CauseKind, Shortfall};
use crate::event::Value;
use crate::event::time::format_offset;
use crate::plan::{ClauseKind, Plan};

/// By how much a structural clause missed.
pub(super) fn miss(miss: &Shortfall) -> String {
    match miss {
        Shortfall::Order { early } => format!("{} too early", plain(*early)),
        Shortfall::Maxspan { late } => format!("{} too late", plain(*late)),
        Shortfall::Join { have, want } => format!("has {}, expects {}", list(have), list(want)),
    }
}

/// The change that would make a match, as a phrase after `would alert if `.
pub(super) fn would(plan: &Plan, cause: &Cause, outcome: Option<bool>, label: &str) -> String {
    let clause = match cause.kind {
        CauseKind::NotRouted => return format!("an index pattern selected {label}"),
        CauseKind::ConsumedBy(_) => return format!("{label} had not taken the sequence"),
        CauseKind::Clause(id) => plan.clause(id),
    };
    let Some(clause) = clause else {
        return String::new();
    };
    match (clause.kind, &cause.shortfall) {
        (ClauseKind::Order, Some(Shortfall::Order { early })) => {
            format!(
                "{label} came {} later or more",
                plain(early.saturating_add(1))
            )
        }
        (ClauseKind::Maxspan, Some(Shortfall::Maxspan { late })) => {
            format!("{label} came {} sooner", plain(*late))
        }
        (ClauseKind::JoinKey, Some(Shortfall::Join { have, want }))
            if have.is_empty() && want.is_empty() =>
        {
            let field = clause.text.strip_prefix("join ").unwrap_or(&clause.text);
            format!("{field} had a value that fits its type on {label} and the event that it joins")
        }
        (ClauseKind::JoinKey, Some(Shortfall::Join { have, want })) => {
            let field = clause.text.strip_prefix("join ").unwrap_or(&clause.text);
            let (have, want) = (list(have), list(want));
            format!("{field} were {want} on {label}, not {have}")
        }
        (ClauseKind::Until, _) => format!("{label} had not ended it (until)"),
        (ClauseKind::Missing, _) => format!("{label} were not there (missing event)"),
        (ClauseKind::Category, _) => format!("{label} were of the category"),
        _ => {
            let outcome = outcome.map_or("otherwise", |is| if is { "false" } else { "true" });
            format!("{} were {outcome} on {label}", clause.text)
        }
    }
}

fn plain(millis: i64) -> String {
    format_offset(millis).trim_start_matches('+').to_owned()
}

fn list(list: &[Value]) -> String {
    values(list.iter().map(ToString::to_string))
}

/// The values of a field.
pub(super) fn values(texts: impl Iterator<Item = String>) -> String {
    let texts: Vec<String> = texts.collect();
    if texts.is_empty() {
        return "(missing)".to_owned();
    }
    texts.join(", ")
}
