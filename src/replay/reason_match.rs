//! Compares the stated reason of a case (`because`) with the reason that was found.

use super::{new_terms, threshold};
use crate::diagnostic::suggest::nearest;
use crate::evaluate::{Blockers, Cause, CauseKind};
use crate::plan::{ClauseKind, Plan};

/// The structural words that a `because` may be.
const WORDS: &[&str] = &[
    "order",
    "maxspan",
    "until",
    "missing event",
    "category",
    "not routed",
    "unverifiable",
    "look-back",
    "exception",
    "filters",
    "max_signals",
    "suppressed",
    threshold::COUNT,
    threshold::CARDINALITY,
    threshold::NO_GROUP,
    threshold::SPREAD,
    threshold::WINDOW,
    new_terms::SEEN,
    new_terms::NO_TERM,
    new_terms::AT_THE_EDGE,
];

/// Whether `because` names one of the causes, or the smallest part of the query that holds them.
pub(super) fn holds(because: &str, plan: &Plan, blockers: &Blockers, words: &[String]) -> bool {
    let part = blockers.part.map(|part| plan.parts.at(part));
    let by_cause = blockers
        .causes
        .iter()
        .zip(words)
        .any(|(cause, words)| names(because, plan, cause, words));
    let conditions = blockers
        .causes
        .iter()
        .all(|cause| is_condition(plan, cause));
    let outside = blockers.causes.is_empty()
        && words.iter().any(|words| {
            let exception = because == "exception" && words.starts_with("exception ");
            words == because || exception
        });
    by_cause || outside || (conditions && part.is_some_and(|part| part.text.contains(because)))
}

fn names(because: &str, plan: &Plan, cause: &Cause, words: &str) -> bool {
    if is_condition(plan, cause) {
        return words.contains(because);
    }
    match because.strip_prefix("join ") {
        // `join a = b` is named by either field.
        Some(field) => words
            .strip_prefix("join ")
            .is_some_and(|names| names.split(" = ").any(|name| name == field) || names == field),
        None => words == because,
    }
}

fn is_condition(plan: &Plan, cause: &Cause) -> bool {
    match cause.kind {
        CauseKind::Clause(id) => plan
            .clause(id)
            .is_some_and(|clause| clause.kind.is_condition()),
        CauseKind::NotRouted | CauseKind::ConsumedBy(_) => false,
    }
}

/// Whether `because` can be the reason of anything in this rule; if not, the nearest text that
/// can.
pub(super) fn known(because: &str, plan: &Plan) -> Result<(), Option<String>> {
    if WORDS.contains(&because)
        || because.starts_with("taken by ")
        || because.starts_with("exception ")
    {
        return Ok(());
    }
    let texts = || {
        let clauses = plan
            .clauses
            .iter()
            .filter(|clause| clause.kind.is_condition() || clause.kind == ClauseKind::JoinKey);
        clauses.map(|clause| clause.text.as_str())
    };
    let parts = || plan.parts.iter().skip(1).map(|part| part.text.as_str());
    let join = because.strip_prefix("join ");
    let fits = texts().any(|text| match (join, text.strip_prefix("join ")) {
        (Some(field), Some(names)) => names.split(" = ").any(|name| name == field),
        (None, None) => text.contains(because),
        _ => false,
    });
    if fits || (join.is_none() && parts().any(|text| text.contains(because))) {
        return Ok(());
    }
    let words = WORDS.iter().copied();
    Err(nearest(because, texts().chain(words))
        .map(str::to_owned)
        .or_else(|| nearest_field(because, texts())))
}

/// The clause whose field is nearest to the first word of `because`.
fn nearest_field<'a>(because: &str, texts: impl Iterator<Item = &'a str>) -> Option<String> {
    let word = |text: &'a str| text.trim_start_matches('?').split(' ').next().unwrap_or("");
    let wanted = because.split(' ').next().unwrap_or(because);
    let texts: Vec<&str> = texts.collect();
    let near = nearest(wanted, texts.iter().map(|text| word(text)))?;
    texts
        .iter()
        .find(|text| word(text) == near)
        .map(|text| (*text).to_owned())
}
