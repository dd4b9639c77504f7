//! Conditions: a boolean tree over leaves. A leaf is two-valued on every event: a missing value
//! makes it false, and `not` is complement.

use super::functions::Function;
use super::index_vec::numbers;
use super::{ClauseId, FieldId, PartId};
use crate::event::Value;

numbers! {
    /// The number of a leaf in [`super::Plan::leaves`].
    pub LeafId(u16);
}

/// A node of a stage's condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// Its place in the query.
    pub part: PartId,
    /// What it is.
    pub kind: ConditionKind,
}

/// The kinds of node.
#[derive(Debug, Clone, PartialEq)]
pub enum ConditionKind {
    /// The same on every event.
    Constant(bool),
    /// A fact.
    Leaf(LeafId),
    /// The complement.
    Not(Box<Condition>),
    /// `and`
    All(Vec<Condition>),
    /// `or`, and the items of a list.
    Any(Vec<Condition>),
}

/// One test of an event; its result is one bit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Leaf {
    /// The clause whose outcome the bit is.
    pub clause: ClauseId,
    /// The test.
    pub predicate: Predicate,
}

/// A test of one event. True if any value of the field (for scripts: any combination of values)
/// satisfies it; false where there is no value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Predicate {
    /// The field has a value.
    Exists(FieldId),
    /// The field compared with a constant of its family.
    Compare {
        /// The field.
        field: FieldId,
        /// How.
        comparison: Comparison,
        /// With what; the family fits the field's.
        value: Value,
    },
    /// Any value lies between two constants, both inclusive: a date with rounding, a CIDR block.
    Between {
        /// The field.
        field: FieldId,
        /// The least.
        low: Value,
        /// The greatest.
        high: Value,
    },
    /// Equal to the text but for case: `in~`, `:` without wildcards.
    EqualIgnoringCase {
        /// The field.
        field: FieldId,
        /// The text.
        text: String,
    },
    /// The whole value matches a wildcard pattern.
    Wildcard {
        /// The field.
        field: FieldId,
        /// The pattern.
        pattern: WildcardPattern,
        /// Without regard to case.
        insensitive: bool,
    },
    /// The whole value matches a regular expression of Lucene's dialect.
    Regex {
        /// The field.
        field: FieldId,
        /// The expression.
        pattern: String,
        /// Without regard to case.
        insensitive: bool,
    },
    /// An expression over functions, evaluated as a script; null is false.
    Script(ScriptExpr),
    /// One value lies between two ends, of which each may be open.
    Range {
        /// The field.
        field: FieldId,
        /// The lower end.
        low: Option<End>,
        /// The upper end.
        high: Option<End>,
    },
    /// The whole value is the text, but for a few edits.
    Fuzzy {
        /// The field.
        field: FieldId,
        /// The text and the edits.
        fuzzy: Fuzzy,
    },
    /// The words of an analysed text meet a test.
    Text {
        /// The field.
        field: FieldId,
        /// The test.
        test: TextTest,
    },
    /// The same on every event.
    Constant(bool),
    /// The complement.
    Not(Box<Predicate>),
    /// All of them hold.
    All(Vec<Predicate>),
    /// One of them holds.
    Any(Vec<Predicate>),
    /// One object of an array of objects meets it.
    Nested {
        /// The path of the objects.
        path: String,
        /// What one of them must meet.
        inner: Box<Predicate>,
    },
}

/// An end of a range.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct End {
    /// The constant; its family fits the field's.
    pub value: Value,
    /// Whether the constant itself is in the range.
    pub inclusive: bool,
}

/// A test of the words of a text, which the standard analyzer gives.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TextTest {
    /// The words stand in this order next to each other.
    Phrase {
        /// At least one word.
        words: Vec<String>,
        /// How many moves of a word apart from that.
        slop: u32,
        /// The last word may go on.
        is_prefix: bool,
    },
    /// A word matches a wildcard pattern.
    Wildcard {
        /// The pattern.
        pattern: WildcardPattern,
        /// Without regard to case.
        insensitive: bool,
    },
    /// A word matches a regular expression of Lucene's dialect.
    Regex {
        /// The expression.
        pattern: String,
        /// Without regard to case.
        insensitive: bool,
    },
    /// A word is the text, but for a few edits.
    Fuzzy(Fuzzy),
    /// A word lies between two ends, each with whether it is in the range itself.
    Range {
        /// The lower end.
        low: Option<(String, bool)>,
        /// The upper end.
        high: Option<(String, bool)>,
    },
}

/// A text and how far another may be from it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fuzzy {
    /// The text.
    pub text: String,
    /// The most characters that are put in, left out or replaced.
    pub edits: u8,
    /// How many characters at the beginning are the same.
    pub prefix: usize,
    /// Two neighbours that changed places count as one edit.
    pub transpositions: bool,
}

/// A wildcard pattern as its pieces, so that every caller's own escape rules are behind it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WildcardPattern(pub Vec<WildcardToken>);

/// A piece of a wildcard pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WildcardToken {
    /// This character.
    Char(char),
    /// `?`: exactly one character.
    One,
    /// `*`: any run of characters.
    Many,
}

impl WildcardPattern {
    /// A pattern as EQL writes it: `*` and `?`, no escape.
    ///
    /// ```
    /// use trapline::plan::predicate::{WildcardPattern, WildcardToken};
    /// let pattern = WildcardPattern::eql("a*");
    /// assert_eq!(pattern.0, [WildcardToken::Char('a'), WildcardToken::Many]);
    /// ```
    pub fn eql(pattern: &str) -> Self {
        let mut tokens = Vec::with_capacity(pattern.len());
        tokens.extend(pattern.chars().map(|c| match c {
            '*' => WildcardToken::Many,
            '?' => WildcardToken::One,
            c => WildcardToken::Char(c),
        }));
        Self(tokens)
    }

    /// A pattern in Lucene's own wildcard language, where a backslash makes the next character
    /// literal and a lone one at the end stands for itself (`WildcardQuery`).
    pub fn lucene(pattern: &str) -> Self {
        let mut tokens = Vec::new();
        let mut characters = pattern.chars();
        while let Some(c) = characters.next() {
            tokens.push(match c {
                '*' => WildcardToken::Many,
                '?' => WildcardToken::One,
                '\\' => WildcardToken::Char(characters.next().unwrap_or('\\')),
                c => WildcardToken::Char(c),
            });
        }
        Self(tokens)
    }
}

impl std::fmt::Display for WildcardPattern {
    /// As EQL writes it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use std::fmt::Write as _;
        self.0.iter().try_for_each(|token| {
            f.write_char(match token {
                WildcardToken::Char(c) => *c,
                WildcardToken::One => '?',
                WildcardToken::Many => '*',
            })
        })
    }
}

impl WildcardPattern {
    /// Whether the whole text fits: for names of fields, not for values, which
    /// `evaluate::pattern` compiles patterns for.
    ///
    /// ```
    /// use trapline::plan::predicate::WildcardPattern;
    ///
    /// let fits = |pattern: &str, text: &str| WildcardPattern::eql(pattern).fits(text);
    /// assert!(fits("*", "") && fits("a*b*c", "a.b.b.c") && fits("*.n?me", "host.name"));
    /// assert!(!fits("a*b", "a.b.c") && !fits("?", "") && !fits("host.*", "host"));
    /// ```
    pub fn fits(&self, text: &str) -> bool {
        let (mut at, mut rest) = (0, text.chars());
        // Where the last `*` may go on: the token after it, and the text that it has not taken.
        let mut star: Option<(usize, std::str::Chars<'_>)> = None;
        loop {
            match (self.0.get(at), rest.clone().next()) {
                (Some(WildcardToken::Many), _) => {
                    at += 1;
                    star = Some((at, rest.clone()));
                    continue;
                }
                (Some(WildcardToken::One), Some(_)) => {}
                (Some(WildcardToken::Char(own)), Some(next)) if *own == next => {}
                (None, None) => return true,
                _ => {
                    let Some((after, from)) = &mut star else {
                        return false;
                    };
                    if from.next().is_none() {
                        return false;
                    }
                    (at, rest) = (*after, from.clone());
                    continue;
                }
            }
            at += 1;
            rest.next();
        }
    }
}

/// The comparisons of a leaf; `!=` is the complement of [`Comparison::Equal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Predicate {
    /// Whether it tells the objects of an array apart.
    pub fn has_nested(&self) -> bool {
        match self {
            Self::Nested { .. } => true,
            Self::Not(inner) => inner.has_nested(),
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::has_nested),
            _ => false,
        }
    }

    /// All of them hold, folded.
    #[must_use]
    pub fn all(parts: Vec<Self>) -> Self {
        Self::junction(parts, true)
    }

    /// One of them holds, folded.
    #[must_use]
    pub fn any(parts: Vec<Self>) -> Self {
        Self::junction(parts, false)
    }

    fn junction(parts: Vec<Self>, all: bool) -> Self {
        let mut kept = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::Constant(value) if value == all => {}
                Self::Constant(value) => return Self::Constant(value),
                Self::All(inner) if all => kept.extend(inner),
                Self::Any(inner) if !all => kept.extend(inner),
                part => kept.push(part),
            }
        }
        match kept.len() {
            0 => Self::Constant(all),
            1 => kept.pop().unwrap_or(Self::Constant(all)),
            _ if all => Self::All(kept),
            _ => Self::Any(kept),
        }
    }

    /// The complement, folded.
    #[must_use]
    pub fn complement(self) -> Self {
        match self {
            Self::Constant(value) => Self::Constant(!value),
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }
}

/// An expression inside a script leaf, with Elasticsearch's three-valued logic.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ScriptExpr {
    /// A constant; `None` is null.
    Constant(Option<Value>),
    /// Each value of the field in turn.
    Field(FieldId),
    /// A function of scalars.
    Call {
        /// Which.
        function: Function,
        /// Its case-insensitive form.
        insensitive: bool,
        /// The arguments.
        arguments: Vec<ScriptExpr>,
    },
    /// A comparison; null if either side is, and where the types do not go together.
    Compare(Comparison, Box<ScriptExpr>, Box<ScriptExpr>),
    /// Equal to a text but for case (`in~`, `:` without wildcards).
    EqualIgnoringCase(Box<ScriptExpr>, String),
    /// The whole text matches a wildcard pattern.
    Wildcard {
        /// The text.
        value: Box<ScriptExpr>,
        /// The pattern.
        pattern: WildcardPattern,
        /// Without regard to case.
        insensitive: bool,
    },
    /// The whole text matches a regular expression of Java's dialect.
    Regex {
        /// The text.
        value: Box<ScriptExpr>,
        /// The expression.
        pattern: String,
        /// Without regard to case.
        insensitive: bool,
    },
    /// The value is null; never null itself.
    IsNull(Box<ScriptExpr>),
    /// `not`
    Not(Box<ScriptExpr>),
    /// `and`
    All(Vec<ScriptExpr>),
    /// `or`
    Any(Vec<ScriptExpr>),
}

impl Comparison {
    /// Whether a value in this order to the constant satisfies the comparison.
    pub fn fits(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}
