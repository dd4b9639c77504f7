//! What follows a single value: `: x`, `like x`, `regex x`, `in (…)`, `not in (…)`, and lists.

use super::{Parse, Parser, Tree};
use crate::diagnostic::query::EqlSyntax;
use crate::diagnostic::query::eql_syntax::ItemEnd;
use crate::diagnostic::{Span, Written};
use crate::language::eql::error::{CHAINED, EqlError, LIST, MISPLACED, NOT_CONSTANT};
use crate::language::eql::syntax::{Expr, ExprKind, In, Match, MatchOp};
use crate::language::eql::token::{Keyword, TokenKind};

/// What stood in parentheses, with the place of the last one.
pub(super) struct Items {
    pub(super) exprs: Vec<Expr>,
    pub(super) height: u32,
    pub(super) end: Span,
}

impl Parser<'_> {
    /// A primary expression and at most one predicate on it.
    pub(super) fn predicate(&mut self) -> Parse<Tree> {
        let value = self.primary()?;
        let negated = match self.kind() {
            TokenKind::Keyword(Keyword::Not) => true,
            TokenKind::Identifier => self.text_at(self.span()) == "NOT",
            _ => false,
        };
        let Some(op) = self.predicate_operator(usize::from(negated)) else {
            return Ok(value);
        };
        let not = negated.then(|| self.take_inner_not(op));
        if *self.kind() == TokenKind::Identifier {
            self.report_case(op.word());
        }
        self.bump();
        let tree = match op {
            Predicate::In { insensitive } => self.in_list(value, negated, insensitive)?,
            Predicate::Match(op) => {
                let value_span = value.expr.span;
                let tree = self.patterns(value, op)?;
                if let Some(not) = not {
                    self.report_inner_not(not, value_span, op);
                }
                tree
            }
        };
        if self.predicate_operator(0).is_some() {
            let cause = EqlSyntax::SecondPredicate;
            return self.broken(EqlError::new(CHAINED, self.span(), cause));
        }
        Ok(tree)
    }

    /// Takes the `not` in `x not in (…)`.
    fn take_inner_not(&mut self, op: Predicate) -> Span {
        if *self.kind() == TokenKind::Identifier && matches!(op, Predicate::In { .. }) {
            self.report_case("not");
        }
        self.bump()
    }

    fn report_inner_not(&mut self, not: Span, value: Span, op: MatchOp) {
        let cause = EqlSyntax::NotBeforePredicate {
            operator: op.symbol(),
            value: self.text_at(value).to_owned(),
        };
        self.report(EqlError::new(MISPLACED, not, cause));
    }

    /// The predicate that the token `ahead` of the next one begins.
    fn predicate_operator(&self, ahead: usize) -> Option<Predicate> {
        let token = self.peek_at(ahead);
        match token.kind {
            TokenKind::Colon => Some(Predicate::Match(MatchOp::Colon)),
            TokenKind::Keyword(keyword) => Predicate::of(keyword),
            TokenKind::Identifier if self.predicate_argument_at(ahead + 1) => {
                let word = self.text_at(token.span);
                let lower = word.to_ascii_lowercase();
                Keyword::of(&lower).and_then(Predicate::of)
            }
            _ => None,
        }
    }

    fn predicate_argument_at(&self, ahead: usize) -> bool {
        let kind = &self.peek_at(ahead).kind;
        matches!(kind, TokenKind::LeftParen | TokenKind::String(_))
    }

    fn in_list(&mut self, value: Tree, negated: bool, insensitive: bool) -> Parse<Tree> {
        let word = if insensitive { "in~" } else { "in" };
        if *self.kind() != TokenKind::LeftParen {
            return self.no_list(word);
        }
        let items = self.list(word, Self::expression)?;
        let span = value.expr.span.to(items.end);
        let kind = ExprKind::In(In {
            negated,
            insensitive,
            value: Box::new(value.expr),
            items: items.exprs,
        });
        self.node(kind, span, value.height.max(items.height))
    }

    /// `in` without a parenthesis.
    fn no_list(&mut self, operator: &'static str) -> Parse<Tree> {
        let bracket = *self.kind() == TokenKind::LeftBracket;
        let is_item = matches!(self.kind(), TokenKind::String(_) | TokenKind::Number(_));
        let cause = EqlSyntax::NoList {
            operator,
            found: self.found(),
            item: is_item.then(|| Written::new(self.text_at(self.span()))),
        };
        self.report(EqlError::new(LIST, self.span(), cause));
        if bracket {
            let span = self.skip_brackets();
            return Ok(Tree::stand_in(span));
        }
        self.primary()
    }

    fn patterns(&mut self, value: Tree, op: MatchOp) -> Parse<Tree> {
        let list = *self.kind() == TokenKind::LeftParen;
        let items = if list {
            self.list(op.symbol(), Self::constant)?
        } else {
            let pattern = self.constant();
            Items {
                end: pattern.expr.span,
                height: pattern.height,
                exprs: vec![pattern.expr],
            }
        };
        let span = value.expr.span.to(items.end);
        let kind = ExprKind::Match(Match {
            op,
            value: Box::new(value.expr),
            patterns: items.exprs,
            list,
        });
        self.node(kind, span, value.height.max(items.height))
    }

    /// A literal; anything else is read, refused and stood in for.
    fn constant(&mut self) -> Tree {
        let start = self.span();
        if let Some(literal) = self.literal() {
            return literal;
        }
        if *self.kind() == TokenKind::LeftBracket {
            self.report(EqlError::new(LIST, start, EqlSyntax::ListInBrackets));
            return Tree::stand_in(self.skip_brackets());
        }
        let known = self.errors.len();
        let signed = matches!(self.kind(), TokenKind::Minus | TokenKind::Plus);
        let Ok(tree) = self.sum() else {
            self.skip_operand();
            return Tree::stand_in(start);
        };
        if self.errors.len() == known {
            let cause = if signed {
                EqlSyntax::SignedPattern
            } else {
                EqlSyntax::PatternNotConstant
            };
            self.report(EqlError::new(NOT_CONSTANT, tree.expr.span, cause));
        }
        tree
    }

    /// `(a, b, …)`, at least one item and no comma at the end; the next token is the `(`.
    pub(super) fn list(
        &mut self,
        operator: &'static str,
        item: fn(&mut Self) -> Tree,
    ) -> Parse<Items> {
        if self.peek_at(1).kind == TokenKind::RightParen {
            let open = self.bump();
            let span = open.to(self.bump());
            return self.broken(EqlError::new(LIST, span, EqlSyntax::EmptyList { operator }));
        }
        self.items(item)
    }

    /// The same for a list known not to be empty.
    pub(super) fn items(&mut self, item: fn(&mut Self) -> Tree) -> Parse<Items> {
        self.enter()?;
        let open = self.bump();
        let mut exprs = Vec::new();
        let mut height = 0;
        loop {
            let tree = item(self);
            height = height.max(tree.height);
            exprs.push(tree.expr);
            self.check_item_end();
            let Some(comma) = self.eat(&TokenKind::Comma) else {
                break;
            };
            if *self.kind() == TokenKind::RightParen {
                self.trailing_comma(comma);
                break;
            }
        }
        self.leave();
        let end = self.close(&TokenKind::RightParen, open)?;
        Ok(Items { exprs, height, end })
    }

    /// A comma after the last item, at `comma`.
    pub(super) fn trailing_comma(&mut self, comma: Span) {
        self.report(EqlError::new(LIST, comma, EqlSyntax::TrailingComma));
    }

    /// After an item: `"a" or "b"` and `"a" "b"` in a list of constants.
    fn check_item_end(&mut self) {
        let what = match self.kind() {
            TokenKind::Keyword(Keyword::And | Keyword::Or) | TokenKind::Identifier => {
                ItemEnd::Operator
            }
            TokenKind::String(_) | TokenKind::Number(_) => ItemEnd::NoComma,
            TokenKind::Plus | TokenKind::Minus | TokenKind::Star => ItemEnd::Expression,
            _ => return,
        };
        let cause = EqlSyntax::AfterItem { what };
        self.report(EqlError::new(LIST, self.span(), cause));
        self.skip_operand();
        while matches!(self.kind(), TokenKind::Keyword(Keyword::And | Keyword::Or)) {
            self.bump();
            self.skip_operand();
        }
    }
}

/// The operators that follow a single value.
#[derive(Clone, Copy)]
enum Predicate {
    In { insensitive: bool },
    Match(MatchOp),
}

impl Predicate {
    fn of(keyword: Keyword) -> Option<Self> {
        Some(match keyword {
            Keyword::In => Self::In { insensitive: false },
            Keyword::InInsensitive => Self::In { insensitive: true },
            Keyword::Like => Self::Match(MatchOp::Like),
            Keyword::LikeInsensitive => Self::Match(MatchOp::LikeInsensitive),
            Keyword::Regex => Self::Match(MatchOp::Regex),
            Keyword::RegexInsensitive => Self::Match(MatchOp::RegexInsensitive),
            _ => return None,
        })
    }

    fn word(self) -> &'static str {
        match self {
            Self::In { insensitive: false } => "in",
            Self::In { insensitive: true } => "in~",
            Self::Match(op) => op.symbol(),
        }
    }
}
