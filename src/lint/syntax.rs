//! `syntax`: the query does not parse.

use super::finding::{Finding, Lint};
use crate::diagnostic::{Code, QueryText, Severity};
use crate::language::eql::Parsed;

pub(super) static LINT: Lint = Lint {
    code: Code {
        number: "syntax",
        title: "the query does not parse",
        page: "Elasticsearch would refuse the query as it stands. The finding has the number of the \
               error, `E100` to `E149`, with a page of its own in `docs/errors/`. Every error of a \
               query is reported in one run.",
    },
    severity: Severity::Error,
};

pub(super) fn run(parsed: &Parsed, text: &QueryText, findings: &mut Vec<Finding>) {
    findings.extend(parsed.errors.iter().map(|error| Finding {
        lint: &LINT,
        diagnostic: error.diagnostic(text),
        sources: Vec::new(),
    }));
}
