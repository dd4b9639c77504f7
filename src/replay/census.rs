//! Classifies the rules of a project by whether anything tests them, so that every report and
//! `--list` count untested rules.

use std::collections::BTreeMap;

/// The rules that a run could have tested, in the order of their files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleCensus(pub Vec<RuleEntry>);

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleEntry {
    /// The rule file, relative to the project's root, with `/`.
    pub file: String,
    /// `rule_id`; empty where the rule could not be loaded.
    pub id: String,
    /// The rule's name; empty where the rule could not be loaded.
    pub name: String,
    /// Whether anything tests it.
    pub standing: TestedState,
}

/// Whether a rule is tested, and why not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum TestedState {
    /// A scenario tests it.
    Tested,
    /// Trapline can run it, and no scenario tests it: there is none, or none of its checks runs.
    Untested,
    /// No data source has the shape of the indices that it searches; these are its patterns.
    Unshaped(Vec<String>),
    /// Its type or a construct of it is not implemented; the text says which.
    Unsupported(String),
    /// A scenario names it, and Trapline runs none of its checks; the text says why.
    NotRun(String),
    /// Its file cannot be loaded.
    NotLoaded,
}

impl TestedState {
    /// The word for it, as in JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Tested => "tested",
            Self::Untested => "untested",
            Self::Unshaped(_) => "unshaped",
            Self::Unsupported(_) | Self::NotRun(_) => "unsupported",
            Self::NotLoaded => "not loaded",
        }
    }

    /// Why Trapline cannot run the rule; `None` where it can.
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::Tested | Self::Untested => None,
            Self::Unshaped(patterns) => {
                Some(format!("no data source serves {}", patterns.join(", ")))
            }
            Self::Unsupported(what) | Self::NotRun(what) => Some(what.clone()),
            Self::NotLoaded => Some("the file cannot be loaded".to_owned()),
        }
    }
}

impl RuleCensus {
    /// The rules of a standing, by its word.
    pub fn of<'c>(&'c self, word: &'c str) -> impl Iterator<Item = &'c RuleEntry> {
        let rules = self.0.iter();
        rules.filter(move |rule| rule.standing.word() == word)
    }

    /// How many rules have a standing, by its word.
    pub fn count(&self, word: &str) -> usize {
        self.of(word).count()
    }

    /// The rule of a file.
    pub fn get(&self, file: &str) -> Option<&RuleEntry> {
        self.0.iter().find(|rule| rule.file == file)
    }

    /// Gives rules that count as tested another state where `state` knows one by their files.
    pub(crate) fn mark_untested(&mut self, mut state: impl FnMut(&str) -> Option<TestedState>) {
        let tested = self.0.iter_mut();
        for rule in tested.filter(|rule| rule.standing == TestedState::Tested) {
            if let Some(state) = state(&rule.file) {
                rule.standing = state;
            }
        }
    }

    /// How many rules cannot be run, for each reason; patterns of unshaped rules count one by one.
    pub fn reasons(&self, word: &str) -> Vec<(String, usize)> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for rule in self.of(word) {
            match &rule.standing {
                TestedState::Unsupported(what) | TestedState::NotRun(what) => {
                    *counts.entry(what).or_default() += 1;
                }
                TestedState::Unshaped(patterns) => {
                    for pattern in patterns {
                        *counts.entry(pattern).or_default() += 1;
                    }
                }
                _ => {}
            }
        }
        let mut counts: Vec<(String, usize)> = counts
            .into_iter()
            .map(|(reason, count)| (reason.to_owned(), count))
            .collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counts
    }
}
