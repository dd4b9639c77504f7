//! Samples for which a cluster chose other events than Trapline: where several events meet a stage,
//! each of them makes a sample.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::item::{Identity, Item};
use super::offline::{self, Offline};
use crate::compile::CompiledRule;
use crate::evaluate::{Context, Prepared, Request};
use crate::event::io::Stop;
use crate::event::{Event, EventId};
use crate::plan::Operator;
use crate::scan::{InMemory, Inputs, Options, Search, reread};

/// How a sample of a cluster is looked at.
pub(super) struct OtherChoice<'c> {
    rule: &'c CompiledRule,
    search: Search,
    inputs: &'c dyn Inputs,
    identity: Identity,
    stop: &'c Stop,
}

impl<'c> OtherChoice<'c> {
    /// For the search of a rule; `None` where its results leave no choice.
    pub(super) fn of(
        rule: &'c CompiledRule,
        search: Search,
        inputs: &'c dyn Inputs,
        identity: Identity,
        stop: &'c Stop,
    ) -> Option<Self> {
        matches!(rule.plan.operator, Operator::Sample { .. }).then_some(Self {
            rule,
            search,
            inputs,
            identity,
            stop,
        })
    }

    /// Takes out of what is missing and extra the samples of the same keys whose events, in their
    /// order, are a sample on both sides.
    pub(super) fn settle(&self, missing: &mut Vec<Item>, extra: &mut Vec<Item>) -> io::Result<()> {
        if missing.is_empty() || extra.is_empty() {
            return Ok(());
        }
        let lines = self.lines(extra)?;
        let mut others = Vec::new();
        for item in extra.drain(..) {
            let own = keys(&item);
            let same_keys = |other: &Item| own.is_some() && keys(other) == own;
            match missing.iter().position(same_keys) {
                Some(place) if self.is_sample(&item, &lines)? => {
                    missing.remove(place);
                }
                _ => others.push(item),
            }
        }
        *extra = others;
        Ok(())
    }

    /// The lines of the recording with the documents of these results, by identity.
    fn lines(&self, items: &[Item]) -> io::Result<BTreeMap<String, String>> {
        let identities = items
            .iter()
            .flat_map(|item| self.identity.of_all(item.hits()));
        let wanted: BTreeSet<String> = identities.collect();
        let mut lines = BTreeMap::new();
        for file in 0..self.inputs.count() {
            reread::lines(self.inputs, file, &mut |_, text| {
                let hit = offline::hit(text);
                for own in self.identity.of_all(hit.as_slice()) {
                    if wanted.contains(&own) {
                        lines.entry(own).or_insert_with(|| text.to_owned());
                    }
                }
                true
            })?;
        }
        Ok(lines)
    }

    /// Whether the events of a result, and no others, are a sample with its keys.
    fn is_sample(&self, item: &Item, lines: &BTreeMap<String, String>) -> io::Result<bool> {
        let events = self.identity.of_all(item.hits());
        let different: BTreeSet<&String> = events.iter().collect();
        let texts: Option<Vec<&str>> = events
            .iter()
            .map(|event| lines.get(event).map(String::as_str))
            .collect();
        let Some(texts) = texts.filter(|texts| texts.len() == different.len()) else {
            return Ok(false);
        };
        let found = Offline::run(
            std::slice::from_ref(self.rule),
            vec![self.search],
            &InMemory::new(&texts.join("\n")),
            &Options::default(),
            self.stop,
        )?;
        let found = found.items(0, self.rule, true);
        let of_these = |other: &Item| {
            let own: BTreeSet<String> = self.identity.of_all(other.hits()).into_iter().collect();
            keys(other) == keys(item) && own.iter().eq(different.iter().copied())
        };
        Ok(found.iter().any(of_these) && self.is_ordered(&texts))
    }

    /// Whether each event meets the stage at its place.
    fn is_ordered(&self, texts: &[&str]) -> bool {
        let mut events: Vec<Event> = texts
            .iter()
            .filter_map(|text| reread::event(text))
            .collect();
        for event in &mut events {
            self.rule.constants.fill(event);
        }
        let every = Context {
            request: Request {
                max_samples_per_key: usize::MAX,
                ..Request::default()
            },
            ..Context::default()
        };
        let Ok(prepared) = Prepared::new(&self.rule.plan) else {
            return false;
        };
        let in_order = (0..).map(EventId).map(Some).take(events.len());
        prepared.evaluate(&events, &every).is_ok_and(|evaluation| {
            let mut found = evaluation.matches().iter();
            found.any(|one| one.stages.iter().copied().eq(in_order.clone()))
        })
    }
}

/// The join keys of a sample.
fn keys(item: &Item) -> Option<&str> {
    item.joined.as_ref().map(|joined| joined.keys.as_str())
}
