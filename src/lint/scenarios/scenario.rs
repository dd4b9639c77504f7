//! `scenario`: what is wrong in a scenario file, on the data sources that its rule claims. The
//! reader of scenarios and `replay` find it.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::lint::finding::{Finding, Lint};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "scenario",
        title: "a mistake in a scenario",
        page: "A scenario names a field, a kind of event, a label or a data source that does not exist, \
               or gives a field a value that its type cannot hold. The finding has the number of the \
               error, with a page of its own in `docs/errors/`.",
    },
    severity: Severity::Error,
};

/// What was said of a scenario file that can be read.
pub fn as_finding(diagnostic: Diagnostic) -> Finding {
    Finding {
        lint: &LINT,
        diagnostic,
        sources: Vec::new(),
    }
}
