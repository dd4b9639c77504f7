//! The checks of a scenario on a source, as reports see them: from a judgement, or from the reason
//! why there is none.

use std::sync::Arc;

use super::source_runner::{Item, SourceRunner};
use super::{failure_places, history, misfits, unset_fields};
use crate::compile::Refused;
use crate::data_source::constants::Constants;
use crate::evaluate::QueryFailure;
use crate::replay::judge::Judgement;
use crate::replay::judge::expectation::{Alert, CheckExpectation};
use crate::replay::judge::judged_case::Case;
use crate::replay::outcome::{Check, CheckKey, CheckWarning, Observed, PinKind, Place, Verdict};
use crate::replay::reason::{NotRun, Reason, ReasonWord, RefusedQuery};
use crate::replay::trace;
use crate::scenario::Skipped;
use crate::scenario::expand::change_lines;

impl SourceRunner<'_> {
    pub(in crate::replay) fn key(&self, item: &Item<'_>) -> CheckKey {
        CheckKey {
            scenario: self.test.scenario_file.to_owned(),
            case: item.name.to_owned(),
            source: self.source.name.clone(),
        }
    }

    pub(in crate::replay) fn check(
        &self,
        item: &Item<'_>,
        check_expectation: Option<&CheckExpectation>,
    ) -> Check {
        Check {
            key: self.key(item),
            order: item.order,
            attack: item.case.is_none(),
            verdict: Verdict::Passed,
            expected: check_expectation.map_or_else(String::new, CheckExpectation::words),
            expects_alert: check_expectation
                .is_some_and(|check_expectation| check_expectation.alert != Alert::None),
            observed: Observed::Skipped(Skipped::Stated(String::new())),
            pin: check_expectation.and_then(|check_expectation| check_expectation.pin.clone()),
            waived: None,
            warnings: Vec::new(),
            reason: None,
            production: Vec::new(),
            diagnostics: Vec::new(),
            uncounted_history: Vec::new(),
            change: item.case.map_or_else(Vec::new, |case| {
                change_lines(self.test.scenario, case, &self.source.name)
            }),
            place: Some(Place {
                source: Arc::clone(&self.test.scenario.source),
                span: item.span,
            }),
            expectation: self.expectation(item),
        }
    }

    /// Where the expectation of an item on this source is written; an attack may leave it out.
    fn expectation(&self, item: &Item<'_>) -> Option<Place> {
        let attack = &self.test.scenario.attack.expect;
        let expect = item.case.map_or(attack, |case| &case.expect);
        let expectation = expect.get(&self.source.name)?;
        Some(Place {
            source: Arc::clone(&self.test.scenario.source),
            span: expectation.span,
        })
    }

    pub(in crate::replay) fn skipped(&self, item: &Item<'_>, reason: Skipped) -> Check {
        Check {
            verdict: Verdict::Skipped,
            observed: Observed::Skipped(reason.clone()),
            reason: Some(Reason::LeftOut(reason)),
            ..self.check(item, None)
        }
    }

    /// A check whose query Elasticsearch would refuse on this mapping.
    pub(in crate::replay) fn refused(
        &self,
        item: &Item<'_>,
        check_expectation: &CheckExpectation,
        refused: &Refused,
    ) -> Check {
        let query = RefusedQuery::of(refused);
        if refused.unsupported {
            return Check {
                verdict: Verdict::Unsupported,
                reason: Some(Reason::NotImplemented(query.clone())),
                observed: Observed::Unsupported(NotRun::Query(query)),
                ..self.check(item, Some(check_expectation))
            };
        }
        let expected = check_expectation
            .because
            .iter()
            .any(|because| because.is(ReasonWord::Unverifiable));
        let gap = matches!(&check_expectation.pin, Some(pin) if pin.kind == PinKind::Gap);
        let verdict = match (check_expectation.alert == Alert::None && expected, gap) {
            (_, true) => Verdict::Pinned,
            (true, false) => Verdict::Passed,
            (false, false) => Verdict::Unverifiable,
        };
        let diagnostics = match verdict {
            Verdict::Unverifiable => refused.diagnostics.clone(),
            _ => Vec::new(),
        };
        Check {
            verdict,
            reason: Some(Reason::Refused(query.clone())),
            observed: Observed::Unverifiable(NotRun::Query(query)),
            diagnostics,
            ..self.check(item, Some(check_expectation))
        }
    }

    /// A check whose query fails when it is run.
    pub(in crate::replay) fn failure(
        &self,
        item: &Item<'_>,
        check_expectation: &CheckExpectation,
        failure: &QueryFailure,
    ) -> Check {
        let what = NotRun::Fails(failure.kind.clone());
        let (verdict, observed) = if failure.is_unsupported() {
            (Verdict::Unsupported, Observed::Unsupported(what))
        } else {
            (Verdict::Unverifiable, Observed::Unverifiable(what))
        };
        Check {
            verdict,
            observed,
            reason: Some(Reason::QueryFails(failure.kind.clone())),
            ..self.check(item, Some(check_expectation))
        }
    }

    pub(in crate::replay) fn judged(
        &mut self,
        item: &Item<'_>,
        case: &Case<'_, '_>,
        judgement: Judgement,
    ) -> Check {
        let mut check = self.check(item, Some(case.wanted));
        if !case.run.query.assumed.is_empty() && item.case.is_none() {
            check.warnings.push(CheckWarning::AssumedMapping {
                source: self.source.name.clone(),
                fields: case.run.query.assumed.len(),
            });
        }
        if case.recorded {
            let misfits = misfits::of(case.run, &Constants::new(self.catalogue));
            let misfits = misfits.map(CheckWarning::Misfits);
            check.warnings.extend(misfits);
        }
        if judgement.verdict.fails() {
            let expect = item
                .case
                .map_or(&self.test.scenario.attack.expect, |case| &case.expect);
            let expectation = expect.get(&self.source.name);
            let span = expectation.map_or(item.span, |expectation| expectation.span);
            let place = failure_places::FailurePlace {
                source: &self.test.scenario.source,
                span,
            };
            check.diagnostics = failure_places::diagnostics(case, &judgement, &place, self.source);
        }
        if let Some(observations) = &mut self.observations {
            let key = check.key.clone();
            let mut observation = trace::observe(case, &judgement, key, item.order);
            if observation.alerts.is_empty() {
                observation.notes = unset_fields::notes(case, &judgement, self.source);
            }
            observations.push(observation);
        }
        check.uncounted_history = history::uncounted(case.run);
        let blind = judgement.blind.map(CheckWarning::BlindPhases);
        check.warnings.extend(blind);
        check.production = judgement.production;
        check.verdict = judgement.verdict;
        check.reason = judgement.reason;
        check.observed = judgement.observed;
        check.waived = judgement.waived;
        check
    }
}
