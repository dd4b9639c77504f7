//! Names a cause, with the same words in `because`, snapshots, reports and JSON.

use super::{Cause, CauseKind};
use crate::event::EventId;
use crate::plan::Plan;

/// A clause's canonical text; of a structural one its word: `order`, `maxspan`, `join FIELD`,
/// `until`, `missing event`, `category`; or `not routed`, `taken by LABEL`.
pub fn words(plan: &Plan, cause: &Cause, label: impl Fn(EventId) -> String) -> String {
    match cause.kind {
        CauseKind::NotRouted => "not routed".to_owned(),
        CauseKind::ConsumedBy(event) => format!("taken by {}", label(event)),
        CauseKind::Clause(id) => plan
            .clause(id)
            .map_or_else(String::new, |clause| clause.text.clone()),
    }
}
