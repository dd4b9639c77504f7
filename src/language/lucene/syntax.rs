//! The syntax tree of a Lucene query string: groups of clauses, each required, optional or
//! forbidden. There is no tree of operators, because the operators have no precedence.

use std::fmt;

use crate::diagnostic::Span;

/// The clauses of a query, or of one in parentheses.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Its place in the text, parentheses included.
    pub span: Span,
    /// The clauses, in the order of the text; empty only for a blank text.
    pub clauses: Vec<Clause>,
}

/// A clause.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    /// What is asked of it.
    pub occur: Occur,
    /// The condition.
    pub node: Node,
}

/// What is asked of a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occur {
    /// It must hold.
    Required,
    /// One of the optional clauses must hold, if none is required.
    Optional,
    /// It must not hold.
    Forbidden,
}

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A query in parentheses.
    Group(Group),
    /// A value, with or without a field.
    Leaf(Leaf),
}

/// A value, with or without a field.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaf {
    /// Its place in the text: the field, where it stands before the value, and the value.
    pub span: Span,
    /// The value as it is written, for the clause's text.
    pub written: String,
    /// The field, without escapes; `None` where the default fields are meant.
    pub field: Option<String>,
    /// The value.
    pub value: Value,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Words without quotes, without escapes.
    Text(String),
    /// `"…"`, without escapes, and the number behind `~`.
    Phrase {
        /// The text.
        text: String,
        /// How far the words may be apart.
        slop: u32,
    },
    /// `*`
    Any,
    /// A text before its only wildcard, a `*` at the end; without escapes.
    Prefix(String),
    /// A text with `*` or `?`, with its escapes.
    Wildcard(String),
    /// `/…/`
    Regex(String),
    /// `text~N`
    Fuzzy {
        /// The text, without escapes.
        text: String,
        /// The number behind `~`.
        distance: Option<f64>,
    },
    /// `[a TO b]`, `{a TO b}`
    Range {
        /// The lower end; `None` for `*`.
        low: Option<String>,
        /// Whether the lower end is in the range.
        low_inclusive: bool,
        /// The upper end; `None` for `*`.
        high: Option<String>,
        /// Whether the upper end is in the range.
        high_inclusive: bool,
    },
}

impl Group {
    /// Calls `visit` for each leaf, in the order of the text.
    pub fn leaves<'g>(&'g self, visit: &mut impl FnMut(&'g Leaf)) {
        for clause in &self.clauses {
            match &clause.node {
                Node::Group(group) => group.leaves(visit),
                Node::Leaf(leaf) => visit(leaf),
            }
        }
    }
}

impl Node {
    /// Its place in the text.
    pub fn span(&self) -> Span {
        match self {
            Self::Group(group) => group.span,
            Self::Leaf(leaf) => leaf.span,
        }
    }
}

impl fmt::Display for Group {
    /// The clauses with `+` and `-`, which says what the operators amount to.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, clause) in self.clauses.iter().enumerate() {
            if number > 0 {
                f.write_str(" ")?;
            }
            f.write_str(match clause.occur {
                Occur::Required => "+",
                Occur::Optional => "",
                Occur::Forbidden => "-",
            })?;
            match &clause.node {
                Node::Group(group) => write!(f, "({group})")?,
                Node::Leaf(leaf) => write!(f, "{leaf}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "{}:{}", escaped(field), self.written),
            None => f.write_str(&self.written),
        }
    }
}

/// The name of a field as a query string writes it.
fn escaped(field: &str) -> String {
    let mut text = String::with_capacity(field.len());
    for c in field.chars() {
        if " \t\n\r+-!():^[]\"{}~*?\\/".contains(c) {
            text.push('\\');
        }
        text.push(c);
    }
    text
}
