//! Whether a check has another outcome where the rule's other data sources are deployed as well.
//!
//! Kibana translates KQL for all indices of a rule together. A field that is a keyword in one source
//! and not in another is then no keyword, and what is said of it means something else, although each
//! document is read by the mapping of its own index. The same holds for the fields that an
//! indicator-match rule compares. EQL refuses a field whose types do not go together.
//!
//! Filters and exceptions are Query DSL: every index reads them by its own mapping, and nothing of
//! them depends on what else is searched.

use super::source_runner::{Compiler, SourceRunner, context};
use crate::replay::case::indicators::Input;
use crate::replay::outcome::{CheckWarning, Split, Together};
use crate::replay::production::case_run::Run;
use crate::replay::reason::RefusedQuery;
use crate::replay::rule_types;

impl SourceRunner<'_> {
    /// The outcome where all sources of the scenario are searched together, if it is another one.
    pub(in crate::replay) fn split(
        &self,
        compiler: &Compiler<'_>,
        run: &Run<'_>,
        indicators: Option<&Input<'_>>,
    ) -> Option<CheckWarning> {
        let alone = &run.scheduled.matches;
        let together = match compiler.compile_together(&run.case_events.events)? {
            Err(refused) => Together::Refused(RefusedQuery::of(&refused)),
            Ok(query) => {
                let schedule = run.schedule.clone();
                match rule_types::run(&query, run.case_events, &context(), schedule, indicators) {
                    Err(failure) => Together::Fails(failure.kind),
                    Ok(together) if together.scheduled.matches == *alone => return None,
                    Ok(together) if together.scheduled.matches.is_empty() => Together::NoAlert,
                    Ok(_) => Together::OtherAlerts,
                }
            }
        };
        let others = self.others();
        Some(CheckWarning::SplitByDeployment(Split {
            source: self.source.name.clone(),
            alerts_alone: !alone.is_empty(),
            others: others.iter().map(|other| other.name.clone()).collect(),
            together,
        }))
    }
}
