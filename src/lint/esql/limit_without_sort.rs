//! `limit-without-sort`: LIMIT keeps rows of nobody's choice.

use crate::diagnostic::{Code, Severity};
use crate::language::esql::syntax::CommandKind;
use crate::lint::esql::limit_before_stats::counts_behind;
use crate::lint::esql::walk::EsqlSubject;
use crate::lint::finding::{Finding, Lint};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "limit-without-sort",
        title: "LIMIT keeps rows of nobody's choice",
        page: "Rows have no order until SORT. A LIMIT without one before it keeps some of them, and which is \
               left open: an alert may be there in one execution and not in the next.\n\n\
               Put a SORT before it. Where LIMIT only bounds what COMPLETION is asked, sort by what matters \
               most.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &EsqlSubject<'_>, findings: &mut Vec<Finding>) {
    let mut is_sorted = false;
    let commands = &subject.query.commands;
    for (number, command) in commands.iter().enumerate() {
        match &command.kind {
            CommandKind::Sort(_) => is_sorted = true,
            CommandKind::Stats(_) => is_sorted = false,
            // Its fault there is that it limits at all.
            CommandKind::Limit(_) if !is_sorted && counts_behind(commands, number).is_none() => {
                let message = "LIMIT without SORT keeps arbitrary rows";
                findings.push(
                    subject
                        .finding(&LINT, command.span, message, "no order before it")
                        .help("put a SORT before it"),
                );
            }
            _ => {}
        }
    }
}
