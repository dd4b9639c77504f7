//! `explicit-null`: CASE gives a literal null in a rule for stacks before 9.4.

use crate::diagnostic::{Code, Severity};
use crate::language::esql::syntax::ExprKind;
use crate::lint::esql::walk::{EsqlSubject, every, is_call};
use crate::lint::finding::{Finding, Lint};
use crate::rule::StackVersion;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "explicit-null",
        title: "CASE gives a literal null in a rule for stacks before 9.4",
        page: "Up to Elasticsearch 9.3 a query with a literal `null` among the results of CASE can fail when it is run: \
               a column of the type `null` cannot be written into the answer (elasticsearch#139529, \
               detection-rules#6177). Whether it does depends on the data, so that a test on another stack does not \
               find it.\n\n\
               ```esql\nFROM logs-* | EVAL id = CASE(process.pid > 4, process.entity_id, null)\n```\n\n\
               A CASE without a default gives null by itself: write `CASE(process.pid > 4, process.entity_id)`. Or \
               raise `min_stack_version` to 9.4.0.",
    },
    severity: Severity::Warning,
};

/// The first version that writes a column of the type `null`.
const WRITTEN: StackVersion = StackVersion::new(9, 4);

pub(in crate::lint) fn run(subject: &EsqlSubject<'_>, findings: &mut Vec<Finding>) {
    let Some((oldest, stated)) = subject.rule.min_stack_version else {
        return;
    };
    if oldest >= WRITTEN {
        return;
    }
    for expr in subject.query.expressions() {
        every(expr, &mut |expr| {
            let ExprKind::Call { arguments, .. } = &expr.kind else {
                return;
            };
            let is_null = |kind: &ExprKind| *kind == ExprKind::Null;
            let null = arguments.iter().find(|argument| is_null(&argument.kind));
            let Some(null) = null.filter(|_| is_call(expr, "case")) else {
                return;
            };
            let message = format!(
                "a literal null in CASE can fail before Elasticsearch {WRITTEN}, and the rule is for {oldest} on"
            );
            findings.push(
                subject
                    .finding(&LINT, null.span, message, "")
                    .also(
                        subject.text.source(),
                        stated,
                        "the oldest version that the rule is for",
                    )
                    .help("leave the last null out: without a default CASE gives null"),
            );
        });
    }
}
