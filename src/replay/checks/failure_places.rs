//! The source places of a failure: the expectation in the scenario and the clause in the rule.

use std::sync::Arc;

use super::unset_fields;
use crate::data_source::DataSource;
use crate::diagnostic::{Diagnostic, SourceText, Span};
use crate::evaluate::CauseKind;
use crate::replay::error;
use crate::replay::judge::Judgement;
use crate::replay::judge::expectation::Alert;
use crate::replay::judge::judged_case::Case;
use crate::replay::outcome::Observed;

/// A place in the scenario.
pub(in crate::replay) struct FailurePlace<'a> {
    pub(in crate::replay) source: &'a Arc<SourceText>,
    pub(in crate::replay) span: Span,
}

/// The parts of a failed check that are shown: the clause first, because that is what has to be
/// fixed. The message is empty; a report adds the sentence of the reason.
pub(in crate::replay) fn diagnostics(
    case: &Case<'_, '_>,
    judgement: &Judgement,
    expectation: &FailurePlace<'_>,
    source: &DataSource,
) -> Vec<Diagnostic> {
    let mut diagnostic = Diagnostic::error(&error::EXPECTATION, "");
    let (spans, words) = match case.wanted.alert {
        Alert::None if matches!(judgement.observed, Observed::Alert(_)) => {
            (stated(case), "should have stopped it")
        }
        _ => (causes(case, judgement), "stopped it"),
    };
    for span in spans {
        diagnostic = diagnostic.at(case.query.source(), case.query.locate(span), words);
    }
    diagnostic = diagnostic.at(expectation.source, expectation.span, "expected here");
    diagnostic.help = unset_fields::notes(case, judgement, source);
    vec![diagnostic]
}

/// The smallest part of the query that stopped it, or each clause where there is no such part.
fn causes(case: &Case<'_, '_>, judgement: &Judgement) -> Vec<Span> {
    let plan = case.run.plan();
    let blockers = &judgement.blockers;
    if let Some(part) = blockers.part.map(|part| plan.parts.at(part)) {
        return vec![part.span];
    }
    let mut spans: Vec<Span> = blockers
        .together
        .iter()
        .chain(&blockers.causes)
        .filter_map(|cause| match cause.kind {
            CauseKind::Clause(id) => plan.clause(id).map(|clause| clause.span),
            CauseKind::NotRouted | CauseKind::ConsumedBy(_) => None,
        })
        .filter(|span| span.start < span.end)
        .collect();
    spans.dedup();
    spans
}

/// The clauses that the scenario names as the reason.
fn stated(case: &Case<'_, '_>) -> Vec<Span> {
    let plan = case.run.plan();
    let mut spans: Vec<Span> = Vec::new();
    for because in &case.wanted.because {
        let because = because.to_string();
        let clauses = plan.clauses.numbered();
        let found = clauses
            .filter(|(_, clause)| clause.parent.is_none() && clause.span.start < clause.span.end)
            .filter(|(_, clause)| clause.text.contains(because.as_str()))
            .map(|(_, clause)| clause.span);
        spans.extend(found.take(1));
    }
    spans
}
