//! Conditions: `or`, `and`, `not`, comparisons and arithmetic, loosest first.

use super::{MAX_DEPTH, Parse, Parser, Tree};
use crate::diagnostic::Span;
use crate::diagnostic::query::EqlSyntax;
use crate::language::eql::error::{CHAINED, EqlError, FOREIGN_OPERATOR, MISPLACED};
use crate::language::eql::syntax::{ArithmeticOp, CompareOp, Expr, ExprKind};
use crate::language::eql::token::{Keyword, TokenKind};

impl Parser<'_> {
    /// Any expression. Errors in it are recorded; a stand-in takes the place of what is broken.
    pub(super) fn expression(&mut self) -> Tree {
        let first = self.conjunction();
        if self.eat_keyword(Keyword::Or, "or").is_none() {
            return first;
        }
        let mut operands = vec![first, self.conjunction()];
        while self.eat_keyword(Keyword::Or, "or").is_some() {
            operands.push(self.conjunction());
        }
        join(operands, ExprKind::Or, |kind| match kind {
            ExprKind::Or(inner) => Ok(inner),
            other => Err(other),
        })
    }

    fn conjunction(&mut self) -> Tree {
        let first = self.operand();
        if self.eat_keyword(Keyword::And, "and").is_none() {
            return first;
        }
        let mut operands = vec![first, self.operand()];
        while self.eat_keyword(Keyword::And, "and").is_some() {
            operands.push(self.operand());
        }
        join(operands, ExprKind::And, |kind| match kind {
            ExprKind::And(inner) => Ok(inner),
            other => Err(other),
        })
    }

    /// One operand of `and`; here parsing resumes after an error in it.
    fn operand(&mut self) -> Tree {
        let start = self.span();
        let tree = self.negation();
        if let Ok(tree) = tree {
            self.check_operand_end();
            return tree;
        }
        self.skip_operand();
        Tree::stand_in(start)
    }

    fn negation(&mut self) -> Parse<Tree> {
        let upper = self.text_at(self.span()) == "NOT" && self.next_begins_operand();
        if upper {
            self.report_case("not");
        } else if !self.is_keyword(Keyword::Not) {
            return self.comparison();
        }
        self.enter()?;
        let start = self.bump();
        let inner = self.negation();
        self.leave();
        let inner = inner?;
        let span = start.to(inner.expr.span);
        self.node(ExprKind::Not(Box::new(inner.expr)), span, inner.height)
    }

    /// Whether the token after the next can begin an operand.
    fn next_begins_operand(&self) -> bool {
        matches!(
            self.peek_at(1).kind,
            TokenKind::Identifier
                | TokenKind::TildeIdentifier
                | TokenKind::Quoted(_)
                | TokenKind::Question
                | TokenKind::LeftParen
                | TokenKind::Keyword(Keyword::Not)
        )
    }

    fn comparison(&mut self) -> Parse<Tree> {
        let left = self.sum()?;
        let Some(op) = self.comparison_operator() else {
            return Ok(left);
        };
        let right = self.sum()?;
        let span = left.expr.span.to(right.expr.span);
        if self.comparison_operator_ahead() {
            let cause = EqlSyntax::ChainedComparison;
            return self.broken(EqlError::new(CHAINED, self.span(), cause));
        }
        let height = left.height.max(right.height);
        self.node(
            ExprKind::Compare(op, Box::new(left.expr), Box::new(right.expr)),
            span,
            height,
        )
    }

    fn comparison_operator_ahead(&self) -> bool {
        *self.kind() == TokenKind::Assign || compare_op(self.kind()).is_some()
    }

    /// Takes a comparison operator. `=` is taken for `==` and reported.
    fn comparison_operator(&mut self) -> Option<CompareOp> {
        if *self.kind() == TokenKind::Assign {
            let cause = EqlSyntax::Assignment;
            self.report(EqlError::new(FOREIGN_OPERATOR, self.span(), cause));
            self.bump();
            return Some(CompareOp::Equal);
        }
        let op = compare_op(self.kind())?;
        self.bump();
        Some(op)
    }

    pub(super) fn sum(&mut self) -> Parse<Tree> {
        self.left_associative(Self::product, |kind| match kind {
            TokenKind::Plus => Some(ArithmeticOp::Add),
            TokenKind::Minus => Some(ArithmeticOp::Subtract),
            _ => None,
        })
    }

    fn product(&mut self) -> Parse<Tree> {
        self.left_associative(Self::signed, |kind| match kind {
            TokenKind::Star => Some(ArithmeticOp::Multiply),
            TokenKind::Slash => Some(ArithmeticOp::Divide),
            TokenKind::Percent => Some(ArithmeticOp::Modulo),
            _ => None,
        })
    }

    fn left_associative(
        &mut self,
        operand: fn(&mut Self) -> Parse<Tree>,
        operator: fn(&TokenKind) -> Option<ArithmeticOp>,
    ) -> Parse<Tree> {
        let mut left = operand(self)?;
        while let Some(op) = operator(self.kind()) {
            self.refuse_bare_predicate(&left.expr)?;
            self.bump();
            let right = operand(self)?;
            self.refuse_bare_predicate(&right.expr)?;
            let span = left.expr.span.to(right.expr.span);
            let height = left.height.max(right.height);
            let kind = ExprKind::Arithmetic(op, Box::new(left.expr), Box::new(right.expr));
            left = self.node(kind, span, height)?;
        }
        Ok(left)
    }

    /// `-x`, `+x`, and what binds tighter.
    fn signed(&mut self) -> Parse<Tree> {
        let wrap = match self.kind() {
            TokenKind::Minus => ExprKind::Negate,
            TokenKind::Plus => ExprKind::Plus,
            _ => return self.predicate(),
        };
        self.enter()?;
        let start = self.bump();
        let inner = self.signed();
        self.leave();
        let inner = inner?;
        self.refuse_bare_predicate(&inner.expr)?;
        let span = start.to(inner.expr.span);
        self.node(wrap(Box::new(inner.expr)), span, inner.height)
    }

    /// Refuses `a + 1 : "x"`, where `: "x"` binds to `1` alone, as an operand of arithmetic: the
    /// author meant parentheses.
    fn refuse_bare_predicate(&mut self, expr: &Expr) -> Parse<()> {
        let (op, value) = match &expr.kind {
            ExprKind::Match(matching) => (matching.op.symbol(), &matching.value),
            ExprKind::In(list) => ("in", &list.value),
            _ => return Ok(()),
        };
        // The span of an expression in parentheses includes them.
        let parenthesised = value.span.start > expr.span.start;
        if parenthesised {
            return Ok(());
        }
        let cause = EqlSyntax::PredicateInArithmetic {
            operator: op,
            value: self.text_at(value.span).to_owned(),
        };
        self.broken(EqlError::new(MISPLACED, expr.span, cause))
    }

    /// A node above others, unless the tree gets too high.
    pub(super) fn node(&mut self, kind: ExprKind, span: Span, height: u32) -> Parse<Tree> {
        if height >= MAX_TREE {
            return self.too_deep(self.last_span());
        }
        Ok(Tree::above(kind, span, height))
    }
}

/// How high a tree may be. Parentheses are limited while they are read; this is the limit for chains
/// of arithmetic, which read as a loop and nest to the left.
const MAX_TREE: u32 = 2 * MAX_DEPTH;

/// Several operands under one node, the operands of an operand of the same kind among them.
fn join(
    operands: Vec<Tree>,
    wrap: fn(Vec<Expr>) -> ExprKind,
    unwrap: fn(ExprKind) -> Result<Vec<Expr>, ExprKind>,
) -> Tree {
    let mut height = 0;
    let mut whole: Option<Span> = None;
    let mut flat = Vec::with_capacity(operands.len());
    for tree in operands {
        height = height.max(tree.height);
        let span = tree.expr.span;
        whole = Some(whole.map_or(span, |whole| whole.to(span)));
        match unwrap(tree.expr.kind) {
            Ok(inner) => flat.extend(inner),
            Err(kind) => flat.push(Expr { kind, span }),
        }
    }
    Tree::above(wrap(flat), whole.unwrap_or_default(), height)
}

fn compare_op(kind: &TokenKind) -> Option<CompareOp> {
    Some(match kind {
        TokenKind::Equal => CompareOp::Equal,
        TokenKind::NotEqual => CompareOp::NotEqual,
        TokenKind::Less => CompareOp::Less,
        TokenKind::LessOrEqual => CompareOp::LessOrEqual,
        TokenKind::Greater => CompareOp::Greater,
        TokenKind::GreaterOrEqual => CompareOp::GreaterOrEqual,
        _ => return None,
    })
}
