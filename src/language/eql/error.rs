//! Errors of an EQL query: the codes `E1…`.
//!
//! `E100`–`E149` are syntax errors, `E150`–`E199` are what Elasticsearch's verifier and planner
//! refuse.

use crate::diagnostic::Code;
pub use crate::language::error::QueryError as EqlError;

/// Declares the codes of this file and the list of them.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $title:literal, $page:literal;)+) => {
        $($(#[$doc])* pub const $name: &Code = &Code {
            number: $number,
            title: $title,
            page: $page,
        };)+

        /// All codes of syntax errors, in the order of their numbers.
        pub const CODES: &[&Code] = &[$($name),+];
    };
}

codes! {
    /// Something stands where nothing of its kind can stand.
    UNEXPECTED = "E101", "unexpected token",
"The query goes on with something that cannot stand there.

```eql
process where process.name == \"cmd.exe\" user.name == \"root\"
```

Most often an `and`, an `or`, a comma or an operand is missing before the marked place:

```eql
process where process.name == \"cmd.exe\" and user.name == \"root\"
```
";
    /// A string, a comment or a name in backticks has no end.
    UNTERMINATED = "E102", "unterminated string, name or comment",
"A string, a name in backticks or a block comment is opened and never closed. Strings and names
cannot hold a line break; block comments nest.

```eql
process where process.executable : \"C:\\\\Windows\\\"
```

A backslash before the closing quote makes the quote part of the string. Double it:

```eql
process where process.executable : \"C:\\\\Windows\\\\\"
```
";
    /// Quotes that do not make a string.
    QUOTES = "E103", "wrong quotes",
"Strings stand in double quotes, or in triple double quotes when backslashes are meant as they are.
Single quotes and `?\"…\"` belong to older versions of EQL; typographic quotes come from documents.

```eql
process where process.name == 'cmd.exe'
```

Write

```eql
process where process.name == \"cmd.exe\"
```
";
    /// `\x` with an `x` that means nothing.
    BAD_ESCAPE = "E104", "invalid escape",
"A backslash in `\"…\"` begins an escape: `\\b` `\\t` `\\n` `\\f` `\\r` `\\\"` `\\'` `\\\\` or `\\u{…}` with 2 to
8 hexadecimal digits. Everything else is refused.

```eql
process where process.executable == \"C:\\Windows\\explorer.exe\"
```

Double the backslashes or write a raw string:

```eql
process where process.executable == \"\"\"C:\\Windows\\explorer.exe\"\"\"
```
";
    /// A character that begins no token.
    UNKNOWN_CHARACTER = "E105", "unknown character",
"The character has no meaning in EQL outside of a string, a comment or a name in backticks.

```eql
process where größe > 1000
```

A name with letters other than a-z, or with a `-`, stands in backticks:

```eql
process where `größe` > 1000
```

Comments are written `// …` or `/* … */`, not `# …`.
";
    /// An operator of another language.
    FOREIGN_OPERATOR = "E106", "operator of another language",
"EQL has `==`, `!=`, `<`, `<=`, `>`, `>=`, `:`, `and`, `or`, `not`. It does not have `=`, `&&`, `||`, `!x`
or `<>`.

```eql
process where process.pid = 4 && !process.args_count > 2
```

Write

```eql
process where process.pid == 4 and not process.args_count > 2
```
";
    /// A keyword in upper case, or as a name.
    KEYWORD = "E107", "keyword in the wrong place or case",
"Keywords are lower case only; `AND` is read as the name of a field. And a keyword that is meant as a
name must stand in backticks.

```eql
process where process.pid == 4 AND process.of == 1
```

Write

```eql
process where process.pid == 4 and process.`of` == 1
```
";
    /// A second comparison.
    CHAINED = "E108", "chained comparison",
"An expression holds one comparison.

```eql
process where 1 < process.pid < 5
```

Write two and join them:

```eql
process where process.pid > 1 and process.pid < 5
```
";
    /// An operator bound to the wrong thing.
    MISPLACED = "E109", "misplaced operator",
"`:`, `like`, `regex` and `in` bind to the single value on their left, tighter than any arithmetic.
`not` stands before a whole condition; only `in` has a form with `not` in the middle.

```eql
process where process.name not : \"cmd.exe\"
```

Write

```eql
process where not process.name : \"cmd.exe\"
```
";
    /// A list that is none.
    LIST = "E110", "malformed list",
"A list stands in parentheses, has at least one item and no comma at its end.

```eql
process where process.pid in [1, 2,]
```

Write

```eql
process where process.pid in (1, 2)
```
";
    /// A pattern that must be known before any event is.
    NOT_CONSTANT = "E111", "pattern is not a constant",
"On the right of `:`, `like` and `regex` stand constants: a string or a list of strings.

```eql
process where process.name : process.parent.name
```

To compare two fields use a function:

```eql
process where stringContains~(process.name, process.parent.name)
```
";
    /// A number beyond all doubles.
    NUMBER_TOO_LARGE = "E112", "number too large",
"The number is larger than the largest double, about 1.8e308.

```eql
process where process.uptime < 1e999
```
";
    /// Nesting without end.
    TOO_DEEP = "E113", "nested too deeply",
"Parentheses, `not`, signs, calls and chains of arithmetic may be nested 100 deep. A flat chain of
`and` or `or` may be as long as you like: it does not nest.

Take redundant parentheses away, or write a list: `process.name in (\"a\", \"b\", \"c\")`.
";
    /// A bracket without its other half.
    UNBALANCED = "E114", "unbalanced bracket",
"A `(` or a `[` is never closed, or a closing bracket has no opening one.

```eql
process where (process.pid == 4 or process.pid == 5
```

Write

```eql
process where (process.pid == 4 or process.pid == 5)
```
";
    /// Not of the shape `category where condition`.
    NO_EVENT_QUERY = "E115", "not an event query",
"A query, and each pair of brackets in a sequence, holds a category, `where` and a condition.

```eql
process.name == \"cmd.exe\"
```

Write

```eql
process where process.name == \"cmd.exe\"
```

`any where …` asks for events of every category, `process where true` for every event of one.
";
    /// A category that is none.
    CATEGORY = "E116", "malformed category",
"The event category is a bare word, a string in double quotes, or `any`. Backticks make a field's name,
not a category, and a keyword must be quoted.

```eql
`my-category` where true
```

Write

```eql
\"my-category\" where true
```
";
    /// `a[0]`
    ARRAY_INDEX = "E117", "array index",
"Elasticsearch does not keep the order of a field's values, so a value cannot be asked for by its place.

```eql
process where process.args[0] == \"cmd.exe\"
```

A comparison holds when any of the values fits:

```eql
process where process.args == \"cmd.exe\"
```
";
    /// `child of […]`
    PROCESS_RELATIONSHIP = "E118", "process relationship",
"`child of`, `descendant of` and `event of` belong to the EQL of Endgame. Elasticsearch parses and refuses
them.

```eql
process where child of [process where process.name == \"cmd.exe\"]
```

Ask for the parent's own fields, or write a sequence joined by `process.entity_id`:

```eql
process where process.parent.name == \"cmd.exe\"
```
";
    /// `with maxspan=…` in the wrong form.
    MAXSPAN = "E119", "malformed maxspan",
"`with maxspan=` takes a whole number above 0 and one of the units `ms`, `s`, `m`, `h`, `d`.

```eql
sequence with maxspan=1.5h [process where true] [network where true]
```

Write

```eql
sequence with maxspan=90m [process where true] [network where true]
```
";
    /// `with runs=…` in the wrong form, or another option.
    OPTION = "E120", "malformed option",
"A term of a sequence takes one option, `with runs=N`, N a whole number from 1 to 100; the sequence
itself takes `with maxspan=…`.

```eql
sequence [process where true] with repeat=3
```

Write

```eql
sequence [process where true] with runs=3
```
";
    /// `with` before `by`.
    OPTION_ORDER = "E121", "`with` before `by`",
"The keys stand before the options.

```eql
sequence with maxspan=1m by host.id [process where true] [network where true]
```

Write

```eql
sequence by host.id with maxspan=1m [process where true] [network where true]
```
";
    /// `! [`
    MISSING_EVENT = "E122", "malformed missing event",
"`![` opens an event that must be missing. It is one token.

```eql
sequence with maxspan=1m [process where true] ! [network where true]
```

Write

```eql
sequence with maxspan=1m [process where true] ![network where true]
```
";
}
