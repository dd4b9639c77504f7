//! Errors of a Lucene query string. Elasticsearch reports them when the query runs.

use crate::diagnostic::query::LuceneCause;
use crate::diagnostic::{Code, Span};
use crate::language::error::QueryError;

/// The text is no query string.
pub const SYNTAX: &Code = &Code {
    number: "E611",
    title: "Lucene syntax error",
    page: "\
Elasticsearch refuses the query string when the rule runs; Kibana does not check it when the rule is
saved. The frequent causes:

| written | why it fails | write |
|---|---|---|
| `a:b:c` | a colon in a value is special | `a:b\\:c` or `a:\"b:c\"` |
| `a:1/2` | `/` opens a regular expression, inside a word too | `a:1\\/2` or `a:\"1/2\"` |
| `a:-1` | `-` at the start of a value forbids it | `a:\\-1` or `a:\"-1\"` |
| `NOT NOT a` | one operator only | `NOT (NOT a)` |
| `a:()` | parentheses hold at least one value | `_exists_:a` |
| `a*:b` | a `*` in a field name must be escaped | `a\\*:b` |

`AND`, `OR`, `NOT` and `TO` are operators in capital letters only: `a:1 or b:1` asks for the word `or` in
the default fields.
",
};

/// All codes of Lucene query strings.
pub const CODES: &[&Code] = &[SYNTAX];

/// Why a text is no query string, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LuceneError {
    /// The bytes of the text that it is about.
    pub span: Span,
    /// What is wrong.
    pub cause: LuceneCause,
}

impl From<LuceneError> for QueryError {
    fn from(error: LuceneError) -> Self {
        Self::new(SYNTAX, error.span, error.cause)
    }
}

pub(super) fn syntax(span: Span, cause: LuceneCause) -> LuceneError {
    LuceneError { span, cause }
}
