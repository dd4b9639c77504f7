//! `order-of-array`: a value is taken by its place in a stored list.

use crate::diagnostic::{Code, Severity};
use crate::language::esql::syntax::ExprKind;
use crate::lint::esql::walk::{EsqlSubject, column, is_call, is_list};
use crate::lint::finding::{Finding, Lint};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "order-of-array",
        title: "a value is taken by its place in a stored list",
        page: "The values of a stored field are sorted and each is there once, whatever the order in the \
               document: `MV_FIRST(process.args)` is the argument that is first in the alphabet, not the first \
               argument. MV_LAST, MV_SLICE and MV_CONCAT are of the same order, and Elasticsearch does not \
               promise even that.\n\n\
               Use a field that holds the text as a whole (`process.command_line`), or MV_MIN and MV_MAX where \
               the least or greatest is meant.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &EsqlSubject<'_>, findings: &mut Vec<Finding>) {
    subject.each_stored(&mut |expr, is_stored| {
        let functions = ["mv_first", "mv_last", "mv_slice", "mv_concat"];
        let ExprKind::Call {
            name, arguments, ..
        } = &expr.kind
        else {
            return;
        };
        if !functions.iter().any(|function| is_call(expr, function)) {
            return;
        }
        let field = arguments.first().and_then(column);
        let Some(field) = field.filter(|field| is_list(field) && is_stored(field)) else {
            return;
        };
        let message = format!(
            "{} of `{field}` is by the order of storage, not of the document",
            name.value.to_uppercase()
        );
        findings.push(
            subject
                .finding(&LINT, expr.span, message, "sorted, each value once")
                .help("use a field that holds the whole text, or MV_MIN and MV_MAX"),
        );
    });
}
