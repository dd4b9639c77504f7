//! What is wrong with the tokens of an EQL query: characters, quotes, escapes, signs of other
//! languages.

use std::fmt;

use crate::diagnostic::cause::{Part, Written, causes, phrases};

causes! {
    /// Why a text has no tokens of EQL at a place.
    EqlToken {
        UnclosedComment => "a comment is never closed",
            label "opened here",
            help "close it with `*/`; comments nest, so each `/*` inside needs its own";
        NumberTooLarge { found: Written } => "number [{found:#}] is too large",
            label "larger than any double",
            help "the largest number that Elasticsearch can hold is about 1.8e308";
        DetachedMissingEvent => "`!` and `[` of a missing event must stand together",
            label "two tokens",
            help "write `![` without a blank";
        ExclamationMark => "`!` is not an operator",
            label "not EQL",
            help "write `not`";
        ForeignOperator { found: &'static str, expected: &'static str } => "`{found}` is not an operator",
            label "not EQL",
            hint foreign_operator(found, expected);
        HashComment => "`#` does not begin a comment",
            label "not EQL",
            help "write `// …` or `/* … */`";
        UnknownCharacter { found: Characters } => "{found} has no meaning in EQL",
            label "unknown character",
            hint found.fix();
        NameWithoutBackticks { name: Written } => "name `{name:#}` needs backticks",
            label "holds letters other than a-z",
            help "write it as `` `{name}` ``; or is it a text that lacks its quotes?";
        SingleQuotes { rewritten: String } => "single quotes do not make a string",
            label "use double quotes",
            help "write {rewritten}";
        OldRawString { quote: char, rewritten: String } => "`?{quote}…{quote}` does not make a string",
            label "use triple double quotes for unescaped literals",
            help "write {rewritten}";
        TypographicQuotes { rewritten: String } => "typographic quotes do not make a string",
            label "use double quotes",
            help "write {rewritten}";
        Unterminated { what: Quoted, expected: &'static str, holds_escaped_quote: bool } =>
            "a {what} is not closed on its line",
            label "opened here",
            hint close_with(expected),
            hint holds_escaped_quote.then_some(
                "`\\\"` is a quote within the string; a backslash at its end is written `\\\\`",
            );
        /// `rewritten` is the string in raw quotes, unless other backslashes are doubled already.
        UnknownEscape { found: String, rewritten: Option<String> } => "`{found}` is not an escape",
            label "unknown escape",
            hint Some(rewritten.as_ref().map_or_else(
                || "a backslash is written `\\\\`".to_owned(),
                |raw| format!("double the backslashes, or write a raw string: {raw}"),
            ));
        EscapeDigits { found: Written } => "unicode sequence [{found:#}] should use [2-8] hex digits",
            label "write it as `\\u{{0041}}`",
            help "a plain backslash is written `\\\\`";
        EscapeCode { found: String } => "invalid unicode character code [{found}]",
            label "no character has this code",
            help "surrogates and codes above 10ffff name no character";
    }
}

phrases! {
    /// What stands in quotes.
    Quoted {
        String = "string",
        RawString = "raw string",
        Name = "name",
    }
}

/// One or more of a character that begins no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Characters {
    /// The character.
    pub character: char,
    /// All of them in a row.
    pub written: Written,
}

impl Characters {
    /// Whether a reader would not see it.
    pub fn is_unseen(&self) -> bool {
        matches!(self.character, '\u{a0}' | '\u{200b}' | '\u{feff}') || self.character.is_control()
    }

    fn fix(&self) -> &'static str {
        match self.character {
            ';' => "a query ends without a sign",
            '{' | '}' => "lists are written in parentheses, event queries in `[ ]`",
            '\\' => "a backslash has a meaning within a string only",
            '&' => "write `and`",
            '~' => "`~` follows `in`, `like`, `regex` or a function's name without a blank",
            _ if self.is_unseen() => "it is invisible and often pasted from a web page: remove it",
            _ => "remove it, or put the name or text that it belongs to in quotes",
        }
    }
}

impl fmt::Display for Characters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_unseen() {
            write!(f, "character U+{:04X}", u32::from(self.character))
        } else {
            write!(f, "`{:#}`", self.written)
        }
    }
}

impl Part for Characters {
    fn part(&self) -> Option<String> {
        self.written.part()
    }
}

fn foreign_operator(sign: &str, ours: &str) -> String {
    match sign {
        "=~" => "write `:` (any case, wildcards) or `regex~ \"…\"`".to_owned(),
        "**" => "EQL has no power operator".to_owned(),
        _ => format!("write `{ours}`"),
    }
}

fn close_with(sign: &str) -> String {
    let name = if sign == "`" {
        "a backtick".to_owned()
    } else {
        format!("`{sign}`")
    };
    format!("close it with {name}; it cannot hold a line break")
}
