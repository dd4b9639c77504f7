//! `lucene-unescaped`: a path in a Lucene query whose characters have a meaning of their own.

use crate::diagnostic::{Code, QueryText, Severity, Span};
use crate::language::lucene::syntax::{Group, Leaf, Value};
use crate::lint::finding::{Finding, Lint};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "lucene-unescaped",
        title: "a path is read as something else",
        page: "In Lucene a backslash makes the next character literal and is gone itself, and a value \
               that begins with `/` is a regular \
               expression:\n\n```lucene\nprocess.executable:C\\:\\Windows\\cmd.exe OR \
               file.path:/etc/shadow\n```\n\nlooks for `C:Windowscmd.exe`, and for what the expression \
               `etc` matches. Write the path in quotes with every backslash twice, or escape each \
               special character.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(text: &QueryText, group: &Group, findings: &mut Vec<Finding>) {
    group.leaves(&mut |leaf: &Leaf| {
        let (message, fix) = match &leaf.value {
            Value::Regex(pattern) if is_plain(pattern) => (
                format!("`/{pattern}/` is a regular expression, as what begins with a slash is"),
                "write the path in quotes, or `\\/` for each slash",
            ),
            Value::Text(_) | Value::Wildcard(_) | Value::Prefix(_) => {
                match swallowed(&leaf.written) {
                    Some(lost) => (
                        format!(
                            "the backslash before `{lost}` in `{}` is gone",
                            leaf.written
                        ),
                        "write every backslash twice",
                    ),
                    None => return,
                }
            }
            _ => return,
        };
        let place: Span = text.locate(leaf.span);
        findings.push(LINT.finding(text.source(), place, message, "").help(fix));
    });
}

/// Whether an expression has nothing that only an expression has.
fn is_plain(pattern: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "_- ".contains(c);
    !pattern.is_empty() && pattern.chars().all(plain)
}

/// The first letter or digit whose backslash is lost.
fn swallowed(written: &str) -> Option<char> {
    let mut characters = written.chars();
    while let Some(c) = characters.next() {
        if c == '\\' {
            let next = characters.next().filter(|next| next.is_alphanumeric());
            if next.is_some() {
                return next;
            }
        }
    }
    None
}
