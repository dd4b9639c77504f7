//! Tokens → syntax tree, or every error of the query.
//!
//! Hand-written recursive descent, one function a rule of the grammar. A function that cannot go on
//! records an error and returns [`Broken`]; the nearest place that can resume skips to a token where
//! the grammar is known again ([`recovery`]) and goes on with a stand-in, so that one run finds all
//! errors. The tree is handed out only if there were none, so that no stand-in is ever seen.
//!
//! What is refused here is what Elasticsearch refuses while parsing; whether fields, functions, pipes
//! and keys make sense is for the checker.

use rustc_hash::FxHashSet;

use super::error::EqlError;
use super::lexer::{self, MAX_ERRORS};
use super::syntax::{Expr, ExprKind, Query};
use super::token::{Keyword, Token, TokenKind};
use crate::diagnostic::Span;

mod expression;
mod operand;
mod predicate;
mod query;
mod recovery;
mod sequence;

/// How deep an expression may be nested: by parentheses, calls, `not`, signs, and to the left by a
/// chain of arithmetic. No rule comes near it, and neither this parser nor any later walk over the
/// tree can run out of stack below it. A chain of `and` or `or` is flat and counts once.
pub const MAX_DEPTH: u32 = 100;

/// What became of a text.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The query; `None` exactly when there are errors.
    pub query: Option<Query>,
    /// Every error, by place; at most a hundred are kept.
    pub errors: Vec<EqlError>,
}

/// Parses a whole query.
pub fn parse(text: &str) -> Parsed {
    let mut parser = Parser::new(text);
    let query = parser.statement();
    let errors = parser.finish();
    Parsed {
        query: query.ok().filter(|_| errors.is_empty()),
        errors,
    }
}

/// Parses one bare expression.
#[cfg(feature = "internals")]
pub fn parse_expression(text: &str) -> Result<Expr, Vec<EqlError>> {
    let mut parser = Parser::new(text);
    let tree = parser.expression();
    parser.expect_end();
    let errors = parser.finish();
    if errors.is_empty() {
        Ok(tree.expr)
    } else {
        Err(errors)
    }
}

/// The error is recorded; the caller must resume or give up.
#[derive(Debug)]
struct Broken;

/// What a rule of the grammar gives.
type Parse<T> = Result<T, Broken>;

/// An expression and how high its tree is, for [`MAX_DEPTH`].
struct Tree {
    expr: Expr,
    height: u32,
}

impl Tree {
    fn leaf(kind: ExprKind, span: Span) -> Self {
        Self::above(kind, span, 0)
    }

    /// A node above others of which the highest has `height`.
    fn above(kind: ExprKind, span: Span, height: u32) -> Self {
        Self {
            expr: Expr { kind, span },
            height: height + 1,
        }
    }

    /// What stands in for an expression that could not be read.
    fn stand_in(span: Span) -> Self {
        Self::leaf(ExprKind::Null, span)
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    /// Index of the next token.
    at: usize,
    /// What is seen behind the last token.
    end: Token,
    errors: Vec<EqlError>,
    /// Where errors begin: a second one at the same place is a consequence of the first.
    error_starts: FxHashSet<u32>,
    /// How many parentheses, calls, `not` and signs are open.
    depth: u32,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        let lexed = lexer::lex(text);
        let place = lexed
            .tokens
            .last()
            .map_or(Span::new(0, 0), |token| token.span);
        Self {
            text,
            tokens: lexed.tokens,
            at: 0,
            end: Token {
                kind: TokenKind::End,
                span: place,
            },
            error_starts: lexed.errors.iter().map(|error| error.span.start).collect(),
            errors: lexed.errors,
            depth: 0,
        }
    }

    fn finish(mut self) -> Vec<EqlError> {
        self.errors.sort_by_key(|error| error.span);
        self.errors
    }

    /// Records an error, unless one at the same place is known.
    fn report(&mut self, error: EqlError) {
        if self.error_starts.insert(error.span.start) && self.errors.len() < MAX_ERRORS {
            self.errors.push(error);
        }
    }

    /// Records an error and says that the rule cannot go on.
    fn broken<T>(&mut self, error: EqlError) -> Parse<T> {
        self.report(error);
        Err(Broken)
    }

    fn peek(&self) -> &Token {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> &Token {
        self.tokens.get(self.at + ahead).unwrap_or(&self.end)
    }

    fn kind(&self) -> &TokenKind {
        &self.peek().kind
    }

    fn span(&self) -> Span {
        self.peek().span
    }

    /// The place of the token just taken.
    fn last_span(&self) -> Span {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        before.map_or(Span::new(0, 0), |token| token.span)
    }

    /// Takes the next token.
    fn bump(&mut self) -> Span {
        let span = self.span();
        if self.at < self.tokens.len() {
            self.at += 1;
        }
        span
    }

    fn is(&self, kind: &TokenKind) -> bool {
        self.kind() == kind
    }

    fn is_keyword(&self, keyword: Keyword) -> bool {
        *self.kind() == TokenKind::Keyword(keyword)
    }

    fn eat(&mut self, kind: &TokenKind) -> Option<Span> {
        self.is(kind).then(|| self.bump())
    }

    /// Takes the keyword; in another case it is taken too and reported.
    fn eat_keyword(&mut self, keyword: Keyword, word: &str) -> Option<Span> {
        if self.is_keyword(keyword) {
            return Some(self.bump());
        }
        if *self.kind() == TokenKind::Identifier
            && self.text_at(self.span()).eq_ignore_ascii_case(word)
        {
            self.report_case(word);
            return Some(self.bump());
        }
        None
    }

    /// The query's text at a place.
    fn text_at(&self, span: Span) -> &'a str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// Goes one level deeper; must be matched by [`Parser::leave`].
    fn enter(&mut self) -> Parse<()> {
        if self.depth >= MAX_DEPTH {
            let span = self.span();
            return self.too_deep(span);
        }
        self.depth += 1;
        Ok(())
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }
}
