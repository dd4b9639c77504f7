//! A case and everything that it is judged by.

use super::expectation::CheckExpectation;
use super::waiver::Waiver;
use crate::diagnostic::QueryText;
use crate::replay::production::case_run::Run;
use crate::replay::reason::Reason;

/// Everything that a case is judged by.
pub(in crate::replay) struct Case<'a, 'c> {
    pub(in crate::replay) query: &'a QueryText,
    pub(in crate::replay) run: &'a Run<'c>,
    pub(in crate::replay) wanted: &'a CheckExpectation,
    /// `None` when the case is the attack itself or a recording, which is judged for itself.
    pub(in crate::replay) attack: Option<&'a Attack<'a, 'c>>,
    /// The case forces a pinned field.
    pub(in crate::replay) forced: bool,
    /// Why the change has no effect on this source.
    pub(in crate::replay) no_effect: Option<Reason>,
    /// A recording: its reasons are nearest misses, and it is never vacuous.
    pub(in crate::replay) recorded: bool,
}

/// What the attack did on the source, for the cases that are judged against it.
pub(in crate::replay) enum Attack<'a, 'c> {
    /// It alerts as expected.
    Alerts(&'a Run<'c>),
    /// It is a gap; with the clause that is waived for the cases, where one clause alone stands
    /// in the way.
    Gap(&'a Run<'c>, Option<Waiver>),
    /// It does not do what it should: nothing can be learnt from its cases.
    Broken(Option<&'a Run<'c>>),
}
