//! The whole query: its kind, `category where condition`, and pipes.

use super::{Parse, Parser};
use crate::diagnostic::query::EqlSyntax;
use crate::diagnostic::{Span, Written};
use crate::language::eql::error::{CATEGORY, EqlError, NO_EVENT_QUERY, UNBALANCED};
use crate::language::eql::syntax::{
    Category, EventQuery, Expr, Name, Pipe, Query, QueryKind, SequenceKeyword,
};
use crate::language::eql::token::{Keyword, TokenKind};

impl Parser<'_> {
    /// A query and everything to the end of the text.
    pub(super) fn statement(&mut self) -> Parse<Query> {
        let start = self.span();
        if self.is(&TokenKind::End) {
            return self.broken(EqlError::new(NO_EVENT_QUERY, start, EqlSyntax::Empty));
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
            self.report(EqlError::new(NO_EVENT_QUERY, start, EqlSyntax::NoCategory));
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
                let name = name.clone();
                self.bump();
                let cause = EqlSyntax::CategoryInBackticks { name };
                return self.broken(EqlError::new(CATEGORY, span, cause));
            }
            TokenKind::Keyword(_) if before_where => {
                let name = self.text_at(span).to_owned();
                self.bump();
                let cause = EqlSyntax::KeywordAsCategory { name };
                return self.broken(EqlError::new(CATEGORY, span, cause));
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
        let found = self.found();
        let ends = |kind: &TokenKind| {
            matches!(
                kind,
                TokenKind::End | TokenKind::RightBracket | TokenKind::Pipe
            )
        };
        let is_where = |kind: &TokenKind| *kind == TokenKind::Keyword(Keyword::Where);
        if ends(self.kind()) {
            let category = (self.at != begin).then(|| self.text_at(self.last_span()));
            let category = category.map(Written::new);
            let cause = EqlSyntax::NoWhere { found, category };
            self.report(EqlError::new(NO_EVENT_QUERY, span, cause));
            return false;
        }
        // Not beyond the next bracket, so that no stretch of text is searched twice.
        self.skip_to(|kind| {
            let opens = matches!(kind, TokenKind::LeftBracket | TokenKind::MissingOpen);
            opens || ends(kind) || is_where(kind)
        });
        if is_where(self.kind()) {
            let cause = EqlSyntax::SeveralCategories { found };
            self.report(EqlError::new(NO_EVENT_QUERY, span, cause));
            self.bump();
            return true;
        }
        self.at = begin;
        let start = self.span();
        self.report(EqlError::new(
            NO_EVENT_QUERY,
            start,
            EqlSyntax::BareCondition,
        ));
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
        let found = self.text_at(span).to_owned();
        self.report(EqlError::new(
            UNBALANCED,
            span,
            EqlSyntax::NeverOpened { found },
        ));
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
        let cause = EqlSyntax::AfterQuery {
            found: self.found(),
            part_of_sequence: matches!(
                self.kind(),
                TokenKind::Keyword(Keyword::By | Keyword::With | Keyword::Until)
                    | TokenKind::LeftBracket
                    | TokenKind::MissingOpen
            ),
        };
        self.report(self.unexpected(cause));
    }

    /// `name arguments`, after the bar.
    fn pipe(&mut self, bar: Span) -> Option<Pipe> {
        let span = self.span();
        if !self.is(&TokenKind::Identifier) {
            let found = self.found();
            self.report(self.unexpected(EqlSyntax::NoPipeName { found }));
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
