//! What follows a single value: `: x`, `like x`, `regex x`, `in (…)`, `not in (…)`, and lists.

use super::{Parse, Parser, Tree};
use crate::diagnostic::Span;
use crate::language::eql::error::{CHAINED, EqlError, LIST, MISPLACED, NOT_CONSTANT};
use crate::language::eql::lexer::shorten;
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
            let error = EqlError::new(CHAINED, self.span(), "one value takes one predicate");
            return self.broken(
                error
                    .label("second predicate")
                    .help("write two conditions joined by `and`, or a list: `x : (\"a\", \"b\")`"),
            );
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
        let symbol = op.symbol();
        let value = self.text_at(value);
        let message = format!("`not` cannot stand before `{symbol}`");
        self.report(
            EqlError::new(MISPLACED, not, message)
                .label("only `in` has a form with `not` inside")
                .help(format!("write `not {value} {symbol} …`")),
        );
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
    fn no_list(&mut self, word: &str) -> Parse<Tree> {
        let bracket = *self.kind() == TokenKind::LeftBracket;
        let found = self.describe(self.peek());
        let message = format!("`{word}` takes a list in parentheses, found {found}");
        let error = EqlError::new(LIST, self.span(), message).label("expected `(`");
        let text = self.text_at(self.span());
        self.report(
            if matches!(self.kind(), TokenKind::String(_) | TokenKind::Number(_)) {
                error.help(format!("write `{word} ({})`", shorten(text)))
            } else {
                error.help(format!("write `{word} (a, b)`"))
            },
        );
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
            let error = EqlError::new(LIST, start, "a list stands in parentheses, not in brackets");
            self.report(error.label("expected `(`").help("write `(\"a\", \"b\")`"));
            return Tree::stand_in(self.skip_brackets());
        }
        let known = self.errors.len();
        let signed = matches!(self.kind(), TokenKind::Minus | TokenKind::Plus);
        let Ok(tree) = self.sum() else {
            self.skip_operand();
            return Tree::stand_in(start);
        };
        if self.errors.len() == known {
            let error = EqlError::new(NOT_CONSTANT, tree.expr.span, "a pattern must be a constant");
            self.report(if signed {
                error
                    .label("a signed number is an expression")
                    .help("compare numbers with `==`")
            } else {
                error
                    .label("not a constant")
                    .help("to compare two fields use a function: `stringContains(a, b)`")
            });
        }
        tree
    }

    /// `(a, b, …)`, at least one item and no comma at the end; the next token is the `(`.
    pub(super) fn list(&mut self, of: &str, item: fn(&mut Self) -> Tree) -> Parse<Items> {
        if self.peek_at(1).kind == TokenKind::RightParen {
            let open = self.bump();
            let span = open.to(self.bump());
            let error = EqlError::new(LIST, span, format!("the list of `{of}` is empty"));
            return self.broken(error.label("no item").help("write at least one item"));
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
        let error = EqlError::new(LIST, comma, "a list cannot end with a comma");
        self.report(error.label("nothing follows").help("remove the comma"));
    }

    /// After an item: `"a" or "b"` and `"a" "b"` in a list of constants.
    fn check_item_end(&mut self) {
        let message = match self.kind() {
            TokenKind::Keyword(Keyword::And | Keyword::Or) | TokenKind::Identifier => {
                "items of a list are parted by commas"
            }
            TokenKind::String(_) | TokenKind::Number(_) => "a comma is missing between two items",
            TokenKind::Plus | TokenKind::Minus | TokenKind::Star => "a pattern must be a constant",
            _ => return,
        };
        let error = EqlError::new(LIST, self.span(), message);
        self.report(
            error
                .label("expected `,` or `)`")
                .help("write `(\"a\", \"b\")`"),
        );
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
