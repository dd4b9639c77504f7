//! The syntax tree of KQL, with the place of each node in the text, and its canonical text.
//!
//! Kibana expands a value list while it parses (`a: (b or c)` is `a: b or a: c`). The tree keeps the
//! list, so that each value has its own place and a changed list reads as one.

use std::fmt::{self, Write as _};

use crate::diagnostic::Span;
use crate::plan::predicate::{WildcardPattern, WildcardToken};

/// A whole query.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The whole text.
    pub span: Span,
    /// The condition; `None` for a blank text, which every document meets.
    pub condition: Option<Node>,
}

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its place in the text.
    pub span: Span,
    /// What it is.
    pub kind: NodeKind,
}

/// The kinds of condition.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    /// `a or b`, at least two.
    Or(Vec<Node>),
    /// `a and b`, at least two.
    And(Vec<Node>),
    /// `not a`
    Not(Box<Node>),
    /// `path: { … }`
    Nested {
        /// The path of the nested objects.
        path: Literal,
        /// What one of the objects must meet; names in it are relative to the path.
        inner: Box<Node>,
    },
    /// `field: value`, or a value alone.
    Is {
        /// The field; `None` for a value alone.
        field: Option<Literal>,
        /// The value.
        value: Literal,
    },
    /// `field: (a or b)`
    List {
        /// The field.
        field: Literal,
        /// The values.
        values: ListNode,
    },
    /// `field >= value`
    Range {
        /// The field.
        field: Literal,
        /// Which end.
        operator: RangeOperator,
        /// The bound.
        value: Literal,
    },
}

/// A node of a value list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListNode {
    /// Its place in the text, without parentheses.
    pub span: Span,
    /// What it is.
    pub kind: ListKind,
}

/// The kinds of node in a value list.
#[derive(Debug, Clone, PartialEq)]
pub enum ListKind {
    /// One value.
    Value(Literal),
    /// `a or b`
    Or(Vec<ListNode>),
    /// `a and b`
    And(Vec<ListNode>),
    /// `not a`
    Not(Box<ListNode>),
}

/// A field name or a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Literal {
    /// Its place in the text, quotes included.
    pub span: Span,
    /// What it is.
    pub kind: LiteralKind,
}

/// The kinds of literal.
#[derive(Debug, Clone, PartialEq)]
pub enum LiteralKind {
    /// The word `null`.
    Null,
    /// The word `true` or `false`.
    Bool(bool),
    /// Any other text without quotes; numbers stay text.
    Text(String),
    /// A text in quotes.
    Quoted(String),
    /// A text without quotes that has a `*` which is not escaped.
    Wildcard(Vec<Piece>),
}

/// A piece of a text with wildcards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Piece {
    /// This character.
    Char(char),
    /// `*`: any run of characters.
    Star,
}

/// The comparison of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RangeOperator {
    /// `<=`
    AtMost,
    /// `>=`
    AtLeast,
    /// `<`
    Below,
    /// `>`
    Above,
}

impl RangeOperator {
    /// In the order in which the grammar tries them.
    pub const ALL: [Self; 4] = [Self::AtMost, Self::AtLeast, Self::Below, Self::Above];

    /// As it is written.
    pub fn sign(self) -> &'static str {
        match self {
            Self::AtMost => "<=",
            Self::AtLeast => ">=",
            Self::Below => "<",
            Self::Above => ">",
        }
    }

    /// As Query DSL names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::AtMost => "lte",
            Self::AtLeast => "gte",
            Self::Below => "lt",
            Self::Above => "gt",
        }
    }
}

impl Literal {
    /// The text that the literal stands for, a `*` as itself; `None` for `null`.
    pub fn text(&self) -> Option<String> {
        match &self.kind {
            LiteralKind::Null => None,
            LiteralKind::Bool(value) => Some(value.to_string()),
            LiteralKind::Text(text) | LiteralKind::Quoted(text) => Some(text.clone()),
            LiteralKind::Wildcard(pieces) => {
                Some(pieces.iter().map(|piece| piece.char()).collect())
            }
        }
    }

    /// Whether it is exactly one `*`.
    pub fn is_lone_star(&self) -> bool {
        matches!(&self.kind, LiteralKind::Wildcard(pieces) if pieces.as_slice() == [Piece::Star])
    }
}

impl Piece {
    /// The character, `*` for a star.
    pub fn char(self) -> char {
        match self {
            Self::Char(c) => c,
            Self::Star => '*',
        }
    }
}

impl Query {
    /// The names and name patterns of the fields in the text, in the order of the text, relative
    /// ones with the path of their nested group in front.
    pub fn fields(&self) -> Vec<FieldName> {
        let mut fields = Vec::new();
        if let Some(condition) = &self.condition {
            condition.add_fields("", &mut fields);
        }
        fields
    }

    /// Whether a value has no field, which is searched in every field.
    pub fn has_bare_value(&self) -> bool {
        self.condition.as_ref().is_some_and(Node::has_bare_value)
    }
}

/// The name of a field as a query writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldName {
    /// One field.
    Name(String),
    /// Every field whose name fits.
    Pattern(Vec<Piece>),
}

impl FieldName {
    /// The name that a literal is, below a nested path; `None` for `null`.
    pub fn of(literal: &Literal, path: &str) -> Option<Self> {
        let prefix = if path.is_empty() {
            String::new()
        } else {
            format!("{path}.")
        };
        if let LiteralKind::Wildcard(pieces) = &literal.kind {
            let mut whole: Vec<Piece> = prefix.chars().map(Piece::Char).collect();
            whole.extend(pieces);
            return Some(Self::Pattern(whole));
        }
        Some(Self::Name(format!("{prefix}{}", literal.text()?)))
    }

    /// Whether a field of this name is meant.
    pub fn fits(&self, name: &str) -> bool {
        match self {
            Self::Name(own) => own == name,
            Self::Pattern(pieces) => {
                let token = |piece: &Piece| match piece {
                    Piece::Char(c) => WildcardToken::Char(*c),
                    Piece::Star => WildcardToken::Many,
                };
                WildcardPattern(pieces.iter().map(token).collect()).fits(name)
            }
        }
    }

    /// As text, stars as themselves.
    pub fn text(&self) -> String {
        match self {
            Self::Name(name) => name.clone(),
            Self::Pattern(pieces) => pieces.iter().map(|piece| piece.char()).collect(),
        }
    }
}

impl Node {
    fn has_bare_value(&self) -> bool {
        match &self.kind {
            NodeKind::Or(nodes) | NodeKind::And(nodes) => nodes.iter().any(Self::has_bare_value),
            NodeKind::Not(inner) => inner.has_bare_value(),
            // In a nested group it is searched in a field that nothing has.
            NodeKind::Nested { .. } => false,
            NodeKind::Is { field, .. } => field.as_ref().is_none_or(|field| field.text().is_none()),
            NodeKind::List { field, .. } => field.text().is_none(),
            NodeKind::Range { .. } => false,
        }
    }

    fn add_fields(&self, path: &str, fields: &mut Vec<FieldName>) {
        match &self.kind {
            NodeKind::Or(nodes) | NodeKind::And(nodes) => {
                for node in nodes {
                    node.add_fields(path, fields);
                }
            }
            NodeKind::Not(inner) => inner.add_fields(path, fields),
            NodeKind::Nested { path: own, inner } => {
                let own = FieldName::of(own, path).map(|name| name.text());
                inner.add_fields(own.as_deref().unwrap_or(path), fields);
            }
            NodeKind::Is { field: None, .. } => {}
            NodeKind::Is {
                field: Some(field), ..
            }
            | NodeKind::List { field, .. }
            | NodeKind::Range { field, .. } => fields.extend(FieldName::of(field, path)),
        }
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.condition {
            Some(condition) => write!(f, "{condition}"),
            None => f.write_str("*: *"),
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            NodeKind::Or(nodes) => joined(f, nodes, " or ", |node| {
                matches!(node.kind, NodeKind::Or(_))
            }),
            NodeKind::And(nodes) => joined(f, nodes, " and ", |node| {
                matches!(node.kind, NodeKind::Or(_) | NodeKind::And(_))
            }),
            NodeKind::Not(inner) => match inner.kind {
                NodeKind::Or(_) | NodeKind::And(_) | NodeKind::Not(_) => write!(f, "not ({inner})"),
                _ => write!(f, "not {inner}"),
            },
            NodeKind::Nested { path, inner } => write!(f, "{path}: {{ {inner} }}"),
            NodeKind::Is { field, value } => match field {
                Some(field) => write!(f, "{field}: {value}"),
                None => write!(f, "{value}"),
            },
            NodeKind::List { field, values } => write!(f, "{field}: ({values})"),
            NodeKind::Range {
                field,
                operator,
                value,
            } => write!(f, "{field} {} {value}", operator.sign()),
        }
    }
}

impl fmt::Display for ListNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ListKind::Value(value) => write!(f, "{value}"),
            ListKind::Or(nodes) => joined(f, nodes, " or ", |node| {
                matches!(node.kind, ListKind::Or(_))
            }),
            ListKind::And(nodes) => joined(f, nodes, " and ", |node| {
                matches!(node.kind, ListKind::Or(_) | ListKind::And(_))
            }),
            ListKind::Not(inner) => match inner.kind {
                ListKind::Value(_) => write!(f, "not {inner}"),
                _ => write!(f, "not ({inner})"),
            },
        }
    }
}

fn joined<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    nodes: &[T],
    word: &str,
    needs_parentheses: impl Fn(&T) -> bool,
) -> fmt::Result {
    for (number, node) in nodes.iter().enumerate() {
        if number > 0 {
            f.write_str(word)?;
        }
        if needs_parentheses(node) {
            write!(f, "({node})")?;
        } else {
            write!(f, "{node}")?;
        }
    }
    Ok(())
}

impl fmt::Display for Literal {
    /// The shortest text that reads as this literal wherever a literal may stand.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            LiteralKind::Null => f.write_str("null"),
            LiteralKind::Bool(value) => write!(f, "{value}"),
            LiteralKind::Quoted(text) => {
                f.write_char('"')?;
                for c in text.chars() {
                    match c {
                        '\\' => f.write_str("\\\\")?,
                        '"' => f.write_str("\\\"")?,
                        '\t' => f.write_str("\\t")?,
                        '\r' => f.write_str("\\r")?,
                        '\n' => f.write_str("\\n")?,
                        c => f.write_char(c)?,
                    }
                }
                f.write_char('"')
            }
            LiteralKind::Text(text) => {
                let pieces: Vec<Piece> = text.chars().map(Piece::Char).collect();
                unquoted(f, &pieces)
            }
            LiteralKind::Wildcard(pieces) => unquoted(f, pieces),
        }
    }
}

fn unquoted(f: &mut fmt::Formatter<'_>, pieces: &[Piece]) -> fmt::Result {
    if pieces.is_empty() {
        // White space at the ends is trimmed, an escaped tab too.
        return f.write_str("\\t");
    }
    for (at, piece) in pieces.iter().enumerate() {
        let Piece::Char(c) = piece else {
            f.write_char('*')?;
            continue;
        };
        let before = at.checked_sub(1).and_then(|at| pieces.get(at));
        let follows_space = before.is_some_and(|piece| is_space(*piece));
        if word_at(pieces, at, "not") {
            write!(f, "\\u{:04x}", *c as u32)?;
        } else if follows_space && (word_at(pieces, at, "or") || word_at(pieces, at, "and")) {
            write!(f, "\\{c}")?;
        } else {
            match c {
                '\t' => f.write_str("\\t")?,
                '\r' => f.write_str("\\r")?,
                '\n' => f.write_str("\\n")?,
                '\\' | '(' | ')' | ':' | '<' | '>' | '"' | '*' | '{' | '}' => write!(f, "\\{c}")?,
                c => f.write_char(*c)?,
            }
        }
    }
    Ok(())
}

/// Whether a keyword stands here, before white space or at the end, where white space may follow.
fn word_at(pieces: &[Piece], at: usize, word: &str) -> bool {
    let rest = pieces.get(at..).unwrap_or(&[]);
    let fits = |(piece, c): (&Piece, char)| piece.char().eq_ignore_ascii_case(&c);
    rest.len() >= word.len()
        && rest.iter().zip(word.chars()).all(fits)
        && rest.get(word.len()).is_none_or(|piece| is_space(*piece))
}

fn is_space(piece: Piece) -> bool {
    matches!(piece.char(), ' ' | '\t' | '\r' | '\n' | '\u{a0}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_pattern_fits_whole_names() {
        let pattern = |text: &str| -> Vec<Piece> {
            let piece = |c| {
                if c == '*' {
                    Piece::Star
                } else {
                    Piece::Char(c)
                }
            };
            text.chars().map(piece).collect()
        };
        for (wild, name, expected) in [
            ("a.*.b", "a.x.b", true),
            ("a.*.b", "a.x.y.b", true),
            ("a.*.b", "a.b", false),
            ("*hash*", "file.hash.md5", true),
            ("file.hash.*", "file.hash", false),
            ("*", "", true),
            ("*ab", "aab", true),
        ] {
            let found = FieldName::Pattern(pattern(wild)).fits(name);
            assert_eq!(found, expected, "{wild} {name}");
        }
    }
}
