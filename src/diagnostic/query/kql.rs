//! What is wrong with a KQL query, worded as Kibana words it.

use std::fmt;

use crate::diagnostic::cause::{Part, causes, phrases};

causes! {
    /// Why Kibana refuses a KQL query.
    KqlCause {
        TooDeep => "parentheses are nested more than 100 deep",
            help "take redundant parentheses away, or write a value list: `f: (a or b)`";
        Unexpected { expected: Expectations, found: NextCharacter, fix: Option<KqlFix> } =>
            "Expected {expected} but {found} found.",
            hint fix;
        /// `path` is that of the objects, `rest` the name of the field in them.
        OutsideNestedGroup { name: String, path: String, rest: String } =>
            "{name} is a nested field, but is not in a nested group in the KQL expression.",
            help "write `{path}: {{ {rest}: … }}`";
        NotNested { name: String, path: String } =>
            "{name} is not a nested field but is in nested group \"{path}\" in the KQL expression.";
        WrongNestedPath { name: String, expected: String } =>
            "Nested field {name} is being queried with the incorrect nested path. \
             The correct path is {expected}.";
    }
}

phrases! {
    /// How to mend the mistakes that people make most.
    KqlFix {
        NotBeforeField = "write `not` before the field, or put it into parentheses: `field: (not value)`",
        NotNot = "`not` cannot follow `not`: write `not (not field: value)`",
        JoinOrQuote = "join conditions with `and` or `or`, or quote the value",
        NotEndsValue = "`not` and a space end an unquoted value, even inside a word: quote the value",
        ClosingQuote = "the closing quote is missing",
        QuoteInValue = "quote the whole value, and write `\\\"` for a quote inside it",
        Colon = "quote the value, or write `\\:` for a colon inside it",
        Backslash = "write `\\\\` for a backslash outside quotes, or quote the value",
        OneValue = "a range takes one value; join two ranges with `or`",
        Sign = "quote the value, or write a backslash before it",
        EmptyParentheses = "parentheses hold at least one value",
        ClosingParenthesis = "a closing parenthesis is missing",
        NoValue = "write a value; `field: *` asks whether the field is there",
        EndsEarly = "the query ends too early: write what follows, or take the last word away",
        WhiteSpace = "`and`, `or` and `not` need white space on both sides",
    }
}

/// What could have followed, sorted as Kibana sorts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectations(pub Vec<&'static str>);

impl fmt::Display for Expectations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

impl Part for Expectations {
    fn part(&self) -> Option<String> {
        self.0.part()
    }
}

/// The next character of a query; `None` at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextCharacter(pub Option<char>);

impl fmt::Display for NextCharacter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(c) => write!(f, "\"{c}\""),
            None => f.write_str("end of input"),
        }
    }
}

impl Part for NextCharacter {
    fn part(&self) -> Option<String> {
        self.0.part()
    }
}
