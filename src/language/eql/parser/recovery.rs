//! Error recovery: the message for an unexpected token, and where parsing resumes.

use super::{Broken, MAX_DEPTH, Parse, Parser};
use crate::diagnostic::query::eql_syntax::{ForeignWord, Join};
use crate::diagnostic::query::{EqlSyntax, QueryCause};
use crate::diagnostic::{Found, Span, Written};
use crate::language::eql::error::{EqlError, KEYWORD, TOO_DEEP, UNBALANCED, UNEXPECTED};
use crate::language::eql::token::{Keyword, TokenKind};

impl Parser<'_> {
    /// The next token, for a message.
    pub(super) fn found(&self) -> Found {
        let token = self.peek();
        match token.kind {
            TokenKind::End => Found::End,
            // It may have been written with a line break inside.
            TokenKind::MissingOpen => Found::Token(Written::new("![")),
            _ => Found::Token(Written::new(self.text_at(token.span))),
        }
    }

    /// An error at the next token, which is something else than what can stand there.
    pub(super) fn unexpected(&self, cause: impl Into<QueryCause>) -> EqlError {
        EqlError::new(UNEXPECTED, self.span(), cause)
    }

    /// Nesting beyond the limit, at `span`.
    pub(super) fn too_deep<T>(&mut self, span: Span) -> Parse<T> {
        let most = u64::from(MAX_DEPTH);
        self.broken(EqlError::new(TOO_DEEP, span, EqlSyntax::TooDeep { most }))
    }

    /// A keyword in another case at the next token.
    pub(super) fn report_case(&mut self, word: &str) {
        let span = self.span();
        let expected = word.to_owned();
        self.report(EqlError::new(
            KEYWORD,
            span,
            EqlSyntax::KeywordCase { expected },
        ));
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
        let found = self.found();
        let text = self.text_at(token.span);
        self.unexpected(if let Some(word) = ForeignWord::of(text) {
            EqlSyntax::ForeignWord { found, word }
        } else if text.starts_with('.') {
            EqlSyntax::NameBeginsWithDigit { found }
        } else {
            let fix = match token.kind {
                TokenKind::Unknown => None,
                TokenKind::String(_) => Some(Join::TwoStrings),
                TokenKind::Question => Some(Join::QuestionMark),
                TokenKind::Dot => Some(Join::Dot),
                _ => Some(Join::Condition),
            };
            match fix {
                Some(fix) => EqlSyntax::AfterOperand { found, fix },
                None => EqlSyntax::UnknownAfterOperand { found },
            }
        })
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
        let expected = if *kind == TokenKind::RightParen {
            ")"
        } else {
            "]"
        };
        let cause = EqlSyntax::NotClosed {
            bracket: self.text_at(open).to_owned(),
            expected,
            found: self.found(),
        };
        self.report(EqlError::new(UNBALANCED, open, cause));
        Err(Broken)
    }
}
