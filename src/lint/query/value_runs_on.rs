//! `value-runs-on`: an unquoted value that goes on into the next line, or into a keyword.

use crate::diagnostic::{Code, Severity};
use crate::lint::finding::{Finding, Lint};
use crate::lint::query::kql::KqlSubject;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "value-runs-on",
        title: "an unquoted value that goes on too far",
        page: "An unquoted value of KQL ends at `and`, `or`, a parenthesis or the end of the text, and \
               not at the end of a line. A missing `or` makes two values \
               one:\n\n```kuery\nprocess.args: (*server.xml\n  */credentials.db)\n```\n\nis one value \
               with a line break in it, and neither file is ever found. The same holds for a query that \
               ends in `and`: the word belongs to the value. Write the missing `or`, or quotes.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &KqlSubject<'_>, findings: &mut Vec<Finding>) {
    for leaf in subject.leaves() {
        if leaf.unquoted().is_none() {
            continue;
        }
        let written = subject.written(leaf.value);
        let (why, fix) = if written.contains(['\n', '\r']) {
            (
                "goes on in the next line",
                "write `or` or `and` at the end of the line, or quotes",
            )
        } else if let Some(word) = last_keyword(written) {
            match word {
                "and" => (
                    "ends in the word `and`",
                    "write what follows `and`, or leave it out",
                ),
                _ => (
                    "ends in the word `or`",
                    "write what follows `or`, or leave it out",
                ),
            }
        } else {
            continue;
        };
        let shown: Vec<&str> = written.split_whitespace().collect();
        let message = format!("the value `{}` {why}", shown.join(" "));
        let place = subject.locate(leaf.value.span);
        findings.push(
            LINT.finding(subject.source(), place, message, "one value")
                .help(fix),
        );
    }
}

/// The keyword that a value ends in.
fn last_keyword(written: &str) -> Option<&'static str> {
    let (_, last) = written.trim_end().rsplit_once(char::is_whitespace)?;
    ["and", "or"]
        .into_iter()
        .find(|word| last.eq_ignore_ascii_case(word))
}
