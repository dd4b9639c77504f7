//! Error recovery: the message for an unexpected token, and where parsing resumes.

use super::{Broken, MAX_DEPTH, Parse, Parser};
use crate::diagnostic::Span;
use crate::language::eql::error::{EqlError, KEYWORD, TOO_DEEP, UNBALANCED, UNEXPECTED};
use crate::language::eql::lexer::shorten;
use crate::language::eql::token::{Keyword, Token, TokenKind};

/// Words of other languages that stand between two operands, and what EQL has instead.
const FOREIGN_WORDS: [(&str, &str); 9] = [
    (
        "contains",
        "write `: \"*text*\"`, or `stringContains(field, \"text\")`",
    ),
    (
        "startswith",
        "write `: \"text*\"`, or `startsWith(field, \"text\")`",
    ),
    (
        "endswith",
        "write `: \"*text\"`, or `endsWith(field, \"text\")`",
    ),
    (
        "matches",
        "write `like \"…\"` for wildcards, `regex \"…\"` for a regular expression",
    ),
    (
        "match",
        "write `like \"…\"` for wildcards, `regex \"…\"` for a regular expression",
    ),
    ("rlike", "write `regex \"…\"`"),
    ("is", "write `== null` or `!= null`"),
    ("equals", "write `==`"),
    ("eq", "write `==`"),
];

impl Parser<'_> {
    /// A token as it is named in a message.
    pub(super) fn describe(&self, token: &Token) -> String {
        match token.kind {
            TokenKind::End => "the end of the query".to_owned(),
            // It may have been written with a line break inside.
            TokenKind::MissingOpen => "`![`".to_owned(),
            _ => format!("`{}`", shorten(self.text_at(token.span))),
        }
    }

    /// "expected X, found Y" at the next token.
    pub(super) fn expected(&self, what: &str) -> EqlError {
        let token = self.peek();
        let found = self.describe(token);
        EqlError::new(
            UNEXPECTED,
            token.span,
            format!("expected {what}, found {found}"),
        )
    }

    /// Nesting beyond the limit, at `span`.
    pub(super) fn too_deep<T>(&mut self, span: Span) -> Parse<T> {
        let message = format!("the expression is nested more than {MAX_DEPTH} deep");
        self.broken(
            EqlError::new(TOO_DEEP, span, message)
                .label("this is one level too many")
                .help("take redundant parentheses away, or write a list: `x in (\"a\", \"b\")`"),
        )
    }

    /// A keyword in another case at the next token.
    pub(super) fn report_case(&mut self, word: &str) {
        let span = self.span();
        let message = format!("keyword `{word}` must be lower case");
        self.report(
            EqlError::new(KEYWORD, span, message)
                .label("read as the name of a field")
                .help(format!("write `{word}`")),
        );
    }

    /// After an operand: nothing more to say if the next token can follow one somewhere, else an
    /// error that says what seems to be missing. What can follow *here* is for the caller to know.
    pub(super) fn check_operand_end(&mut self) {
        if !self.can_follow_operand() {
            let error = self.stray();
            self.report(error);
            self.skip_operand();
        }
    }

    fn can_follow_operand(&self) -> bool {
        match self.kind() {
            TokenKind::RightParen
            | TokenKind::RightBracket
            | TokenKind::LeftBracket
            | TokenKind::MissingOpen
            | TokenKind::Comma
            | TokenKind::Pipe
            | TokenKind::End => true,
            TokenKind::Keyword(keyword) => matches!(
                keyword,
                Keyword::And | Keyword::Or | Keyword::By | Keyword::With | Keyword::Until
            ),
            TokenKind::Identifier => {
                let word = self.text_at(self.span());
                ["and", "or", "by", "with", "until"]
                    .iter()
                    .any(|keyword| word.eq_ignore_ascii_case(keyword))
            }
            _ => false,
        }
    }

    /// The error for a token that follows an operand and cannot.
    fn stray(&self) -> EqlError {
        let token = self.peek();
        let found = self.describe(token);
        let error = EqlError::new(
            UNEXPECTED,
            token.span,
            format!("unexpected {found} after an operand"),
        );
        let word = self.text_at(token.span).to_ascii_lowercase();
        let foreign = FOREIGN_WORDS.iter().find(|(foreign, _)| *foreign == word);
        if let Some((_, help)) = foreign {
            return error.label("not an operator of EQL").help(*help);
        }
        if word.starts_with('.') {
            return error
                .label("a bare name cannot begin with a digit")
                .help("put this part of the field's name in backticks, without the dot");
        }
        match token.kind {
            TokenKind::String(_) => error
                .label("expected `and`, `or` or an operator")
                .help("strings side by side are not joined; in a list they are parted by commas"),
            TokenKind::Question => error
                .label("expected `and`, `or` or an operator")
                .help("the `?` of an optional field stands before its whole name: `?a.b`"),
            TokenKind::Dot => error
                .label("expected `and`, `or` or an operator")
                .help("only the name of a field has parts"),
            TokenKind::Unknown => error,
            _ => error
                .label("expected `and`, `or` or an operator")
                .help("join two conditions with `and` or `or`"),
        }
    }

    /// Skips the rest of an operand that could not be read, brackets and what is in them included:
    /// up to `and`, `or`, a comma, a closing bracket, a pipe, the next event query, or the end.
    pub(super) fn skip_operand(&mut self) {
        let mut open = 0_usize;
        loop {
            match self.kind() {
                TokenKind::End | TokenKind::Pipe | TokenKind::MissingOpen => return,
                TokenKind::LeftBracket if self.opens_event_query() => return,
                TokenKind::RightBracket | TokenKind::RightParen if open == 0 => return,
                TokenKind::LeftBracket | TokenKind::LeftParen => open += 1,
                TokenKind::RightBracket | TokenKind::RightParen => open -= 1,
                TokenKind::Comma | TokenKind::Keyword(Keyword::And | Keyword::Or) if open == 0 => {
                    return;
                }
                _ => {}
            }
            self.bump();
        }
    }

    /// Whether the `[` ahead begins `[category where …`.
    fn opens_event_query(&self) -> bool {
        let category = matches!(
            self.peek_at(1).kind,
            TokenKind::Identifier | TokenKind::String(_) | TokenKind::Keyword(Keyword::Any)
        );
        category && self.peek_at(2).kind == TokenKind::Keyword(Keyword::Where)
    }

    /// Skips `[ … ]` with what is in it; the next token is the `[`.
    pub(super) fn skip_brackets(&mut self) -> Span {
        let start = self.span();
        let mut open = 0_usize;
        loop {
            match self.kind() {
                TokenKind::End => return start.to(self.last_span()),
                TokenKind::LeftBracket | TokenKind::MissingOpen => open += 1,
                TokenKind::RightBracket => open -= 1,
                _ => {}
            }
            let span = self.bump();
            if open == 0 {
                return start.to(span);
            }
        }
    }

    /// Skips to a token that satisfies `stop`, at least to the end.
    pub(super) fn skip_to(&mut self, stop: impl Fn(&TokenKind) -> bool) {
        while *self.kind() != TokenKind::End && !stop(self.kind()) {
            self.bump();
        }
    }

    /// Takes the bracket that closes the one at `open`, or says that it is missing.
    pub(super) fn close(&mut self, kind: &TokenKind, open: Span) -> Parse<Span> {
        if let Some(span) = self.eat(kind) {
            return Ok(span);
        }
        let written = self.text_at(open);
        let closing = if *kind == TokenKind::RightParen {
            ")"
        } else {
            "]"
        };
        let found = self.describe(self.peek());
        let message = format!("`{written}` is not closed before {found}");
        self.report(
            EqlError::new(UNBALANCED, open, message)
                .label("opened here")
                .help(format!("add `{closing}` before {found}")),
        );
        Err(Broken)
    }
}
