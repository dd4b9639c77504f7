//! Why a recording that a scenario names cannot be replayed, and why `-k` selects nothing.

use super::cause::causes;
use super::failure::FailureKind;

causes! {
    /// What of `events_from` cannot be replayed.
    BadCapture {
        /// The file cannot be opened; the message of its diagnostic.
        NotOpened { said: String } => "{said}",
            help "the path is relative to the scenario file";
        /// A text in memory names a file.
        NoFile { name: String } => "`{name}` is not there";
        /// A label whose query finds nothing.
        NoEvent { name: String } => "no event of the capture is `{name}`";
        /// The query of a label.
        QueryFails { why: FailureKind } => "the query fails: {why}";
        TooManyEvents { name: String, most: usize } =>
            "{name} has more than {most} events, the limit of `events_from`",
            help "cut the recording, run `trapline scan` on it, or raise `events-from` under `[limits]` in trapline.toml";
        TooLarge { name: String, megabytes: u64 } =>
            "{name} has more than {megabytes} MiB of events, the limit of `events_from`",
            help "cut the recording, run `trapline scan` on it, or raise `events-from-mib` under `[limits]` in trapline.toml";
    }
}

causes! {
    /// What is wrong with the expression of `-k`.
    BadSelection {
        OpenQuote => "the selection cannot be read", label "the quote is not closed";
        OpenParenthesis => "the selection cannot be read",
            label "this parenthesis is not closed";
        NoWord => "the selection cannot be read", label "expected a word";
        NoOperator => "the selection cannot be read",
            label "expected `and` or `or`",
            help "quote a text of several words, or join the words with `and`";
        /// A prefix with nothing behind it.
        NoText { name: String } => "the selection cannot be read",
            label "expected a word or a quoted text after `{name}:`";
        TooDeep => "the selection cannot be read", label "nested too deep";
        UnknownPrefix { name: String, suggestion: String } =>
            "the selection cannot be read",
            label "no such prefix",
            help "did you mean `{suggestion}:`? Quote the text if not";
        UnknownVerdict { name: String, suggestion: Option<String>, known: String } =>
            "the selection cannot be read",
            label "no such verdict",
            hint match suggestion {
                Some(near) => format!("did you mean `verdict:{near}`?"),
                None => format!("the verdicts are {known}"),
            };
    }
}
