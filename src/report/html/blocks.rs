//! The blocks of the page: the rules, each with its cases; checks with the same result on several
//! sources form one block. Every block has an id, so that all parts of the page can link to it.

use std::collections::{BTreeMap, BTreeSet};

use super::super::View;
use super::super::finding::{
    Level, Next, meaning, next_of_change, next_of_failure, rank_of_change, rank_of_failure,
};
use super::super::links::Links;
use super::super::terminal::group::{alike, argument, groups};
use super::PageDetails;
use crate::coverage::{ClauseCoverage, RuleCoverage};
use crate::explain::timeline::CheckDetails;
use crate::replay::outcome::{Check, CheckKey, ScenarioOutcome, Verdict};
use crate::rule_diff::RuleChange;
use crate::snapshot::{Change, Class};

/// All that is on the page.
pub(super) struct Report<'a> {
    pub(super) view: &'a View<'a>,
    /// Where a code host shows the files, if that is known.
    pub(super) links: Option<&'a Links>,
    /// In the order of the scenarios.
    pub(super) rules: Vec<Rule<'a>>,
    /// The block of each check.
    blocks: BTreeMap<&'a CheckKey, String>,
}

/// A rule, with all the scenarios that test it.
pub(super) struct Rule<'a> {
    pub(super) id: String,
    pub(super) scenarios: Vec<Tested<'a>>,
    pub(super) coverage: Option<&'a RuleCoverage>,
    /// Changes of what is no check of this run: a case that is gone, the rule's line.
    pub(super) orphans: Vec<&'a Change>,
}

/// A scenario of a rule.
pub(super) struct Tested<'a> {
    pub(super) outcome: &'a ScenarioOutcome,
    /// In file order.
    pub(super) blocks: Vec<Block<'a>>,
}

/// A case on the sources where it did the same.
pub(super) struct Block<'a> {
    pub(super) id: String,
    /// Never empty.
    pub(super) checks: Vec<&'a Check>,
    pub(super) first: &'a Check,
    /// On how many sources the case ran.
    pub(super) all: usize,
    pub(super) change: Option<&'a Change>,
    pub(super) details: Option<&'a CheckDetails>,
    pub(super) fails: bool,
    /// The attack fails on each of its sources, so that it tells nothing.
    pub(super) follows: bool,
}

impl<'a> Report<'a> {
    pub(super) fn new(
        view: &'a View<'a>,
        depth: &'a PageDetails,
        links: Option<&'a Links>,
    ) -> Self {
        let changes: BTreeMap<&CheckKey, &Change> = view
            .changes
            .iter()
            .filter(|change| !change.header)
            .map(|change| (&change.key, change))
            .collect();
        let mut rules: Vec<Rule<'a>> = Vec::new();
        for outcome in &view.outcome.scenarios {
            let of_rule = |rule: &&mut Rule<'a>| {
                let known = rule.outcome();
                known.is_some_and(|known| known.rule_file == outcome.rule_file)
            };
            match rules.iter_mut().find(of_rule) {
                Some(rule) => rule.add(view, depth, &changes, outcome),
                None => {
                    let mut coverage = depth.coverage.rules.iter();
                    let mut rule = Rule {
                        id: format!("r{}", rules.len() + 1),
                        scenarios: Vec::new(),
                        coverage: coverage.find(|known| known.rule_file == outcome.rule_file),
                        orphans: Vec::new(),
                    };
                    rule.add(view, depth, &changes, outcome);
                    rules.push(rule);
                }
            }
        }
        let blocks = rules.iter().flat_map(Rule::blocks);
        let blocks = blocks.flat_map(|block| {
            let keys = block.checks.iter().map(|check| &check.key);
            keys.map(|key| (key, block.id.clone()))
        });
        let blocks: BTreeMap<&CheckKey, String> = blocks.collect();
        adopt(view, &blocks, &mut rules);
        Self {
            view,
            links,
            rules,
            blocks,
        }
    }

    /// What needs a look before what does not, else in file order.
    pub(super) fn worst_first(&self) -> Vec<&Rule<'a>> {
        let mut rules: Vec<&Rule<'a>> = self.rules.iter().collect();
        rules.sort_by_key(|rule| (rule.rank(), rule.urgency()));
        rules
    }

    /// What differs about a rule.
    pub(super) fn change_of(&self, rule: &Rule<'_>) -> Option<&'a RuleChange> {
        let outcome = rule.outcome()?;
        let own =
            |change: &&RuleChange| change.file == outcome.rule_file && change.id == outcome.rule_id;
        self.view.rules.iter().find(own)
    }

    /// The block of a check.
    pub(super) fn block_of(&self, key: &CheckKey) -> Option<&str> {
        self.blocks.get(key).map(String::as_str)
    }

    /// The block of a check by its key in words.
    pub(super) fn block_named(&self, words: &str) -> Option<&str> {
        let mut blocks = self.blocks.iter();
        let found = blocks.find(|(key, _)| key.matches(words));
        found.map(|(_, id)| id.as_str())
    }
}

/// Gives the changes of what did not run to the rule that they are about.
fn adopt<'a>(view: &'a View<'a>, blocks: &BTreeMap<&CheckKey, String>, rules: &mut [Rule<'a>]) {
    for change in view.reviewable() {
        if !change.header && blocks.contains_key(&change.key) {
            continue;
        }
        let of = |rule: &&mut Rule<'a>| {
            let mut scenarios = rule.scenarios.iter();
            scenarios.any(|tested| tested.outcome.scenario == change.key.scenario)
        };
        if let Some(rule) = rules.iter_mut().find(of) {
            rule.orphans.push(change);
        }
    }
}

impl<'a> Rule<'a> {
    fn add(
        &mut self,
        view: &'a View<'a>,
        depth: &'a PageDetails,
        changes: &BTreeMap<&CheckKey, &'a Change>,
        outcome: &'a ScenarioOutcome,
    ) {
        let lost: BTreeSet<&str> = outcome
            .checks
            .iter()
            .filter(|check| check.attack && check.verdict.fails())
            .map(|check| check.key.source.as_str())
            .collect();
        let details = |check: &Check| depth.details.get(&check.key);
        let timeline = |check: &Check| details(check).map(|details| &details.timeline);
        let class = |check: &Check| changes.get(&check.key).map(|change| change.class);
        let same = |one: &&Check, other: &&Check| {
            alike(one, other) && timeline(one) == timeline(other) && class(one) == class(other)
        };
        let before: usize = self.scenarios.iter().map(|one| one.blocks.len()).sum();
        let mut blocks = Vec::new();
        for group in groups(&outcome.checks, same) {
            let Some(first) = group.first().copied() else {
                continue;
            };
            let follows = |check: &&Check| lost.contains(check.key.source.as_str());
            let fails = view.fails(first);
            let of_case = |check: &&Check| check.key.case == first.key.case;
            blocks.push(Block {
                id: format!("{}-{}", self.id, before + blocks.len() + 1),
                first,
                all: outcome.checks.iter().filter(of_case).count(),
                change: changes.get(&first.key).copied(),
                details: details(first),
                fails,
                follows: fails && !first.attack && group.iter().all(follows),
                checks: group,
            });
        }
        self.scenarios.push(Tested { outcome, blocks });
    }

    /// Any of its scenarios: all are of one rule.
    pub(super) fn outcome(&self) -> Option<&'a ScenarioOutcome> {
        self.scenarios.first().map(|tested| tested.outcome)
    }

    pub(super) fn blocks(&self) -> impl Iterator<Item = &Block<'a>> {
        self.scenarios.iter().flat_map(|tested| &tested.blocks)
    }

    /// How many checks fail.
    pub(super) fn failing(&self) -> usize {
        let failing = self.blocks().filter(|block| block.fails);
        failing.map(|block| block.checks.len()).sum()
    }

    /// How many changes of what is recorded wait for a review.
    pub(super) fn changed(&self) -> usize {
        let changed = self
            .blocks()
            .filter(|block| block.waits() && !block.is_added());
        let checks: usize = changed.map(|block| block.checks.len()).sum();
        checks + self.orphans.len()
    }

    /// How many checks are not recorded yet.
    pub(super) fn added(&self) -> usize {
        let added = self
            .blocks()
            .filter(|block| block.waits() && block.is_added());
        added.map(|block| block.checks.len()).sum()
    }

    /// 0 for a rule that fails, 1 for one that changed, 2 for the rest.
    pub(super) fn rank(&self) -> u8 {
        match (self.failing(), self.changed()) {
            (0, 0) => 2,
            (0, _) => 1,
            _ => 0,
        }
    }

    /// How soon the worst of it must be seen.
    fn urgency(&self) -> u8 {
        let blocks = self.blocks().filter(|block| block.needs_a_look());
        let orphans = self.orphans.iter().map(|change| rank_of_change(change));
        let all = blocks.map(Block::urgency).chain(orphans);
        all.min().unwrap_or(u8::MAX)
    }

    /// The id of a clause where the query is painted; a setting stands elsewhere in the file.
    pub(super) fn clause(&self, is: impl Fn(&ClauseCoverage) -> bool) -> Option<String> {
        let clauses = self.coverage?.clauses.iter();
        let position = clauses
            .clone()
            .position(|clause| is(clause) && clause.is_in_query())?;
        Some(clause_id(&self.id, position))
    }
}

impl Block<'_> {
    /// A change that does not fail waits for a review.
    pub(super) fn waits(&self) -> bool {
        !self.fails && self.change.is_some_and(|change| !change.contradicts)
    }

    /// What a reviewer does about it; nothing where all is well.
    pub(super) fn next(&self) -> Option<Next> {
        if self.fails {
            let keys: Vec<&CheckKey> = self.checks.iter().map(|check| &check.key).collect();
            return Some(next_of_failure(&argument(&keys, self.all), self.first));
        }
        self.change.map(next_of_change)
    }

    /// How soon it must be seen.
    pub(super) fn urgency(&self) -> u8 {
        match self.change {
            change if self.fails => rank_of_failure(change),
            Some(change) => rank_of_change(change),
            None => u8::MAX,
        }
    }

    fn is_added(&self) -> bool {
        self.change
            .is_some_and(|change| change.class == Class::Added)
    }

    /// Whether a reader has to look at it.
    pub(super) fn needs_a_look(&self) -> bool {
        (self.fails && !self.follows) || (self.waits() && !self.is_added())
    }

    pub(super) fn sources(&self) -> String {
        let sources: Vec<&str> = self
            .checks
            .iter()
            .map(|check| check.key.source.as_str())
            .collect();
        sources.join(", ")
    }
}

/// The id of a clause of a rule.
pub(super) fn clause_id(rule: &str, position: usize) -> String {
    format!("{rule}-c{}", position + 1)
}

/// How a verdict is coloured.
pub(super) fn tone(verdict: Verdict, strict: bool) -> &'static str {
    match verdict {
        verdict if verdict.fails_run(strict) => "bad",
        Verdict::Passed => "good",
        Verdict::Pinned => "pin",
        Verdict::Skipped | Verdict::Unsupported => "dim",
        _ => "warn",
    }
}

/// How a class of change is coloured.
pub(super) fn change_tone(class: Class) -> &'static str {
    if meaning(class).0 == Level::Error {
        "bad"
    } else {
        "warn"
    }
}

/// A sign for a verdict, so that colour is not all that tells.
pub(super) fn sign(verdict: Verdict) -> char {
    match verdict {
        Verdict::Passed => '✓',
        Verdict::Pinned => '◆',
        Verdict::Failed | Verdict::Invalid | Verdict::Unverifiable => '✕',
        Verdict::Uncertain => '?',
        Verdict::Blind => '○',
        Verdict::Vacuous => '~',
        Verdict::Skipped | Verdict::Unsupported => '–',
    }
}
