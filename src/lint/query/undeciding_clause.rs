//! `undeciding-clause`: a clause that never changes what the query finds.

use crate::diagnostic::{Code, Severity};
use crate::lint::Subject;
use crate::lint::condition::logic::DecidedLeaf;
use crate::lint::finding::{Finding, Lint};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "undeciding-clause",
        title: "a clause that can decide nothing",
        page: "Wherever the clause is asked, another one has already decided it: a duplicate, a value \
               that a wider pattern beside it covers, an item that the query excludes elsewhere, \
               `!= null` beside a comparison of the same field, `true` in a conjunction.\n\n\
               ```eql\nprocess where process.name : \"cmd*\" and process.name : \"cmd.exe\" and process.name != null\n```\n\n\
               The query finds the same without the clause. Take it out, or mend it if it was meant \
               to decide something.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(
    subject: &Subject<'_>,
    logic: &[DecidedLeaf],
    findings: &mut Vec<Finding>,
) {
    for decided in logic {
        if decided.whole.is_some() && decided.by.is_some() {
            continue;
        }
        let what = if decided.item { "list item" } else { "clause" };
        let message = format!("{what} decides nothing: {}", decided.sentence());
        let label = format!("always {}", decided.value);
        let mut finding = LINT.finding(
            subject.source(),
            subject.locate(decided.span),
            message,
            label,
        );
        if let Some(by) = &decided.by {
            finding = finding.also(subject.source(), subject.locate(by.span), "because of this");
        }
        findings.push(finding.help(format!("remove the {what}, or fix it")));
    }
}
