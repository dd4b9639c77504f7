//! Finds the rules that exclude an event by their own filters or by an exception. Only events that
//! meet some stage are tested, so that few are parsed for it.

use std::collections::BTreeMap;

use crate::compile::CompiledRule;
use crate::engine::{LineHits, RuleSet};
use crate::evaluate::FailureKind;
use crate::event::Event;
use crate::event::json::BadDocument;

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

    /// Whether events are tested, which are read whole for it.
    pub(super) fn asks_documents(&self) -> bool {
        self.some
    }

    /// Removes the hits and failures of rules whose filters or exceptions hide the event. An error
    /// where the line cannot be read whole: it is no event.
    pub(super) fn apply(
        &self,
        line: &str,
        set: &RuleSet,
        found: &mut LineHits,
        failures: &mut Vec<(u32, FailureKind)>,
    ) -> Result<(), BadDocument> {
        if !self.some || (found.is_empty() && failures.is_empty()) {
            return Ok(());
        }
        let mut asked = ExclusionAnswers {
            rules: self.rules,
            line,
            event: None,
            bad: None,
            hidden: BTreeMap::new(),
            refused: Vec::new(),
        };
        failures.retain(|(rule, _)| !asked.hides(*rule));
        found.retain(|stage| !asked.hides(set.rule_of(stage)));
        failures.append(&mut asked.refused);
        asked.bad.map_or(Ok(()), Err)
    }
}

/// The answers about one event.
struct ExclusionAnswers<'a> {
    rules: &'a [CompiledRule],
    line: &'a str,
    /// Parsed when it is first needed.
    event: Option<Event>,
    /// Why it cannot be parsed.
    bad: Option<BadDocument>,
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
        if self.event.is_none() {
            match Event::from_hit_line(self.line) {
                Ok(mut event) => {
                    rule.constants.fill(&mut event);
                    self.event = Some(event);
                }
                Err(bad) => self.bad = Some(bad),
            }
        }
        let Some(event) = &self.event else {
            return true;
        };
        let hides = rule.hides(event).unwrap_or_else(|refused| {
            self.refused.push((number, refused.failure().kind));
            true
        });
        self.hidden.insert(number, hides);
        hides
    }
}
