//! `swallowed-backslash`: a backslash that Elasticsearch takes for an escape.

use crate::diagnostic::{Code, Severity};
use crate::language::eql::syntax::ExprKind;
use crate::lint::Subject;
use crate::lint::condition::walk::all_leaves;
use crate::lint::finding::{Finding, Lint};
use crate::plan::Function;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "swallowed-backslash",
        title: "a backslash that is taken for an escape",
        page: "`endsWith` and `stringContains` of a field and a constant run as wildcard queries, in \
               whose language a backslash makes the next character literal and is gone itself. So\n\n\
               ```eql\nprocess where endsWith(process.executable, \"\\\\cmd.exe\")\n```\n\n\
               finds `xcmd.exe` as well. Write the backslash twice (`\"\\\\\\\\cmd.exe\"`, or \
               `\"\"\"\\\\cmd.exe\"\"\"`), or use a pattern, in which a backslash is itself: \
               `process.executable like~ \"*\\\\cmd.exe\"`. A backslash before `*`, `?` or another \
               backslash is taken for the escape that it is, and is no finding.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for leaf in all_leaves(subject.syntax) {
        let ExprKind::Call(call) = &leaf.kind else {
            continue;
        };
        let Some(function @ (Function::EndsWith | Function::StringContains)) =
            Function::named(&call.name.text)
        else {
            continue;
        };
        let [field, constant] = call.arguments.as_slice() else {
            continue;
        };
        let (ExprKind::Field(_), ExprKind::String(text)) = (&field.kind, &constant.kind) else {
            continue;
        };
        let Some(lost) = swallowed(text) else {
            continue;
        };
        let message = format!(
            "`{}` takes the backslash before `{lost}` for an escape: {constant} matches the text \
             without it",
            function.name()
        );
        let fix = match function {
            Function::EndsWith => "write the backslash twice, or use `like~ \"*…\"`",
            _ => "write the backslash twice, or use `like~ \"*…*\"`",
        };
        findings.push(
            LINT.finding(subject.source(), subject.locate(constant.span), message, "")
                .help(fix),
        );
    }
}

/// The first character whose backslash is lost without need.
fn swallowed(text: &str) -> Option<char> {
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        if c == '\\' {
            match characters.next() {
                Some('*' | '?' | '\\') | None => {}
                lost => return lost,
            }
        }
    }
    None
}
