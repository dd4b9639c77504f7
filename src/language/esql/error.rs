//! Errors of an ES|QL query: the codes `E7…`.
//!
//! `E701`–`E749` are syntax errors, `E750`–`E798` are what Elasticsearch's verifier refuses, `E799`
//! is what Elasticsearch runs and Trapline does not.

use crate::diagnostic::query::QueryCause;
use crate::diagnostic::{Code, Span};
use crate::language::QueryError;

/// Elasticsearch runs this, Trapline does not.
#[must_use]
pub fn not_supported(span: Span, cause: impl Into<QueryCause>) -> QueryError {
    QueryError::new(UNSUPPORTED, span, cause)
}

/// Declares the codes of this file and the list of them.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $title:literal, $page:literal;)+) => {
        $($(#[$doc])* pub const $name: &Code = &Code {
            number: $number,
            title: $title,
            page: $page,
        };)+

        /// All codes of ES|QL, in the order of their numbers.
        pub const CODES: &[&Code] = &[$($name),+];
    };
}

codes! {
    /// Something stands where nothing of its kind can stand.
    UNEXPECTED = "E701", "ES|QL: unexpected token",
"The query goes on with something that cannot stand there.

```esql
FROM logs-* | WHERE process.name == \"cmd.exe\" user.name == \"root\"
```

Most often an `AND`, a comma, a `|` or an operand is missing before the marked place.
";
    /// A string, a comment, a name or a list of options has no end.
    UNTERMINATED = "E702", "ES|QL: unterminated string, name or comment",
"A string, a name in backticks, a comment or a list of options is opened and never closed. Strings
and names cannot hold a line break.

A backslash before the closing quote makes the quote part of the string. Double it, or write the
string in triple quotes, where a backslash is a plain character.
";
    /// `\x` with an `x` that means nothing.
    BAD_ESCAPE = "E703", "ES|QL: invalid escape",
"A backslash in `\"…\"` begins an escape: `\\t` `\\n` `\\r` `\\\"` or `\\\\`. Everything else is refused.

Double the backslash, or write the string in triple quotes:

```esql
FROM logs-* | WHERE process.executable LIKE \"\"\"C:\\\\Windows\\\\*\"\"\"
```
";
    /// A character that begins no token.
    UNKNOWN_CHARACTER = "E704", "ES|QL: unknown character",
"The character has no meaning outside of a string, a comment or a name in backticks. Strings stand in
double quotes. A name with a `-` or with letters other than a-z stands in backticks.
";
    /// A command that does not exist.
    UNKNOWN_COMMAND = "E705", "ES|QL: unknown command",
"After a `|` stands the name of a command: WHERE, EVAL, KEEP, DROP, RENAME, STATS, INLINE STATS, SORT,
LIMIT, MV_EXPAND, DISSECT, GROK, COMPLETION, ENRICH, LOOKUP JOIN.
";
    /// `=` where a comparison is meant.
    ASSIGNMENT = "E706", "ES|QL: `=` in a condition",
"`=` gives a column its name, in EVAL, ROW and STATS. Values are compared with `==`.

```esql
FROM logs-* | WHERE event.provider == \"cloudtrail\"
```
";
    /// Expressions in expressions in expressions.
    TOO_DEEP = "E707", "ES|QL: nested too deeply",
"The expression has more than 200 levels or more than 200 operators in a row. Split it with EVAL.
";
    /// A number or a list that cannot be written so.
    BAD_NUMBER = "E708", "ES|QL: invalid literal",
"A number does not fit its type, a timespan is too long, or a list literal holds something else than
numbers, strings, or true and false.
";
    /// No index fits FROM.
    UNKNOWN_INDEX = "E750", "ES|QL: unknown index",
"No index of the request has a name that FROM asks for. A pattern that selects nothing is left out if
another one selects something; a name without `*` must exist.
";
    /// A column that nothing makes.
    UNKNOWN_COLUMN = "E751", "ES|QL: unknown column",
"No index that the query reads maps the field, and no command before this one makes the column.
Elasticsearch refuses the whole query, wherever in it the name stands.

After KEEP and STATS only their own columns are left. `_id`, `_index` and `_version` must be asked
for: `FROM logs-* METADATA _id, _index, _version`.
";
    /// A field of several types.
    AMBIGUOUS_TYPE = "E752", "ES|QL: ambiguous type",
"The indices that the query reads map the field with types that do not go together. Convert the field
where it is used: `client.ip::ip` or `TO_IP(client.ip)` reads each index by its own type.
";
    /// A value of a type that cannot stand there.
    WRONG_TYPE = "E753", "ES|QL: wrong type",
"An operator or a function does not take a value of this type. Only a string that is written in the
query is converted to a date, an address, a version or a boolean; the value of a keyword column is
not. Convert it with `::` or a TO_ function.
";
    /// A function that does not exist.
    UNKNOWN_FUNCTION = "E754", "ES|QL: unknown function",
"No function has this name.
";
    /// Too few or too many arguments.
    WRONG_COUNT = "E755", "ES|QL: wrong number of arguments",
"The function takes another number of arguments.
";
    /// A column where a constant must stand.
    NOT_CONSTANT = "E756", "ES|QL: not a constant",
"This argument must be a constant: it may not depend on a column.
";
    /// An aggregate or a column in the wrong place.
    AGGREGATE = "E757", "ES|QL: aggregate in the wrong place",
"Aggregates stand in STATS and INLINE STATS and nowhere else, and not inside of each other. A column
in an expression of STATS must be a key of BY or stand inside an aggregate.
";
    /// A string that is no date, no address …
    BAD_LITERAL = "E758", "ES|QL: a string that cannot be converted",
"The string stands where a date, an address, a version or a boolean is wanted, and is none.
";
    /// A pattern of KEEP or DROP that matches no column.
    NO_MATCH = "E759", "ES|QL: a pattern matches no column",
"No column has a name that fits the pattern.
";
    /// A pattern that cannot be read.
    BAD_PATTERN = "E760", "ES|QL: invalid pattern",
"The pattern of DISSECT, GROK or RLIKE cannot be read.
";
    /// Full-text search where there is no index any more.
    SEARCH_PLACE = "E761", "ES|QL: full-text search in the wrong place",
"KQL, QSTR, MATCH and `:` search the index, so they stand in WHERE, before STATS, LIMIT and MV_EXPAND.
";
    /// A command that cannot follow another one.
    COMMAND_PLACE = "E762", "ES|QL: command in the wrong place",
"The command cannot follow the commands before it: INLINE STATS cannot follow LIMIT.
";
    /// A value out of range.
    BAD_VALUE = "E763", "ES|QL: invalid value",
"The constant is not one that the command or the function takes.
";
    /// Elasticsearch runs it, Trapline does not.
    UNSUPPORTED = "E799", "ES|QL: not supported",
"Elasticsearch runs this; Trapline does not. A rule with it is reported as unsupported and is never
counted as passed.
";
}
