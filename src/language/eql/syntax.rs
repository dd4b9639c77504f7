//! The syntax tree of an EQL query: what was written, every node with its place in the query.
//!
//! Nothing here has been checked against a mapping. The tree is what the canonical printer
//! ([`super::format`]) prints and what printing then parsing gives back.

use crate::diagnostic::Span;

/// A whole query.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// What is asked.
    pub kind: QueryKind,
    /// What is done with the result: `| head 5`.
    pub pipes: Vec<Pipe>,
    /// The whole query without leading and trailing blanks.
    pub span: Span,
}

/// The three kinds of query that run, and `join`, which parses and is refused by the checker.
#[derive(Debug, Clone, PartialEq)]
pub enum QueryKind {
    /// `category where condition`.
    Event(EventQuery),
    /// `sequence …` or `join …`.
    Sequence(Sequence),
    /// `sample …`.
    Sample(Sample),
}

/// `category where condition`.
#[derive(Debug, Clone, PartialEq)]
pub struct EventQuery {
    /// The event category asked for.
    pub category: Category,
    /// The condition after `where`.
    pub condition: Expr,
    /// From the category to the end of the condition.
    pub span: Span,
}

/// The event category of an event query.
#[derive(Debug, Clone, PartialEq)]
pub struct Category {
    /// `None` is the keyword `any`.
    pub name: Option<String>,
    /// Its place.
    pub span: Span,
}

/// Whether a [`Sequence`] was written `sequence` or `join`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SequenceKeyword {
    /// `sequence`.
    Sequence,
    /// `join`: parsed, then refused.
    Join,
}

/// `sequence [by keys] [with maxspan=…] term+ [until term]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Sequence {
    /// `sequence` or `join`.
    pub keyword: SequenceKeyword,
    /// The keys after the first `by`, shared by all terms.
    pub keys: Vec<Expr>,
    /// `with maxspan=…`.
    pub maxspan: Option<Maxspan>,
    /// The bracketed terms in order, at least one.
    pub terms: Vec<Term>,
    /// `until [ … ]`.
    pub until: Option<Box<Term>>,
}

/// `sample [by keys] term+`.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The keys after the first `by`.
    pub keys: Vec<Expr>,
    /// The bracketed terms.
    pub terms: Vec<Term>,
}

/// `[event query] by keys with runs=N`, or `![event query] …`.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// What stands in the brackets.
    pub query: EventQuery,
    /// Written with `![`: a missing event.
    pub missing: bool,
    /// The keys after the brackets.
    pub keys: Vec<Expr>,
    /// `with runs=N`.
    pub runs: Option<Runs>,
    /// From the bracket to the end of the options.
    pub span: Span,
}

/// `with runs=N`, N from 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Runs {
    /// How many times the term must match.
    pub count: u8,
    /// The number's place.
    pub span: Span,
}

/// `with maxspan=2s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Maxspan {
    /// The number before the unit, above 0.
    pub amount: u64,
    /// The unit after it.
    pub unit: TimeUnit,
    /// The place of number and unit.
    pub span: Span,
}

impl Maxspan {
    /// The duration in milliseconds, at most `i64::MAX`.
    pub fn millis(&self) -> i64 {
        let amount = i64::try_from(self.amount).unwrap_or(i64::MAX);
        amount.saturating_mul(self.unit.millis())
    }
}

/// The units that `maxspan` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeUnit {
    /// `ms`
    Millisecond,
    /// `s`
    Second,
    /// `m`
    Minute,
    /// `h`
    Hour,
    /// `d`
    Day,
}

impl TimeUnit {
    /// How many milliseconds one of it has.
    pub fn millis(self) -> i64 {
        match self {
            Self::Millisecond => 1,
            Self::Second => 1_000,
            Self::Minute => 60_000,
            Self::Hour => 3_600_000,
            Self::Day => 86_400_000,
        }
    }

    /// As it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Millisecond => "ms",
            Self::Second => "s",
            Self::Minute => "m",
            Self::Hour => "h",
            Self::Day => "d",
        }
    }
}

/// `| name arguments`.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipe {
    /// The word after `|`.
    pub name: Name,
    /// What follows it.
    pub arguments: Vec<Expr>,
    /// From `|` to the end.
    pub span: Span,
}

/// A word and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// As it was written.
    pub text: String,
    /// Its place.
    pub span: Span,
}

/// An expression. In parentheses its span includes them.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its place.
    pub span: Span,
}

/// The kinds of expression. `and` and `or` hold two or more operands, none of which is of the
/// same kind: `(a and b) and c` is one `And` of three.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// An unsigned number; a sign is a [`ExprKind::Negate`] around it.
    Number(Number),
    /// A string, decoded.
    String(String),
    /// A field, `?` included.
    Field(Field),
    /// `name(arguments)`, `name~(arguments)`
    Call(Call),
    /// `-x`
    Negate(Box<Expr>),
    /// `+x`
    Plus(Box<Expr>),
    /// `a + b`
    Arithmetic(ArithmeticOp, Box<Expr>, Box<Expr>),
    /// `a == b`
    Compare(CompareOp, Box<Expr>, Box<Expr>),
    /// `a : b`, `a like (b, c)`, `a regex~ b`
    Match(Match),
    /// `a in (b, c)`, `a not in~ (b, c)`
    In(In),
    /// `not x`
    Not(Box<Expr>),
    /// `a and b and …`
    And(Vec<Expr>),
    /// `a or b or …`
    Or(Vec<Expr>),
}

/// A number literal, with Elasticsearch's choice of type.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// Fits a signed 64-bit integer.
    Integer(i64),
    /// Fits only an unsigned one.
    Unsigned(u64),
    /// Has a fraction or an exponent, or is larger than any integer.
    Double(f64),
}

/// A field as it is written in a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Written with a leading `?`.
    pub optional: bool,
    /// The dotted path, backticks taken off.
    pub path: String,
}

/// A function call.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The function's name as it was written.
    pub name: Name,
    /// Written with `~`.
    pub insensitive: bool,
    /// What stands in the parentheses.
    pub arguments: Vec<Expr>,
}

/// `:`, `like`, `regex` and what is matched.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// Which operator.
    pub op: MatchOp,
    /// The left side, a primary expression.
    pub value: Box<Expr>,
    /// One pattern, or the items of the list.
    pub patterns: Vec<Expr>,
    /// Written with parentheses, even around one item.
    pub list: bool,
}

/// `in`, `not in`, `in~`, `not in~`.
#[derive(Debug, Clone, PartialEq)]
pub struct In {
    /// Written with `not` before `in`.
    pub negated: bool,
    /// Written with `~`.
    pub insensitive: bool,
    /// The left side.
    pub value: Box<Expr>,
    /// The items, at least one.
    pub items: Vec<Expr>,
}

/// The operators that match patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchOp {
    /// `:`
    Colon,
    /// `like`
    Like,
    /// `like~`
    LikeInsensitive,
    /// `regex`
    Regex,
    /// `regex~`
    RegexInsensitive,
}

impl MatchOp {
    /// As it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Colon => ":",
            Self::Like => "like",
            Self::LikeInsensitive => "like~",
            Self::Regex => "regex",
            Self::RegexInsensitive => "regex~",
        }
    }
}

/// The comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompareOp {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl CompareOp {
    /// As it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

/// The arithmetic operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArithmeticOp {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
}

impl ArithmeticOp {
    /// As it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
        }
    }
}
