//! What is wrong with a scenario file as YAML.

use super::cause::{Part, causes, phrases};

causes! {
    /// Why a scenario file cannot be read as YAML, or means something else than its author thinks.
    ScenarioYaml {
        FileTooLarge { bytes: usize } =>
            "the file has {bytes} bytes; a scenario file has at most 16 MiB";
        NestedTooDeeply => "nested deeper than 32 levels", label "the limit is reached here",
            help "write the value flat; a field is one dotted key";
        TooManyAliases => "the aliases of this file repeat too much",
            label "the limit is reached here",
            help "a file holds at most 250,000 values, those that aliases repeat included";
        TooManyValues => "the file holds too much", label "the limit is reached here",
            help "a file holds at most 250,000 values in 64 MiB of text, aliases included; split it";
        KeyNoText => "a key must be text", label "this key is a list or a map",
            help "put it in quotes if it begins with `[` or `{{`";
        DuplicateKey { name: String } => "duplicate key `{name}` in a map",
            label "the second one", other "the first one",
            help "take one of them out";
        /// `lines` are those that begin so.
        TabIndentation { lines: usize } => "YAML allows no tabs in the indentation",
            label "a tab",
            help "indent with spaces", hint more_tabs(*lines);
        /// A backslash in double quotes that looks like a part of a path.
        Backslash { meaning: EscapeMeaning, fix: SingleQuotes } =>
            "a backslash in double quotes begins an escape",
            label "this is {meaning}", hint fix;
        UnknownEscape { fix: SingleQuotes } => "a backslash in double quotes begins an escape",
            label "YAML knows no such escape", hint fix;
        InvalidEscape => "an escape in double quotes is not valid";
        UnclosedQuote => "the quote is never closed", label "opened here";
        UnclosedBracket => "the bracket is never closed", label "opened here";
        /// A key within a bracket that should have been closed.
        KeyInBracket => "a bracket above is never closed", word "UnclosedBracket",
            label "a new key begins here", help "close the `[` or `{{` before this line";
        UnopenedBracket => "this bracket closes nothing";
        UnknownAnchor { name: String } => "no anchor has this name",
            label "an alias (`*name`) stands for an anchor (`&name`) above it",
            help "put the value in quotes if it begins with `*`";
        RecursiveAlias { name: String } => "an alias within its own anchor";
        ItemAtKey => "a list item at the indentation of its key",
            help "begin the list on a line of its own, or write it in brackets: `[a, b]`",
            help "put the value in quotes if it begins with `- `";
        ItemWithoutBlank => "a list item without a blank",
            help "a list item begins with a dash and a blank: `- item`";
        KeyAmongItems => "a key where a list item is expected",
            help "a list and a map cannot stand at the same place; check the indentation";
        TextAfterQuote => "text after the closing quote",
            help "put the whole value in quotes; within single quotes write `''` for `'`";
        CommentWithoutBlank => "a comment needs a blank before its `#`";
        SecondColon => "a second `: ` in one value", label "here a new key would begin",
            help "put the value in single quotes";
        MisplacedKey => "a key where none can stand",
            label "indented further than the line above allows",
            help "align the keys of one map; a key with a value on its line has nothing below it";
        NeedsQuotes { found: char } => "a value without quotes cannot begin with `{found}`",
            help "put the value in single quotes";
        ControlCharacter { found: CodePoint } => "the control character {found}",
            help "write it in double quotes as an escape, such as \"\\x07\"";
        ForbiddenCharacter => "a character that YAML does not allow";
        /// A line that is no entry of a map.
        NoColon => "expected `key: value`", label "no `: ` in this line";
        NoBlankAfterColon { name: String, fix: String } => "expected `key: value`",
            label "no blank after the colon", help "write `{name}: {fix}`";
        NoBlankAfterDash => "expected `key: value`",
            help "a list item begins with a dash and a blank: `- item`";
        /// Something else; what the reader says.
        Other { said: String } => "not valid YAML: {said}", word "InvalidYaml",
            hint other_fix(said);
    }
}

fn more_tabs(lines: usize) -> Option<String> {
    match lines {
        0 | 1 => None,
        2 => Some("another line is indented with a tab, too".to_owned()),
        lines => Some(format!("{} more lines are indented with tabs", lines - 1)),
    }
}

fn other_fix(said: &str) -> &'static str {
    if said.contains("tag") {
        "tags are not used here; a value that begins with `!` needs single quotes"
    } else if said.contains("bracket") {
        "close what is opened here, or put the text in single quotes"
    } else {
        "align the keys of one map and the dashes of one list; end a key with `: `"
    }
}

phrases! {
    /// What a backslash and the letter behind it stand for in double quotes.
    EscapeMeaning {
        Tab = "a tab",
        LineBreak = "a line break",
        CarriageReturn = "a carriage return",
        Quote = "a quote within the text",
        OtherCharacter = "another character",
    }
}

/// The text in single quotes; `None` where it is too long to show, or has several lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SingleQuotes(pub Option<String>);

impl Part for SingleQuotes {
    fn part(&self) -> Option<String> {
        let advice = "use single quotes, in which a backslash is a backslash";
        Some(match &self.0 {
            Some(text) => format!("{advice}: {text}"),
            None => advice.to_owned(),
        })
    }
}

/// A character, as Unicode numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodePoint(pub char);

impl std::fmt::Display for CodePoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "U+{:04X}", u32::from(self.0))
    }
}

impl Part for CodePoint {
    fn part(&self) -> Option<String> {
        Some(self.to_string())
    }
}
