//! Why a document, a mapping or a file of documents cannot be read.

use std::{fmt, io};

use super::cause::{Part, causes, phrases};

/// What the library that reads JSON says, with the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonFault {
    /// The line, from 1; 0 where there is none.
    pub line: usize,
    /// The column, from 1; 0 where there is none.
    pub column: usize,
    said: String,
}

impl From<serde_json::Error> for JsonFault {
    fn from(error: serde_json::Error) -> Self {
        Self {
            line: error.line(),
            column: error.column(),
            said: error.to_string(),
        }
    }
}

impl fmt::Display for JsonFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)
    }
}

impl Part for JsonFault {
    fn part(&self) -> Option<String> {
        Some(self.said.clone())
    }
}

causes! {
    /// Why a line is no event.
    BadDocument {
        /// Not JSON.
        Syntax(why: JsonFault) => "not valid JSON: {why}";
        /// Not JSON, as the fast reader finds it.
        SyntaxAt { why: LineFault, column: usize } => "not valid JSON: {why} at column {column}";
        /// JSON, but no object.
        NoObject => "a document must be a JSON object";
        /// JSON, but no object; what it is.
        OtherKind(found: &'static str) => "a document must be a JSON object, found {found}";
        /// A key occurs twice in one object. `serde_json` would take the last value in silence;
        /// Elasticsearch refuses the document.
        Duplicate(name: String) => "duplicate key `{name}` in an object";
        /// The name under which a number is handed on with all its digits.
        ReservedKey(name: &'static str) => "not valid JSON: the key {name} cannot be read";
        /// Longer than places in it can be counted.
        TooLong => "a line of more than 4 GiB";
        NoUtf8 => "not valid UTF-8";
        Utf16 => "not valid UTF-8: the file is UTF-16";
    }
}

phrases! {
    /// What of a line is no JSON.
    LineFault {
        TrailingCharacters = "trailing characters",
        ExpectedCommaOrBrace = "expected `,` or `}`",
        ExpectedCommaOrBracket = "expected `,` or `]`",
        ExpectedKey = "expected a key",
        ExpectedColon = "expected `:`",
        ExpectedValue = "expected a value",
        UnexpectedEnd = "unexpected end",
        UnexpectedEndOfString = "unexpected end of a string",
        ControlCharacter = "control character in a string",
        InvalidEscape = "invalid escape",
        LoneSurrogate = "lone surrogate",
        InvalidNumber = "invalid number",
        NestedTooDeeply = "nested too deeply",
    }
}

causes! {
    /// Why a text is no mapping.
    BadMapping {
        /// Not JSON.
        Syntax(why: JsonFault) => "not valid JSON: {why}";
        /// JSON of another shape.
        Shape =>
            "expected {{\"properties\": …}}, {{\"mappings\": …}} or the answer of GET INDEX/_mapping";
    }
}

causes! {
    /// Why a file is not read to its end.
    BrokenFile {
        /// What the system says.
        Unreadable(said: String) => "{said}";
        LineTooLong { megabytes: usize } => "a line of more than {megabytes} MiB";
    }
}

causes! {
    /// Why a file of stage hits cannot be used.
    HitsError {
        /// The file cannot be read.
        Unreadable(said: String) => "the file cannot be read: {said}";
        /// It is something else, or another version's.
        Foreign => "this is no file of stage hits of this version of Trapline";
        /// It was written with other rules.
        OtherRules =>
            "the stage hits were found with other rules, exceptions or types of fields, or another version of Trapline";
        /// It has the hits of another machine only.
        OtherOwner { index: u64, count: u64 } =>
            "these are the stage hits of machine {index}/{count} only";
        /// It ends early or was changed.
        Damaged => "the file is cut off or was changed";
    }
}

impl From<io::Error> for HitsError {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}

causes! {
    /// Why a text is no budget of alerts.
    BadBudget {
        Unreadable => "expected a number of alerts a day, hour or week: 5/day";
    }
}
