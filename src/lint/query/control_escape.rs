//! `control-escape`: a backslash in a path that is taken for the escape of a control character.

use crate::diagnostic::{Code, Severity};
use crate::language::kql::syntax::LiteralKind;
use crate::lint::finding::{Finding, Lint};
use crate::lint::query::kql::KqlSubject;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "control-escape",
        title: "a backslash that makes a control character",
        page: "In quotes KQL reads `\\t`, `\\r`, `\\n` and `\\uXXXX` as escapes and every other \
               backslash as itself. In a path that goes wrong without a \
               word:\n\n```kuery\nfile.directory: \"C:\\Program Files\\Agent\\tmp\"\n```\n\nends in a \
               tab and `mp`. Write every backslash of the path twice.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &KqlSubject<'_>, findings: &mut Vec<Finding>) {
    for leaf in subject.leaves() {
        let LiteralKind::Quoted(_) = leaf.value.kind else {
            continue;
        };
        let written = subject.written(leaf.value);
        let Some((escape, what)) = control_escape(written) else {
            continue;
        };
        let message = format!("`{escape}` in {written} is {what}");
        let place = subject.locate(leaf.value.span);
        findings.push(
            LINT.finding(subject.source(), place, message, "")
                .help("write every backslash of the path twice"),
        );
    }
}

/// The first escape of a control character in a text that has other backslashes as well.
fn control_escape(written: &str) -> Option<(&str, &'static str)> {
    let mut found = None;
    let mut others = false;
    let mut chars = written.char_indices();
    while let Some((at, c)) = chars.next() {
        if c != '\\' {
            continue;
        }
        let rest = written.get(at + 1..).unwrap_or_default();
        let escape = match rest.chars().next() {
            Some('t') => Some((2, "a tab")),
            Some('r') => Some((2, "a carriage return")),
            Some('n') => Some((2, "a line feed")),
            Some('u') if is_code(rest) => Some((6, "a character by its number")),
            next => {
                others |= next != Some('"');
                None
            }
        };
        if let (Some((length, what)), None) = (escape, found) {
            found = written.get(at..at + length).map(|escape| (escape, what));
        }
        chars.next();
    }
    found.filter(|_| others)
}

fn is_code(rest: &str) -> bool {
    let digits = rest.get(1..5).unwrap_or_default();
    digits.len() == 4 && digits.chars().all(|c| c.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::control_escape;

    #[test]
    fn a_tab_beside_other_backslashes_is_a_path() {
        let found = control_escape("\"C:\\Agent\\tmp\"").map(|(escape, _)| escape);
        assert_eq!(found, Some("\\t"));
        let found = control_escape("\"\\microsoft\\explorer\\runmru\"");
        assert_eq!(found, Some(("\\r", "a carriage return")));
        for text in [
            "\"a\\tb\"",
            "\"C:\\\\tmp\\\\x\"",
            "\"\\users\\x\"",
            "\"say \\\"x\\\"\"",
        ] {
            assert_eq!(control_escape(text), None, "{text}");
        }
    }
}
