//! Tokens → clauses, as Elasticsearch's parser combines them: `AND` requires the clauses on both
//! sides of it, `OR` asks for nothing, `NOT` forbids; there is no precedence.

use super::error::{self, LuceneError};
use super::lexer::{Kind, Token, tokens, unescaped};
use super::syntax::{Clause, Group, Leaf, Node, Occur, Value};
use crate::diagnostic::Span;
use crate::diagnostic::query::LuceneCause;

/// How deep parentheses may go.
pub const MAX_DEPTH: u32 = 100;

/// Parses a query string whose clauses are joined by `OR`, or by `AND` if `all`, where it names no
/// operator. A blank text has no clause.
pub fn parse(text: &str, all: bool) -> Result<Group, LuceneError> {
    let mut parser = Parser {
        text,
        tokens: tokens(text)?,
        at: 0,
        all,
    };
    if *parser.kind(0) == Kind::End {
        return Ok(Group {
            span: Span::of(0..text.len()),
            clauses: Vec::new(),
        });
    }
    let group = parser.group(None, 0)?;
    if *parser.kind(0) != Kind::End {
        return Err(parser.unexpected());
    }
    Ok(group)
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    at: usize,
    all: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Conjunction {
    None,
    And,
    Or,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Modifier {
    None,
    Required,
    Forbidden,
}

impl Parser<'_> {
    fn kind(&self, ahead: usize) -> &Kind {
        let token = self.tokens.get(self.at + ahead);
        token.map_or(&Kind::End, |token| &token.kind)
    }

    fn span(&self) -> Span {
        let token = self.tokens.get(self.at).or(self.tokens.last());
        token.map_or(Span::default(), |token| token.span)
    }

    fn advance(&mut self) -> Span {
        let span = self.span();
        self.at += 1;
        span
    }

    fn written(&self, span: Span) -> String {
        self.text.get(span.range()).unwrap_or("").to_owned()
    }

    fn unexpected(&self) -> LuceneError {
        let span = self.span();
        let found = self.written(span);
        let cause = match self.kind(0) {
            Kind::End => LuceneCause::EndsEarly,
            Kind::Colon => LuceneCause::Colon,
            Kind::Close => LuceneCause::EmptyParentheses,
            Kind::Plus | Kind::Minus => LuceneCause::SignInValue { found },
            Kind::And | Kind::Or | Kind::Not => LuceneCause::Operator { found },
            _ => LuceneCause::Unexpected { found },
        };
        error::syntax(span, cause)
    }

    fn group(&mut self, field: Option<&str>, depth: u32) -> Result<Group, LuceneError> {
        if depth > MAX_DEPTH {
            return Err(error::syntax(self.span(), LuceneCause::TooDeep));
        }
        let start = self.span();
        let mut clauses: Vec<Clause> = Vec::new();
        loop {
            if let Some(leaf) = self.words(field) {
                self.add(
                    &mut clauses,
                    Conjunction::None,
                    Modifier::None,
                    Node::Leaf(leaf),
                );
            } else {
                let conjunction = if clauses.is_empty() {
                    Conjunction::None
                } else {
                    self.conjunction()
                };
                let modifier = self.modifier();
                let node = self.clause(field, depth)?;
                self.add(&mut clauses, conjunction, modifier, node);
            }
            if matches!(self.kind(0), Kind::End | Kind::Close | Kind::Colon) {
                break;
            }
        }
        let last = clauses.last().map_or(start, |clause| clause.node.span());
        Ok(Group {
            span: start.to(last),
            clauses,
        })
    }

    fn add(
        &self,
        clauses: &mut Vec<Clause>,
        conjunction: Conjunction,
        modifier: Modifier,
        node: Node,
    ) {
        if let Some(last) = clauses.last_mut()
            && last.occur != Occur::Forbidden
        {
            match conjunction {
                Conjunction::And => last.occur = Occur::Required,
                Conjunction::Or if self.all => last.occur = Occur::Optional,
                _ => {}
            }
        }
        let is_required = if self.all {
            conjunction != Conjunction::Or
        } else {
            modifier == Modifier::Required || conjunction == Conjunction::And
        };
        clauses.push(Clause {
            occur: match modifier {
                Modifier::Forbidden => Occur::Forbidden,
                _ if is_required => Occur::Required,
                _ => Occur::Optional,
            },
            node,
        });
    }

    fn conjunction(&mut self) -> Conjunction {
        let conjunction = match self.kind(0) {
            Kind::And => Conjunction::And,
            Kind::Or => Conjunction::Or,
            _ => return Conjunction::None,
        };
        self.at += 1;
        conjunction
    }

    fn modifier(&mut self) -> Modifier {
        let modifier = match self.kind(0) {
            Kind::Plus => Modifier::Required,
            Kind::Minus | Kind::Not => Modifier::Forbidden,
            _ => return Modifier::None,
        };
        self.at += 1;
        modifier
    }

    /// Neighbouring plain words, which are one text: `split_on_whitespace` is off.
    fn words(&mut self, field: Option<&str>) -> Option<Leaf> {
        let Kind::Term(first) = self.kind(0) else {
            return None;
        };
        let mut text = unescaped(first);
        let start = self.span();
        let mut end = start;
        let mut count = 1;
        while let Kind::Term(word) = self.kind(count)
            && !matches!(
                self.kind(count + 1),
                Kind::Colon | Kind::Star | Kind::Tilde(_) | Kind::Boost | Kind::And | Kind::Or
            )
        {
            text.push(' ');
            text.push_str(&unescaped(word));
            end = self
                .tokens
                .get(self.at + count)
                .map_or(end, |token| token.span);
            count += 1;
        }
        if count == 1 {
            return None;
        }
        self.at += count;
        let span = start.to(end);
        Some(Leaf {
            span,
            written: self.written(span),
            field: field.map(str::to_owned),
            value: Value::Text(text),
        })
    }

    fn clause(&mut self, field: Option<&str>, depth: u32) -> Result<Node, LuceneError> {
        let start = self.span();
        let own = match (self.kind(0), self.kind(1)) {
            (Kind::Term(name), Kind::Colon) => Some(unescaped(name)),
            (Kind::Star, Kind::Colon) => Some("*".to_owned()),
            _ => None,
        };
        if own.is_some() {
            self.at += 2;
        }
        let field = own.as_deref().or(field);
        if *self.kind(0) == Kind::Open {
            self.at += 1;
            let mut group = self.group(field, depth + 1)?;
            if *self.kind(0) != Kind::Close {
                return Err(self.unexpected());
            }
            group.span = start.to(self.advance());
            self.boost();
            return Ok(Node::Group(group));
        }
        let mut leaf = self.value(field)?;
        leaf.span = start.to(leaf.span);
        Ok(Node::Leaf(leaf))
    }

    fn value(&mut self, field: Option<&str>) -> Result<Leaf, LuceneError> {
        let mut span = self.span();
        let mut value = match self.kind(0).clone() {
            Kind::Term(text) => Value::Text(unescaped(&text)),
            Kind::Star => Value::Any,
            Kind::Prefix(text) => Value::Prefix(unescaped(&text)),
            Kind::Wildcard(text) => Value::Wildcard(text),
            Kind::Regex(text) => Value::Regex(text),
            Kind::Quoted(text) => Value::Phrase {
                text: unescaped(&text),
                slop: 0,
            },
            Kind::Range {
                low,
                low_inclusive,
                high,
                high_inclusive,
            } => Value::Range {
                low,
                low_inclusive,
                high,
                high_inclusive,
            },
            _ => return Err(self.unexpected()),
        };
        self.at += 1;
        self.boost();
        if let Kind::Tilde(number) = *self.kind(0) {
            value = match value {
                Value::Phrase { text, .. } => Value::Phrase {
                    text,
                    slop: number.map_or(0, whole),
                },
                Value::Text(text) => Value::Fuzzy {
                    text,
                    distance: number,
                },
                Value::Range { .. } => return Err(self.unexpected()),
                // Lucene drops it silently.
                other => other,
            };
            span = span.to(self.advance());
            self.boost();
        }
        Ok(Leaf {
            written: self.written(span),
            span,
            field: field.map(str::to_owned),
            value,
        })
    }

    /// A boost changes the order of hits and not what is found.
    fn boost(&mut self) {
        if *self.kind(0) == Kind::Boost {
            self.at += 1;
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the lexer reads digits only, and a float saturates"
)]
fn whole(number: f64) -> u32 {
    number as u32
}
