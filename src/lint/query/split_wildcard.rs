//! `split-wildcard`: a wildcard with white space that Kibana cuts in two.

use crate::diagnostic::{Code, Severity};
use crate::event::FieldType;
use crate::lint::finding::{Finding, Lint};
use crate::lint::query::kql::KqlSubject;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "split-wildcard",
        title: "a wildcard with white space is cut in two",
        page: "Kibana makes one pattern of a wildcard with white space only where the field is a \
               keyword in every index that the rule searches. On any other type, and on a field of \
               which it knows nothing, the value becomes a query string, which is cut at white space, \
               and one of the parts is enough:\n\n```kuery\nprocess.command_line: *net \
               user*\n```\n\nfinds what ends in `net`, and what begins with `user`. Write the star for \
               the space as well: `*net*user*`. A space has no escape.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &KqlSubject<'_>, findings: &mut Vec<Finding>) {
    for leaf in subject.leaves() {
        let (Some(pattern), Some(field)) = (leaf.pattern(), leaf.name()) else {
            continue;
        };
        // What runs on to the next line is another mistake, and a text field another lint's.
        let has_space = pattern.contains(char::is_whitespace);
        if !has_space || pattern.contains('\n') || subject.is_text(leaf.field.as_ref()) {
            continue;
        }
        let is_keyword = |own: &Option<FieldType>| {
            let own = own.as_ref();
            own.is_some_and(|own| matches!(own, FieldType::Keyword { .. }))
        };
        let types = subject.types(field);
        let others = types.iter().filter(|(_, own)| !is_keyword(own));
        let others: Vec<String> = others
            .flat_map(|(names, _)| names.iter().cloned())
            .collect();
        if others.is_empty() {
            continue;
        }
        let message = format!(
            "{field} is no keyword on {}: `{pattern}` is cut at white space, and one part is enough",
            others.join(", ")
        );
        let fix: Vec<&str> = pattern.split_whitespace().collect();
        let place = subject.locate(leaf.value.span);
        findings.push(
            LINT.finding(subject.source(), place, message, "several patterns")
                .help(format!("write `{}`", fix.join("*")))
                .on(others),
        );
    }
}
