//! A case and everything that it is judged by.

use super::expectation::CheckExpectation;
use super::reason::Reason;
use super::run::Run;
use super::waiver::Waiver;
use crate::diagnostic::QueryText;

/// Everything that a case is judged by.
pub(super) struct Case<'a, 'c> {
    pub(super) query: &'a QueryText,
    pub(super) run: &'a Run<'c>,
    pub(super) wanted: &'a CheckExpectation,
    /// `None` when the case is the attack itself or a recording, which is judged for itself.
    pub(super) attack: Option<&'a Attack<'a, 'c>>,
    /// The case forces a pinned field.
    pub(super) forced: bool,
    /// Why the change has no effect on this source.
    pub(super) no_effect: Option<Reason>,
    /// A recording: its reasons are nearest misses, and it is never vacuous.
    pub(super) recorded: bool,
}

/// What the attack did on the source, for the cases that are judged against it.
pub(super) enum Attack<'a, 'c> {
    /// It alerts as expected.
    Alerts(&'a Run<'c>),
    /// It is a gap; with the clause that is waived for the cases, where one clause alone stands
    /// in the way.
    Gap(&'a Run<'c>, Option<Waiver>),
    /// It does not do what it should: nothing can be learnt from its cases.
    Broken(Option<&'a Run<'c>>),
}
