//! `syntax`: the query does not parse.

use crate::diagnostic::{Code, QueryText, Severity};
use crate::language::QueryError;
use crate::lint::finding::{Finding, Lint};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "syntax",
        title: "the query does not parse",
        page: "Elasticsearch or Kibana would refuse the query as it stands. The finding has the number \
               of the error (EQL: `E100` to `E149`, KQL: `E601` to `E603`, Lucene: `E611`), with a page \
               of its own in `docs/errors/`. Every error of an EQL query is reported in one run.",
    },
    severity: Severity::Error,
};

pub(in crate::lint) fn run(errors: &[QueryError], text: &QueryText, findings: &mut Vec<Finding>) {
    findings.extend(errors.iter().map(|error| Finding {
        lint: &LINT,
        diagnostic: error.diagnostic(text),
        sources: Vec::new(),
    }));
}
