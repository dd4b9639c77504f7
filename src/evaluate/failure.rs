//! Failures of a query that runs, each with its kind.

use crate::plan::{ClauseId, UnreadableByScript, UnreadableField};

/// An error that Elasticsearch reports only when it runs a query. It is a failure, never "no match".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct QueryFailure {
    /// Which kind.
    pub kind: FailureKind,
    /// The clause that failed.
    pub clause: Option<ClauseId>,
}

/// The kind of a failure; its text is Elasticsearch's message in substance.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FailureKind {
    /// A regular expression that cannot be read.
    #[error("invalid regular expression: {0}")]
    Regex(#[from] RegexError),
    /// A regular expression whose automaton is too large.
    #[error(
        "the regular expression is too complex to determinize: it needs more than {limit} states"
    )]
    RegexTooComplex {
        /// The most states that Elasticsearch allows.
        limit: usize,
    },
    /// A regular expression of Java's dialect that no finite automaton has.
    #[error("unsupported: a regular expression with {0} on the result of a function")]
    JavaRegex(RegexConstruct),
    /// A regular expression of Oniguruma's dialect that no finite automaton has.
    #[error("{0} in a regular expression is not supported")]
    OnigurumaRegex(RegexConstruct),
    /// A field whose values Trapline cannot know.
    #[error(transparent)]
    UnknownValues(#[from] UnreadableField),
    /// A field that a script cannot read.
    #[error(transparent)]
    Unreadable(#[from] UnreadableByScript),
    /// A division of whole numbers by zero.
    #[error("/ by zero")]
    DivisionByZero,
    /// A result of whole numbers that is out of range.
    #[error("{} overflow", if *unsigned { "unsigned_long" } else { "long" })]
    Overflow {
        /// Whether the result would be an `unsigned_long`.
        unsigned: bool,
    },
    /// A text that `number()` does not take.
    #[error("Unable to convert [{text}] to number of base [{base}]")]
    NotANumber {
        /// The text.
        text: String,
        /// The base.
        base: i64,
    },
    /// `between()` found its right side before its left side.
    #[error("begin {start}, end {end}: between() found its right side before its left side")]
    Between {
        /// The end of the left side.
        start: usize,
        /// The start of the right side.
        end: usize,
    },
    /// A text that is no address.
    #[error("'{0}' is not an IP string literal.")]
    NotAnAddress(String),
    /// A text that is no block of addresses.
    #[error("'{0}' is not a CIDR block.")]
    NotABlock(String),
    /// An expression with fields where a constant must stand.
    #[error("the expression is not constant")]
    NotConstant,
    /// Fields with so many values that not all combinations are tried.
    #[error("a script on fields of many values takes too long")]
    TooManyValues,
    /// A part of the rule that is lowered when it runs and that Elasticsearch refuses: a shared value
    /// of an event and an indicator, the indicator query, an exclusion.
    #[error("{message}")]
    Refused {
        /// The code of the error.
        code: &'static str,
        /// Its message.
        message: String,
    },
}

/// Why a text is no regular expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegexError {
    /// A character that cannot stand there.
    #[error("unexpected `{0}`")]
    Unexpected(char),
    /// The end of the text.
    #[error("unexpected end")]
    UnexpectedEnd,
    /// Another character than the one that must stand there.
    #[error("expected `{0}`")]
    Expected(char),
    /// Something else than the number of a repetition.
    #[error("expected an integer")]
    ExpectedInteger,
    /// Too many groups in each other.
    #[error("nested too deeply")]
    TooDeep,
    /// Too many signs of repetition in a row.
    #[error("repeated too often")]
    RepeatedTooOften,
    /// `{3,2}`
    #[error("a repetition whose end is before its beginning")]
    ReversedRepetition,
    /// `[z-a]`
    #[error("the range {0}-{1} is empty")]
    EmptyRange(char, char),
    /// `<…>` that holds something else than two numbers.
    #[error("`<{0}>` is no interval")]
    NoInterval(String),
    /// A backslash before a letter that has no meaning.
    #[error(
        "invalid character class `\\{letter}`; behind a backslash stand `d D s S w W`, digits and \
         punctuation: {mend}"
    )]
    Escape {
        /// The letter.
        letter: char,
        /// What to write instead.
        mend: EscapeMend,
    },
    /// A backslash at the end.
    #[error("a lone backslash at its end")]
    LoneBackslash,
    /// What the library that compiles expressions says.
    #[error("{0}")]
    Library(String),
}

/// What to write instead of a backslash and a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EscapeMend {
    /// It would be an anchor or a word boundary.
    #[error("there are no anchors and no word boundaries, the expression matches the whole value")]
    NoAnchors,
    /// It would be a control character.
    #[error("put the character itself into the expression")]
    CharacterItself,
    /// It would be a class or the number of a character.
    #[error("write the characters as a class, such as `[a-z]`")]
    Class,
    /// It is a plain letter.
    #[error("a letter stands for itself without a backslash")]
    PlainLetter,
}

/// A construct of regular expressions that a finite automaton does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RegexConstruct {
    /// `(?=…)`, `(?!…)`, `(?<=…)`, `(?<!…)`
    #[error("look-around")]
    LookAround,
    /// `(?>…)`
    #[error("an atomic group")]
    AtomicGroup,
    /// `a*+`
    #[error("a possessive quantifier")]
    PossessiveQuantifier,
    /// `\1`
    #[error("a back-reference")]
    BackReference,
    /// `\G`
    #[error("\\G")]
    EndOfMatch,
    /// `\X`
    #[error("\\X")]
    GraphemeCluster,
}

impl QueryFailure {
    /// The same failure, at this clause.
    #[must_use]
    pub fn at(self, clause: ClauseId) -> Self {
        Self {
            clause: Some(clause),
            ..self
        }
    }

    /// Whether Elasticsearch would run the query, and this evaluator cannot.
    pub fn is_unsupported(&self) -> bool {
        match &self.kind {
            FailureKind::JavaRegex(_)
            | FailureKind::OnigurumaRegex(_)
            | FailureKind::UnknownValues(_) => true,
            FailureKind::Regex(_)
            | FailureKind::RegexTooComplex { .. }
            | FailureKind::Unreadable(_)
            | FailureKind::DivisionByZero
            | FailureKind::Overflow { .. }
            | FailureKind::NotANumber { .. }
            | FailureKind::Between { .. }
            | FailureKind::NotAnAddress(_)
            | FailureKind::NotABlock(_)
            | FailureKind::NotConstant
            | FailureKind::TooManyValues
            | FailureKind::Refused { .. } => false,
        }
    }
}

impl<K: Into<FailureKind>> From<K> for QueryFailure {
    fn from(kind: K) -> Self {
        Self {
            kind: kind.into(),
            clause: None,
        }
    }
}

impl FailureKind {
    /// The word for it, as in JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Regex(_) => "regex",
            Self::RegexTooComplex { .. } => "regex-too-complex",
            Self::JavaRegex(_) | Self::OnigurumaRegex(_) => "regex-construct",
            Self::UnknownValues(_) => "unknown-values",
            Self::Unreadable(_) => "no-doc-values",
            Self::DivisionByZero => "division-by-zero",
            Self::Overflow { .. } => "overflow",
            Self::NotANumber { .. } => "not-a-number",
            Self::Between { .. } => "between",
            Self::NotAnAddress(_) => "not-an-address",
            Self::NotABlock(_) => "not-a-block",
            Self::NotConstant => "not-constant",
            Self::TooManyValues => "too-many-values",
            Self::Refused { .. } => "refused",
        }
    }
}
