//! The whole query: its kind, `category where condition`, and pipes.

use super::{Parse, Parser};
use crate::diagnostic::Span;
use crate::language::eql::error::{CATEGORY, EqlError, NO_EVENT_QUERY, UNBALANCED, UNEXPECTED};
use crate::language::eql::lexer::shorten;
use crate::language::eql::syntax::{
    Category, EventQuery, Expr, Name, Pipe, Query, QueryKind, SequenceKeyword,
};
use crate::language::eql::token::{Keyword, TokenKind};

impl Parser<'_> {
    /// A query and everything to the end of the text.
    pub(super) fn statement(&mut self) -> Parse<Query> {
        let start = self.span();
        if self.is(&TokenKind::End) {
            let error = EqlError::new(NO_EVENT_QUERY, start, "the query is empty");
            return self.broken(
                error.help("write `category where condition`, for example `any where true`"),
            );
        }
        let kind = self.query_kind();
        let mut pipes = Vec::new();
        loop {
            self.expect_pipe_or_end();
            let Some(bar) = self.eat(&TokenKind::Pipe) else {
                break;
            };
            pipes.extend(self.pipe(bar));
        }
        Ok(Query {
            kind: kind?,
            pipes,
            span: start.to(self.last_span()),
        })
    }

    fn query_kind(&mut self) -> Parse<QueryKind> {
        match self.leading_keyword() {
            Some(Keyword::Sequence) => {
                self.bump();
                self.sequence(SequenceKeyword::Sequence)
            }
            Some(Keyword::Join) => {
                self.bump();
                self.sequence(SequenceKeyword::Join)
            }
            Some(Keyword::Sample) => {
                self.bump();
                self.sample()
            }
            _ => self.event_query().map(QueryKind::Event),
        }
    }

    /// The keyword of a query of several terms. `sequence where …` is a category that lacks quotes.
    fn leading_keyword(&mut self) -> Option<Keyword> {
        let next = &self.peek_at(1).kind;
        match self.kind() {
            TokenKind::Keyword(keyword) if *next != TokenKind::Keyword(Keyword::Where) => {
                Some(*keyword)
            }
            TokenKind::Identifier
                if matches!(
                    next,
                    TokenKind::LeftBracket | TokenKind::Keyword(Keyword::By | Keyword::With)
                ) =>
            {
                let word = self.text_at(self.span()).to_ascii_lowercase();
                let keyword = Keyword::of(&word)?;
                self.report_case(&word);
                Some(keyword)
            }
            _ => None,
        }
    }

    /// `category where condition`.
    pub(super) fn event_query(&mut self) -> Parse<EventQuery> {
        let start = self.span();
        let begin = self.at;
        let category = self.category();
        let found = self.eat_keyword(Keyword::Where, "where").is_some();
        if found && category.is_err() {
            // A malformed category has been reported at the same place; else there is none.
            let error = EqlError::new(NO_EVENT_QUERY, start, "expected a category before `where`");
            self.report(
                error
                    .label("the category is missing")
                    .help("write `any where …`, or name the category: `process where …`"),
            );
        }
        if !found && !self.recover_where(begin) {
            return Err(super::Broken);
        }
        let condition = self.condition();
        Ok(EventQuery {
            category: category?,
            condition,
            span: start.to(self.last_span()),
        })
    }

    fn category(&mut self) -> Parse<Category> {
        let span = self.span();
        let before_where = self.peek_at(1).kind == TokenKind::Keyword(Keyword::Where);
        let name = match self.kind() {
            TokenKind::Keyword(Keyword::Any) => None,
            TokenKind::Identifier => Some(self.text_at(span).to_owned()),
            TokenKind::String(name) => Some(name.clone()),
            TokenKind::Quoted(name) if before_where => {
                let help = format!("write `\"{name}\" where …`");
                self.bump();
                let message = "an event category cannot stand in backticks";
                let error =
                    EqlError::new(CATEGORY, span, message).label("backticks make a field's name");
                return self.broken(error.help(help));
            }
            TokenKind::Keyword(_) if before_where => {
                let word = self.text_at(span);
                self.bump();
                let message =
                    format!("keyword `{word}` cannot be an event category without quotes");
                let error = EqlError::new(CATEGORY, span, message).label("a keyword");
                return self.broken(error.help(format!("write `\"{word}\" where …`")));
            }
            // What it is instead is found out where `where` is looked for.
            _ => return Err(super::Broken),
        };
        self.bump();
        Ok(Category { name, span })
    }

    /// Says what is wrong with a query without `where` behind its category, and goes to where the
    /// condition begins, if there is one. `begin` is the query's first token.
    fn recover_where(&mut self, begin: usize) -> bool {
        let span = self.span();
        let found = self.describe(self.peek());
        let ends = |kind: &TokenKind| {
            matches!(
                kind,
                TokenKind::End | TokenKind::RightBracket | TokenKind::Pipe
            )
        };
        let is_where = |kind: &TokenKind| *kind == TokenKind::Keyword(Keyword::Where);
        if ends(self.kind()) {
            let error = EqlError::new(
                NO_EVENT_QUERY,
                span,
                format!("expected `where` and a condition, found {found}"),
            );
            self.report(if self.at == begin {
                error.help("write `category where condition`, for example `any where true`")
            } else {
                let category = shorten(self.text_at(self.last_span()));
                error.help(format!(
                    "`{category} where true` matches every event of the category"
                ))
            });
            return false;
        }
        // Not beyond the next bracket, so that no stretch of text is searched twice.
        self.skip_to(|kind| {
            let opens = matches!(kind, TokenKind::LeftBracket | TokenKind::MissingOpen);
            opens || ends(kind) || is_where(kind)
        });
        if is_where(self.kind()) {
            let error = EqlError::new(
                NO_EVENT_QUERY,
                span,
                format!("expected a category and `where`, found {found}"),
            );
            self.report(
                error.label("expected one category before `where`").help(
                    "to match several write `any where event.category in (\"a\", \"b\") and …`",
                ),
            );
            self.bump();
            return true;
        }
        self.at = begin;
        let start = self.span();
        let error = EqlError::new(
            NO_EVENT_QUERY,
            start,
            "expected a category and `where` before the condition",
        );
        self.report(
            error
                .label("the query begins here")
                .help("write `any where …`, or name the category: `process where …`"),
        );
        true
    }

    /// The condition after `where`. Behind a parenthesis too many it is read on.
    fn condition(&mut self) -> Expr {
        let mut tree = self.expression();
        while self.is(&TokenKind::RightParen) {
            self.report_closing();
            self.bump();
            let more = self.eat_keyword(Keyword::And, "and").is_some()
                || self.eat_keyword(Keyword::Or, "or").is_some();
            if more {
                tree = self.expression();
            }
        }
        tree.expr
    }

    /// A closing bracket at the next token that nothing has opened.
    fn report_closing(&mut self) {
        let span = self.span();
        let message = format!("`{}` has no opening bracket", self.text_at(span));
        let error = EqlError::new(UNBALANCED, span, message).label("closes nothing");
        self.report(error.help("remove it"));
    }

    /// Goes to the next pipe or the end, and says so if there is something before.
    fn expect_pipe_or_end(&mut self) {
        if matches!(self.kind(), TokenKind::Pipe | TokenKind::End) {
            return;
        }
        self.report_rest();
        self.skip_to(|kind| *kind == TokenKind::Pipe);
    }

    /// Goes to the end, and says so if there is something before.
    #[cfg(feature = "internals")]
    pub(super) fn expect_end(&mut self) {
        if !self.is(&TokenKind::End) {
            self.report_rest();
        }
        self.at = self.tokens.len();
    }

    fn report_rest(&mut self) {
        if matches!(self.kind(), TokenKind::RightParen | TokenKind::RightBracket) {
            return self.report_closing();
        }
        let token = self.peek();
        let message = format!("unexpected {} after the query", self.describe(token));
        let error =
            EqlError::new(UNEXPECTED, token.span, message).label("expected a pipe or the end");
        let error = match token.kind {
            TokenKind::Keyword(Keyword::By | Keyword::With | Keyword::Until)
            | TokenKind::LeftBracket
            | TokenKind::MissingOpen => {
                error.help("`by`, `with`, `until` and `[ ]` belong to `sequence` (or `sample`)")
            }
            _ => error,
        };
        self.report(error);
    }

    /// `name arguments`, after the bar.
    fn pipe(&mut self, bar: Span) -> Option<Pipe> {
        let span = self.span();
        if !self.is(&TokenKind::Identifier) {
            let error = self.expected("the name of a pipe after `|`");
            self.report(error.help("write `| head 10` or `| tail 10`"));
            self.skip_to(|kind| *kind == TokenKind::Pipe);
            return None;
        }
        self.bump();
        let name = Name {
            text: self.text_at(span).to_owned(),
            span,
        };
        let ends = |kind: &TokenKind| matches!(kind, TokenKind::Pipe | TokenKind::End);
        let mut arguments = Vec::new();
        while !ends(self.kind()) {
            arguments.push(self.expression().expr);
            let Some(comma) = self.eat(&TokenKind::Comma) else {
                break;
            };
            if ends(self.kind()) {
                self.trailing_comma(comma);
            }
        }
        Some(Pipe {
            name,
            arguments,
            span: bar.to(self.last_span()),
        })
    }
}
