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
use crate::replay::outcome::CheckWarning;
use crate::replay::production::case_run::Run;
use crate::replay::rule_types;

impl SourceRunner<'_> {
    /// The outcome where all sources of the scenario are searched together, if it is another one.
    pub(in crate::replay) fn split(
        &self,
        compiler: &Compiler<'_>,
        run: &Run<'_>,
        indicators: Option<&Input<'_>>,
    ) -> Option<CheckWarning> {
        let alone = &run.produced.matches;
        let outcome = match compiler.compile_together(&run.case_events.events)? {
            Err(refused) => format!("the search fails: {refused}"),
            Ok(query) => {
                let setting = run.setting.clone();
                match rule_types::run(&query, run.case_events, &context(), setting, indicators) {
                    Err(failure) => format!("the search fails: {failure}"),
                    Ok(together) if together.produced.matches == *alone => return None,
                    Ok(together) if together.produced.matches.is_empty() => {
                        "the rule does not alert".to_owned()
                    }
                    Ok(_) if alone.is_empty() => "the rule alerts".to_owned(),
                    Ok(_) => "the rule alerts on other events".to_owned(),
                }
            }
        };
        let alone = if alone.is_empty() {
            "does not alert"
        } else {
            "alerts"
        };
        let others: Vec<&str> = self
            .others()
            .iter()
            .map(|other| other.name.as_str())
            .collect();
        Some(CheckWarning::SplitByDeployment(format!(
            "the rule {alone} where {} is searched alone; where {} {} searched \
             as well, {outcome}",
            self.source.name,
            others.join(", "),
            if others.len() == 1 { "is" } else { "are" },
        )))
    }
}
