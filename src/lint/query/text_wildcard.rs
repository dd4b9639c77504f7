//! `text-wildcard`: a wildcard over words of a text field.

use crate::diagnostic::{Code, Severity};
use crate::event::analysis::words;
use crate::lint::finding::{Finding, Lint};
use crate::lint::query::kql::KqlSubject;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "text-wildcard",
        title: "a wildcard over several words of a text field",
        page: "A text field holds words in lower case, without the white space and punctuation between \
               them, and a wildcard is held against one word. A pattern with a space is cut into two, \
               of which one is enough; one with punctuation fits no word at \
               all:\n\n```kuery\npowershell.file.script_block_text: *Invoke-Mimikatz*\n```\n\nWrite the \
               words in quotes (`\"Invoke-Mimikatz\"`), which finds them in a row wherever they stand.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &KqlSubject<'_>, findings: &mut Vec<Finding>) {
    for leaf in subject.leaves() {
        let Some(pattern) = leaf.pattern() else {
            continue;
        };
        if !subject.is_text(leaf.field.as_ref()) {
            continue;
        }
        let stars_aside = pattern.trim_matches('*');
        let why = if stars_aside.contains(char::is_whitespace) {
            "is cut at white space, and one of its parts is enough"
        } else if words(&stars_aside.replace('*', "")).count() > 1 {
            "is held against single words, which have no punctuation"
        } else {
            continue;
        };
        let field = leaf.name().unwrap_or_default();
        let message = format!("{field} is a text: the pattern `{pattern}` {why}");
        let place = subject.locate(leaf.value.span);
        findings.push(
            LINT.finding(subject.source(), place, message, "")
                .help(format!("write \"{stars_aside}\" for the words in a row")),
        );
    }
}
