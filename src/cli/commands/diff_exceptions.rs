//! The files of a scenario, with the exception lists of the other side of `trapline diff`.
//! Exception lists belong to production, as the rule does; captures belong to the test.

use std::collections::BTreeSet;
use std::io::Cursor;

use super::super::files::Files;
use crate::diagnostic::Diagnostic;
use crate::event::io::{self, ReadSeek};
use crate::replay::Test;

/// A list without items.
const NO_EXCEPTIONS: &[u8] = b"exceptions = []\n";

pub(super) struct ExceptionsOf<'f> {
    /// As the scenarios name them.
    names: BTreeSet<&'f str>,
    lists: &'f Files,
    others: &'f Files,
}

impl<'f> ExceptionsOf<'f> {
    /// The exception lists that these tests name come from `lists`, all else from `others`.
    pub(super) fn new(tests: &[Test<'f>], lists: &'f Files, others: &'f Files) -> Self {
        let mut names = BTreeSet::new();
        for test in tests {
            let of_cases = test.scenario.cases.iter();
            let of_cases = of_cases.flat_map(|case| &case.exceptions);
            let named = test.scenario.exceptions.iter().chain(of_cases);
            names.extend(named.map(|file| file.value.as_str()));
        }
        Self {
            names,
            lists,
            others,
        }
    }

    /// A list is named by a scenario; what a list names, such as its values, stands beside it.
    fn is_list(&self, beside: &str, path: &str) -> bool {
        let name = |file: &str| file.rsplit('/').next().unwrap_or(file).to_owned();
        let own = name(beside);
        self.names.contains(path) || self.names.iter().any(|list| name(list) == own)
    }
}

impl io::FilesBeside for ExceptionsOf<'_> {
    fn limits(&self) -> io::Limits {
        self.others.limits()
    }

    fn open_beside(
        &self,
        beside: &str,
        path: &str,
    ) -> Result<Box<dyn ReadSeek + Send>, Box<Diagnostic>> {
        if !self.is_list(beside, path) {
            return self.others.open_beside(beside, path);
        }
        let list = self.lists.open_beside(beside, path);
        // A list that this side does not have yet, or any more, hides nothing.
        if list.is_err()
            && self.names.contains(path)
            && self.others.open_beside(beside, path).is_ok()
        {
            return Ok(Box::new(Cursor::new(NO_EXCEPTIONS)));
        }
        list
    }
}
