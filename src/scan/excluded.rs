//! Finds the rules that exclude an event by their own filters or by an exception. Only events that
//! meet some stage are tested, so that few are parsed for it.

use std::collections::BTreeMap;

use super::reread;
use crate::compile::CompiledRule;
use crate::engine::{LineHits, RuleSet};
use crate::evaluate::FailureKind;
use crate::event::Event;

/// The rules that something is hidden from.
pub(super) struct Excluded<'r> {
    rules: &'r [CompiledRule],
    /// Whether there is any.
    some: bool,
}

impl<'r> Excluded<'r> {
    pub(super) fn new(rules: &'r [CompiledRule]) -> Self {
        Self {
            rules,
            some: rules.iter().any(CompiledRule::has_exclusions),
        }
    }

    /// Removes the hits and failures of rules whose filters or exceptions hide the event.
    pub(super) fn apply(
        &self,
        line: &str,
        set: &RuleSet,
        found: &mut LineHits,
        failures: &mut Vec<(u32, FailureKind)>,
    ) {
        if !self.some || (found.is_empty() && failures.is_empty()) {
            return;
        }
        let mut asked = ExclusionAnswers {
            rules: self.rules,
            line,
            event: None,
            hidden: BTreeMap::new(),
            refused: Vec::new(),
        };
        failures.retain(|(rule, _)| !asked.hides(*rule));
        found.retain(|stage| !asked.hides(set.rule_of(stage)));
        failures.append(&mut asked.refused);
    }
}

/// The answers about one event.
struct ExclusionAnswers<'a> {
    rules: &'a [CompiledRule],
    line: &'a str,
    /// Parsed when it is first needed.
    event: Option<Event>,
    hidden: BTreeMap<u32, bool>,
    /// The rules of which a filter or an exception cannot be run on the event, and why.
    refused: Vec<(u32, FailureKind)>,
}

impl ExclusionAnswers<'_> {
    fn hides(&mut self, number: u32) -> bool {
        let rule = self.rules.get(number as usize);
        let Some(rule) = rule.filter(|rule| rule.has_exclusions()) else {
            return false;
        };
        if let Some(known) = self.hidden.get(&number) {
            return *known;
        }
        let line = self.line;
        let event = self.event.get_or_insert_with(|| {
            let mut event = reread::event(line).unwrap_or_default();
            rule.constants.fill(&mut event);
            event
        });
        let hides = rule.hides(event).unwrap_or_else(|refused| {
            self.refused.push((number, refused.failure().kind));
            true
        });
        self.hidden.insert(number, hides);
        hides
    }
}
