//! `regex-anchor`: an anchor in a regular expression of a dialect that has none.

use crate::diagnostic::{Code, Severity};
use crate::language::eql::syntax::{Expr, ExprKind, MatchOp};
use crate::lint::Subject;
use crate::lint::condition::walk::all_leaves;
use crate::lint::finding::{Finding, Lint};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "regex-anchor",
        title: "an anchor in a regular expression over a field",
        page: "`regex` over a field runs in Lucene's dialect, where an expression always matches the \
               whole value, and `^` and `$` are ordinary characters:\n\n\
               ```eql\nprocess where process.name regex \"^cmd.*$\"\n```\n\n\
               finds a name that begins with `^`. Leave the anchors out; write `\\^` if the character \
               is meant.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for leaf in all_leaves(subject.syntax) {
        let ExprKind::Match(inner) = &leaf.kind else {
            continue;
        };
        let is_regex = matches!(inner.op, MatchOp::Regex | MatchOp::RegexInsensitive);
        if !is_regex || !matches!(inner.value.kind, ExprKind::Field(_)) {
            continue;
        }
        for pattern in &inner.patterns {
            check(subject, pattern, findings);
        }
    }
}

fn check(subject: &Subject<'_>, pattern: &Expr, findings: &mut Vec<Finding>) {
    let ExprKind::String(text) = &pattern.kind else {
        return;
    };
    let escaped = |text: &str| text.chars().rev().take_while(|c| *c == '\\').count() % 2 == 1;
    let end = text
        .strip_suffix('$')
        .is_some_and(|before| !escaped(before));
    let anchor = match (text.starts_with('^'), end) {
        (true, true) => "`^` and `$` are",
        (true, false) => "`^` is",
        (false, true) => "`$` is",
        (false, false) => return,
    };
    let message =
        format!("in a regular expression over a field {anchor} no anchor but a character");
    findings.push(
        LINT.finding(subject.source(), subject.locate(pattern.span), message, "")
            .help("leave it out: the expression matches the whole value anyway"),
    );
}
