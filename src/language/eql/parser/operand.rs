//! The single values: literals, fields, calls, and expressions in parentheses.

use super::{Parse, Parser, Tree};
use crate::diagnostic::query::EqlSyntax;
use crate::diagnostic::query::eql_syntax::{NameFix, NameOf, OperandFix};
use crate::language::eql::error::{
    ARRAY_INDEX, EqlError, KEYWORD, LIST, MISPLACED, PROCESS_RELATIONSHIP,
};
use crate::language::eql::syntax::{Call, ExprKind, Field, Name, Number};
use crate::language::eql::token::{Keyword, TokenKind};

impl Parser<'_> {
    pub(super) fn primary(&mut self) -> Parse<Tree> {
        if let Some(literal) = self.literal() {
            return Ok(literal);
        }
        let next = &self.peek_at(1).kind;
        match self.kind() {
            TokenKind::Identifier if *next == TokenKind::Keyword(Keyword::Of) => {
                Ok(self.process_relationship())
            }
            TokenKind::Identifier | TokenKind::TildeIdentifier if *next == TokenKind::LeftParen => {
                self.call()
            }
            TokenKind::Identifier | TokenKind::Quoted(_) | TokenKind::Question => self.field(),
            TokenKind::TildeIdentifier => {
                self.bump();
                let found = self.found();
                self.broken(self.unexpected(EqlSyntax::NoCallAfterTilde { found }))
            }
            TokenKind::LeftParen => self.parenthesised(),
            TokenKind::Keyword(keyword) => self.keyword_operand(*keyword),
            _ => self.no_operand(),
        }
    }

    /// `null`, `true`, `false`, a number or a string, if there is one here.
    pub(super) fn literal(&mut self) -> Option<Tree> {
        let kind = match self.kind() {
            TokenKind::Keyword(Keyword::Null) => ExprKind::Null,
            TokenKind::Keyword(Keyword::True) => ExprKind::Bool(true),
            TokenKind::Keyword(Keyword::False) => ExprKind::Bool(false),
            TokenKind::Number(number) => ExprKind::Number(*number),
            TokenKind::String(value) => ExprKind::String(value.clone()),
            _ => return None,
        };
        let span = self.bump();
        Some(Tree::leaf(kind, span))
    }

    fn no_operand(&mut self) -> Parse<Tree> {
        let fix = match self.kind() {
            TokenKind::Star => Some(OperandFix::Wildcard),
            TokenKind::LeftBracket => Some(OperandFix::List),
            _ => None,
        };
        let found = self.found();
        self.broken(self.unexpected(EqlSyntax::MissingOperand { found, fix }))
    }

    /// `(condition)`, with the parentheses in its place.
    fn parenthesised(&mut self) -> Parse<Tree> {
        self.enter()?;
        let open = self.bump();
        let mut tree = self.expression();
        if let Some(comma) = self.eat(&TokenKind::Comma) {
            self.report(EqlError::new(LIST, comma, EqlSyntax::LoneList));
            self.skip_operand();
            while self.eat(&TokenKind::Comma).is_some() {
                self.skip_operand();
            }
        }
        self.leave();
        let end = self.close(&TokenKind::RightParen, open)?;
        tree.expr.span = open.to(end);
        Ok(tree)
    }

    /// `name(arguments)`, `name~(arguments)`; the parenthesis is known to follow.
    fn call(&mut self) -> Parse<Tree> {
        let insensitive = *self.kind() == TokenKind::TildeIdentifier;
        // Where an operator may stand this is `not` in capitals; so it is here.
        if self.text_at(self.span()) == "NOT" {
            self.report_case("not");
        }
        let span = self.bump();
        let name = Name {
            text: self.text_at(span).trim_end_matches('~').to_owned(),
            span,
        };
        let (arguments, height, end) = if self.peek_at(1).kind == TokenKind::RightParen {
            self.bump();
            (Vec::new(), 0, self.bump())
        } else {
            let items = self.items(Self::expression)?;
            (items.exprs, items.height, items.end)
        };
        let call = Call {
            name,
            insensitive,
            arguments,
        };
        self.node(ExprKind::Call(call), span.to(end), height)
    }

    /// `a.b`, ``?`a-b`.c``.
    fn field(&mut self) -> Parse<Tree> {
        let start = self.span();
        let optional = self.eat(&TokenKind::Question).is_some();
        let mut path = self.part(if optional {
            NameOf::OptionalField
        } else {
            NameOf::Field
        })?;
        loop {
            if self.eat(&TokenKind::Dot).is_some() {
                path.push('.');
                path.push_str(&self.part(NameOf::Part)?);
            } else if self.is(&TokenKind::LeftBracket)
                && matches!(self.peek_at(1).kind, TokenKind::Number(_))
            {
                self.array_index(&path);
            } else {
                break;
            }
        }
        let span = start.to(self.last_span());
        Ok(Tree::leaf(ExprKind::Field(Field { optional, path }), span))
    }

    /// One part of a field's name.
    fn part(&mut self, expected: NameOf) -> Parse<String> {
        let text = self.text_at(self.span());
        let name = match self.kind() {
            TokenKind::Identifier => text.to_owned(),
            TokenKind::Quoted(name) => name.clone(),
            TokenKind::Keyword(_) => {
                self.report_keyword_name();
                text.to_owned()
            }
            kind => {
                let fix = match kind {
                    TokenKind::Star => Some(NameFix::Wildcard),
                    TokenKind::Question => Some(NameFix::QuestionMark),
                    TokenKind::Number(_) => Some(NameFix::Digit),
                    _ => None,
                };
                let cause = EqlSyntax::MissingName {
                    expected,
                    found: self.found(),
                    fix,
                };
                return self.broken(self.unexpected(cause));
            }
        };
        self.bump();
        Ok(name)
    }

    fn array_index(&mut self, path: &str) {
        let span = self.skip_brackets();
        let name = path.to_owned();
        self.report(EqlError::new(
            ARRAY_INDEX,
            span,
            EqlSyntax::ArrayIndex { name },
        ));
    }

    /// A keyword where a name is meant.
    fn report_keyword_name(&mut self) {
        let span = self.span();
        let name = self.text_at(span).to_owned();
        self.report(EqlError::new(
            KEYWORD,
            span,
            EqlSyntax::KeywordAsName { name },
        ));
    }

    /// A keyword where an operand should be: an operand is missing, or the keyword is meant as a
    /// field.
    fn keyword_operand(&mut self, keyword: Keyword) -> Parse<Tree> {
        match keyword {
            Keyword::Not => {
                let cause = EqlSyntax::NotInComparison;
                self.broken(EqlError::new(MISPLACED, self.span(), cause))
            }
            Keyword::And
            | Keyword::Or
            | Keyword::In
            | Keyword::InInsensitive
            | Keyword::Like
            | Keyword::LikeInsensitive
            | Keyword::Regex
            | Keyword::RegexInsensitive => {
                let found = self.text_at(self.span()).to_owned();
                self.broken(self.unexpected(EqlSyntax::NoLeftOperand { found }))
            }
            _ if self.next_is_operator() => self.field(),
            _ => self.no_operand(),
        }
    }

    /// Whether the token after the next one would make sense after a field.
    fn next_is_operator(&self) -> bool {
        matches!(
            self.peek_at(1).kind,
            TokenKind::Dot
                | TokenKind::Colon
                | TokenKind::Assign
                | TokenKind::Equal
                | TokenKind::NotEqual
                | TokenKind::Less
                | TokenKind::LessOrEqual
                | TokenKind::Greater
                | TokenKind::GreaterOrEqual
                | TokenKind::Keyword(
                    Keyword::In
                        | Keyword::InInsensitive
                        | Keyword::Like
                        | Keyword::LikeInsensitive
                        | Keyword::Regex
                        | Keyword::RegexInsensitive
                )
        )
    }

    /// `child of […]`; the next two tokens are the name and `of`.
    fn process_relationship(&mut self) -> Tree {
        let span = self.bump().to(self.bump());
        let whole = if self.is(&TokenKind::LeftBracket) || self.is(&TokenKind::MissingOpen) {
            span.to(self.skip_brackets())
        } else {
            span
        };
        let cause = EqlSyntax::ProcessRelationship;
        self.report(EqlError::new(PROCESS_RELATIONSHIP, span, cause));
        Tree::stand_in(whole)
    }

    /// The number at the next token if it is an integer, for options.
    pub(super) fn integer(&self) -> Option<u64> {
        match self.kind() {
            TokenKind::Number(Number::Integer(value)) => u64::try_from(*value).ok(),
            TokenKind::Number(Number::Unsigned(value)) => Some(*value),
            _ => None,
        }
    }
}
