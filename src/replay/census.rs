//! Classifies the rules of a project by whether anything tests them, so that every report and
//! `--list` count untested rules.

use super::reason::NotRun;
use crate::compile::Unsupported;
use crate::diagnostic::{Cause, Details};

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestedState {
    /// A scenario tests it.
    Tested,
    /// Trapline can run it, and no scenario tests it: there is none, or none of its checks runs.
    Untested,
    /// No data source has the shape of the indices that it searches; these are its patterns.
    Unshaped(Vec<String>),
    /// Its type or a construct of it is not implemented.
    Unsupported(Unsupported),
    /// A scenario names it, and Trapline runs none of its checks.
    NotRun(NotRun),
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

    /// The word for why Trapline cannot run the rule, as in JSON.
    pub fn cause(&self) -> Option<String> {
        match self {
            Self::Unsupported(what) => Some(what.word()),
            Self::NotRun(why) => Some(why.cause()),
            Self::Tested | Self::Untested | Self::Unshaped(_) | Self::NotLoaded => None,
        }
    }

    /// What is behind it, for programs.
    pub fn details(&self) -> Option<Details> {
        match self {
            Self::Unsupported(what) => Some(what.details()),
            Self::NotRun(why) => Some(why.details()),
            Self::Tested | Self::Untested | Self::Unshaped(_) | Self::NotLoaded => None,
        }
        .filter(|details| !details.is_empty())
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
}
