//! `text-any-word`: an unquoted value of several words on a text field.

use crate::diagnostic::{Code, Severity};
use crate::event::analysis::words;
use crate::language::kql::syntax::LiteralKind;
use crate::lint::finding::{Finding, Lint};
use crate::lint::query::kql::KqlSubject;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "text-any-word",
        title: "an unquoted value of several words on a text field",
        page: "On a text field a value without quotes holds where *any* of its words stands. \
               Punctuation separates words, so that a name with a hyphen is \
               several:\n\n```kuery\nmessage: (segfault and beacon-chain)\n```\n\nholds for every line \
               with `segfault` and `chain`. Write the value in quotes: then its words must stand in a \
               row.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &KqlSubject<'_>, findings: &mut Vec<Finding>) {
    for leaf in subject.leaves() {
        let LiteralKind::Text(text) = &leaf.value.kind else {
            continue;
        };
        let found: Vec<String> = words(text).collect();
        if found.len() < 2 || leaf.operator.is_some() || !subject.is_text(leaf.field.as_ref()) {
            continue;
        }
        let field = leaf.name().unwrap_or_default();
        let message = format!(
            "{field} is a text: `{text}` holds for any of the words {}",
            found.join(", ")
        );
        let place = subject.locate(leaf.value.span);
        findings.push(
            LINT.finding(subject.source(), place, message, "any of its words")
                .help(format!("write \"{text}\" for the words in a row")),
        );
    }
}
