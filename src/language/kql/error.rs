//! Errors of a KQL query: the location, what Kibana would say, and how to fix it.

use super::failure::Failures;
use crate::diagnostic::query::KqlCause;
use crate::diagnostic::query::kql::{Expectations, KqlFix, NextCharacter};
use crate::diagnostic::{Code, Span};
pub use crate::language::error::QueryError as KqlError;

/// The text is not KQL.
pub const SYNTAX: &Code = &Code {
    number: "E601",
    title: "KQL syntax error",
    page: "\
Kibana's parser refuses the query. The message is Kibana's own: what could have followed, and what was
found. The frequent causes:

| written | why it fails | write |
|---|---|---|
| `message: cannot open` | `not` and a space end an unquoted value, inside a word too | `message: \"cannot open\"` |
| `not not a: b` | one `not` only | `not (not a: b)` |
| `a: not b` | `not` in a value needs parentheses | `a: (not b)` or `not a: b` |
| `a: C:\\Windows` | `:` and a single `\\` are special outside quotes | `a: \"C:\\\\Windows\"` or `a: C\\:\\\\Windows` |
| `(a: b) and(c: d)` | operators need white space on both sides | `(a: b) and (c: d)` |
| `a > (1 or 2)` | a range takes one value | `a > 1 or a > 2` |
| `a: b && c: d` | KQL has `and`, `or`, `not` | `a: b and c: d` |
",
};

/// More parentheses than any query needs.
pub const TOO_DEEP: &Code = &Code {
    number: "E602",
    title: "KQL nested too deeply",
    page: "\
Parentheses and nested groups may be nested 100 deep. A flat chain of `and` or `or` may be as long as
you like: it does not nest.
",
};

/// A nested field outside its group, or the reverse.
pub const NESTED: &Code = &Code {
    number: "E603",
    title: "KQL nested field in the wrong place",
    page: "\
A field below a mapping of type `nested` can be asked for only inside `path: { … }`, and only such fields
can stand there. The query

```
items.name: \"a\"
```

is refused where `items` is nested. Write

```
items: { name: \"a\" }
```
",
};

/// All codes of KQL, in the order of their numbers.
pub const CODES: &[&Code] = &[SYNTAX, TOO_DEEP, NESTED];

pub(super) fn too_deep(span: Span) -> KqlError {
    KqlError::new(TOO_DEEP, span, KqlCause::TooDeep)
}

pub(super) fn syntax(text: &str, failures: &Failures) -> KqlError {
    let at = failures.at();
    let found = text.get(at..).unwrap_or("").chars().next();
    let span = Span::of(at..at + found.map_or(0, char::len_utf8));
    let cause = KqlCause::Unexpected {
        expected: Expectations(failures.expected().collect()),
        found: NextCharacter(found),
        fix: fix(text, at, found),
    };
    KqlError::new(SYNTAX, span, cause)
}

/// Suggests a fix for the most common mistakes.
fn fix(text: &str, at: usize, found: Option<char>) -> Option<KqlFix> {
    let (before, after) = text.split_at_checked(at)?;
    let starts_with_not = |text: &str| {
        text.get(..3)
            .is_some_and(|word| word.eq_ignore_ascii_case("not"))
            && text
                .get(3..)
                .is_some_and(|rest| rest.starts_with(char::is_whitespace))
    };
    let trimmed = before.trim_end();
    if starts_with_not(after) {
        return Some(if trimmed.ends_with(':') || trimmed.ends_with('(') {
            KqlFix::NotBeforeField
        } else if trimmed
            .get(trimmed.len().saturating_sub(3)..)
            .is_some_and(|word| word.eq_ignore_ascii_case("not"))
        {
            KqlFix::NotNot
        } else if before.ends_with(char::is_whitespace) {
            KqlFix::JoinOrQuote
        } else {
            KqlFix::NotEndsValue
        });
    }
    let opened = before.matches('"').count() % 2 == 1;
    Some(match found {
        Some('"') if !opened && !after.get(1..).unwrap_or("").contains('"') => KqlFix::ClosingQuote,
        Some('"') => KqlFix::QuoteInValue,
        Some(':') => KqlFix::Colon,
        Some('\\') => KqlFix::Backslash,
        Some('(' | ')' | '<' | '>' | '{' | '}') if trimmed.ends_with(['<', '>', '=']) => {
            KqlFix::OneValue
        }
        Some('<' | '>' | '{' | '}') => KqlFix::Sign,
        Some(')') if trimmed.ends_with('(') => KqlFix::EmptyParentheses,
        None if before.matches('(').count() > before.matches(')').count() => {
            KqlFix::ClosingParenthesis
        }
        None if trimmed.ends_with([':', '<', '>', '=']) => KqlFix::NoValue,
        None => KqlFix::EndsEarly,
        Some(_) if trimmed.ends_with(')') => KqlFix::WhiteSpace,
        Some(_) => return None,
    })
}
