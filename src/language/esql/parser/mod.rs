//! Tokens → syntax tree, by recursive descent. An error ends the command that it stands in; the
//! parser goes on behind the next `|`, so that one look shows the errors of every command.

mod command;
mod expression;
mod operand;

use super::error::{ASSIGNMENT, UNEXPECTED};
use super::lexer::{Lexer, word_length};
use super::syntax::{Command, CommandKind, Field, Name, Query, Text};
use super::token::{RESERVED, Token, TokenKind};
use crate::diagnostic::Span;
use crate::diagnostic::query::EsqlSyntax;
use crate::diagnostic::query::esql_syntax::{EsqlExpected, EsqlPart};
use crate::language::QueryError;

/// More errors than this are not recorded: nobody reads them.
const MAX_ERRORS: usize = 100;

/// What a text is as a query: a tree unless there are errors.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The query. Parts that did not parse are [`CommandKind::Broken`]; `None` without a source.
    pub query: Option<Query>,
    /// What is wrong, in the order of the text.
    pub errors: Vec<QueryError>,
}

impl Parsed {
    /// The query, if nothing is wrong with it.
    pub fn into_result(self) -> Result<Query, Vec<QueryError>> {
        match self.query {
            Some(query) if self.errors.is_empty() => Ok(query),
            _ => Err(self.errors),
        }
    }
}

/// Parses a query.
pub fn parse(text: &str) -> Parsed {
    let mut parser = Parser::new(text);
    let query = parser.query();
    let mut errors = parser.lexer.errors;
    errors.sort_by_key(|error| error.span);
    errors.dedup();
    errors.truncate(MAX_ERRORS);
    Parsed { query, errors }
}

/// Marks that an error was recorded: the command is given up.
#[derive(Debug)]
struct Failed;

type Result<T, E = Failed> = std::result::Result<T, E>;

struct Parser<'t> {
    lexer: Lexer<'t>,
    /// The next token.
    next: Token,
    /// Where the last token ended.
    end: usize,
    /// How deep the expression is nested.
    depth: usize,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str) -> Self {
        let mut lexer = Lexer::new(text);
        let next = lexer.token(0);
        Self {
            lexer,
            next,
            end: 0,
            depth: 0,
        }
    }

    fn query(&mut self) -> Option<Query> {
        let source = self.source();
        if source.is_err() {
            self.skip_command();
        }
        let mut commands = Vec::new();
        loop {
            if self.next.kind == TokenKind::End {
                break;
            }
            if !self.accept("|") {
                self.wrong_end();
                self.skip_command();
                continue;
            }
            let start = self.next.span;
            let kind = self.command();
            if kind.is_err() {
                self.skip_command();
            }
            commands.push(Command {
                kind: kind.unwrap_or(CommandKind::Broken),
                span: Span::of(start.start as usize..self.end),
            });
        }
        let source = source.ok()?;
        Some(Query { source, commands })
    }

    /// Records that a command goes on where it should end.
    fn wrong_end(&mut self) {
        if self.next.kind.is("=") {
            let span = self.next.span;
            self.record(QueryError::new(ASSIGNMENT, span, EsqlSyntax::Assignment));
        } else {
            let _ = self.unexpected(EsqlPart::End);
        }
    }

    /// Goes on to the next `|`, or to the end.
    fn skip_command(&mut self) {
        self.depth = 0;
        while !self.next.kind.is("|") && self.next.kind != TokenKind::End {
            self.advance();
        }
    }

    /// Takes the next token.
    fn advance(&mut self) -> Token {
        self.end = self.next.span.end as usize;
        let following = self.lexer.token(self.end);
        std::mem::replace(&mut self.next, following)
    }

    /// Goes on at a place of the text that was read without tokens.
    fn jump(&mut self, at: usize) {
        self.end = at;
        self.next = self.lexer.token(at);
    }

    fn accept(&mut self, sign: &str) -> bool {
        let found = self.next.kind.is(sign);
        if found {
            self.advance();
        }
        found
    }

    fn accept_word(&mut self, keyword: &str) -> bool {
        let found = self.next.kind.is_word(keyword);
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, sign: &'static str) -> Result<()> {
        if self.accept(sign) {
            Ok(())
        } else {
            Err(self.unexpected_token(EsqlExpected::Sign(sign)))
        }
    }

    fn expect_word(&mut self, keyword: &'static str) -> Result<()> {
        if self.accept_word(keyword) {
            Ok(())
        } else {
            Err(self.unexpected_token(EsqlExpected::Keyword(keyword)))
        }
    }

    /// Records that something else was expected here.
    fn unexpected(&mut self, expected: EsqlPart) -> Failed {
        self.unexpected_token(EsqlExpected::Part(expected))
    }

    fn unexpected_token(&mut self, expected: EsqlExpected) -> Failed {
        if self.next.kind != TokenKind::Invalid {
            let found = self.next.kind.found();
            let cause = EsqlSyntax::Unexpected { expected, found };
            self.record(QueryError::new(UNEXPECTED, self.next.span, cause));
        }
        Failed
    }

    fn record(&mut self, error: QueryError) {
        if self.lexer.errors.len() < MAX_ERRORS {
            self.lexer.errors.push(error);
        }
    }

    /// One or more of something, separated by commas.
    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.accept(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    fn text(&mut self) -> Result<Text> {
        match &self.next.kind {
            TokenKind::Text(value) => {
                let (value, span) = (value.clone(), self.next.span);
                self.advance();
                Ok(Text { value, span })
            }
            _ => Err(self.unexpected(EsqlPart::String)),
        }
    }

    /// A column's name: words and backticks joined by dots, no `*`.
    fn name(&mut self) -> Result<Name> {
        let (mut text, start) = (String::new(), self.next.span.start as usize);
        loop {
            text.push_str(&self.name_part(text.is_empty())?);
            // `a.b` has no space in it, and `1.5` is no name.
            if !self.next.kind.is(".") || self.next.span.start as usize != self.end {
                break;
            }
            self.advance();
            text.push('.');
        }
        Ok(Name {
            text,
            is_pattern: false,
            span: Span::of(start..self.end),
        })
    }

    fn name_part(&mut self, is_first: bool) -> Result<String> {
        let part = match &self.next.kind {
            TokenKind::Word(word)
                if !is_first || !RESERVED.iter().any(|own| word.eq_ignore_ascii_case(own)) =>
            {
                word.clone()
            }
            TokenKind::Quoted(name) => name.clone(),
            _ => return Err(self.unexpected(EsqlPart::Column)),
        };
        self.advance();
        Ok(part)
    }

    /// A name in KEEP, DROP or RENAME, which may contain `*`.
    fn name_pattern(&mut self) -> Result<Name> {
        let start = self.next.span.start as usize;
        let (mut text, mut is_pattern, mut at) = (String::new(), false, start);
        loop {
            let rest = self.lexer.rest(at);
            if rest.starts_with('`') {
                let part = self.lexer.token(at);
                let TokenKind::Quoted(name) = part.kind else {
                    return Err(Failed);
                };
                text.push_str(&name);
                at = part.span.end as usize;
                continue;
            }
            let length = match rest.chars().next() {
                Some('*') => 1,
                Some('.') if at > start => 1,
                _ => word_length(rest),
            };
            if length == 0 {
                break;
            }
            let part = rest.get(..length).unwrap_or("");
            is_pattern |= part == "*";
            text.push_str(part);
            at += length;
        }
        if text.is_empty() {
            return Err(self.unexpected(EsqlPart::ColumnOrPattern));
        }
        self.jump(at);
        Ok(Name {
            text,
            is_pattern,
            span: Span::of(start..at),
        })
    }

    /// `name = expression`, or an expression alone.
    fn field(&mut self) -> Result<Field> {
        let start = (self.next.clone(), self.end, self.lexer.errors.len());
        if matches!(self.next.kind, TokenKind::Word(_) | TokenKind::Quoted(_))
            && let Ok(name) = self.name()
            && self.accept("=")
        {
            let expr = self.expression()?;
            return Ok(Field {
                name: Some(name),
                expr,
            });
        }
        // No assignment: read again as an expression.
        self.lexer.errors.truncate(start.2);
        self.next = start.0;
        self.end = start.1;
        let expr = self.expression()?;
        Ok(Field { name: None, expr })
    }

    fn span_from(&self, start: Span) -> Span {
        Span::of(start.start as usize..self.end)
    }
}
