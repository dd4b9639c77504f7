//! Compares the stated reason of a case (`because`) with the reason that was found.

use crate::diagnostic::suggest::nearest;
use crate::evaluate::{Blockers, Cause, CauseKind};
use crate::plan::{ClauseKind, Plan};
use crate::replay::reason::{ReasonName, ReasonWord};

/// Whether `because` names one of the causes, or the smallest part of the query that holds them.
pub(in crate::replay) fn holds(
    because: &ReasonName,
    plan: &Plan,
    blockers: &Blockers,
    found: &[ReasonName],
) -> bool {
    let part = blockers.part.map(|part| plan.parts.at(part));
    let by_cause = blockers
        .causes
        .iter()
        .zip(found)
        .any(|(cause, found)| names(because, plan, cause, found));
    let conditions = blockers
        .causes
        .iter()
        .all(|cause| is_condition(plan, cause));
    let is_exception = because.is(ReasonWord::Exception);
    let outside = blockers.causes.is_empty()
        && found.iter().any(|found| {
            found == because || (is_exception && matches!(found, ReasonName::Exception(_)))
        });
    let in_part = |text: &str| conditions && part.is_some_and(|part| part.text.contains(text));
    by_cause || outside || in_part(&because.to_string())
}

fn names(because: &ReasonName, plan: &Plan, cause: &Cause, found: &ReasonName) -> bool {
    if is_condition(plan, cause) {
        return found.to_string().contains(&because.to_string());
    }
    match (because, found) {
        // `join a = b` is named by either field.
        (ReasonName::Join(field), ReasonName::Join(names)) => {
            names.split(" = ").any(|name| name == field) || names == field
        }
        _ => because == found,
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
pub(in crate::replay) fn known(because: &ReasonName, plan: &Plan) -> Result<(), Option<String>> {
    let join = match because {
        ReasonName::Word(_) | ReasonName::ConsumedBy(_) | ReasonName::Exception(_) => return Ok(()),
        ReasonName::Join(field) => Some(field.as_str()),
        ReasonName::Text(_) => None,
    };
    let because = &because.to_string();
    let texts = || {
        let clauses = plan
            .clauses
            .iter()
            .filter(|clause| clause.kind.is_condition() || clause.kind == ClauseKind::JoinKey);
        clauses.map(|clause| clause.text.as_str())
    };
    let parts = || plan.parts.iter().skip(1).map(|part| part.text.as_str());
    let fits = texts().any(|text| match (join, text.strip_prefix("join ")) {
        (Some(field), Some(names)) => names.split(" = ").any(|name| name == field),
        (None, None) => text.contains(because.as_str()),
        _ => false,
    });
    if fits || (join.is_none() && parts().any(|text| text.contains(because.as_str()))) {
        return Ok(());
    }
    let words = ReasonWord::ALL.iter().map(|word| word.word());
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
