//! What is wrong with a Lucene query string.

use crate::diagnostic::cause::causes;

causes! {
    /// Why Elasticsearch refuses a query string.
    LuceneCause {
        NoBoost => "a number must follow `^`";
        EndsNoRange { found: char } => "`{found}` ends no range",
            help "write a backslash before it, or quote the value";
        UnclosedQuote => "the closing quote is missing";
        UnclosedRegex => "`/` opens a regular expression that has no end",
            help "write `\\/` for a slash, or quote the value";
        UnclosedRange => "the range has no end",
            help "write `[low TO high]` or `{{low TO high}}`";
        LoneBackslash => "a backslash at the end escapes nothing",
            help "write `\\\\` for a backslash";
        TooDeep => "parentheses are nested more than 100 deep";
        EndsEarly => "the query ends too early",
            help "write what follows, or take the last word away";
        Colon => "`:` stands in a value", help "write `\\:` for a colon, or quote the value";
        EmptyParentheses => "`)` cannot stand here",
            help "parentheses hold at least one value; write `\\)` for the character";
        SignInValue { found: String } => "`{found}` cannot stand here",
            help "write a backslash before it, or quote the value";
        Operator { found: String } => "`{found}` cannot stand here",
            help "an operator needs a condition on both sides; quote the word if it is a value";
        Unexpected { found: String } => "`{found}` cannot stand here", help "quote the value";
    }
}
