//! `foreign-pattern`: a pattern is written in another language.

use crate::diagnostic::{Code, Severity};
use crate::language::esql::syntax::{Expr, ExprKind, Text};
use crate::lint::esql::walk::{EsqlSubject, every};
use crate::lint::finding::{Finding, Lint};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "foreign-pattern",
        title: "a pattern is written in another language",
        page: "`LIKE` knows `*` and `?` alone: `%` and `_`, SQL's wildcards, are plain characters, and so is \
               everything of regular expressions. `RLIKE` is a regular expression of Lucene over the whole \
               value: `^` and `$` are plain characters, and a quantifier at the start of the expression, of a \
               group or of an alternative repeats nothing, so that `*sh` finds a literal star.\n\n\
               ```esql\nFROM logs-* | WHERE file.path LIKE \"%/tmp/%\" OR file.path RLIKE \"^/tmp/.*$\"\n```\n\n\
               finds nothing. Write `LIKE \"*/tmp/*\"` and `RLIKE \"/tmp/.*\"`.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &EsqlSubject<'_>, findings: &mut Vec<Finding>) {
    let mut check = |expr: &Expr| {
        let ExprKind::Like {
            patterns, is_regex, ..
        } = &expr.kind
        else {
            return;
        };
        for pattern in patterns {
            let found = if *is_regex {
                of_regex(&pattern.value)
            } else {
                of_wildcard(&pattern.value)
            };
            findings.extend(found.map(|found| finding(subject, pattern, *is_regex, &found)));
        }
    };
    for expr in subject.query.expressions() {
        every(expr, &mut check);
    }
}

/// What is wrong with a pattern, and how to fix it.
struct Foreign {
    what: &'static str,
    fix: &'static str,
}

fn finding(subject: &EsqlSubject<'_>, pattern: &Text, is_regex: bool, found: &Foreign) -> Finding {
    let operator = if is_regex { "RLIKE" } else { "LIKE" };
    let message = format!("{} in a pattern of {operator}", found.what);
    subject
        .finding(&LINT, pattern.span, message, "taken as it is written")
        .help(found.fix)
}

fn of_wildcard(pattern: &str) -> Option<Foreign> {
    let has_wildcard = pattern.contains(['*', '?']);
    if !has_wildcard && is_sql(pattern) {
        return Some(Foreign {
            what: "SQL's wildcard `%` is a plain character",
            fix: "write `*` for any run of characters",
        });
    }
    let is_regex = pattern.contains(".*") && (pattern.contains('|') || pattern.starts_with(".*"));
    (is_regex || pattern.starts_with('^')).then_some(Foreign {
        what: "a regular expression is plain text",
        fix: "write RLIKE, or `*` for `.*`",
    })
}

/// Whether some `%` begins no escape of a URL.
fn is_sql(pattern: &str) -> bool {
    let mut rest = pattern;
    while let Some((_, after)) = rest.split_once('%') {
        let mut digits = after.chars().take(2);
        let is_escape = digits.clone().count() == 2 && digits.all(|c| c.is_ascii_hexdigit());
        if !is_escape {
            return true;
        }
        rest = after;
    }
    false
}

fn of_regex(pattern: &str) -> Option<Foreign> {
    if pattern.starts_with('^') || (pattern.ends_with('$') && !pattern.ends_with("\\$")) {
        return Some(Foreign {
            what: "an anchor is a plain character",
            fix: "leave `^` and `$` out: the whole value must match",
        });
    }
    let (mut previous, mut is_class) = ('(', false);
    for c in pattern.chars() {
        if previous == '\\' {
            // An escaped character is none of these.
            previous = ' ';
            continue;
        }
        match c {
            '[' => is_class = true,
            ']' => is_class = false,
            '*' | '+' if !is_class && matches!(previous, '(' | '|') => {
                return Some(Foreign {
                    what: "a quantifier that repeats nothing",
                    fix: "write `.*` for any run of characters",
                });
            }
            _ => {}
        }
        previous = c;
    }
    None
}
