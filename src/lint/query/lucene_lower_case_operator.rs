//! `lucene-lower-case-operator`: an operator of Lucene in lower case, which is a word to search for.

use crate::diagnostic::{Code, QueryText, Severity, Span};
use crate::language::lucene::syntax::{Group, Leaf, Value};
use crate::lint::finding::{Finding, Lint};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "lucene-lower-case-operator",
        title: "an operator in lower case is a word",
        page: "Lucene knows `AND`, `OR` and `NOT` in capitals only. In lower case they are words to \
               search for:\n\n```lucene\nprocess.name:cmd.exe or process.name:wscript.exe\n```\n\nasks for \
               a third thing, the word `or` in any field. Write the operators in capitals.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(text: &QueryText, group: &Group, findings: &mut Vec<Finding>) {
    group.leaves(&mut |leaf: &Leaf| {
        let Value::Text(value) = &leaf.value else {
            return;
        };
        let operators = ["or", "and", "not"];
        let Some(word) = value
            .split_whitespace()
            .find(|word| operators.contains(word))
        else {
            return;
        };
        let message = format!("`{word}` in lower case is a search word, not an operator");
        let place: Span = text.locate(leaf.span);
        findings.push(
            LINT.finding(text.source(), place, message, "")
                .help(format!("write `{}`", word.to_uppercase())),
        );
    });
}
