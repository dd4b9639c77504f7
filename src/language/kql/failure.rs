//! What a text was expected to go on with: the furthest failure of the parser, worded as Kibana
//! words it.
//!
//! Kibana's parser is generated from a parsing expression grammar with result caching. The caching
//! is part of the wording: a rule that was first tried inside a named rule is not reported when it
//! is tried again at the same place. Of the rules of this grammar that concerns white space and
//! literals only; [`Failures::is_first`] keeps account of them.

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;

/// The rules whose first trial at a place decides whether they are reported there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Cached {
    Space,
    Literal,
}

/// The furthest place at which the parser failed, and what it could have gone on with.
#[derive(Debug, Default)]
pub(super) struct Failures {
    at: usize,
    expected: BTreeSet<&'static str>,
    silent: u32,
    tried: FxHashSet<(Cached, usize)>,
}

impl Failures {
    /// Notes that `what` was expected at `at`, unless a named rule is being tried.
    pub(super) fn expect(&mut self, at: usize, what: &'static str) {
        if self.silent > 0 || at < self.at {
            return;
        }
        if at > self.at {
            self.at = at;
            self.expected.clear();
        }
        self.expected.insert(what);
    }

    /// Whether the rule is tried at this place for the first time.
    pub(super) fn is_first(&mut self, rule: Cached, at: usize) -> bool {
        self.tried.insert((rule, at))
    }

    /// A named rule begins: what fails inside it is not reported.
    pub(super) fn enter(&mut self) {
        self.silent += 1;
    }

    /// A named rule ends.
    pub(super) fn leave(&mut self) {
        self.silent -= 1;
    }

    /// The place of the failure.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// What was expected there, sorted as Kibana sorts it.
    pub(super) fn expected(&self) -> impl Iterator<Item = &'static str> {
        self.expected.iter().copied()
    }
}
