//! `contradiction`: a part of the query that never holds, or always does, whatever the event.

use crate::diagnostic::{Code, Severity};
use crate::lint::Subject;
use crate::lint::condition::logic::DecidedLeaf;
use crate::lint::finding::{Finding, Lint};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "contradiction",
        title: "a condition that can never hold, or always does",
        page: "One clause says the opposite of another, so the conjunction around both never holds, or \
               the disjunction around both always does:\n\n\
               ```eql\nprocess where process.name : \"cmd.exe\" and not process.name : \"cmd*\"\n```\n\n\
               Two different values of one field are no contradiction: a field may have several, and \
               `process.args == \"a\" and process.args == \"b\"` asks for both.\n\n\
               It is an error where the whole stage can match nothing, and a warning where an exception \
               or an alternative is dead.\n\n\
               Take one of the two out, or mend the one that was meant otherwise. A missing pair of \
               parentheses is a common cause: `not a and b` is `(not a) and b`.",
    },
    severity: Severity::Error,
};

pub(in crate::lint) fn run(
    subject: &Subject<'_>,
    logic: &[DecidedLeaf],
    findings: &mut Vec<Finding>,
) {
    for decided in logic {
        let (Some(whole), Some(by)) = (decided.whole, &decided.by) else {
            continue;
        };
        let so = if whole {
            "so the alternatives always hold"
        } else {
            "so the conditions can never hold together"
        };
        let message = format!("{}, {so}", decided.sentence());
        let label = format!("always {}", decided.value);
        let mut finding = LINT
            .finding(
                subject.source(),
                subject.locate(decided.span),
                message,
                label,
            )
            .also(subject.source(), subject.locate(by.span), "because of this")
            .help("remove one of the two, or fix the one that is wrong");
        if !decided.fatal {
            // The rest of the stage still finds something.
            finding.diagnostic.severity = Severity::Warning;
        }
        findings.push(finding);
    }
}
